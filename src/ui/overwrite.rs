//! Asking before a file is written over: nothing recorded is lost to a name typed twice.

use std::path::PathBuf;

use egui::{Label, RichText, Ui};

use super::theme::Palette;
use crate::trace::numbered;

/// The files that were asked about last.
#[derive(Clone, Debug, Default)]
pub struct Overwrite {
    asked: Vec<PathBuf>,
}

impl Overwrite {
    /// Whether to write these files now. If some are there, the first call only asks; the second, about the same ones, is
    /// the answer.
    pub fn allows(&mut self, written: &[PathBuf]) -> bool {
        let answered = self.asks_about(written);
        self.asked = if answered { vec![] } else { there(written) };
        self.asked.is_empty()
    }

    /// Whether it waits for an answer about these files.
    pub fn asks_about(&self, written: &[PathBuf]) -> bool {
        !self.asked.is_empty() && self.asked == there(written)
    }

    /// Asks, beside the button that says `Replace` meanwhile.
    pub fn show(&self, ui: &mut Ui, written: &[PathBuf]) {
        if self.asks_about(written) {
            let names: Vec<String> = self
                .asked
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            let are = if names.len() > 1 { "are" } else { "is" };
            let text = format!("{} {are} there already.", names.join(", "));
            let colour = Palette::of(ui.ctx()).text;
            ui.add(Label::new(RichText::new(text).size(12.5).color(colour)).wrap());
        }
    }
}

/// Those that there are.
fn there(written: &[PathBuf]) -> Vec<PathBuf> {
    written
        .iter()
        .filter(|path| path.exists())
        .cloned()
        .collect()
}

/// The path, or the first of `name-2`, `name-3`, … beside it that no file has.
pub fn fresh(path: PathBuf) -> PathBuf {
    let free = numbered(&path).find(|other| !other.exists());
    free.filter(|_| path.exists()).unwrap_or(path)
}

/// [`fresh`] for a name in the folder that the program was started in, as it is put into a field.
pub fn fresh_name(name: &str) -> String {
    fresh(PathBuf::from(name)).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_over_only_on_the_second_word() {
        let folder = tempfile::tempdir().unwrap();
        let [there, other] = ["a.rkvt", "b.rkvt"].map(|name| vec![folder.path().join(name)]);
        std::fs::write(&there[0], "x").unwrap();
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
    fn of_several_files_all_that_are_there_are_asked_about() {
        let folder = tempfile::tempdir().unwrap();
        let all: Vec<PathBuf> = ["A", "B", "C"]
            .map(|name| folder.path().join(name))
            .to_vec();
        std::fs::write(&all[0], "x").unwrap();
        let mut overwrite = Overwrite::default();
        assert!(!overwrite.allows(&all));
        // One more appears before the answer: that was not asked about.
        std::fs::write(&all[2], "x").unwrap();
        assert!(!overwrite.allows(&all));
        assert!(overwrite.allows(&all));
    }

    #[test]
    fn a_suggested_name_is_of_no_file() {
        assert_eq!(fresh_name("no-such-file.rkvt"), "no-such-file.rkvt");
        assert_eq!(fresh_name("Cargo.toml"), "Cargo-2.toml");
    }

    #[test]
    fn a_free_name_lies_in_the_same_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        assert_eq!(fresh(path("a.png")), path("a.png"));
        for (taken, free) in [("a.png", "a-2.png"), ("a-2.png", "a-3.png"), ("b", "b-2")] {
            std::fs::write(path(taken), "x").unwrap();
            let wanted = if taken == "b" { "b" } else { "a.png" };
            assert_eq!(fresh(path(wanted)), path(free));
        }
    }
}
