//! What a policy that decides after every token adds to a decode step of a real model.

use std::fmt;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use serde_json::{Value, json};

use super::super::{CliError, failed};
use crate::config::{CacheSettings, Sampling};
use crate::engine::generation::{Generation, GenerationRequest};
use crate::model::load;
use crate::policy::PolicyInfo;
use crate::trace::RecordLevel;

/// Tokens per measurement: whole periods of every buffer.
const TOKENS: usize = 64;
/// Measurements, of which the fastest counts: another process on the machine must not look like a decision.
const REPEATS: usize = 6;

/// One measurement.
pub(super) struct Share {
    policy: &'static str,
    model: String,
    buffer: u32,
    /// Without the decision.
    step_ms: f64,
    decision_ms: f64,
}

impl Share {
    /// Time of the decisions over the time of the steps without them.
    fn share(&self) -> f64 {
        self.decision_ms / self.step_ms
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "policy": self.policy,
            "buffer": self.buffer,
            "model": self.model,
            "ms_per_step": self.step_ms,
            "decision_ms_per_step": self.decision_ms,
            "share_of_decode_step": self.share(),
        })
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<16}buffer {:>2}: decisions add {:.4} ms to a decode step of {:.3} ms of {}, {:.1} %",
            self.policy,
            self.buffer,
            self.decision_ms,
            self.step_ms,
            self.model,
            100.0 * self.share()
        )
    }
}

/// Each policy with the buffer it has by default and with a decision after every token.
pub(super) fn measure(
    policies: &[&'static PolicyInfo],
    model: &str,
) -> Result<Vec<Share>, CliError> {
    if policies.is_empty() {
        return Ok(vec![]);
    }
    let mut model = load(model, &mut |_, _| {}).map_err(failed)?;
    let name = model.summary().name;
    let mut shares = vec![];
    for info in policies {
        let defaults = info.default_settings();
        for buffer in [defaults.buffer, 1] {
            let settings = CacheSettings {
                buffer,
                ..defaults.clone()
            };
            let request = GenerationRequest {
                problem: "Count.".to_owned(),
                settings,
                sampling: Sampling::default(),
                level: RecordLevel::Components,
            };
            let mut generation = Generation::begin(model.as_mut(), request).map_err(failed)?;
            let stop = AtomicBool::new(false);
            let feed = |generation: &mut Generation<'_>, count: usize| {
                for at in 0..count {
                    let token = 20 + (at % 200) as u32;
                    generation.feed(&[token], &stop).map_err(failed)?;
                    generation.take_records();
                }
                Ok::<(), CliError>(())
            };
            // The cache is full from here on.
            feed(
                &mut generation,
                (defaults.budget + defaults.buffer) as usize,
            )?;
            let (mut step, mut decision) = (f64::INFINITY, f64::INFINITY);
            for _ in 0..REPEATS {
                let (before, started) = (generation.times().0, Instant::now());
                feed(&mut generation, TOKENS)?;
                let deciding = generation.times().0.saturating_sub(before).as_secs_f64();
                step = step.min(started.elapsed().as_secs_f64() - deciding);
                decision = decision.min(deciding);
            }
            let per_token = 1e3 / TOKENS as f64;
            shares.push(Share {
                policy: info.id,
                model: name.clone(),
                buffer,
                step_ms: step * per_token,
                decision_ms: decision * per_token,
            });
        }
    }
    Ok(shares)
}
