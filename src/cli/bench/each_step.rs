//! What a policy that decides after every token adds to a decode step, measured on the embedded reasoner.

use std::fmt;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use serde_json::{Value, json};

use super::super::CliError;
use crate::config::{CacheSettings, Sampling};
use crate::engine::generation::{Generation, GenerationRequest};
use crate::model::load;
use crate::policy::PolicyInfo;
use crate::trace::RecordLevel;

/// Tokens per measurement.
const TOKENS: usize = 256;

/// One measurement.
pub(super) struct Share {
    policy: &'static str,
    buffer: u32,
    step_ms: f64,
    decision_ms: f64,
}

impl Share {
    /// Time of the decisions over the time of the steps without them.
    fn share(&self) -> f64 {
        self.decision_ms / (self.step_ms - self.decision_ms)
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "policy": self.policy,
            "buffer": self.buffer,
            "model": "reasoner",
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
            "{:<16}buffer {:>2}: decisions take {:.4} ms per decode step of {:.3} ms on the reasoner, {:.1} % on top",
            self.policy,
            self.buffer,
            self.decision_ms,
            self.step_ms,
            100.0 * self.share()
        )
    }
}

/// Each policy with the buffer it has by default and with a decision after every token.
pub(super) fn measure(
    policies: impl Iterator<Item = &'static PolicyInfo>,
) -> Result<Vec<Share>, CliError> {
    let mut model = None;
    let mut shares = vec![];
    for info in policies {
        let model = match &mut model {
            Some(model) => model,
            none => none.insert(load("reasoner", &mut |_, _| {}).map_err(engine_error)?),
        };
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
                device: String::new(),
            };
            let mut generation =
                Generation::begin(model.as_mut(), request).map_err(engine_error)?;
            let stop = AtomicBool::new(false);
            let feed = |generation: &mut Generation<'_>, count: usize| {
                for at in 0..count {
                    let token = 20 + (at % 200) as u32;
                    generation.feed(&[token], &stop).map_err(engine_error)?;
                    generation.take_records();
                }
                Ok::<(), CliError>(())
            };
            // The cache is full from here on.
            feed(
                &mut generation,
                (defaults.budget + defaults.buffer) as usize,
            )?;
            let before = generation.times().0;
            let started = Instant::now();
            feed(&mut generation, TOKENS)?;
            let per_token = 1e3 / TOKENS as f64;
            shares.push(Share {
                policy: info.id,
                buffer,
                step_ms: started.elapsed().as_secs_f64() * per_token,
                decision_ms: (generation.times().0 - before).as_secs_f64() * per_token,
            });
        }
    }
    Ok(shares)
}

fn engine_error(error: impl std::error::Error) -> CliError {
    CliError::Engine(error.to_string())
}
