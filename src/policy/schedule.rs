//! When to compress: the trigger, and how much of the cache it needs.

use crate::config::{CacheSettings, SettingsError, Trigger};

/// Decides after which forward passes the cache is compressed.
#[derive(Clone, Debug)]
pub struct Schedule {
    compresses: bool,
    prompt_tokens: usize,
}

impl Schedule {
    /// The schedule of a run with this policy and prompt length.
    ///
    /// # Errors
    /// An unknown policy.
    pub fn new(settings: &CacheSettings, prompt_tokens: usize) -> Result<Self, SettingsError> {
        let compresses = super::find(&settings.policy)?.compresses;
        Ok(Self {
            compresses,
            prompt_tokens,
        })
    }

    /// Whether the cache is ever compressed.
    pub fn compresses(&self) -> bool {
        self.compresses
    }

    /// Slots per head that the run needs when at most `longest` tokens are seen in all.
    pub fn capacity(&self, settings: &CacheSettings, longest: usize) -> usize {
        let bounded = match settings.trigger {
            Trigger::CacheFull => settings.slots_when_full() as usize,
            // The first compression may come late: up to a whole period after the budget was passed.
            Trigger::Published => {
                self.prompt_tokens.max(settings.budget as usize) + settings.buffer as usize + 1
            }
        };
        if self.compresses {
            bounded.min(longest)
        } else {
            longest
        }
        .max(1)
    }

    /// Slots per head that new settings need in a run that already holds `held`: under the published trigger a whole
    /// period may pass before the next compression.
    pub fn capacity_from(&self, settings: &CacheSettings, longest: usize, held: usize) -> usize {
        let still = match settings.trigger {
            Trigger::CacheFull => held + 1,
            Trigger::Published => (held + settings.buffer as usize + 1).min(longest.max(held + 1)),
        };
        self.capacity(settings, longest).max(still)
    }

    /// Prompt tokens that may be appended to a cache of `slots` before it must be compressed.
    pub fn prefill_room(&self, settings: &CacheSettings, slots: usize) -> usize {
        match settings.trigger {
            Trigger::CacheFull if self.compresses => {
                (settings.slots_when_full() as usize).saturating_sub(slots)
            }
            Trigger::CacheFull | Trigger::Published => usize::MAX,
        }
    }

    /// Tokens seen when a run that has evicted nothing is first compressed, if that is after the prompt
    /// was read whole and before more than `longest` tokens were seen.
    pub fn first_due(&self, settings: &CacheSettings, longest: usize) -> Option<usize> {
        let prompt = self.prompt_tokens;
        if self.prefill_room(settings, 0) < prompt {
            return None;
        }
        (prompt..=longest).find(|&seen| self.due(settings, seen, seen))
    }

    /// Whether to compress now: `seen` tokens have been fed, the cache holds `slots` per head.
    pub fn due(&self, settings: &CacheSettings, seen: usize, slots: usize) -> bool {
        if !self.compresses || slots <= settings.window as usize {
            return false;
        }
        match settings.trigger {
            Trigger::CacheFull => slots >= settings.slots_when_full() as usize,
            Trigger::Published => {
                let decoding = seen > self.prompt_tokens;
                let period = settings.buffer as usize;
                let flagged = decoding && (seen - 1).is_multiple_of(period);
                (flagged || seen == self.prompt_tokens) && slots >= settings.budget as usize
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(trigger: Trigger) -> CacheSettings {
        CacheSettings {
            budget: 32,
            buffer: 16,
            trigger,
            ..CacheSettings::default()
        }
    }

    #[test]
    fn the_cache_is_compressed_when_budget_and_buffer_are_full() {
        let settings = settings(Trigger::CacheFull);
        let schedule = Schedule::new(&settings, 20).unwrap();
        assert!(!schedule.due(&settings, 47, 47));
        assert!(schedule.due(&settings, 48, 48));
        assert_eq!(schedule.prefill_room(&settings, 40), 8);
        assert_eq!(schedule.capacity(&settings, 10_000), 48);
    }

    /// Event counts of the published run with prompt 20, budget 32, period 16: 33, 49, 65, ...
    #[test]
    fn the_published_trigger_fires_one_step_after_each_multiple() {
        let settings = settings(Trigger::Published);
        let schedule = Schedule::new(&settings, 20).unwrap();
        let mut slots = 20;
        let mut fired = vec![];
        for seen in 21..100 {
            slots += 1;
            assert!(slots <= schedule.capacity(&settings, 10_000));
            if schedule.due(&settings, seen, slots) {
                fired.push((seen, slots));
                slots = 32;
            }
        }
        assert_eq!(fired, [(33, 33), (49, 48), (65, 48), (81, 48), (97, 48)]);
    }

    /// Whatever period, budget and trigger a run comes from, and wherever in its period it changes.
    #[test]
    fn a_change_on_the_way_leaves_room_until_the_next_compression() {
        let new = CacheSettings {
            buffer: 50,
            ..settings(Trigger::Published)
        };
        let schedule = Schedule::new(&new, 20).unwrap();
        for changed in 60..200 {
            for held in [32, 40, 48, 60] {
                let room = schedule.capacity_from(&new, 10_000, held);
                let (mut seen, mut slots) = (changed, held);
                while !schedule.due(&new, seen, slots) {
                    (seen, slots) = (seen + 1, slots + 1);
                    assert!(slots <= room, "changed at {changed} with {held} slots");
                }
            }
        }
    }

    #[test]
    fn the_first_compression_after_the_prompt_is_foreseen() {
        let full = settings(Trigger::CacheFull);
        let first = |settings: &CacheSettings, prompt: usize| {
            Schedule::new(settings, prompt)
                .unwrap()
                .first_due(settings, 1000)
        };
        assert_eq!(first(&full, 20), Some(48));
        assert_eq!(first(&full, 48), Some(48));
        assert_eq!(first(&full, 49), None, "within the prompt");
        assert_eq!(first(&settings(Trigger::Published), 20), Some(33));
        assert_eq!(first(&settings(Trigger::Published), 32), Some(32));
        let late = CacheSettings {
            budget: 1000,
            ..full
        };
        assert_eq!(first(&late, 20), None, "never");
    }

    #[test]
    fn the_full_cache_never_compresses() {
        let settings = CacheSettings {
            policy: "full".to_owned(),
            ..settings(Trigger::CacheFull)
        };
        let schedule = Schedule::new(&settings, 20).unwrap();
        assert!(!schedule.due(&settings, 5000, 5000));
        assert_eq!(schedule.capacity(&settings, 5000), 5000);
    }
}
