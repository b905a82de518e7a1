//! Compares a file with what the hub says of it.

use std::io::Read as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::fetch::{FetchError, FetchEvent};
use super::hub_client::Described;

/// Compares a file's size, and its SHA-256 where the hub gives one, which it does for every large file (the others
/// carry the hash of a git object).
pub(super) fn verify(
    file: &str,
    path: &Path,
    described: &Described,
    report: &mut dyn FnMut(FetchEvent<'_>),
) -> Result<(), FetchError> {
    let disk = |source| FetchError::Disk {
        path: path.to_path_buf(),
        source,
    };
    let damaged = |expected: String, actual: String| FetchError::Damaged {
        file: file.to_owned(),
        expected,
        actual,
    };
    let size = std::fs::metadata(path).map_err(disk)?.len();
    if size != described.size {
        return Err(damaged(
            format!("{} bytes", described.size),
            format!("{size} bytes"),
        ));
    }
    let etag = &described.etag;
    if etag.len() != 64 || !etag.chars().all(|char| char.is_ascii_hexdigit()) {
        return Ok(());
    }
    report(FetchEvent::Verifying { file });
    let actual = sha256(path).map_err(disk)?;
    if actual.eq_ignore_ascii_case(etag) {
        Ok(())
    } else {
        Err(damaged(
            format!("SHA-256 {etag}"),
            format!("SHA-256 {actual}"),
        ))
    }
}

fn sha256(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(hex(&hasher.finalize()));
        }
        hasher.update(&buffer[..count]);
    }
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .collect()
}
