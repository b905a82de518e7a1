//! Tells one model's files from another's, so that results are not continued with a retrained model and its
//! runs are not compared with those of the model before.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use super::{ModelError, ModelFiles};

/// Checksum of all that makes the model's text what it is: weights, config, tokenizer, chat template, end tokens. Eight
/// hexadecimal digits; it guards against mistakes, not against malice.
///
/// # Errors
/// A file cannot be read; the error names it.
pub fn fingerprint(files: &ModelFiles) -> Result<String, ModelError> {
    let mut crc = crc32fast::Hasher::new();
    match files {
        ModelFiles::Embedded(model) => {
            for bytes in [
                model.config,
                model.weights,
                model.tokenizer,
                model.tokenizer_config,
            ] {
                crc.update(bytes);
            }
        }
        files => {
            for path in files.paths() {
                match add(&mut crc, &path) {
                    // Some files need not be there.
                    Err(ModelError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {}
                    other => other?,
                }
            }
        }
    }
    Ok(format!("{:08x}", crc.finalize()))
}

fn add(crc: &mut crc32fast::Hasher, path: &Path) -> Result<(), ModelError> {
    let mut file = File::open(path).map_err(ModelError::io(path))?;
    let mut chunk = vec![0; 1 << 20];
    loop {
        match file.read(&mut chunk).map_err(ModelError::io(path))? {
            0 => return Ok(()),
            count => crc.update(&chunk[..count]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ModelSource;

    #[test]
    fn one_changed_byte_is_another_model() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.gguf");
        let of = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            fingerprint(&ModelFiles::Gguf(path.clone())).unwrap()
        };
        // CRC-32 of "123456789" is known.
        assert_eq!(of(b"123456789"), "cbf43926");
        assert_ne!(of(b"123456780"), "cbf43926");
        let alone = of(b"123456789");
        std::fs::write(folder.path().join("tokenizer.json"), b"{}").unwrap();
        assert_ne!(
            of(b"123456789"),
            alone,
            "a tokenizer beside it is read, too"
        );
        let embedded = ModelSource::Embedded.files().unwrap();
        assert_eq!(fingerprint(&embedded).unwrap().len(), 8);
    }
}
