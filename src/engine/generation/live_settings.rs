//! Settings that change while the run goes on: checked at once, in force from the moment at which those before them or
//! they themselves would compress. So the trace's settings at every token are those that the cache was kept by.

use super::Generation;
use crate::config::CacheSettings;
use crate::engine::EngineError;
use crate::policy::find;
use crate::policy::schedule::Schedule;
use crate::trace::{Position, TraceRecord};

/// Settings that were checked and wait to come into force.
pub(super) struct Pending {
    revision: u32,
    settings: CacheSettings,
    schedule: Schedule,
}

impl Generation<'_> {
    /// New settings, in force once they or those before them would compress, or at once if they never do. A lower revision
    /// than one seen is ignored.
    ///
    /// # Errors
    /// Illegal settings, or too little memory for a larger budget; the old ones stay in force.
    pub fn set_params(
        &mut self,
        revision: u32,
        settings: CacheSettings,
    ) -> Result<(), EngineError> {
        let newest = self
            .pending
            .as_ref()
            .map_or(self.revision, |pending| pending.revision);
        if revision <= newest {
            return Ok(());
        }
        self.settle()?;
        settings.check_with_prompt(self.prompt.len() as u32)?;
        let schedule = Schedule::new(&settings, self.prompt.len())?;
        let policy = find(&settings.policy)?;
        if policy.id != self.policy.info.id {
            // Tells now what the start would fail with once they come into force.
            policy.start(&self.run)?;
        }
        let capacity = schedule.capacity_from(&settings, self.longest, self.cache.longest());
        let shape = self.cache.shape();
        let rows = policy.needs.query_rows(&settings);
        if capacity > shape.capacity || rows > shape.window {
            self.cache
                .resize(capacity.max(shape.capacity), shape.window.max(rows))?;
        }
        if policy.watches() && self.cache.is_on_device() {
            if policy.needs.prompt {
                return Err(EngineError::PromptNotKept {
                    policy: policy.name,
                });
            }
            self.cache.move_to_host()?;
        }
        self.cache.can_be_scored(&settings)?;
        if policy.needs.attention {
            self.cache.count_attention(true);
        }
        // Under settings that never compress no later moment decides anything.
        let at_once = !schedule.compresses();
        self.pending = Some(Pending {
            revision,
            settings,
            schedule,
        });
        if at_once {
            self.take_up_settings()?;
        }
        Ok(())
    }

    /// Waiting settings come into force if this is the moment.
    pub(super) fn take_up_settings_if_due(&mut self) -> Result<(), EngineError> {
        let (seen, slots) = (self.cache.seen(), self.cache.longest());
        let due = self.pending.as_ref().is_some_and(|pending| {
            self.schedule.due(&self.settings, seen, slots)
                || pending.schedule.due(&pending.settings, seen, slots)
        });
        if due { self.take_up_settings() } else { Ok(()) }
    }

    fn take_up_settings(&mut self) -> Result<(), EngineError> {
        if let Some(pending) = self.pending.take() {
            self.out.push(TraceRecord::ParamsChanged {
                at: Position(self.cache.seen() as u32),
                revision: pending.revision,
                settings: pending.settings.clone(),
            });
            self.revision = pending.revision;
            self.settings = pending.settings;
            self.schedule = pending.schedule;
            self.change_policy()?;
        }
        Ok(())
    }

    /// Tokens that may be appended before the cache must be looked at, 1 or more: neither the settings in force nor those
    /// that wait may miss their moment.
    pub(super) fn prefill_room(&self) -> usize {
        let slots = self.cache.longest();
        let room = self.schedule.prefill_room(&self.settings, slots);
        let waiting = self.pending.as_ref().map_or(room, |pending| {
            pending.schedule.prefill_room(&pending.settings, slots)
        });
        room.min(waiting).max(1)
    }

    /// Starts the policy that the settings name, if it is another; it knows no more of the past than the cache does.
    fn change_policy(&mut self) -> Result<(), EngineError> {
        let info = find(&self.settings.policy)?;
        if info.id != self.policy.info.id {
            self.policy = info.start(&self.run)?;
            self.cache.count_attention(info.needs.attention);
            self.observe(usize::MAX);
        }
        Ok(())
    }
}
