//! A trace in a few lines: what ran, with which settings, what it saved, what it answered.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::caption::one_line;
use crate::analysis::{THEN, policies_in_force};
use crate::compare::auxiliary_bytes;
use crate::config::{CacheSettings, Sampling, SettingsReport};
use crate::policy::{self, Param};
use crate::printable::Printable;
use crate::trace::{FinishReason, ModelSummary, RecordLevel, RunSummary, TraceStore};

/// Everything `info` tells.
#[derive(Clone, Debug, Serialize)]
pub struct Info {
    /// Why there is no more of the run, if its file is damaged.
    pub damaged: Option<String>,
    /// Program that recorded.
    pub recorded_by: String,
    /// Model and the shape of its cache.
    pub model: ModelSummary,
    /// Where the cache lived.
    pub device: String,
    /// How much of each compression was recorded.
    #[serde(serialize_with = "level_name")]
    pub level: RecordLevel,
    /// The problem as the person typed it.
    pub problem: String,
    /// Ids of the policies that decided, in order: one, unless it was changed on the way.
    pub policies: Vec<String>,
    /// Settings at the start.
    #[serde(serialize_with = "SettingsReport::serialize_of")]
    pub settings: CacheSettings,
    /// How tokens were drawn. Policies that evict by lot take its seed, too.
    pub sampling: Sampling,
    /// Checksum of the query statistics that the run was given, if its trace tells of any.
    pub calibration: Option<String>,
    /// Changes of the settings, in order.
    pub changes: Vec<SettingsChange>,
    /// What the run saved.
    pub summary: RunSummary,
    /// The most bytes that the run's policies keep beside keys and values, at the peak.
    pub auxiliary_bytes: u64,
    /// Content of the last `\boxed{}` of what the model wrote.
    pub answer: Option<String>,
    /// Why the run ended; missing if the recording stops before its end.
    pub finish: Option<String>,
    /// The error, if the run failed.
    pub failure: Option<String>,
    /// Seconds of work; the time a person held the run is left out.
    pub seconds: Option<f32>,
    /// Generated tokens per second of these.
    pub tokens_per_second: Option<f64>,
    /// Seconds spent compressing.
    pub compression_seconds: f64,
}

/// Settings that came into force during the run.
#[derive(Clone, Debug, Serialize)]
pub struct SettingsChange {
    /// Tokens seen when they did.
    pub at: u32,
    /// Their revision.
    pub revision: u32,
    /// All of them.
    #[serde(serialize_with = "SettingsReport::serialize_of")]
    pub settings: CacheSettings,
}

impl Info {
    /// Sums up a run.
    pub fn of(store: &TraceStore) -> Self {
        let header = store.header();
        let summary = RunSummary::of(store);
        let seconds = store
            .end()
            .map(|(_, _, seconds)| *seconds)
            .filter(|s| s.is_finite());
        let micros: u64 = store
            .events()
            .iter()
            .map(|event| u64::from(event.micros))
            .sum();
        Self {
            damaged: None,
            recorded_by: header.recorded_by.clone(),
            model: header.model.clone(),
            device: header.device.clone(),
            level: header.level,
            problem: header.problem.clone(),
            policies: policies_in_force(&store.latest())
                .into_iter()
                .map(str::to_owned)
                .collect(),
            settings: header.settings.clone(),
            sampling: header.sampling.clone(),
            calibration: header.calibration.clone(),
            auxiliary_bytes: auxiliary_bytes(store, &summary),
            changes: store
                .params()
                .iter()
                .map(|(at, revision, settings)| SettingsChange {
                    at: at.0,
                    revision: *revision,
                    settings: settings.clone(),
                })
                .collect(),
            answer: store.answer(),
            finish: store.end().map(|(_, reason, _)| reason.name().to_owned()),
            failure: store.end().and_then(|(_, reason, _)| match reason {
                FinishReason::Failed(error) => Some(error.clone()),
                _ => None,
            }),
            tokens_per_second: seconds
                .filter(|s| *s > 0.0)
                .map(|s| f64::from(summary.tokens) / f64::from(s)),
            seconds,
            compression_seconds: micros as f64 / 1e6,
            summary,
        }
    }

    fn evicts_by_lot(&self) -> bool {
        let mut known = self.policies.iter().filter_map(|id| policy::find(id).ok());
        known.any(|info| info.needs.draws)
    }

    /// As one JSON object.
    ///
    /// # Errors
    /// From `out`.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        out.write_all(b"\n")
    }

    /// As aligned lines for a person.
    ///
    /// # Errors
    /// From `out`.
    pub fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut out = Printable(out);
        let mut line = |name: &str, value: String| writeln!(out, "{name:<16} {value}");
        let (model, sum) = (&self.model, &self.summary);
        line(
            "model",
            format!(
                "{} ({}, {} layers × {} KV heads × {}, {})",
                model.name,
                model.architecture,
                model.layers,
                model.kv_heads,
                model.head_dim,
                model.weights
            ),
        )?;
        if let Some(fingerprint) = &model.fingerprint {
            line("fingerprint", fingerprint.clone())?;
        }
        line("device", self.device.clone())?;
        line(
            "recorded by",
            format!("{}, level {}", self.recorded_by, self.level),
        )?;
        line("problem", one_line(&self.problem))?;
        if self.policies.len() > 1 {
            line("policies", self.policies.join(THEN))?;
        }
        line("settings", settings_text(&self.settings))?;
        let mut before = &self.settings;
        for change in &self.changes {
            line(
                "",
                format!(
                    "from token {}: {}",
                    change.at,
                    difference(before, &change.settings)
                ),
            )?;
            before = &change.settings;
        }
        if let Some(checksum) = &self.calibration {
            line("calibration", checksum.clone())?;
        }
        line("sampling", self.sampling.to_string())?;
        if self.evicts_by_lot() {
            line("eviction seed", self.sampling.seed.to_string())?;
        }
        line(
            "tokens",
            format!("{} prompt + {} generated", sum.prompt_tokens, sum.tokens),
        )?;
        line(
            "compressions",
            format!("{} in {:.3} s", sum.compressions, self.compression_seconds),
        )?;
        line(
            "slots per head",
            format!(
                "{} at the peak, {} at the end ({:.1} % of the tokens seen); decode steps read {:.1} % of a full cache",
                sum.peak_slots,
                sum.final_slots,
                sum.final_ratio * 100.0,
                sum.time_averaged_ratio * 100.0
            ),
        )?;
        line(
            "cache",
            format!(
                "{} at the peak{}; a full cache would end at {}",
                bytes(sum.peak_bytes),
                match self.auxiliary_bytes {
                    0 => String::new(),
                    own => format!(" and {} of the policy's own", bytes(own)),
                },
                bytes(sum.full_bytes)
            ),
        )?;
        line(
            "answer",
            (self.answer.as_deref()).map_or_else(|| "none in \\boxed{}".to_owned(), one_line),
        )?;
        let finish = match (&self.finish, self.seconds) {
            (None, _) => "the recording stops before the run's end".to_owned(),
            (Some(reason), Some(seconds)) => {
                let speed = self.tokens_per_second.unwrap_or(0.0);
                format!("{reason} after {seconds:.1} s ({speed:.1} tokens per second)")
            }
            (Some(reason), None) => reason.clone(),
        };
        line("end", finish)?;
        match &self.failure {
            Some(error) => line("error", error.clone()),
            None => Ok(()),
        }
    }
}

/// The settings that the policy uses, as a person would type them; a window that is no number of the policy only where it
/// is not the one that the policy starts from.
pub(super) fn settings_text(settings: &CacheSettings) -> String {
    let mut parts = parts(settings);
    if let Ok(info) = policy::find(&settings.policy)
        && !info.params.contains(&Param::Window)
        && settings.window == info.defaults_at(settings.budget).window
    {
        let usual = Param::Window.said(settings);
        parts.retain(|part| *part != usual);
    }
    parts.join(", ")
}

/// What [`settings_text`] chooses from, a usual window included.
fn parts(settings: &CacheSettings) -> Vec<String> {
    let mut parts = vec![settings.policy.clone()];
    if let Ok(info) = policy::find(&settings.policy) {
        parts.extend(
            info.params_in_use(settings)
                .map(|param| param.said(settings)),
        );
        if info.compresses {
            parts.extend(info.choices(settings));
            if !info.params.contains(&Param::Window) {
                parts.push(Param::Window.said(settings));
            }
        }
    }
    parts
}

/// What the settings of runs differ in or have unusual, in the words of [`settings_text`] without policy, budget and
/// buffer: a list for each run. A number that another run's policy does not have is no difference.
pub(super) fn set_apart(runs: &[&CacheSettings]) -> Vec<Vec<String>> {
    let all: Vec<Vec<String>> = runs.iter().map(|settings| parts(settings)).collect();
    let told_elsewhere = |said: &str| matches!(subject(said), "budget" | "buffer");
    let differs = |said: &String| {
        let mut others = all.iter().flatten();
        others.any(|other| subject(other) == subject(said) && other != said)
    };
    (runs.iter().zip(&all))
        .map(|(settings, parts)| {
            let unusual = policy::find(&settings.policy)
                .map_or_else(|_unknown| vec![], |info| info.unusual(settings));
            let mut said = parts.get(1..).unwrap_or_default().to_vec();
            said.extend(unusual.iter().filter(|u| !parts.contains(u)).cloned());
            said.retain(|said| !told_elsewhere(said) && (differs(said) || unusual.contains(said)));
            said
        })
        .collect()
}

/// In what runs of one policy differ, each setting with all its values: `lambda 0.1 or 0.5, scope head or layer`.
pub(super) fn differing(runs: &[&CacheSettings]) -> String {
    let mut values: Vec<(String, Vec<String>)> = vec![];
    for said in runs.iter().flat_map(|settings| parts(settings)) {
        let name = subject(&said).to_owned();
        let value = said[name.len()..].trim_start().to_owned();
        match values.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) if known.contains(&value) => {}
            Some((_, known)) => known.push(value),
            None => values.push((name, vec![value])),
        }
    }
    values.retain(|(_, values)| values.len() > 1);
    let said = |(name, values): &(String, Vec<String>)| format!("{name} {}", values.join(" or "));
    values.iter().map(said).collect::<Vec<_>>().join(", ")
}

/// What a part of the settings is about: its first word.
fn subject(part: &str) -> &str {
    part.split(' ').next().unwrap_or(part)
}

/// What is different in `new`, in the words of [`settings_text`]. A window that is the usual one again is a change too.
fn difference(old: &CacheSettings, new: &CacheSettings) -> String {
    let known = parts(old);
    let mut changed = parts(new);
    changed.retain(|part| !known.contains(part));
    if changed.is_empty() {
        "as before".to_owned()
    } else {
        changed.join(", ")
    }
}

// serde passes fields by reference.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature is serde's"
)]
fn level_name<S: Serializer>(level: &RecordLevel, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(level.name())
}

/// Bytes in binary units: `1.5 MiB`.
pub(super) fn bytes(count: u64) -> String {
    let mut value = count as f64;
    let mut units = ["B", "KiB", "MiB", "GiB"].into_iter();
    let mut unit = units.next().unwrap_or("B");
    for next in units {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    if unit == "B" {
        format!("{count} B")
    } else {
        format!("{value:.1} {unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Protection;

    fn usual(policy: &str) -> CacheSettings {
        policy::find(policy).unwrap().default_settings()
    }

    #[test]
    fn what_decides_a_run_beside_its_settings_is_told() {
        let text = |policy: &str, calibration: Option<&str>| {
            let mut header = crate::trace::synthetic::Synthetic::default().header();
            policy.clone_into(&mut header.settings.policy);
            header.sampling.seed = 77;
            header.calibration = calibration.map(str::to_owned);
            let mut out = vec![];
            let store = TraceStore::new(std::sync::Arc::new(header));
            Info::of(&store).write_text(&mut out).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert!(text("random-prompt", None).contains("eviction seed    77"));
        let plain = text("rkv", None);
        assert!(
            !plain.contains("77") && !plain.contains("calibration"),
            "{plain}"
        );
        assert!(text("triattention", Some("0badf00d")).contains("calibration      0badf00d"));
    }

    #[test]
    fn how_many_sinks_are_protected_is_told_once() {
        let few = CacheSettings {
            protection: Protection::Sinks,
            ..usual("rkv")
        };
        let many = CacheSettings {
            sinks: 16,
            ..few.clone()
        };
        let text = settings_text(&many);
        assert!(text.contains("protection sinks of 16"), "{text}");
        assert_eq!(difference(&few, &many), "protection sinks of 16");
        let own = settings_text(&usual("streamingllm"));
        assert!(own.contains("sinks 4"), "{own}");
        assert!(own.contains("protection sinks,"), "{own}");
        let unused = settings_text(&CacheSettings {
            protection: Protection::Prompt,
            ..usual("streamingllm")
        });
        assert!(!unused.contains("sinks"), "{unused}");
    }

    #[test]
    fn runs_are_set_apart_by_what_they_differ_in_or_have_unusual() {
        let rkv = usual("rkv");
        let other = CacheSettings {
            lambda: 0.5,
            budget: 48,
            ..rkv.clone()
        };
        let snapkv = CacheSettings {
            protection: Protection::Prompt,
            ..usual("snapkv")
        };
        let said = set_apart(&[&rkv, &other, &snapkv]);
        assert_eq!(said[0], ["lambda 0.1", "protection none"]);
        assert_eq!(said[1], ["lambda 0.5", "protection none"]);
        assert_eq!(said[2], ["protection prompt"]);
        assert_eq!(set_apart(&[&other, &other])[0], ["lambda 0.5"]);
        assert!(set_apart(&[&rkv, &usual("full")]).iter().all(Vec::is_empty));
        assert_eq!(
            differing(&[&rkv, &other, &rkv]),
            "budget 96 or 48, lambda 0.1 or 0.5"
        );
    }

    #[test]
    fn a_window_that_is_no_number_of_the_policy_is_told_where_it_was_changed() {
        let tova = usual("tova");
        assert!(!settings_text(&tova).contains("window"));
        let wide = CacheSettings {
            window: 4,
            ..tova.clone()
        };
        assert!(settings_text(&wide).ends_with(", window 4"));
        assert_eq!(difference(&tova, &wide), "window 4");
        assert_eq!(difference(&wide, &tova), "window 1");
    }
}
