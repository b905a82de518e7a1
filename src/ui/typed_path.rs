//! A path as people type it: no shell stands between the field and the program, so that `~/` is written out here.

use std::path::PathBuf;

/// The path that a text names, without the blanks around it. A leading `~/` is the person's home folder, if the system
/// knows it.
pub fn typed_path(text: &str) -> PathBuf {
    below(std::env::home_dir(), text.trim())
}

fn below(home: Option<PathBuf>, text: &str) -> PathBuf {
    match (home, text.strip_prefix("~/")) {
        (Some(home), Some(rest)) => home.join(rest),
        _ => PathBuf::from(text),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn only_a_leading_tilde_is_the_home_folder() {
        let home = || Some(PathBuf::from("/home/a"));
        assert_eq!(below(home(), "~/b/c.rkvt"), Path::new("/home/a/b/c.rkvt"));
        for plain in ["b/~/c", "~b/c", "/b", "qwen3-0.6b", ""] {
            assert_eq!(below(home(), plain), Path::new(plain));
        }
        assert_eq!(below(None, "~/b"), Path::new("~/b"));
        assert_eq!(typed_path("  b.rkvt "), Path::new("b.rkvt"));
    }
}
