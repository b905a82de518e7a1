//! Tells one model's files from another's, so that results are not continued with a retrained model and its
//! runs are not compared with those of the model before.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::{ModelError, ModelFiles};

/// Checksum of the model's weights, config and tokenizer: eight hexadecimal digits. It guards against
/// mistakes, not against malice.
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
        ModelFiles::Gguf(path) => add(&mut crc, path)?,
        ModelFiles::Folder { folder, weights } => {
            for name in ["config.json", "tokenizer.json"] {
                add(&mut crc, &folder.join(name))?;
            }
            for path in weights {
                add(&mut crc, path)?;
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
        let embedded = ModelSource::Embedded.files().unwrap();
        assert_eq!(fingerprint(&embedded).unwrap().len(), 8);
    }
}
