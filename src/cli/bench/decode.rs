//! `bench decode`: tokens per CPU-second by context length, full cache against R-KV, beside candle's own
//! quantised llama on the same file.

use std::io::Write;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use candle_core::{Device, Tensor, quantized::gguf_file};
use candle_transformers::models::quantized_llama::ModelWeights;
use serde_json::{Value, json};

use super::super::{CliError, failed, progress};
use super::cpu_time::CpuClock;
use crate::config::{CacheSettings, DeviceChoice, Sampling};
use crate::engine::generation::{Advance, Generation, GenerationRequest};
use crate::model::{CacheShape, Forward, LanguageModel, load_on};
use crate::trace::RecordLevel;

/// Tokens per measurement: a whole period between two compressions.
const MEASURED: usize = 128;
/// Unmeasured decode steps before each measurement.
const WARM_UP: usize = 4;
/// Tokens per prefill pass.
const CHUNK: usize = 128;
/// candle's quantised llama holds a mask and tables for no more positions than this.
const STOCK_CONTEXT: usize = 4096;

struct Row {
    engine: &'static str,
    policy: &'static str,
    context: usize,
    tokens: usize,
    cpu_seconds: Option<f64>,
    wall_seconds: f64,
    on_cpu: bool,
}

impl Row {
    /// Tokens per CPU-second, which other programs on the machine do not change; on a GPU, whose work costs no CPU time,
    /// per second.
    fn rate(&self) -> f64 {
        let seconds = self.cpu_seconds.filter(|_| self.on_cpu);
        let seconds = seconds.unwrap_or(self.wall_seconds);
        self.tokens as f64 / seconds
    }

    fn json(&self) -> Value {
        json!({
            "engine": self.engine,
            "policy": self.policy,
            "context": self.context,
            "tokens": self.tokens,
            "cpu_seconds": self.cpu_seconds,
            "wall_seconds": self.wall_seconds,
            "tokens_per_cpu_second": self.on_cpu.then(|| self.rate()),
            "tokens_per_second": self.tokens as f64 / self.wall_seconds,
        })
    }
}

pub(super) fn run(
    model: &str,
    device: DeviceChoice,
    contexts: &[usize],
    budget: u32,
    as_json: bool,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let settings = CacheSettings {
        budget,
        buffer: MEASURED as u32,
        ..CacheSettings::default()
    };
    // Before the full cache is measured, which takes minutes.
    (settings.check()).map_err(|error| CliError::Usage(error.to_string()))?;
    let mut loaded = load_on(model, device, &mut |_, _| {}).map_err(failed)?;
    let device = loaded.device();
    let summary = loaded.summary();
    let room = summary.context as usize;
    let mut contexts: Vec<usize> = contexts.to_vec();
    contexts.sort_unstable();
    contexts.dedup();
    let near = |pair: &&[usize]| pair[1] - pair[0] < WARM_UP + MEASURED;
    if let Some([one, next]) = contexts.windows(2).find(near) {
        return Err(CliError::Usage(format!(
            "the context lengths {one} and {next} are too near: each is measured over {} tokens",
            WARM_UP + MEASURED
        )));
    }
    let fits = |context: &usize| context + WARM_UP + MEASURED <= room;
    for context in contexts.iter().filter(|context| !fits(context)) {
        progress(format_args!(
            "left out: context length {context}, since {} takes {room} tokens",
            summary.name
        ));
    }
    contexts.retain(fits);
    if contexts.is_empty() {
        return Err(CliError::Usage(format!(
            "no context length fits: {} takes {room} tokens and {MEASURED} are measured",
            summary.name
        )));
    }
    let mut rows = full(loaded.as_mut(), &contexts)?;
    let mut compressed = contexts.clone();
    // The speed to compare with: just after the first compressions.
    let early = budget as usize + MEASURED + 16;
    let early = early.min(room - WARM_UP - MEASURED);
    // Unless a length asked for is so near that one of the two would not be measured where it says.
    let near = |&context: &usize| context.abs_diff(early) < WARM_UP + MEASURED;
    if !compressed.iter().any(near) {
        compressed.push(early);
        compressed.sort_unstable();
    }
    rows.extend(rkv(loaded.as_mut(), &compressed, settings)?);
    if Path::new(model).is_file() && summary.architecture == "llama" {
        rows.extend(stock(Path::new(model), &contexts)?);
    }
    if as_json {
        let rows: Vec<Value> = rows.iter().map(Row::json).collect();
        writeln!(
            out,
            "{}",
            json!({ "model": summary, "device": device, "threads": 1, "budget": budget, "rows": rows })
        )?;
        return Ok(());
    }
    writeln!(
        out,
        "{} ({}), {device}, tokens per {}",
        summary.name,
        summary.weights,
        per(is_cpu(loaded.as_ref()))
    )?;
    for row in &rows {
        let (engine, policy) = (row.engine, row.policy);
        writeln!(
            out,
            "{engine:<18}{policy:<8}context {:>6}{:>9.1}",
            row.context,
            row.rate()
        )?;
    }
    Ok(())
}

/// Whether what it takes can be told in CPU time.
fn is_cpu(model: &dyn LanguageModel) -> bool {
    CpuClock::is_told() && model.device().starts_with("CPU")
}

/// Token ids that every vocabulary has; speed does not depend on them.
fn token(at: usize) -> u32 {
    20 + (at % 200) as u32
}

fn measure(
    engine: &'static str,
    policy: &'static str,
    context: usize,
    on_cpu: bool,
    mut step: impl FnMut(usize) -> Result<(), CliError>,
) -> Result<Row, CliError> {
    // The first decode steps lay the weights out for single rows, once; that is no part of the speed.
    for i in 0..WARM_UP {
        step(context + i)?;
    }
    let clock = CpuClock::start();
    for i in WARM_UP..WARM_UP + MEASURED {
        step(context + i)?;
    }
    let row = Row {
        engine,
        policy,
        context,
        tokens: MEASURED,
        cpu_seconds: clock.seconds(),
        wall_seconds: clock.wall().as_secs_f64(),
        on_cpu,
    };
    progress(format_args!(
        "{engine} {policy} at {context}: {:.1} tokens per {}",
        row.rate(),
        per(on_cpu)
    ));
    Ok(row)
}

/// What a rate counts by: on a GPU the CPU only waits.
fn per(on_cpu: bool) -> &'static str {
    if on_cpu { "CPU-second" } else { "second" }
}

fn full(model: &mut dyn LanguageModel, contexts: &[usize]) -> Result<Vec<Row>, CliError> {
    let (summary, on_cpu) = (model.summary(), is_cpu(model));
    let longest = contexts.last().copied().unwrap_or(0) + WARM_UP + MEASURED;
    let mut cache = model
        .new_cache(CacheShape::of(&summary, longest, 8))
        .map_err(failed)?;
    let stop = AtomicBool::new(false);
    let mut logits = vec![];
    let mut rows = vec![];
    for &context in contexts {
        while cache.seen() < context {
            let count = CHUNK.min(context - cache.seen());
            let chunk: Vec<u32> = (0..count).map(|i| token(cache.seen() + i)).collect();
            model
                .forward(&chunk, &mut cache, &stop, &mut logits)
                .map_err(failed)?;
        }
        rows.push(measure("rkv-scope", "full", context, on_cpu, |at| {
            let done = model
                .forward(&[token(at)], &mut cache, &stop, &mut logits)
                .map_err(failed)?;
            debug_assert_eq!(done, Forward::Done);
            Ok(())
        })?);
    }
    Ok(rows)
}

/// The same with R-KV compressing as in a real run: scoring, selection and compaction are in the numbers.
fn rkv(
    model: &mut dyn LanguageModel,
    contexts: &[usize],
    settings: CacheSettings,
) -> Result<Vec<Row>, CliError> {
    let longest = contexts.last().copied().unwrap_or(0) + WARM_UP + MEASURED;
    let request = GenerationRequest {
        problem: "Count.".to_owned(),
        settings,
        sampling: Sampling {
            max_tokens: longest as u32,
            ..Sampling::default()
        },
        level: RecordLevel::Summary,
    };
    let on_cpu = is_cpu(model);
    let mut generation = Generation::begin(model, request).map_err(failed)?;
    let stop = AtomicBool::new(false);
    let mut rows = vec![];
    for &context in contexts {
        while generation.cache().seen() < context {
            let at = generation.cache().seen();
            let count = CHUNK.min(context - at);
            let chunk: Vec<u32> = (0..count).map(|i| token(at + i)).collect();
            generation.feed(&chunk, &stop).map_err(failed)?;
        }
        generation.take_records();
        rows.push(measure("rkv-scope", "rkv", context, on_cpu, |at| {
            let advance = generation.feed(&[token(at)], &stop).map_err(failed)?;
            debug_assert_eq!(advance, Advance::Decoded);
            Ok(())
        })?);
    }
    Ok(rows)
}

fn stock(path: &Path, contexts: &[usize]) -> Result<Vec<Row>, CliError> {
    let mut file = std::fs::File::open(path).map_err(failed)?;
    let content = gguf_file::Content::read(&mut file).map_err(failed)?;
    let mut model = ModelWeights::from_gguf(content, &mut file, &Device::Cpu).map_err(failed)?;
    let mut rows = vec![];
    let mut seen = 0;
    for &context in contexts
        .iter()
        .filter(|&&context| context + WARM_UP + MEASURED <= STOCK_CONTEXT)
    {
        let mut feed = |tokens: &[u32], at: usize| -> Result<(), CliError> {
            let input = Tensor::new(tokens, &Device::Cpu)
                .and_then(|t| t.unsqueeze(0))
                .map_err(failed)?;
            model.forward(&input, at).map_err(failed)?;
            Ok(())
        };
        // Its mask is square: a chunk cannot follow a cache, so the way there is one token at a time.
        if seen == 0 {
            let chunk: Vec<u32> = (0..context).map(token).collect();
            feed(&chunk, 0)?;
            seen = context;
        }
        while seen < context {
            feed(&[token(seen)], seen)?;
            seen += 1;
        }
        rows.push(measure("candle (stock)", "full", context, true, |at| {
            feed(&[token(at)], at)
        })?);
        seen = context + WARM_UP + MEASURED;
    }
    Ok(rows)
}
