//! Reads GGUF files: header, metadata, and one tensor's bytes at a time.
//!
//! The parser is our own because a model file is untrusted: every length is checked against the bytes that are left
//! before anything is allocated, arrays are skipped instead of kept (a tokenizer's lists would take gigabytes as
//! values), and sizes are multiplied with overflow checks.
//!
//! Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.

use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Seek, SeekFrom};

use candle_core::quantized::GgmlDType;

use super::error::ModelError;

/// A scalar of the metadata. Arrays are not kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    /// Any integer type.
    Integer(i128),
    /// Either float type.
    Float(f64),
    /// True or false.
    Bool(bool),
    /// Text; bytes that are not UTF-8 are replaced.
    Text(String),
}

/// Where one tensor lies.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorEntry {
    /// Sizes, outermost first: rows before columns.
    pub shape: Vec<usize>,
    /// Type of the blocks.
    pub dtype: GgmlDType,
    /// First byte in the file.
    pub start: u64,
    /// Number of bytes.
    pub bytes: usize,
}

/// Metadata and tensor table of a GGUF file.
#[derive(Debug)]
pub struct GgufHeader {
    /// Scalars by key.
    pub metadata: HashMap<String, Scalar>,
    /// Tensors by name.
    pub tensors: BTreeMap<String, TensorEntry>,
}

const MAGIC: &[u8; 4] = b"GGUF";
const LONGEST_TEXT: u64 = 1 << 24;
const DEEPEST_ARRAY: u32 = 4;
const MOST_DIMENSIONS: u32 = 4;

struct Reader<'a, R> {
    inner: &'a mut R,
    at: u64,
    end: u64,
    file: &'a str,
    /// Version 1 wrote lengths in 32 bits.
    short_lengths: bool,
}

impl<R: Read + Seek> Reader<'_, R> {
    fn damaged<T>(&self, reason: impl Into<String>) -> Result<T, ModelError> {
        Err(ModelError::damaged(self.file, reason))
    }

    fn need(&self, bytes: u64) -> Result<(), ModelError> {
        let left = self.end - self.at;
        if bytes > left {
            let at = self.at;
            return self.damaged(format!("{bytes} bytes expected at byte {at}, {left} left"));
        }
        Ok(())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ModelError> {
        self.need(N as u64)?;
        let mut bytes = [0; N];
        self.inner
            .read_exact(&mut bytes)
            .map_err(ModelError::io(self.file))?;
        self.at += N as u64;
        Ok(bytes)
    }

    fn u32(&mut self) -> Result<u32, ModelError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, ModelError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    fn length(&mut self) -> Result<u64, ModelError> {
        if self.short_lengths {
            Ok(self.u32()?.into())
        } else {
            self.u64()
        }
    }

    fn skip(&mut self, bytes: u64) -> Result<(), ModelError> {
        self.need(bytes)?;
        self.inner
            .seek(SeekFrom::Start(self.at + bytes))
            .map_err(ModelError::io(self.file))?;
        self.at += bytes;
        Ok(())
    }

    fn text(&mut self) -> Result<String, ModelError> {
        let length = self.length()?;
        if length > LONGEST_TEXT {
            return self.damaged(format!("a text of {length} bytes"));
        }
        self.need(length)?;
        let mut bytes = vec![0; length as usize];
        self.inner
            .read_exact(&mut bytes)
            .map_err(ModelError::io(self.file))?;
        self.at += length;
        Ok(String::from_utf8_lossy(&bytes)
            .trim_end_matches('\0')
            .to_owned())
    }

    /// A metadata value, or `None` for an array, which is skipped.
    fn value(&mut self, kind: u32) -> Result<Option<Scalar>, ModelError> {
        Ok(Some(match kind {
            0 => Scalar::Integer(u8::from_le_bytes(self.array()?).into()),
            1 => Scalar::Integer(i8::from_le_bytes(self.array()?).into()),
            2 => Scalar::Integer(u16::from_le_bytes(self.array()?).into()),
            3 => Scalar::Integer(i16::from_le_bytes(self.array()?).into()),
            4 => Scalar::Integer(self.u32()?.into()),
            5 => Scalar::Integer(i32::from_le_bytes(self.array()?).into()),
            6 => Scalar::Float(f32::from_le_bytes(self.array()?).into()),
            7 => Scalar::Bool(self.array::<1>()? != [0]),
            8 => Scalar::Text(self.text()?),
            9 => {
                self.skip_array(0)?;
                return Ok(None);
            }
            10 => Scalar::Integer(self.u64()?.into()),
            11 => Scalar::Integer(i64::from_le_bytes(self.array()?).into()),
            12 => Scalar::Float(f64::from_le_bytes(self.array()?)),
            other => return self.damaged(format!("a metadata value of unknown type {other}")),
        }))
    }

    fn skip_array(&mut self, depth: u32) -> Result<(), ModelError> {
        if depth > DEEPEST_ARRAY {
            return self.damaged("arrays within arrays within arrays");
        }
        let kind = self.u32()?;
        let count = self.length()?;
        let width = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            8 => {
                for _ in 0..count {
                    let length = self.length()?;
                    self.skip(length)?;
                }
                return Ok(());
            }
            9 => {
                for _ in 0..count {
                    self.skip_array(depth + 1)?;
                }
                return Ok(());
            }
            other => return self.damaged(format!("an array of unknown type {other}")),
        };
        match count.checked_mul(width) {
            Some(bytes) => self.skip(bytes),
            None => self.damaged(format!("an array of {count} values")),
        }
    }

    fn tensor(&mut self) -> Result<(String, TensorEntry), ModelError> {
        let name = self.text()?;
        let dimensions = self.u32()?;
        if dimensions > MOST_DIMENSIONS {
            return self.damaged(format!("the tensor {name} has {dimensions} dimensions"));
        }
        let mut shape = Vec::new();
        for _ in 0..dimensions {
            let size = self.length()?;
            let Ok(size) = usize::try_from(size) else {
                return self.damaged(format!("the tensor {name} has a side of {size}"));
            };
            shape.push(size);
        }
        shape.reverse();
        if shape.contains(&0) {
            return self.damaged(format!("the tensor {name} has a side of 0"));
        }
        let code = self.u32()?;
        let Some(dtype) = dtype(code) else {
            return Err(ModelError::unsupported(
                self.file,
                format!(
                    "the type {code} of the tensor {name} (use a Q8_0, Q4_K_M or F16 file of the model)"
                ),
            ));
        };
        let count = shape
            .iter()
            .try_fold(1usize, |count, &side| count.checked_mul(side));
        let blocks = count.filter(|_| {
            shape
                .last()
                .is_some_and(|columns| columns.is_multiple_of(dtype.block_size()))
        });
        let bytes =
            blocks.and_then(|count| (count / dtype.block_size()).checked_mul(dtype.type_size()));
        let Some(bytes) = bytes else {
            return self.damaged(format!(
                "the tensor {name} has the impossible shape {shape:?} for {dtype:?}"
            ));
        };
        let start = self.u64()?;
        Ok((
            name,
            TensorEntry {
                shape,
                dtype,
                start,
                bytes,
            },
        ))
    }
}

/// The block type behind a type code of the format, if the tensor library knows it.
fn dtype(code: u32) -> Option<GgmlDType> {
    Some(match code {
        0 => GgmlDType::F32,
        1 => GgmlDType::F16,
        2 => GgmlDType::Q4_0,
        3 => GgmlDType::Q4_1,
        6 => GgmlDType::Q5_0,
        7 => GgmlDType::Q5_1,
        8 => GgmlDType::Q8_0,
        9 => GgmlDType::Q8_1,
        10 => GgmlDType::Q2K,
        11 => GgmlDType::Q3K,
        12 => GgmlDType::Q4K,
        13 => GgmlDType::Q5K,
        14 => GgmlDType::Q6K,
        15 => GgmlDType::Q8K,
        30 => GgmlDType::BF16,
        _ => return None,
    })
}

impl GgufHeader {
    /// Reads everything before the tensors' data and checks that the data is all there.
    ///
    /// # Errors
    /// [`ModelError::Damaged`] if the file breaks its format or ends early, [`ModelError::Io`] if it cannot be read.
    pub fn read<R: Read + Seek>(inner: &mut R, file: &str) -> Result<Self, ModelError> {
        let end = inner.seek(SeekFrom::End(0)).map_err(ModelError::io(file))?;
        inner.rewind().map_err(ModelError::io(file))?;
        let mut reader = Reader {
            inner,
            at: 0,
            end,
            file,
            short_lengths: false,
        };
        if end < 4 || &reader.array::<4>()? != MAGIC {
            return reader.damaged("not a GGUF file: it does not begin with GGUF");
        }
        let version = reader.u32()?;
        if !(1..=3).contains(&version) {
            return reader.damaged(format!("GGUF version {version} (1 to 3 are known)"));
        }
        reader.short_lengths = version == 1;
        let tensor_count = reader.length()?;
        let value_count = reader.length()?;
        let mut metadata = HashMap::new();
        for _ in 0..value_count {
            let key = reader.text()?;
            let kind = reader.u32()?;
            if let Some(value) = reader.value(kind)? {
                metadata.insert(key, value);
            }
        }
        let mut tensors = BTreeMap::new();
        for _ in 0..tensor_count {
            let (name, entry) = reader.tensor()?;
            tensors.insert(name, entry);
        }
        let alignment = match metadata.get("general.alignment") {
            None => 32,
            Some(Scalar::Integer(n)) if (1..=1 << 20).contains(n) => *n as u64,
            Some(other) => return reader.damaged(format!("the alignment {other:?}")),
        };
        let data = reader.at.next_multiple_of(alignment);
        for (name, entry) in &mut tensors {
            entry.start = entry.start.saturating_add(data);
            if entry
                .start
                .checked_add(entry.bytes as u64)
                .is_none_or(|stop| stop > end)
            {
                return Err(ModelError::damaged(
                    file,
                    format!("the tensor {name} ends beyond the file's {end} bytes"),
                ));
            }
        }
        Ok(Self { metadata, tensors })
    }

    /// The text under `key`.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.metadata.get(key) {
            Some(Scalar::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The integer under `key`, if it is a size.
    pub fn size(&self, key: &str) -> Option<usize> {
        match self.metadata.get(key) {
            Some(Scalar::Integer(n)) => usize::try_from(*n).ok(),
            _ => None,
        }
    }

    /// The number under `key`.
    pub fn number(&self, key: &str) -> Option<f32> {
        match self.metadata.get(key) {
            Some(Scalar::Float(x)) => Some(*x as f32),
            Some(Scalar::Integer(n)) => Some(*n as f32),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// A header with one number, one array of texts and one 2x32 Q8_0 tensor, and its data.
    fn file() -> Vec<u8> {
        let mut bytes = b"GGUF".to_vec();
        bytes.extend(3u32.to_le_bytes());
        bytes.extend(1u64.to_le_bytes());
        bytes.extend(2u64.to_le_bytes());
        let text = |bytes: &mut Vec<u8>, text: &str| {
            bytes.extend((text.len() as u64).to_le_bytes());
            bytes.extend(text.as_bytes());
        };
        text(&mut bytes, "llama.block_count");
        bytes.extend(4u32.to_le_bytes());
        bytes.extend(30u32.to_le_bytes());
        text(&mut bytes, "tokens");
        bytes.extend(9u32.to_le_bytes());
        bytes.extend(8u32.to_le_bytes());
        bytes.extend(2u64.to_le_bytes());
        text(&mut bytes, "one");
        text(&mut bytes, "two");
        text(&mut bytes, "weight");
        bytes.extend(2u32.to_le_bytes());
        bytes.extend(32u64.to_le_bytes());
        bytes.extend(2u64.to_le_bytes());
        bytes.extend(8u32.to_le_bytes());
        bytes.extend(0u64.to_le_bytes());
        bytes.resize(bytes.len().next_multiple_of(32), 0);
        bytes.extend([7; 68]);
        bytes
    }

    fn read(bytes: &[u8]) -> Result<GgufHeader, ModelError> {
        GgufHeader::read(&mut Cursor::new(bytes), "model.gguf")
    }

    #[test]
    fn rows_come_before_columns() {
        let header = read(&file()).expect("a whole file");
        assert_eq!(header.size("llama.block_count"), Some(30));
        assert_eq!(header.metadata.len(), 1, "arrays are not kept");
        let entry = &header.tensors["weight"];
        assert_eq!(
            (entry.shape.as_slice(), entry.bytes),
            ([2, 32].as_slice(), 68)
        );
        assert_eq!(file()[entry.start as usize], 7);
    }

    #[test]
    fn a_file_cut_anywhere_is_an_error_that_names_it() {
        let whole = file();
        for length in 0..whole.len() {
            let error = read(&whole[..length]).expect_err("cut short").to_string();
            assert!(error.starts_with("model.gguf"), "{error}");
        }
    }

    #[test]
    fn damage_is_an_error_and_never_a_panic() {
        let whole = file();
        for at in 0..whole.len() - 68 {
            for value in [0x00, 0x7f, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] = value;
                // Many bytes of a text may change freely; what counts is that nothing panics or allocates wildly.
                drop(read(&damaged));
            }
        }
    }
}
