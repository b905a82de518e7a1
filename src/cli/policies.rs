//! `policies`: the table of policies, for people and as JSON.

use std::io::Write;

use serde_json::json;

use super::CliError;
use crate::policy::POLICIES;

pub(super) fn run(as_json: bool, out: &mut dyn Write) -> Result<(), CliError> {
    if as_json {
        let list: Vec<_> = POLICIES
            .iter()
            .map(|info| {
                json!({
                    "id": info.id,
                    "name": info.name,
                    "paper": info.paper,
                    "summary": info.summary,
                    "compresses": info.compresses,
                    "settings": info.params.iter().map(|p| p.spec().option).collect::<Vec<_>>(),
                    "defaults": info.default_settings(),
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
        writeln!(out, "{:<14}{}{paper}", info.id, info.name)?;
        writeln!(out, "{:14}{}\n", "", info.summary)?;
    }
    Ok(())
}
