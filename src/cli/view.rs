//! `view`: the window.

use super::CliError;
use super::args::ViewArgs;

#[cfg(feature = "gui")]
pub(super) fn run(args: &ViewArgs) -> Result<(), CliError> {
    crate::app::run(args.clone().into())
        .map_err(|error| CliError::Engine(crate::error_chain::chain(&error)))
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
            tab,
            cursor: args.cursor,
            select: args.select,
        }
    }
}

#[cfg(not(feature = "gui"))]
pub(super) fn run(_args: &ViewArgs) -> Result<(), CliError> {
    Err(CliError::Usage(
        "this rkv-scope was built without its window (feature `gui`); the commands record, info and \
         export work without one"
            .to_owned(),
    ))
}
