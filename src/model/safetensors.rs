//! Reads safetensors files: the table, and one tensor's bytes at a time.
//!
//! Format: <https://huggingface.co/docs/safetensors>: eight bytes of length, that many bytes of JSON, then the data.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Seek, SeekFrom};

use candle_core::DType;
use serde::Deserialize;

use super::error::ModelError;

/// Where one tensor lies.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorEntry {
    /// Sizes, outermost first.
    pub shape: Vec<usize>,
    /// Type of the numbers.
    pub dtype: DType,
    /// First byte in the file.
    pub start: u64,
    /// Number of bytes.
    pub bytes: usize,
}

#[derive(Deserialize)]
struct Declared {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (u64, u64),
}

/// The reference implementation's limit.
const LONGEST_HEADER: u64 = 100_000_000;

/// The tensors of one file by name.
///
/// Tensors of types no decoder uses (integers, say) are left out.
///
/// # Errors
/// [`ModelError::Damaged`] if the file breaks its format or ends early, [`ModelError::Io`] if it cannot be read.
pub fn table<R: Read + Seek>(
    reader: &mut R,
    file: &str,
) -> Result<HashMap<String, TensorEntry>, ModelError> {
    let end = reader
        .seek(SeekFrom::End(0))
        .map_err(ModelError::io(file))?;
    reader.rewind().map_err(ModelError::io(file))?;
    let damaged = |reason: String| ModelError::damaged(file, reason);
    if end < 8 {
        return Err(damaged(format!(
            "not a safetensors file: it has {end} bytes"
        )));
    }
    let mut length = [0; 8];
    reader
        .read_exact(&mut length)
        .map_err(ModelError::io(file))?;
    let length = u64::from_le_bytes(length);
    if length > LONGEST_HEADER || length > end - 8 {
        return Err(damaged(format!(
            "a table of {length} bytes in a file of {end}"
        )));
    }
    let mut text = vec![0; length as usize];
    reader.read_exact(&mut text).map_err(ModelError::io(file))?;
    let declared: BTreeMap<String, serde_json::Value> = serde_json::from_slice(&text)
        .map_err(|error| damaged(format!("its table is unreadable: {error}")))?;

    let data = 8 + length;
    let mut tensors = HashMap::new();
    for (name, value) in declared {
        if name == "__metadata__" {
            continue;
        }
        let entry: Declared = serde_json::from_value(value).map_err(|error| {
            damaged(format!(
                "the entry of the tensor {name} is unreadable: {error}"
            ))
        })?;
        let (first, last) = entry.data_offsets;
        if first > last || last > end - data {
            return Err(damaged(format!(
                "the tensor {name} ends beyond the file's {end} bytes"
            )));
        }
        let dtype = match entry.dtype.as_str() {
            "F32" => DType::F32,
            "F16" => DType::F16,
            "BF16" => DType::BF16,
            "F64" => DType::F64,
            _ => continue,
        };
        let size = entry
            .shape
            .iter()
            .try_fold(dtype.size_in_bytes(), |size, &side| size.checked_mul(side));
        if size.is_none_or(|size| size as u64 != last - first) {
            let (shape, bytes) = (entry.shape, last - first);
            return Err(damaged(format!(
                "the tensor {name} of shape {shape:?} has {bytes} bytes"
            )));
        }
        let bytes = (last - first) as usize;
        tensors.insert(
            name,
            TensorEntry {
                shape: entry.shape,
                dtype,
                start: data + first,
                bytes,
            },
        );
    }
    Ok(tensors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    fn file(table: &str, data: usize) -> Vec<u8> {
        let mut bytes = (table.len() as u64).to_le_bytes().to_vec();
        bytes.extend(table.as_bytes());
        bytes.resize(bytes.len() + data, 1);
        bytes
    }

    fn read(bytes: &[u8]) -> Result<HashMap<String, TensorEntry>, ModelError> {
        table(&mut Cursor::new(bytes), "model.safetensors")
    }

    const GOOD: &str = r#"{"__metadata__":{"format":"pt"},
        "w":{"dtype":"BF16","shape":[2,3],"data_offsets":[0,12]},"i":{"dtype":"I64","shape":[1],"data_offsets":[12,20]}}"#;

    #[test]
    fn numbers_are_listed_and_other_types_are_left_out() {
        let tensors = read(&file(GOOD, 20)).expect("a whole file");
        assert_eq!(tensors.len(), 1);
        assert_eq!((tensors["w"].dtype, tensors["w"].bytes), (DType::BF16, 12));
    }

    #[test]
    fn a_file_cut_anywhere_is_an_error_that_names_it() {
        let whole = file(GOOD, 20);
        for length in 0..whole.len() {
            let error = read(&whole[..length]).expect_err("cut short").to_string();
            assert!(error.starts_with("model.safetensors"), "{error}");
        }
    }

    #[test]
    fn lying_tables_are_errors() {
        let lies = [
            r#"{"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,12]}}"#,
            r#"{"w":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#,
            r#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#,
            r#"{"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#,
            r#"{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551615]}}"#,
            r#"{"w":3}"#,
            "[]",
        ];
        for lie in lies {
            assert!(read(&file(lie, 20)).is_err(), "{lie}");
        }
        let mut long = file(GOOD, 20);
        long[..8].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(read(&long).is_err());
    }
}
