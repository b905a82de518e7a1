//! What a change of the settings changed, in words.

use crate::config::CacheSettings;
use crate::policy::Param;

/// One line per setting that differs: `budget 128 → 96`.
pub fn between(before: &CacheSettings, after: &CacheSettings) -> Vec<String> {
    let mut lines = vec![];
    let mut line = |name: &str, old: String, new: String| {
        if old != new {
            lines.push(format!("{} {old} → {new}", name.to_lowercase()));
        }
    };
    line("policy", before.policy.clone(), after.policy.clone());
    for param in [
        Param::Budget,
        Param::Buffer,
        Param::Lambda,
        Param::Window,
        Param::Kernel,
        Param::Threshold,
        Param::Sinks,
    ] {
        let spec = param.spec();
        let say = |s: &CacheSettings| format!("{:.*}", spec.decimals, param.get(s));
        line(spec.label, say(before), say(after));
    }
    line(
        "spared duplicate",
        format!("{:?}", before.retain),
        format!("{:?}", after.retain),
    );
    line(
        "slot order",
        before.order.to_string(),
        after.order.to_string(),
    );
    line("scope", before.scope.to_string(), after.scope.to_string());
    line(
        "protection",
        before.protection.to_string(),
        after.protection.to_string(),
    );
    line(
        "trigger",
        before.trigger.to_string(),
        after.trigger.to_string(),
    );
    if lines.is_empty() {
        lines.push("nothing that shows".to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Scope;

    #[test]
    fn only_what_differs_is_said() {
        let before = CacheSettings::default();
        let after = CacheSettings {
            budget: 64,
            lambda: 0.3,
            scope: Scope::Layer,
            ..before.clone()
        };
        let said = between(&before, &after);
        assert_eq!(
            said,
            [
                "budget 96 → 64",
                "lambda λ 0.10 → 0.30",
                "scope head → layer"
            ]
        );
    }
}
