//! CPU time of this process: on a busy machine the wall clock measures the neighbours.

use std::time::{Duration, Instant};

/// Ticks per second of `/proc/self/stat` on every Linux that runs today.
const TICKS: f64 = 100.0;

/// A running measurement.
pub struct CpuClock {
    wall: Instant,
    cpu: Option<f64>,
}

impl CpuClock {
    /// Starts measuring.
    pub fn start() -> Self {
        Self {
            wall: Instant::now(),
            cpu: process_seconds(),
        }
    }

    /// CPU seconds since the start, where the system tells them.
    pub fn seconds(&self) -> Option<f64> {
        Some((process_seconds()? - self.cpu?).max(1.0 / TICKS))
    }

    /// Whether the system tells them: Linux does.
    pub fn is_told() -> bool {
        process_seconds().is_some()
    }

    /// Wall-clock time since the start.
    pub fn wall(&self) -> Duration {
        self.wall.elapsed()
    }
}

fn process_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in brackets and may hold spaces.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / TICKS)
}
