//! `view`: the window.

#[cfg(feature = "gui")]
use std::path::Path;

use super::CliError;
use super::args::ViewArgs;
#[cfg(feature = "gui")]
use super::{failed, no_token, read_trace};
#[cfg(feature = "gui")]
use crate::trace::load;

#[cfg(feature = "gui")]
pub(super) fn run(args: &ViewArgs) -> Result<(), CliError> {
    // A script reads no notes in the window.
    if args.screenshot_to.is_some() || args.cursor.is_some() || args.select.is_some() {
        check(args)?;
    }
    crate::app::run(args.clone().into()).map_err(|error| {
        let unreadable = match error {
            crate::app::RunError::NoDisplay => (args.files.iter())
                .find_map(|file| load(file).err())
                .map(CliError::from),
            _ => None,
        };
        unreadable.unwrap_or_else(|| failed(error))
    })
}

/// Reads the traces as the window will: tells of damage, and refuses a place that none of them has.
#[cfg(feature = "gui")]
fn check(args: &ViewArgs) -> Result<(), CliError> {
    let mut longest: Option<(&Path, usize)> = None;
    for file in &args.files {
        let tokens = read_trace(file)?.store.tokens().len();
        if longest.is_none_or(|(_, most)| tokens > most) {
            longest = Some((file, tokens));
        }
    }
    // A run that is yet to be done may be of any length.
    if let Some((file, tokens)) = longest.filter(|_| !args.run) {
        let cursor = args.cursor.filter(|&cursor| cursor > tokens);
        let select = args.select.map(|position| position as usize);
        if let Some(beyond) = cursor.or(select.filter(|&position| position >= tokens)) {
            return Err(no_token(beyond, file, tokens));
        }
    }
    Ok(())
}

#[cfg(feature = "gui")]
impl From<ViewArgs> for crate::app::RunOptions {
    fn from(args: ViewArgs) -> Self {
        let tab = match args.tab.as_deref() {
            Some("survival") => crate::ui::Tab::Survival,
            Some("heatmap") => crate::ui::Tab::Heatmap,
            Some("sweep") => crate::ui::Tab::Sweep,
            Some("reflections") => crate::ui::Tab::Reflections,
            Some("compare") => crate::ui::Tab::Compare,
            _ => crate::ui::Tab::Reading,
        };
        Self {
            traces: args.files,
            problem: args.problem,
            autorun: args.run,
            screenshot_to: args.screenshot_to,
            size: args.size,
            theme: args.theme.as_deref().map(|name| {
                if name == "light" {
                    egui::Theme::Light
                } else {
                    egui::Theme::Dark
                }
            }),
            model: args.model,
            device: args.device,
            tab,
            cursor: args.cursor,
            select: args.select,
        }
    }
}

#[cfg(not(feature = "gui"))]
pub(super) fn run(_args: &ViewArgs) -> Result<(), CliError> {
    use clap::CommandFactory as _;
    let command = super::Args::command();
    let others: Vec<&str> = command
        .get_subcommands()
        .map(clap::Command::get_name)
        .filter(|name| *name != "view")
        .collect();
    Err(CliError::Usage(format!(
        "this rkv-scope was built without its window (feature `gui`); its other commands work without one: {}",
        others.join(", ")
    )))
}

#[cfg(all(test, not(feature = "gui")))]
mod tests {
    use super::*;

    #[test]
    fn without_a_window_only_commands_that_are_there_are_named() {
        let said = run(&ViewArgs::default()).unwrap_err().to_string();
        assert!(said.contains("info, export"), "{said}");
        assert_eq!(said.contains("record"), cfg!(feature = "infer"), "{said}");
        assert!(!said.contains("view"), "{said}");
    }
}
