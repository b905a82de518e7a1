//! The one table of policies.

use super::params::Param;
use super::{Policy, full_cache, recency, rkv, snapkv};
use crate::config::{CacheSettings, SettingsError};

/// A policy as the table lists it.
pub struct PolicyInfo {
    /// Name on the command line and in files.
    pub id: &'static str,
    /// Name shown to people.
    pub name: &'static str,
    /// Where it is published.
    pub paper: &'static str,
    /// One paragraph that a newcomer understands.
    pub summary: &'static str,
    /// Whether it evicts anything.
    pub compresses: bool,
    /// Numeric settings that it uses, in the order of the sliders.
    pub params: &'static [Param],
    /// Its published defaults, given the general ones.
    pub defaults: fn(&mut CacheSettings),
    /// Its score.
    pub policy: &'static dyn Policy,
}

impl PolicyInfo {
    /// The settings a run with this policy starts from.
    pub fn default_settings(&self) -> CacheSettings {
        let mut settings = CacheSettings {
            policy: self.id.to_owned(),
            ..CacheSettings::default()
        };
        (self.defaults)(&mut settings);
        settings
    }
}

impl std::fmt::Debug for PolicyInfo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PolicyInfo")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Every policy. Adding one is a file beside this one and a line here.
pub static POLICIES: &[PolicyInfo] = &[rkv::INFO, snapkv::INFO, recency::INFO, full_cache::INFO];

/// The policy of that id.
///
/// # Errors
/// [`SettingsError::UnknownPolicy`], which lists the known ones.
pub fn find(id: &str) -> Result<&'static PolicyInfo, SettingsError> {
    POLICIES
        .iter()
        .find(|info| info.id == id)
        .ok_or_else(|| SettingsError::UnknownPolicy {
            name: id.to_owned(),
            known: POLICIES
                .iter()
                .map(|info| info.id)
                .collect::<Vec<_>>()
                .join(", "),
        })
}
