//! What a run cost and what it came to.

use crate::analysis::policy_names;
use crate::config::CacheSettings;
use crate::policy;
use crate::trace::{FinishReason, RunSummary, TraceStore, same_answer};

/// The numbers of one run beside the others.
#[derive(Clone, Debug, PartialEq)]
pub struct Meters {
    /// Name of the policy, as shown to people; if it was changed on the way, all names in order.
    pub policy: String,
    /// Settings at the start.
    pub settings: CacheSettings,
    /// Slots, bytes and ratios of keys and values.
    pub summary: RunSummary,
    /// Bytes that the policy keeps beside keys and values at the peak.
    pub auxiliary_bytes: u64,
    /// Why it ended; `None` while it goes on, or if the recording stops before the end.
    pub finish: Option<FinishReason>,
    /// Seconds of work, pauses left out, once it has ended.
    pub seconds: Option<f32>,
    /// Content of the last `\boxed{}` that the model wrote.
    pub answer: Option<String>,
}

impl Meters {
    /// Sums up a run as far as it is known.
    pub fn of(store: &TraceStore) -> Self {
        let header = store.header();
        let summary = RunSummary::of(store);
        let end = store.end();
        Self {
            policy: policy_names(&store.latest()),
            settings: header.settings.clone(),
            auxiliary_bytes: auxiliary_bytes(store, &summary),
            finish: end.map(|(_, reason, _)| reason.clone()),
            seconds: end.map(|(_, _, seconds)| *seconds),
            answer: store.answer(),
            summary,
        }
    }

    /// Bytes at the peak: keys, values and what the policy keeps beside them.
    pub fn peak_bytes(&self) -> u64 {
        self.summary.peak_bytes + self.auxiliary_bytes
    }

    /// Whether its answer is that of another run; `None` if neither has one.
    pub fn same_answer(&self, other: &Self) -> Option<bool> {
        match (&self.answer, &other.answer) {
            (None, None) => None,
            (Some(ours), Some(theirs)) => Some(same_answer(ours, theirs)),
            _ => Some(false),
        }
    }
}

/// The most bytes that the run's policies keep beside keys and values, at the run's peak.
pub fn auxiliary_bytes(store: &TraceStore, summary: &RunSummary) -> u64 {
    let header = store.header();
    let later = store.params().iter().map(|(_, _, settings)| settings);
    std::iter::once(&header.settings)
        .chain(later)
        .filter_map(|settings| {
            let info = policy::find(&settings.policy).ok()?;
            Some(info.auxiliary_bytes(
                settings,
                &header.model,
                summary.peak_slots,
                header.prompt_tokens,
            ))
        })
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::fixtures::run;

    #[test]
    fn the_numbers_are_those_of_the_run() {
        let store = run(1, 40, 300);
        let meters = Meters::of(&store);
        // 40 + 24 slots of 2 x 2 heads, each 64 numbers of key and value, 4 bytes each.
        assert_eq!(meters.summary.peak_slots, 64);
        assert_eq!(meters.summary.peak_bytes, 64 * 4 * 2 * 64 * 4);
        // R-KV keeps the queries of its window: 8 rows of 2 layers x 6 heads, 64 numbers each.
        assert_eq!(meters.auxiliary_bytes, 8 * 2 * 6 * 64 * 4);
        assert_eq!(
            meters.peak_bytes(),
            meters.summary.peak_bytes + meters.auxiliary_bytes
        );
        assert_eq!(meters.answer.as_deref(), Some("1750000"));
        assert_eq!(meters.finish, Some(FinishReason::EndOfText));
        let (slots, seen) = (store.latest().slots(), store.tokens().len() as f64);
        assert_eq!(meters.summary.final_ratio, slots / seen);
        assert!(meters.summary.time_averaged_ratio > meters.summary.final_ratio);
    }

    #[test]
    fn answers_are_compared_only_where_there_are_some() {
        let mut a = Meters::of(&run(1, 40, 300));
        let mut b = Meters::of(&run(2, 60, 300));
        assert_eq!(a.same_answer(&b), Some(true));
        b.answer = None;
        assert_eq!(a.same_answer(&b), Some(false));
        a.answer = None;
        assert_eq!(a.same_answer(&b), None);
    }
}
