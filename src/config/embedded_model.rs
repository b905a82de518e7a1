//! What the model inside the program is called.

/// Its name in lists, in files and on the command line.
pub const EMBEDDED_MODEL: &str = "reasoner";

/// What it may be called as well.
const ALIAS: &str = "embedded";

/// Whether a word that stands for a model, of any case, stands for the embedded one.
pub fn is_embedded(model: &str) -> bool {
    [EMBEDDED_MODEL, ALIAS]
        .iter()
        .any(|name| model.eq_ignore_ascii_case(name))
}
