//! Asking before a file is written over: nothing recorded is lost to a name typed twice.

use std::path::{Path, PathBuf};

use egui::{RichText, Ui};

use super::theme::Palette;

/// The file that was asked about last.
#[derive(Clone, Debug, Default)]
pub struct Overwrite {
    asked: Option<PathBuf>,
}

impl Overwrite {
    /// Whether to write to the path now. If there is a file, the first call only asks; the second, for the same path,
    /// is the answer.
    pub fn allows(&mut self, path: &Path) -> bool {
        let answered = self.asks_about(path);
        self.asked = (!answered && path.exists()).then(|| path.to_owned());
        self.asked.is_none()
    }

    /// Whether it waits for an answer about this path.
    pub fn asks_about(&self, path: &Path) -> bool {
        self.asked.as_deref() == Some(path)
    }

    /// Asks, beside the button that says `Replace` meanwhile.
    pub fn show(&self, ui: &mut Ui, path: &Path) {
        if self.asks_about(path) {
            let text = format!("{} is there already.", path.display());
            let colour = Palette::of(ui.ctx()).text;
            ui.label(RichText::new(text).size(12.5).color(colour));
        }
    }
}

/// The name, or the first of `name-2`, `name-3`, … that no file has.
pub fn fresh(name: &str) -> String {
    let path = Path::new(name);
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    let numbered = (2..1000).map(|n| format!("{stem}-{n}.{extension}"));
    std::iter::once(name.to_owned())
        .chain(numbered)
        .find(|name| !Path::new(name).exists())
        .unwrap_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_over_only_on_the_second_word() {
        let folder = tempfile::tempdir().unwrap();
        let (there, other) = (folder.path().join("a.rkvt"), folder.path().join("b.rkvt"));
        std::fs::write(&there, "x").unwrap();
        let mut overwrite = Overwrite::default();
        assert!(overwrite.allows(&other));
        assert!(!overwrite.allows(&there));
        assert!(overwrite.asks_about(&there) && !overwrite.asks_about(&other));
        assert!(overwrite.allows(&there));
        // An answer is good for one file, once.
        assert!(!overwrite.allows(&there));
        assert!(overwrite.allows(&other) && !overwrite.allows(&there));
    }

    #[test]
    fn a_suggested_name_is_of_no_file() {
        assert_eq!(fresh("no-such-file.rkvt"), "no-such-file.rkvt");
        assert_eq!(fresh("Cargo.toml"), "Cargo-2.toml");
    }
}
