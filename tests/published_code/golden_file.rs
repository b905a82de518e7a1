//! Reads the golden data: safetensors files with parameters in their metadata. See `golden/README.md`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use safetensors::{Dtype, SafeTensors};

/// The folder of golden data: `RKV_GOLDEN_DIR`, or the copy beside this file.
pub fn folder() -> PathBuf {
    std::env::var_os("RKV_GOLDEN_DIR").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden"),
        PathBuf::from,
    )
}

/// Every `.safetensors` file of a sub-folder, by name.
pub fn files(sub: &str) -> Vec<PathBuf> {
    let folder = folder().join(sub);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "safetensors"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no golden files in {}", folder.display());
    files
}

/// One golden file.
pub struct Golden {
    /// File name without extension.
    pub name: String,
    bytes: Vec<u8>,
    meta: HashMap<String, String>,
}

impl Golden {
    pub fn open(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let meta = header.metadata().clone().unwrap_or_default();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        Self { name, bytes, meta }
    }

    /// The file with the keys and queries of several compressions: another one for the time-ordered variant, else this one.
    pub fn stream(&self, path: &Path) -> Self {
        if self.name.ends_with("SORTED_VARIANT") {
            Self::open(&path.with_file_name(self.text("stream_file")))
        } else {
            Self::open(path)
        }
    }

    pub fn has(&self, tensor: &str) -> bool {
        SafeTensors::deserialize(&self.bytes)
            .unwrap()
            .tensor(tensor)
            .is_ok()
    }

    pub fn shape(&self, tensor: &str) -> Vec<usize> {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        file.tensor(tensor)
            .unwrap_or_else(|e| panic!("{}: {tensor}: {e}", self.name))
            .shape()
            .to_vec()
    }

    pub fn f32(&self, tensor: &str) -> Vec<f32> {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        let view = file
            .tensor(tensor)
            .unwrap_or_else(|e| panic!("{}: {tensor}: {e}", self.name));
        assert_eq!(view.dtype(), Dtype::F32);
        view.data()
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
            .collect()
    }

    pub fn indices(&self, tensor: &str) -> Vec<usize> {
        let file = SafeTensors::deserialize(&self.bytes).unwrap();
        let view = file
            .tensor(tensor)
            .unwrap_or_else(|e| panic!("{}: {tensor}: {e}", self.name));
        assert_eq!(view.dtype(), Dtype::I64);
        let entry = |b: &[u8]| usize::try_from(i64::from_le_bytes(b.try_into().unwrap())).unwrap();
        view.data().chunks_exact(8).map(entry).collect()
    }

    pub fn number(&self, key: &str) -> f64 {
        let text = self
            .meta
            .get(key)
            .unwrap_or_else(|| panic!("{}: no {key}", self.name));
        text.parse()
            .unwrap_or_else(|e| panic!("{}: {key} = {text}: {e}", self.name))
    }

    pub fn text(&self, key: &str) -> &str {
        self.meta.get(key).map_or("", String::as_str)
    }

    pub fn flag(&self, key: &str) -> bool {
        self.text(key) == "true"
    }
}

/// Panics where `got` leaves `want` by more than `atol + rtol * |want|`.
pub fn assert_close(what: &str, got: &[f32], want: &[f32], rtol: f32, atol: f32) {
    assert_eq!(got.len(), want.len(), "{what}: length");
    for (i, (&g, &w)) in got.iter().zip(want).enumerate() {
        let allowed = atol + rtol * w.abs();
        assert!(
            (g - w).abs() <= allowed,
            "{what}[{i}]: got {g}, want {w}, off by more than {allowed}"
        );
    }
}
