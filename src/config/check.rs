//! Validation: an illegal combination is one clear error, never a panic and never a silent clamp.

use super::{CacheSettings, Retain, Sampling};

/// The widest window, in tokens.
pub const MOST_WINDOW: u32 = 4096;

/// A setting, or a combination of settings, that cannot work; the message names the way out.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SettingsError {
    /// The policy is not in the table.
    #[error("no policy is called {name:?}; there are: {known}")]
    UnknownPolicy {
        /// What was asked for.
        name: String,
        /// The names in the table.
        known: String,
    },
    /// The policy reads positions off the keys' rotation.
    #[error(
        "{policy} works from rotary position embedding, which {model} does not tell of; choose another policy"
    )]
    NoRotary {
        /// The policy's name.
        policy: &'static str,
        /// The model's name.
        model: String,
    },
    /// Query statistics of another model.
    #[error(
        "the calibration was made for {calibration}, or is incomplete, and does not fit {model}; make one with \
         `rkv-scope calibrate`"
    )]
    OtherCalibration {
        /// The model it names.
        calibration: String,
        /// The model that runs.
        model: String,
    },
    /// A number outside its range.
    #[error("{name} is {value}, but must be {range}")]
    OutOfRange {
        /// The setting.
        name: &'static str,
        /// What it was.
        value: String,
        /// What it may be.
        range: &'static str,
    },
    /// The pooling window has no centre.
    #[error("kernel is {0}, but the pooling needs an odd width, such as {low} or {high}", low = .0.saturating_sub(1).max(1), high = .0 + 1)]
    EvenKernel(u32),
    /// Window and protected tokens leave no slot to choose for.
    #[error(
        "budget is {budget}, but {newest} and the protected tokens ({protected}) take all of it; \
         raise the budget to at least {least}{otherwise}",
        newest = newest(*window, *chosen),
        otherwise = otherwise(*chosen, *protected > 0)
    )]
    BudgetTooSmall {
        /// Slots kept.
        budget: u32,
        /// Newest tokens always kept.
        window: u32,
        /// Whether the window is a setting of the policy.
        chosen: bool,
        /// Tokens protected at the start.
        protected: u32,
        /// The smallest budget that works.
        least: u32,
    },
}

/// The newest tokens, as the policy's user knows them.
fn newest(window: u32, chosen: bool) -> String {
    match (chosen, window) {
        (true, _) => format!("the window ({window})"),
        (false, 1) => "the newest token".to_owned(),
        (false, _) => format!("the newest {window} tokens"),
    }
}

/// Ways out beside a larger budget.
fn otherwise(window: bool, protected: bool) -> &'static str {
    match (window, protected) {
        (true, true) => ", narrow the window or protect fewer tokens",
        (true, false) => " or narrow the window",
        (false, true) => " or protect fewer tokens",
        (false, false) => "",
    }
}

fn range(
    name: &'static str,
    value: impl std::fmt::Display,
    ok: bool,
    range: &'static str,
) -> Result<(), SettingsError> {
    if ok {
        Ok(())
    } else {
        Err(SettingsError::OutOfRange {
            name,
            value: value.to_string(),
            range,
        })
    }
}

impl CacheSettings {
    /// Checks everything that can be checked before the prompt is known.
    pub fn check(&self) -> Result<(), SettingsError> {
        self.check_with_prompt(0)
    }

    /// Checks the settings for a prompt of `prompt_tokens` tokens.
    ///
    /// # Errors
    /// The first violated rule, with the way out.
    pub fn check_with_prompt(&self, prompt_tokens: u32) -> Result<(), SettingsError> {
        let info = crate::policy::find(&self.policy)?;
        if !info.compresses {
            return Ok(());
        }
        range(
            "budget",
            self.budget,
            (1..=1 << 20).contains(&self.budget),
            "from 1 to 1048576",
        )?;
        range(
            "buffer",
            self.buffer,
            (1..=1 << 20).contains(&self.buffer),
            "from 1 to 1048576",
        )?;
        range(
            "window",
            self.window,
            (1..=MOST_WINDOW).contains(&self.window),
            "from 1 to 4096",
        )?;
        range(
            "kernel",
            self.kernel,
            (1..=4097).contains(&self.kernel),
            "from 1 to 4097",
        )?;
        range(
            "lambda",
            self.lambda,
            (0.0..=1.0).contains(&self.lambda),
            "from 0 to 1",
        )?;
        range(
            "threshold",
            self.threshold,
            (-1.0..=1.0).contains(&self.threshold),
            "from -1 to 1",
        )?;
        if let Retain::FirstPercent(ratio) = self.retain {
            range(
                "retain ratio",
                ratio,
                ratio > 0.0 && ratio <= 1.0,
                "above 0 and at most 1",
            )?;
        }
        if self.kernel.is_multiple_of(2) {
            return Err(SettingsError::EvenKernel(self.kernel));
        }
        // A policy that spares the sinks by itself needs room for them, whatever is protected.
        let spared = if info.needs.sinks { self.sinks } else { 0 };
        let protected = self.protected(prompt_tokens).max(spared);
        let reserved = self.window.saturating_add(protected);
        if self.budget <= reserved {
            return Err(SettingsError::BudgetTooSmall {
                budget: self.budget,
                window: self.window,
                chosen: info.params.contains(&crate::policy::Param::Window),
                protected,
                least: reserved.saturating_add(1),
            });
        }
        Ok(())
    }
}

impl Sampling {
    /// Checks the ranges of the sampling settings.
    ///
    /// # Errors
    /// The first setting out of range.
    pub fn check(&self) -> Result<(), SettingsError> {
        let temperature = self.temperature;
        range(
            "temperature",
            temperature,
            // A smaller one overflows the logits that are divided by it.
            temperature == 0.0 || (1e-3..=10.0).contains(&temperature),
            "0 (greedy), or from 0.001 to 10",
        )?;
        range(
            "max-tokens",
            self.max_tokens,
            self.max_tokens >= 1,
            "at least 1",
        )?;
        if let Some(p) = self.top_p {
            range("top-p", p, p > 0.0 && p <= 1.0, "above 0 and at most 1")?;
        }
        if let Some(k) = self.top_k {
            range("top-k", k, k >= 1, "at least 1")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Protection;
    use super::*;

    #[test]
    fn defaults_are_legal() {
        CacheSettings::default().check().unwrap();
        Sampling::default().check().unwrap();
    }

    #[test]
    fn an_even_kernel_is_named_with_its_neighbours() {
        let settings = CacheSettings {
            kernel: 6,
            ..CacheSettings::default()
        };
        let message = settings.check().unwrap_err().to_string();
        assert!(
            message.contains("odd") && message.contains('5') && message.contains('7'),
            "{message}"
        );
    }

    #[test]
    fn a_protected_prompt_must_fit_beside_the_window() {
        let settings = CacheSettings {
            budget: 64,
            window: 8,
            protection: Protection::Prompt,
            ..CacheSettings::default()
        };
        settings.check_with_prompt(55).unwrap();
        let error = settings.check_with_prompt(56).unwrap_err();
        assert!(error.to_string().contains("protect fewer"), "{error}");
        let nothing_protected = CacheSettings {
            budget: 8,
            ..CacheSettings::default()
        };
        let message = nothing_protected.check().unwrap_err().to_string();
        assert!(
            message.contains("at least 9") && !message.contains("fewer"),
            "{message}"
        );
        assert_eq!(
            error,
            SettingsError::BudgetTooSmall {
                budget: 64,
                window: 8,
                chosen: true,
                protected: 56,
                least: 65
            }
        );
    }

    #[test]
    fn a_policy_without_a_window_needs_room_for_what_it_keeps_and_speaks_of_no_window() {
        let settings = crate::policy::find("streamingllm").unwrap().defaults_at(6);
        settings.check().unwrap();
        let small = CacheSettings {
            budget: 5,
            ..settings
        };
        let message = small.check().unwrap_err().to_string();
        assert_eq!(
            message,
            "budget is 5, but the newest token and the protected tokens (4) take all of it; raise the budget to at \
             least 6 or protect fewer tokens"
        );
    }

    #[test]
    fn not_a_number_is_out_of_range() {
        let settings = CacheSettings {
            lambda: f64::NAN,
            ..CacheSettings::default()
        };
        assert!(settings.check().is_err());
        assert!(
            Sampling {
                temperature: f64::NAN,
                ..Sampling::default()
            }
            .check()
            .is_err()
        );
    }

    #[test]
    fn a_temperature_is_nought_or_one_that_logits_can_be_divided_by() {
        let check = |temperature| {
            let sampling = Sampling {
                temperature,
                ..Sampling::default()
            };
            sampling.check()
        };
        check(0.0).unwrap();
        check(1e-3).unwrap();
        for wrong in [1e-39, -0.1, 10.1] {
            let message = check(wrong).unwrap_err().to_string();
            assert!(message.contains("0.001"), "{message}");
        }
    }

    #[test]
    fn an_unknown_policy_lists_the_known_ones() {
        let settings = CacheSettings {
            policy: "magic".to_owned(),
            ..CacheSettings::default()
        };
        let message = settings.check().unwrap_err().to_string();
        assert!(
            message.contains("magic") && message.contains("rkv"),
            "{message}"
        );
    }
}
