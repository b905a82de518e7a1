//! Settings that change while the run goes on: checked at once, in force from the next compression.

use super::Generation;
use crate::config::CacheSettings;
use crate::engine::EngineError;
use crate::policy::find;
use crate::policy::schedule::Schedule;
use crate::trace::{Position, TraceRecord};

impl Generation<'_> {
    /// New settings, in force from the next compression on, or at once if they never compress. A lower revision than one
    /// seen is ignored.
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
            .map_or(self.revision, |(revision, _)| *revision);
        if revision <= newest {
            return Ok(());
        }
        self.settle()?;
        settings.check_with_prompt(self.prompt.len() as u32)?;
        let schedule = Schedule::new(&settings, self.prompt.len())?;
        let policy = find(&settings.policy)?;
        if policy.id != self.policy.info.id {
            // Tells now what the start at the next compression would fail with.
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
        self.schedule = schedule;
        self.pending = Some((revision, settings));
        if !self.schedule.compresses() {
            // No compression will come to take the change up.
            self.take_up_settings()?;
        }
        Ok(())
    }

    pub(super) fn take_up_settings(&mut self) -> Result<(), EngineError> {
        if let Some((revision, settings)) = self.pending.take() {
            self.out.push(TraceRecord::ParamsChanged {
                at: Position(self.cache.seen() as u32),
                revision,
                settings: settings.clone(),
            });
            (self.revision, self.settings) = (revision, settings);
            self.change_policy()?;
        }
        Ok(())
    }

    pub(super) fn next_settings(&self) -> &CacheSettings {
        self.pending
            .as_ref()
            .map_or(&self.settings, |(_, settings)| settings)
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
