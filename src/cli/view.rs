//! `view`: the window.

use super::CliError;
use super::args::ViewArgs;

#[cfg(feature = "gui")]
pub(super) fn run(args: &ViewArgs) -> Result<(), CliError> {
    crate::app::run(args.clone().into()).map_err(|error| CliError::Engine(crate::app::describe(&error)))
}

#[cfg(not(feature = "gui"))]
pub(super) fn run(_args: &ViewArgs) -> Result<(), CliError> {
    Err(CliError::Usage(
        "this rkv-scope was built without its window (feature `gui`); the commands record, info and \
         export work without one"
            .to_owned(),
    ))
}
