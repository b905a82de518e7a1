//! `bench decode --random-weights SHAPE`: tokens per second of a model's shape on the GPU, full cache against R-KV.
//!
//! Speed does not depend on the values of weights, and real ones are too big to carry about. Nor is a cache filled by
//! decoding thousands of tokens: a step's time depends on how many slots are in use, so steps are timed at several
//! lengths and the time of the whole generation is the integral between them. R-KV's cache is in its steady state after
//! the first compression: one period of steps and its compression are timed as they are. How alike keys are does matter to
//! that compression: those before the period share a direction, as real ones do.

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;

use super::super::{CliError, failed, progress};
use super::noise::Noise;
use crate::kernels::cuda::compression::KeepOrder;
use crate::kernels::cuda::decode::NewTokens;
use crate::kernels::cuda::gpu::Gpu;
use crate::kernels::cuda::{Accelerator as _, Element};
use crate::model::device_cache::{Choice, DeviceCache, DeviceScore, Question, Wanted};
use crate::model::shapes::ModelShape;
use crate::model::{CacheShape, DeviceDecoder};

/// Tokens of a generation, as in the paper's table.
const GENERATED: usize = 16_384;
/// R-KV's settings of that table.
const BUDGET: usize = 1024;
const BUFFER: usize = 128;
const WINDOW: usize = 8;
/// Steps timed at a length, after as many that are not.
const STEPS: usize = 16;
/// Lengths at which the full cache is timed.
const LENGTHS: [usize; 5] = [64, 2048, 4096, 8192, 16_384 - 2 * STEPS];
/// Of the free memory, what a cache may take: activations and scores need the rest.
const SHARE: f64 = 0.8;
/// More sequences than anybody decodes at once.
const MOST_BATCH: usize = 512;

struct Row {
    cache: &'static str,
    batch: usize,
    seconds: f64,
    compression_share: f64,
    memory: usize,
}

impl Row {
    fn rate(&self) -> f64 {
        (self.batch * GENERATED) as f64 / self.seconds
    }
}

pub(super) fn run(shape: ModelShape, as_json: bool, out: &mut dyn Write) -> Result<(), CliError> {
    let gpu = Arc::new(Gpu::open().map_err(failed)?);
    let element = gpu.element_for(u64::MAX);
    let before = gpu.memory().map_err(failed)?.0;
    let decoder =
        DeviceDecoder::random(Arc::clone(&gpu), shape.config(), element).map_err(failed)?;
    let bench = Bench {
        gpu,
        element,
        decoder,
        shape,
        before,
    };
    let mut rows = vec![];
    for (name, slots) in [("full", GENERATED), ("rkv", BUDGET + BUFFER)] {
        let most = bench.largest_batch(slots)?;
        let mut batches = vec![1, most];
        batches.dedup();
        for batch in batches {
            let row = if name == "full" {
                bench.full(batch)?
            } else {
                bench.rkv(batch)?
            };
            progress(format_args!(
                "{name}, batch {batch}: {:.1} tokens per second",
                row.rate()
            ));
            rows.push(row);
        }
    }
    let device = bench.gpu.description();
    if as_json {
        let rows: Vec<_> = rows
            .iter()
            .map(|row| {
                json!({
                    "cache": row.cache,
                    "batch": row.batch,
                    "generated": GENERATED,
                    "seconds": row.seconds,
                    "tokens_per_second": row.rate(),
                    "compression_share": row.compression_share,
                    "memory_bytes": row.memory,
                })
            })
            .collect();
        writeln!(
            out,
            "{}",
            json!({ "device": device, "shape": shape.name(), "element": element.name(), "rows": rows })
        )?;
        return Ok(());
    }
    writeln!(
        out,
        "{} of random {} weights, {device}",
        shape.name(),
        element.name()
    )?;
    writeln!(
        out,
        "{GENERATED} tokens generated, from steps timed at several lengths; R-KV budget {BUDGET}, buffer {BUFFER}, keys that \
         share a direction"
    )?;
    for row in &rows {
        writeln!(
            out,
            "{:<6}batch {:>4}{:>10.1} tokens/s  compression {:>5.2} %  memory {:>6.2} GiB",
            row.cache,
            row.batch,
            row.rate(),
            row.compression_share * 100.0,
            row.memory as f64 / f64::from(1 << 30)
        )?;
    }
    Ok(())
}

struct Bench {
    gpu: Arc<Gpu>,
    element: Element,
    decoder: DeviceDecoder<Gpu>,
    shape: ModelShape,
    /// Bytes free before the weights were there.
    before: usize,
}

impl Bench {
    fn cache_shape(&self, slots: usize) -> CacheShape {
        self.shape.config().cache_shape(slots, WINDOW)
    }

    fn largest_batch(&self, slots: usize) -> Result<usize, CliError> {
        let shape = self.cache_shape(slots);
        let bytes =
            2 * shape.layers * shape.kv_heads * slots * shape.head_dim * self.element.bytes();
        let free = self.gpu.memory().map_err(failed)?.0;
        Ok(((free as f64 * SHARE) as usize / bytes).clamp(1, MOST_BATCH))
    }

    fn cache(&self, slots: usize, batch: usize) -> Result<DeviceCache<Gpu>, CliError> {
        let shape = self.cache_shape(slots);
        let mut cache =
            DeviceCache::new(Arc::clone(&self.gpu), shape, batch, self.element).map_err(failed)?;
        // Slots that are taken for used hold numbers, not what the memory held before.
        cache.clear().map_err(failed)?;
        Ok(cache)
    }

    /// Seconds of `steps` decode steps from `held` slots on.
    fn steps(
        &self,
        cache: &mut DeviceCache<Gpu>,
        batch: usize,
        held: usize,
        seen: usize,
        steps: usize,
    ) -> Result<f64, CliError> {
        self.gpu.wait().map_err(failed)?;
        let tokens = vec![20; batch];
        let started = Instant::now();
        for step in 0..steps {
            let new = NewTokens {
                batch,
                tokens: 1,
                held: held + step,
                seen: seen + step,
                ring: cache.ring(),
                ring_next: (seen + step) % cache.ring(),
                remember: WINDOW,
            };
            self.decoder
                .forward_batch(&tokens, cache, &new)
                .map_err(failed)?;
        }
        self.gpu.wait().map_err(failed)?;
        Ok(started.elapsed().as_secs_f64())
    }

    fn used(&self) -> Result<usize, CliError> {
        Ok(self
            .before
            .saturating_sub(self.gpu.memory().map_err(failed)?.0))
    }

    fn full(&self, batch: usize) -> Result<Row, CliError> {
        let mut cache = self.cache(GENERATED, batch)?;
        let mut points = vec![];
        for held in LENGTHS {
            self.steps(&mut cache, batch, held, held, STEPS)?;
            let seconds = self.steps(&mut cache, batch, held + STEPS, held + STEPS, STEPS)?;
            points.push((held as f64, seconds / STEPS as f64));
        }
        let mut seconds = points[0].1 * points[0].0;
        for pair in points.windows(2) {
            seconds += (pair[1].0 - pair[0].0) * f64::midpoint(pair[0].1, pair[1].1);
        }
        if let Some((length, step)) = points.last() {
            seconds += (GENERATED as f64 - length) * step;
        }
        Ok(Row {
            cache: "full",
            batch,
            seconds,
            compression_share: 0.0,
            memory: self.used()?,
        })
    }

    fn rkv(&self, batch: usize) -> Result<Row, CliError> {
        let mut cache = self.cache(BUDGET + BUFFER, batch)?;
        let mut noise = Noise::new(1);
        let direction = noise.direction(cache.shape().head_dim);
        let keys = noise.keys_along(&direction, cache.shape().capacity);
        cache.fill_keys(&keys).map_err(failed)?;
        let choice = Choice {
            kept: BUDGET,
            protect: 0,
            order: KeepOrder::Slots,
        };
        let question = Question {
            held: BUDGET + BUFFER,
            window: WINDOW,
            queries: (0, WINDOW),
            score: DeviceScore::RKv {
                lambda: 0.1,
                threshold: 0.5,
                pool: 7,
            },
            choice: Some(choice),
            wanted: Wanted::Nothing,
        };
        let mut times = (0.0, 0.0);
        // The first period warms up.
        for period in 0..2 {
            let seen = BUDGET + period * BUFFER;
            let decoding = self.steps(&mut cache, batch, BUDGET, seen, BUFFER)?;
            let started = Instant::now();
            cache.compress(&question, &choice).map_err(failed)?;
            self.gpu.wait().map_err(failed)?;
            times = (decoding, started.elapsed().as_secs_f64());
        }
        let (decoding, compressing) = times;
        let seconds = (decoding + compressing) * GENERATED as f64 / BUFFER as f64;
        let compression_share = compressing / (decoding + compressing);
        Ok(Row {
            cache: "rkv",
            batch,
            seconds,
            compression_share,
            memory: self.used()?,
        })
    }
}
