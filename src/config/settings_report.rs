//! Settings as reports give them: the choices by the command line's names, not by those of the file formats.

use serde::{Serialize, Serializer};

use super::{CacheSettings, Retain};

/// [`CacheSettings`] with the same keys, for the JSON of reports: `scope` is `head`, not `Head`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SettingsReport<'a> {
    policy: &'a str,
    budget: u32,
    buffer: u32,
    lambda: f64,
    window: u32,
    kernel: u32,
    threshold: f64,
    retain: RetainReport,
    order: &'static str,
    scope: &'static str,
    protection: &'static str,
    sinks: u32,
    trigger: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum RetainReport {
    Newest,
    First,
    FirstPercent(f64),
}

impl<'a> SettingsReport<'a> {
    /// The report of these settings.
    pub fn of(settings: &'a CacheSettings) -> Self {
        // Taken apart whole, so that no setting can be forgotten.
        let CacheSettings {
            policy,
            budget,
            buffer,
            lambda,
            window,
            kernel,
            threshold,
            retain,
            order,
            scope,
            protection,
            sinks,
            trigger,
        } = settings;
        Self {
            policy,
            budget: *budget,
            buffer: *buffer,
            lambda: *lambda,
            window: *window,
            kernel: *kernel,
            threshold: *threshold,
            retain: match retain {
                Retain::Newest => RetainReport::Newest,
                Retain::First => RetainReport::First,
                Retain::FirstPercent(ratio) => RetainReport::FirstPercent(*ratio),
            },
            order: order.name(),
            scope: scope.name(),
            protection: protection.name(),
            sinks: *sinks,
            trigger: trigger.name(),
        }
    }

    /// For fields of reports: `#[serde(serialize_with = "SettingsReport::serialize_of")]`.
    ///
    /// # Errors
    /// From the serializer.
    pub fn serialize_of<S: Serializer>(
        settings: &CacheSettings,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        SettingsReport::of(settings).serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_have_the_names_of_the_command_line_and_keys_those_of_the_settings() {
        let settings = CacheSettings::default();
        let report = serde_json::to_value(SettingsReport::of(&settings)).unwrap();
        let stored = serde_json::to_value(&settings).unwrap();
        let keys = |value: &serde_json::Value| -> Vec<String> {
            value.as_object().unwrap().keys().cloned().collect()
        };
        assert_eq!(keys(&report), keys(&stored));
        for (key, name) in [
            ("scope", "head"),
            ("order", "time"),
            ("protection", "none"),
            ("trigger", "full"),
            ("retain", "newest"),
        ] {
            assert_eq!(report[key], name);
        }
    }
}
