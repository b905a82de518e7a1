//! Safetensors files with Hugging Face names as a decoder's source of weights.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::path::{Component, Path, PathBuf};

use candle_core::quantized::GgmlDType;
use candle_core::{DType, Device, Tensor};
use serde::Deserialize;

use super::error::ModelError;
use super::linear::RawMatrix;
use super::requantise;
use super::safetensors::{TensorEntry, table};
use super::weights::{LoadProgress, OnProgress, Role, TensorSource};

/// How dense weights are held in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DenseWeights {
    /// As f32, exactly what the file says: for small models.
    #[default]
    F32,
    /// Matrices as Q8_0, a quarter of the memory and faster: for models of a billion weights and more. Matrices whose
    /// rows are no multiple of 32 stay f32.
    Q8_0,
    /// Matrices of sixteen bits as they are, for a device that takes them over: the CPU cannot compute with them.
    AsStored,
}

impl DenseWeights {
    /// A matrix of `file` that was read as f32, as it is to be held.
    ///
    /// # Errors
    /// The tensor library refuses to quantise it.
    pub(crate) fn hold(
        self,
        weights: Vec<f32>,
        columns: usize,
        file: &str,
    ) -> Result<RawMatrix, ModelError> {
        if self != Self::Q8_0 || !columns.is_multiple_of(32) {
            return Ok(RawMatrix::Dense { columns, weights });
        }
        Ok(RawMatrix::Quantised {
            columns,
            dtype: GgmlDType::Q8_0,
            bytes: requantise::f32_to_q8_0(&weights, columns).map_err(ModelError::tensor(file))?,
        })
    }
}

trait ReadSeek: Read + Seek {}
impl<R: Read + Seek> ReadSeek for R {}

struct Shard<'a> {
    reader: Box<dyn ReadSeek + 'a>,
    file: String,
}

/// One or several open safetensors files.
pub(crate) struct SafetensorsSource<'a> {
    shards: Vec<Shard<'a>>,
    tensors: HashMap<String, (usize, TensorEntry)>,
    file: String,
    dense: DenseWeights,
    total: u64,
    done: u64,
    progress: &'a mut OnProgress<'a>,
}

#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl<'a> SafetensorsSource<'a> {
    /// Opens a `.safetensors` file, or all files that an `.index.json` names.
    pub(crate) fn open(
        path: &Path,
        dense: DenseWeights,
        progress: &'a mut OnProgress<'a>,
    ) -> Result<Self, ModelError> {
        let files = if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            shard_files(path)?
        } else {
            vec![path.to_owned()]
        };
        let mut shards: Vec<Shard<'a>> = Vec::new();
        for file in files {
            let reader = BufReader::new(File::open(&file).map_err(ModelError::io(&file))?);
            shards.push(Shard {
                reader: Box::new(reader),
                file: file.display().to_string(),
            });
        }
        Self::new(shards, path.display().to_string(), dense, progress)
    }

    /// A file that is already in memory.
    pub(crate) fn from_bytes(
        name: &str,
        bytes: &'a [u8],
        dense: DenseWeights,
        progress: &'a mut OnProgress<'a>,
    ) -> Result<Self, ModelError> {
        let shard = Shard {
            reader: Box::new(Cursor::new(bytes)),
            file: name.to_owned(),
        };
        Self::new(vec![shard], name.to_owned(), dense, progress)
    }

    fn new(
        mut shards: Vec<Shard<'a>>,
        file: String,
        dense: DenseWeights,
        progress: &'a mut OnProgress<'a>,
    ) -> Result<Self, ModelError> {
        let mut tensors = HashMap::new();
        for (index, shard) in shards.iter_mut().enumerate() {
            let entries = table(&mut shard.reader, &shard.file)?;
            tensors.extend(
                entries
                    .into_iter()
                    .map(|(name, entry)| (name, (index, entry))),
            );
        }
        let total = tensors.values().map(|(_, entry)| entry.bytes as u64).sum();
        Ok(Self {
            shards,
            tensors,
            file,
            dense,
            total,
            done: 0,
            progress,
        })
    }

    /// A tensor's bytes, and the type of its numbers.
    fn bytes(&mut self, tensor: &str, shape: &[usize]) -> Result<(Vec<u8>, DType), ModelError> {
        let Some((shard, entry)) = self.tensors.get(tensor) else {
            return Err(ModelError::MissingTensor {
                file: self.file.clone(),
                tensor: tensor.to_owned(),
            });
        };
        let shard = &mut self.shards[*shard];
        if entry.shape != shape {
            return Err(ModelError::Shape {
                file: shard.file.clone(),
                tensor: tensor.to_owned(),
                expected: shape.to_vec(),
                found: entry.shape.clone(),
            });
        }
        let step = LoadProgress {
            tensor,
            done: self.done,
            total: self.total,
        };
        if (self.progress)(step) == ControlFlow::Break(()) {
            return Err(ModelError::Cancelled);
        }
        let mut bytes = vec![0; entry.bytes];
        shard
            .reader
            .seek(SeekFrom::Start(entry.start))
            .and_then(|_| shard.reader.read_exact(&mut bytes))
            .map_err(ModelError::io(&shard.file))?;
        self.done += entry.bytes as u64;
        Ok((bytes, entry.dtype))
    }

    fn numbers(&self, bytes: &[u8], dtype: DType) -> Result<Vec<f32>, ModelError> {
        let count = bytes.len() / dtype.size_in_bytes();
        Tensor::from_raw_buffer(bytes, dtype, &[count], &Device::Cpu)
            .and_then(|numbers| numbers.to_dtype(DType::F32)?.to_vec1())
            .map_err(ModelError::tensor(&self.file))
    }
}

/// The files an index names, each once. They lie beside it: an index from elsewhere must not reach other folders.
fn shard_files(index: &Path) -> Result<Vec<PathBuf>, ModelError> {
    let file = index.display().to_string();
    let text = std::fs::read(index).map_err(ModelError::io(index))?;
    let parsed: Index = serde_json::from_slice(&text)
        .map_err(|error| ModelError::damaged(&file, format!("unreadable: {error}")))?;
    let folder = index.parent().unwrap_or(Path::new(""));
    let mut names: Vec<String> = parsed.weight_map.into_values().collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .map(|name| {
            let mut parts = Path::new(&name).components();
            match (parts.next(), parts.next()) {
                (Some(Component::Normal(_)), None) => Ok(folder.join(&name)),
                _ => Err(ModelError::damaged(
                    &file,
                    format!("{name} is not a file beside the index"),
                )),
            }
        })
        .collect()
}

impl TensorSource for SafetensorsSource<'_> {
    fn name(&self, role: Role) -> String {
        let (layer, name) = match role {
            Role::Embedding => return "model.embed_tokens".to_owned(),
            Role::FinalNorm => return "model.norm".to_owned(),
            Role::Output => return "lm_head".to_owned(),
            Role::AttentionNorm(layer) => (layer, "input_layernorm"),
            Role::Query(layer) => (layer, "self_attn.q_proj"),
            Role::Key(layer) => (layer, "self_attn.k_proj"),
            Role::Value(layer) => (layer, "self_attn.v_proj"),
            Role::AttentionOutput(layer) => (layer, "self_attn.o_proj"),
            Role::QueryNorm(layer) => (layer, "self_attn.q_norm"),
            Role::KeyNorm(layer) => (layer, "self_attn.k_norm"),
            Role::FeedForwardNorm(layer) => (layer, "post_attention_layernorm"),
            Role::Gate(layer) => (layer, "mlp.gate_proj"),
            Role::Up(layer) => (layer, "mlp.up_proj"),
            Role::Down(layer) => (layer, "mlp.down_proj"),
        };
        format!("model.layers.{layer}.{name}")
    }

    fn has(&self, tensor: &str) -> bool {
        self.tensors.contains_key(tensor)
    }

    fn vector(&mut self, tensor: &str, len: usize) -> Result<Vec<f32>, ModelError> {
        let (bytes, dtype) = self.bytes(tensor, &[len])?;
        self.numbers(&bytes, dtype)
    }

    fn matrix(
        &mut self,
        tensor: &str,
        rows: usize,
        columns: usize,
    ) -> Result<RawMatrix, ModelError> {
        let (bytes, dtype) = self.bytes(tensor, &[rows, columns])?;
        let sixteen_bits = match dtype {
            DType::F16 => Some(GgmlDType::F16),
            DType::BF16 => Some(GgmlDType::BF16),
            _ => None,
        };
        if let (DenseWeights::AsStored, Some(dtype)) = (self.dense, sixteen_bits) {
            return Ok(RawMatrix::Quantised {
                columns,
                dtype,
                bytes,
            });
        }
        let weights = self.numbers(&bytes, dtype)?;
        drop(bytes);
        self.dense.hold(weights, columns, &self.file)
    }

    fn interleaved(&self) -> bool {
        false
    }

    fn file(&self) -> &str {
        &self.file
    }
}
