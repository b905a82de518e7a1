//! `policies`: the table of policies, for people and as JSON.

use std::io::Write;

use serde_json::json;

use super::CliError;
use crate::config::{CacheSettings, SettingsReport};
use crate::policy::{POLICIES, PROMPT_PROBES};

pub(super) fn run(as_json: bool, out: &mut dyn Write) -> Result<(), CliError> {
    if as_json {
        let list: Vec<_> = POLICIES
            .iter()
            .map(|info| {
                json!({
                    "id": info.id,
                    "name": info.name,
                    "aliases": info.aliases,
                    "paper": info.paper,
                    "summary": info.summary,
                    "compresses": info.compresses,
                    "each_step": info.each_step,
                    "memory": {
                        "attention_per_slot": info.needs.attention,
                        "recent_query_rows": info.needs.query_rows(&info.default_settings()),
                        "prompt_query_rows": if info.needs.prompt { PROMPT_PROBES } else { 0 },
                        "query_statistics": info.needs.statistics,
                    },
                    "settings": info.params.iter().map(|p| p.spec().option).collect::<Vec<_>>(),
                    "defaults": SettingsReport::of(&info.default_settings()),
                })
            })
            .collect();
        writeln!(out, "{}", serde_json::Value::Array(list))?;
        return Ok(());
    }
    for info in POLICIES {
        let paper = if info.paper.is_empty() {
            String::new()
        } else {
            format!(", {}", info.paper)
        };
        writeln!(out, "{:<16}{}{paper}", info.id, info.name)?;
        writeln!(out, "{:16}{}", "", info.summary)?;
        if !info.aliases.is_empty() {
            writeln!(out, "{:16}Also: {}", "", info.aliases.join(", "))?;
        }
        if info.compresses {
            writeln!(out, "{:16}{}", "", defaults(&info.default_settings()))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// The defaults in the words of the options.
fn defaults(settings: &CacheSettings) -> String {
    let mut words = vec![];
    if let Ok(info) = crate::policy::find(&settings.policy) {
        for param in info.params {
            let spec = param.spec();
            words.push(format!(
                "--{} {:.*}",
                spec.option,
                spec.decimals,
                param.get(settings)
            ));
        }
    }
    words.push(format!("--scope {}", settings.scope));
    words.push(format!("--protect {}", settings.protection));
    format!("Defaults: {}", words.join(" "))
}
