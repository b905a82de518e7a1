//! What the sliders sent to the run under way, so that a refused change can be taken back.

use crate::config::CacheSettings;

/// Settings of a run by revision; 0 is what it began with.
#[derive(Debug, Default)]
pub struct LiveSettings {
    /// Those that were not refused, the oldest first; none before a run.
    standing: Vec<(u32, CacheSettings)>,
    newest: u32,
}

impl LiveSettings {
    /// A run begins with these.
    pub fn begin(settings: CacheSettings) -> Self {
        Self {
            standing: vec![(0, settings)],
            newest: 0,
        }
    }

    /// Changed settings are sent; returns their revision.
    pub fn send(&mut self, settings: CacheSettings) -> u32 {
        self.newest += 1;
        self.standing.push((self.newest, settings));
        self.newest
    }

    /// The last settings, if the run has taken up none later than the revision `taken_up` and they still wait.
    pub fn waiting(&self, taken_up: u32) -> Option<&CacheSettings> {
        let (revision, settings) = self.standing.last()?;
        (*revision > taken_up).then_some(settings)
    }

    /// The engine refused a revision: returns what stands instead. `None` if a later change has replaced it already, which
    /// the engine judges by itself.
    pub fn refuse(&mut self, revision: u32) -> Option<&CacheSettings> {
        self.standing.retain(|(sent, _)| *sent != revision);
        let (_, settings) = self.standing.last()?;
        (revision == self.newest).then_some(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(budget: u32) -> CacheSettings {
        CacheSettings {
            budget,
            ..CacheSettings::default()
        }
    }

    #[test]
    fn what_was_not_refused_stands() {
        let mut live = LiveSettings::begin(with(100));
        let revisions = [200, 300, 400].map(|budget| live.send(with(budget)));
        assert_eq!(revisions, [1, 2, 3]);
        assert_eq!(live.refuse(2), None, "the third is on its way");
        assert_eq!(live.refuse(3), Some(&with(200)));
        live.send(with(500));
        assert_eq!(live.refuse(4), Some(&with(200)));
        assert_eq!(live.refuse(1), None);
    }

    #[test]
    fn a_change_waits_until_it_is_taken_up_or_refused() {
        let mut live = LiveSettings::begin(with(100));
        assert_eq!(live.waiting(0), None);
        live.send(with(200));
        assert_eq!(live.waiting(0), Some(&with(200)));
        assert_eq!(live.waiting(1), None);
        live.send(with(300));
        assert_eq!(live.waiting(1), Some(&with(300)));
        live.refuse(2);
        assert_eq!(live.waiting(1), None);
    }

    #[test]
    fn without_an_accepted_change_it_is_what_the_run_began_with() {
        let mut live = LiveSettings::begin(with(100));
        live.send(with(200));
        assert_eq!(live.refuse(1), Some(&with(100)));
        assert_eq!(LiveSettings::default().refuse(1), None);
    }
}
