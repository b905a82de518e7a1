//! Whether two paths lead to one file: a result must not replace what it was made from.

use std::path::{Path, PathBuf};

use super::folder_of;

/// Whether two paths lead to one file, by whatever way: relative or not, over links, under two names on the disk. A
/// file that is not there yet goes by its folder and its name.
pub fn is_same_file(a: &Path, b: &Path) -> bool {
    match (place(a), place(b)) {
        (Some(a), Some(b)) => a == b || shares_its_bytes(&a, &b),
        _ => a == b,
    }
}

fn place(path: &Path) -> Option<PathBuf> {
    if let Ok(place) = path.canonicalize() {
        return Some(place);
    }
    let folder = folder_of(path).canonicalize().ok()?;
    Some(folder.join(path.file_name()?))
}

#[cfg(unix)]
fn shares_its_bytes(a: &Path, b: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let id = |path: &Path| {
        let metadata = path.metadata().ok()?;
        Some((metadata.dev(), metadata.ino()))
    };
    id(a).is_some_and(|a| Some(a) == id(b))
}

#[cfg(not(unix))]
fn shares_its_bytes(_a: &Path, _b: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_itself_by_every_way_there() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        let file = folder.path().join("a");
        std::fs::write(&file, "").unwrap();
        assert!(is_same_file(&file, &inner.join("../a")));
        assert!(!is_same_file(&file, &folder.path().join("b")));
        let (new, again) = (folder.path().join("new"), inner.join("../new"));
        assert!(is_same_file(&new, &again), "told before it is there");
        #[cfg(unix)]
        {
            let (soft, hard) = (inner.join("soft"), inner.join("hard"));
            std::os::unix::fs::symlink(&file, &soft).unwrap();
            std::fs::hard_link(&file, &hard).unwrap();
            assert!(is_same_file(&soft, &file) && is_same_file(&hard, &file));
        }
    }

    #[test]
    fn a_path_that_leads_nowhere_is_only_itself() {
        let nowhere = Path::new("/nonexistent/a");
        assert!(is_same_file(nowhere, nowhere));
        assert!(!is_same_file(nowhere, Path::new("/nonexistent/b")));
    }
}
