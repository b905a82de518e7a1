//! The settings of a cache in words, as far as the policy uses them.

use crate::config::{CacheSettings, Protection, Scope};
use crate::policy::{Param, find};

/// The policy and what one moves most: `R-KV · budget 96 + 32 · λ 0.10`.
pub fn brief(settings: &CacheSettings) -> String {
    let Ok(info) = find(&settings.policy) else {
        return settings.policy.clone();
    };
    if !info.compresses {
        return info.name.to_owned();
    }
    let mut words = format!(
        "{} · budget {} + {}",
        info.name, settings.budget, settings.buffer
    );
    if info.params.contains(&Param::Lambda) {
        words = format!("{words} · λ {:.2}", settings.lambda);
    }
    words
}

/// The settings that set runs apart: `budget 96 + 32 · λ 0.10 · sinks protected`.
pub fn apart(settings: &CacheSettings) -> String {
    let Ok(info) = find(&settings.policy) else {
        return String::new();
    };
    if !info.compresses {
        return "keeps everything".to_owned();
    }
    let mut words = vec![format!("budget {} + {}", settings.budget, settings.buffer)];
    for param in info.params {
        if !matches!(param, Param::Budget | Param::Buffer | Param::Sinks) {
            let spec = param.spec();
            let name = if *param == Param::Lambda {
                "λ"
            } else {
                spec.option
            };
            words.push(format!("{name} {:.*}", spec.decimals, param.get(settings)));
        }
    }
    match settings.protection {
        Protection::None => {}
        Protection::Sinks => words.push(format!("{} sinks protected", settings.sinks)),
        Protection::Prompt => words.push("prompt protected".to_owned()),
    }
    if settings.scope != Scope::Head {
        words.push(format!("scope {}", settings.scope));
    }
    words.join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_told_as_far_as_the_policy_uses_them() {
        let rkv = find("rkv").unwrap().default_settings();
        assert!(apart(&rkv).starts_with("budget 96 + 32 · λ 0.10"));
        let full = find("full").unwrap().default_settings();
        assert_eq!(apart(&full), "keeps everything");
        let recency = find("streamingllm").unwrap().default_settings();
        assert_eq!(apart(&recency), "budget 96 + 32 · 4 sinks protected");
    }
}
