//! A GGUF file as a decoder's source of weights and numbers.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::path::Path;

use std::borrow::Cow;

use candle_core::Device;
use candle_core::quantized::{GgmlDType, QStorage, QTensor};

use super::config::{Architecture, ModelConfig};
use super::error::ModelError;
use super::gguf::{GgufHeader, TensorEntry};
use super::linear::RawMatrix;
use super::requantise;
use super::rope::RopeScaling;
use super::safetensors_source::DenseWeights;
use super::weights::{LoadProgress, OnProgress, Role, TensorSource};

/// An open GGUF file.
pub(crate) struct GgufSource<'a> {
    reader: BufReader<File>,
    header: GgufHeader,
    file: String,
    architecture: Architecture,
    dense: DenseWeights,
    total: u64,
    done: u64,
    progress: &'a mut OnProgress<'a>,
    /// Types that were turned into Q8_0.
    pub(crate) requantised: Vec<GgmlDType>,
}

impl<'a> GgufSource<'a> {
    /// Opens `path` and reads its header.
    pub(crate) fn open(
        path: &Path,
        dense: DenseWeights,
        progress: &'a mut OnProgress<'a>,
    ) -> Result<Self, ModelError> {
        let file = path.display().to_string();
        let mut reader = BufReader::new(File::open(path).map_err(ModelError::io(path))?);
        let header = GgufHeader::read(&mut reader, &file)?;
        // Only the first part has the model's numbers, and none has all of its tensors.
        if let Some(parts) = header.size("split.count").filter(|&parts| parts > 1) {
            return Err(ModelError::Split { file, parts });
        }
        let Some(name) = header.text("general.architecture") else {
            return Err(ModelError::damaged(
                &file,
                "general.architecture is missing",
            ));
        };
        let architecture = Architecture::named(name, &file)?;
        let total = header
            .tensors
            .values()
            .map(|entry| entry.bytes as u64)
            .sum();
        Ok(Self {
            reader,
            header,
            file,
            architecture,
            dense,
            total,
            done: 0,
            progress,
            requantised: Vec::new(),
        })
    }

    /// The model's own name for itself.
    pub(crate) fn model_name(&self) -> Option<&str> {
        self.header
            .text("general.name")
            .filter(|name| !name.is_empty())
    }

    /// The configuration in the metadata.
    pub(crate) fn config(&mut self) -> Result<ModelConfig, ModelError> {
        let prefix = self.architecture.name();
        let key = |name: &str| format!("{prefix}.{name}");
        let size = |name: &str| {
            let key = key(name);
            self.header
                .size(&key)
                .ok_or_else(|| ModelError::damaged(&self.file, format!("{key} is missing")))
        };
        let (hidden, query_heads) = (size("embedding_length")?, size("attention.head_count")?);
        let head_dim = self
            .header
            .size(&key("attention.key_length"))
            .unwrap_or_else(|| hidden.checked_div(query_heads).unwrap_or(0));
        let vocab = self
            .header
            .tensors
            .get("token_embd.weight")
            .and_then(|entry| entry.shape.first().copied())
            .ok_or_else(|| ModelError::MissingTensor {
                file: self.file.clone(),
                tensor: "token_embd.weight".to_owned(),
            })?;
        let eos = match self.header.size("tokenizer.ggml.eos_token_id") {
            Some(id) => u32::try_from(id).map(|id| vec![id]).unwrap_or_default(),
            None => Vec::new(),
        };
        let config = ModelConfig {
            architecture: self.architecture,
            layers: size("block_count")?,
            hidden,
            intermediate: size("feed_forward_length")?,
            query_heads,
            kv_heads: self
                .header
                .size(&key("attention.head_count_kv"))
                .unwrap_or(query_heads),
            head_dim,
            vocab,
            context: size("context_length")?,
            rms_eps: self
                .header
                .number(&key("attention.layer_norm_rms_epsilon"))
                .unwrap_or(1e-5),
            rope_theta: self
                .header
                .number(&key("rope.freq_base"))
                .unwrap_or(10_000.0),
            rope_scaling: self.rope_scaling()?,
            tied: !self.header.tensors.contains_key("output.weight"),
            eos,
        }
        .checked(&self.file)?;
        self.refuse(&config)?;
        Ok(config)
    }

    /// Refuses every variant whose logits the decoder would get wrong.
    fn refuse(&self, config: &ModelConfig) -> Result<(), ModelError> {
        let prefix = self.architecture.name();
        let unsupported = |feature: String| Err(ModelError::unsupported(&self.file, feature));
        let size = |name: &str| self.header.size(&format!("{prefix}.{name}"));
        if size("expert_count").is_some_and(|experts| experts > 1) {
            return unsupported("a mixture of experts (expert_count)".to_owned());
        }
        if size("attention.sliding_window").is_some_and(|window| window > 0) {
            return unsupported("sliding-window attention".to_owned());
        }
        if let Some(turned) =
            size("rope.dimension_count").filter(|&turned| turned != config.head_dim)
        {
            let head = config.head_dim;
            return unsupported(format!(
                "rotary positions on {turned} of {head} features per head"
            ));
        }
        if let Some(width) =
            size("attention.value_length").filter(|&width| width != config.head_dim)
        {
            return unsupported(format!(
                "values of width {width} beside keys of {}",
                config.head_dim
            ));
        }
        let of_layer = |name: &String| name.starts_with("blk.");
        for name in self.header.tensors.keys().filter(|name| of_layer(name)) {
            if name.contains(".ffn_") && name.rsplit('.').next() == Some("bias") {
                return unsupported(format!("a bias in the feed-forward network ({name})"));
            }
            let normed =
                name.ends_with(".attn_q_norm.weight") || name.ends_with(".attn_k_norm.weight");
            if normed && self.architecture != Architecture::Qwen3 {
                return unsupported(format!(
                    "a norm of queries or keys in a {prefix} model ({name})"
                ));
            }
        }
        for cap in ["attn_logit_softcapping", "final_logit_softcapping"] {
            if self
                .header
                .number(&format!("{prefix}.{cap}"))
                .is_some_and(|cap| cap > 0.0)
            {
                return unsupported(format!("logit soft-capping ({cap})"));
            }
        }
        Ok(())
    }

    fn rope_scaling(&mut self) -> Result<RopeScaling, ModelError> {
        if let Some(entry) = self.header.tensors.get("rope_freqs.weight") {
            let entry = entry.clone();
            return Ok(RopeScaling::Divisors(
                self.numbers("rope_freqs.weight", &entry)?,
            ));
        }
        let prefix = self.architecture.name();
        let factor = self
            .header
            .number(&format!("{prefix}.rope.scaling.factor"))
            .or_else(|| self.header.number(&format!("{prefix}.rope.scale_linear")));
        match (
            self.header.text(&format!("{prefix}.rope.scaling.type")),
            factor,
        ) {
            (None | Some("none"), None) | (Some("none"), Some(_)) => Ok(RopeScaling::None),
            (None | Some("linear"), Some(factor)) => Ok(RopeScaling::Linear { factor }),
            (Some("linear"), None) => Err(ModelError::damaged(
                &self.file,
                "the rotary scaling has no factor",
            )),
            (Some(other), _) => Err(ModelError::unsupported(
                &self.file,
                format!("the rotary scaling {other}"),
            )),
        }
    }

    fn entry(&self, tensor: &str, shape: &[usize]) -> Result<TensorEntry, ModelError> {
        let entry = self
            .header
            .tensors
            .get(tensor)
            .ok_or_else(|| ModelError::MissingTensor {
                file: self.file.clone(),
                tensor: tensor.to_owned(),
            })?;
        if entry.shape != shape {
            return Err(ModelError::Shape {
                file: self.file.clone(),
                tensor: tensor.to_owned(),
                expected: shape.to_vec(),
                found: entry.shape.clone(),
            });
        }
        Ok(entry.clone())
    }

    fn bytes(&mut self, tensor: &str, entry: &TensorEntry) -> Result<Vec<u8>, ModelError> {
        let step = LoadProgress {
            tensor,
            done: self.done,
            total: self.total,
        };
        if (self.progress)(step) == ControlFlow::Break(()) {
            return Err(ModelError::Cancelled);
        }
        let mut bytes = vec![0; entry.bytes];
        self.reader
            .seek(SeekFrom::Start(entry.start))
            .and_then(|_| self.reader.read_exact(&mut bytes))
            .map_err(ModelError::io(&self.file))?;
        self.done += entry.bytes as u64;
        Ok(bytes)
    }

    /// A tensor of any type as numbers.
    fn numbers(&mut self, tensor: &str, entry: &TensorEntry) -> Result<Vec<f32>, ModelError> {
        let bytes = self.bytes(tensor, entry)?;
        QStorage::from_data(Cow::Owned(bytes), &Device::Cpu, entry.dtype)
            .and_then(|storage| QTensor::new(storage, entry.shape.clone()))
            .and_then(|tensor| tensor.dequantize(&Device::Cpu)?.flatten_all()?.to_vec1())
            .map_err(ModelError::tensor(&self.file))
    }

    /// For the name of what the weights are: they were of this type in the file.
    fn tell_requantised(&mut self, dtype: GgmlDType) {
        if !self.requantised.contains(&dtype) {
            self.requantised.push(dtype);
        }
    }
}

impl TensorSource for GgufSource<'_> {
    fn name(&self, role: Role) -> String {
        let (layer, name) = match role {
            Role::Embedding => return "token_embd".to_owned(),
            Role::FinalNorm => return "output_norm".to_owned(),
            Role::Output => return "output".to_owned(),
            Role::AttentionNorm(layer) => (layer, "attn_norm"),
            Role::Query(layer) => (layer, "attn_q"),
            Role::Key(layer) => (layer, "attn_k"),
            Role::Value(layer) => (layer, "attn_v"),
            Role::AttentionOutput(layer) => (layer, "attn_output"),
            Role::QueryNorm(layer) => (layer, "attn_q_norm"),
            Role::KeyNorm(layer) => (layer, "attn_k_norm"),
            Role::FeedForwardNorm(layer) => (layer, "ffn_norm"),
            Role::Gate(layer) => (layer, "ffn_gate"),
            Role::Up(layer) => (layer, "ffn_up"),
            Role::Down(layer) => (layer, "ffn_down"),
        };
        format!("blk.{layer}.{name}")
    }

    fn has(&self, tensor: &str) -> bool {
        self.header.tensors.contains_key(tensor)
    }

    fn vector(&mut self, tensor: &str, len: usize) -> Result<Vec<f32>, ModelError> {
        let entry = self.entry(tensor, &[len])?;
        self.numbers(tensor, &entry)
    }

    fn matrix(
        &mut self,
        tensor: &str,
        rows: usize,
        columns: usize,
    ) -> Result<RawMatrix, ModelError> {
        let entry = self.entry(tensor, &[rows, columns])?;
        let dtype = entry.dtype;
        let sixteen_bits = matches!(dtype, GgmlDType::F16 | GgmlDType::BF16);
        if dtype == GgmlDType::F32 || (sixteen_bits && self.dense != DenseWeights::AsStored) {
            let weights = self.numbers(tensor, &entry)?;
            let matrix = self.dense.hold(weights, columns, &self.file)?;
            if matches!(matrix, RawMatrix::Quantised { .. }) {
                self.tell_requantised(dtype);
            }
            return Ok(matrix);
        }
        let bytes = self.bytes(tensor, &entry)?;
        if !requantise::is_slow(dtype) {
            return Ok(RawMatrix::Quantised {
                columns,
                dtype,
                bytes,
            });
        }
        self.tell_requantised(dtype);
        Ok(RawMatrix::Quantised {
            columns,
            dtype: GgmlDType::Q8_0,
            bytes: requantise::to_q8_0(dtype, &bytes, columns)
                .map_err(ModelError::tensor(&self.file))?,
        })
    }

    fn interleaved(&self) -> bool {
        self.architecture == Architecture::Llama
    }

    fn file(&self) -> &str {
        &self.file
    }
}
