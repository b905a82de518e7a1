//! How fast a run goes, sampled twice a second.

use std::time::{Duration, Instant};

use super::EngineStats;

const EVERY: Duration = Duration::from_millis(500);

/// Samples a run's speed.
#[derive(Debug)]
pub struct Speed {
    since: Instant,
    tokens: u32,
}

impl Default for Speed {
    fn default() -> Self {
        Self {
            since: Instant::now(),
            tokens: 0,
        }
    }
}

impl Speed {
    /// Time until the next sample is worth taking.
    pub fn time_left(&self) -> Duration {
        EVERY.saturating_sub(self.since.elapsed())
    }

    /// The speed since the last sample, when half a second has gone by.
    pub fn sample(&mut self, tokens: u32, times: (Duration, Duration)) -> Option<EngineStats> {
        let elapsed = self.since.elapsed();
        if elapsed < EVERY {
            return None;
        }
        let decoded = tokens - self.tokens;
        *self = Self {
            since: Instant::now(),
            tokens,
        };
        let (compressing, running) = times;
        Some(EngineStats {
            tokens_per_second: decoded as f32 / elapsed.as_secs_f32(),
            compression_share: compressing.as_secs_f32() / running.as_secs_f32().max(f32::EPSILON),
        })
    }
}
