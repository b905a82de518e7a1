//! The decoder on an accelerator: matrices and norms through candle's tensors, the cache and attention through our kernels.
//!
//! Activations are f32 where the embedding or the output is quantised, and of the dense weights' type elsewhere: that of the
//! cache, or f32 beside a cache of f16. A cache on the host works too (a policy watches attention, or no kernel is built for
//! the head size): the products stay on the accelerator, and attention runs on the CPU, at the price of a trip there and
//! back in every layer.

mod host_attention;
mod matrices;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use candle_core::{DType, Device, Result, Tensor};
use host_attention::{HostAttention, HostConstants};
use matrices::{DeviceLinear, DeviceStacked};

use super::config::{Architecture, ModelConfig};
use super::decoder::{self, Decoder, ForwardError};
use super::device_cache::DeviceCache;
use super::info::ModelInfo;
use super::kv_cache::{CacheError, CacheShape, KvCache};
use super::linear::Linear;
use super::rope::Rope;
use super::weights::LayerWeights;
use crate::kernels::AttentionScratch;
use crate::kernels::cuda::decode::{LayerConstants, NewTokens};
use crate::kernels::cuda::{Accelerator, AcceleratorError, Element, HEAD_DIMS};

/// Token embeddings: on the device if dense; a quantised table stays on the host, which reads one row of it per token.
#[derive(Debug)]
enum Embedding {
    Device(Tensor),
    Host(Linear),
}

struct DeviceLayer<M> {
    attention_norm: Tensor,
    qkv: DeviceStacked,
    constants: LayerConstants,
    /// What `constants` points to.
    _memory: Vec<M>,
    /// For attention on the host.
    host: HostConstants,
    attention_output: DeviceStacked,
    feed_forward_norm: Tensor,
    gate_up: DeviceStacked,
    down: DeviceStacked,
}

/// A decoder on an accelerator, with whose type its caches are made.
pub struct DeviceDecoder<A: Accelerator> {
    accelerator: Arc<A>,
    config: ModelConfig,
    info: ModelInfo,
    rope: Rope,
    /// Type of caches.
    element: Element,
    embedding: Embedding,
    layers: Vec<DeviceLayer<A::Memory>>,
    final_norm: Tensor,
    output: DeviceLinear,
    scratch: AttentionScratch,
    _frequencies: A::Memory,
}

fn tensor_error(error: candle_core::Error) -> ForwardError {
    match AcceleratorError::of_tensors(&error) {
        Some(error) => CacheError::Device(error).into(),
        None => error.into(),
    }
}

fn floats<A: Accelerator>(
    accelerator: &A,
    numbers: &[f32],
) -> std::result::Result<A::Memory, AcceleratorError> {
    let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
    let mut memory = accelerator.allocate(bytes.len())?;
    accelerator.upload(&mut memory, 0, &bytes)?;
    Ok(memory)
}

fn vector(numbers: &[f32], device: &Device, dtype: DType) -> Result<Tensor> {
    Tensor::from_slice(numbers, numbers.len(), device)?.to_dtype(dtype)
}

/// Type of dense weights beside a cache of this type. What goes into the down projection of some models exceeds f16's
/// 65,504; keys, values and queries stay far below.
fn dense_beside(element: Element) -> DType {
    match element {
        Element::F16 => DType::F32,
        Element::F32 | Element::Bf16 => element.dtype(),
    }
}

impl<A: Accelerator + 'static> DeviceDecoder<A> {
    /// Moves a decoder's weights to the device, layer by layer.
    ///
    /// # Errors
    /// The device has no room for them, or failed.
    pub fn new(
        accelerator: Arc<A>,
        decoder: Decoder,
        element: Element,
    ) -> std::result::Result<Self, ForwardError> {
        let (config, mut info, weights, rope) = decoder.into_parts();
        let dense = dense_beside(element);
        let device = accelerator.device().clone();
        let frequencies = floats(&*accelerator, rope.frequencies()).map_err(CacheError::from)?;
        let address = accelerator.address(&frequencies);
        // A quantised embedding gives f32 rows and a quantised output f32 logits, whatever the other one is.
        let quantised = [&weights.embedding, &weights.output]
            .into_iter()
            .any(|linear| matches!(linear, Linear::Quantised { .. }));
        let activations = if quantised { DType::F32 } else { dense };
        let new_layer = |layer: LayerWeights| -> Result<DeviceLayer<A::Memory>> {
            Self::layer(&accelerator, layer, &config, activations, dense, address)
        };
        let layers = weights
            .layers
            .into_iter()
            .map(new_layer)
            .collect::<Result<_>>()
            .map_err(tensor_error)?;
        let rest = || -> Result<(Embedding, Tensor, DeviceLinear)> {
            let output = DeviceLinear::new(&weights.output, &device, dense)?;
            let embedding = match (&weights.embedding, &output) {
                (Linear::Dense { .. }, DeviceLinear::Dense(tied)) if config.tied => {
                    Embedding::Device(tied.clone())
                }
                (Linear::Dense { weights, .. }, _) => {
                    Embedding::Device(weights.to_dtype(activations)?.to_device(&device)?)
                }
                (quantised, _) => Embedding::Host(quantised.clone()),
            };
            let norm = vector(&weights.final_norm, &device, activations)?;
            Ok((embedding, norm, output))
        };
        let (embedding, final_norm, output) = rest().map_err(tensor_error)?;
        // What dense weights are in the file is not what they are here.
        if ["F32", "F16", "BF16"].contains(&info.quantisation.as_str()) {
            info.quantisation = format!("{dense:?}");
        }
        Ok(Self {
            accelerator,
            config,
            info,
            rope,
            element,
            embedding,
            layers,
            final_norm,
            output,
            scratch: AttentionScratch::default(),
            _frequencies: frequencies,
        })
    }

    /// A decoder of this shape with weights made at random on the device, to measure speed with: of the type `element` even
    /// where those of a model are not, since none of its activations are large.
    ///
    /// # Errors
    /// The device has no room for them, or failed.
    pub fn random(
        accelerator: Arc<A>,
        config: ModelConfig,
        element: Element,
    ) -> std::result::Result<Self, ForwardError> {
        let rope = Rope::new(
            config.head_dim,
            config.rope_theta,
            &config.rope_scaling,
            "random weights",
        )
        .map_err(|error| candle_core::Error::msg(error.to_string()))?;
        let frequencies = floats(&*accelerator, rope.frequencies()).map_err(CacheError::from)?;
        let address = accelerator.address(&frequencies);
        let device = accelerator.device().clone();
        let dtype = element.dtype();
        let matrix = |rows: usize, columns: usize| -> Result<Tensor> {
            let deviation = 1.0 / (columns as f32).sqrt();
            Tensor::randn(0f32, deviation, (rows, columns), &device)?.to_dtype(dtype)
        };
        let stacked = |rows: usize, columns: usize| -> Result<DeviceStacked> {
            Ok(DeviceStacked {
                parts: vec![DeviceLinear::Dense(matrix(rows, columns)?)],
                bias: None,
            })
        };
        let ones = || Tensor::ones(config.hidden, dtype, &device);
        let (hidden, inner) = (config.hidden, config.intermediate);
        let head_norms = config.architecture == Architecture::Qwen3;
        let layer = || -> Result<DeviceLayer<A::Memory>> {
            let mut memory = vec![];
            let mut constants = LayerConstants {
                frequencies: address,
                epsilon: config.rms_eps,
                ..LayerConstants::default()
            };
            let mut host = HostConstants::default();
            if head_norms {
                let norm = vec![1.0; config.head_dim];
                memory.push(floats(&*accelerator, &norm)?);
                constants.query_norm = memory.last().map_or(0, |last| accelerator.address(last));
                constants.key_norm = constants.query_norm;
                host.query_norm = Some(norm.clone());
                host.key_norm = Some(norm);
            }
            Ok(DeviceLayer {
                attention_norm: ones()?,
                qkv: stacked(config.query_width() + 2 * config.kv_width(), hidden)?,
                constants,
                _memory: memory,
                host,
                attention_output: stacked(hidden, config.query_width())?,
                feed_forward_norm: ones()?,
                gate_up: stacked(2 * inner, hidden)?,
                down: stacked(hidden, inner)?,
            })
        };
        let make = || -> Result<_> {
            let layers: Vec<_> = (0..config.layers).map(|_| layer()).collect::<Result<_>>()?;
            let table = matrix(config.vocab, hidden)?;
            let output = if config.tied {
                table.clone()
            } else {
                matrix(config.vocab, hidden)?
            };
            Ok((layers, table, output, ones()?))
        };
        let (layers, table, output, final_norm) = make().map_err(tensor_error)?;
        let info = ModelInfo {
            name: "random weights".to_owned(),
            architecture: config.architecture.name(),
            layers: config.layers,
            query_heads: config.query_heads,
            kv_heads: config.kv_heads,
            head_dim: config.head_dim,
            hidden,
            vocab: config.vocab,
            context: config.context,
            quantisation: element.name().to_owned(),
            parameters: 0,
            parameter_bytes: 0,
            eos: vec![],
        };
        Ok(Self {
            accelerator,
            config,
            info,
            rope,
            element,
            embedding: Embedding::Device(table),
            layers,
            final_norm,
            output: DeviceLinear::Dense(output),
            scratch: AttentionScratch::default(),
            _frequencies: frequencies,
        })
    }

    fn layer(
        accelerator: &Arc<A>,
        layer: LayerWeights,
        config: &ModelConfig,
        activations: DType,
        dense: DType,
        frequencies: u64,
    ) -> Result<DeviceLayer<A::Memory>> {
        let device = accelerator.device();
        let mut memory = Vec::new();
        let mut address = |numbers: Option<&Vec<f32>>| -> Result<u64> {
            let Some(numbers) = numbers else { return Ok(0) };
            memory.push(floats(&**accelerator, numbers)?);
            Ok(memory.last().map_or(0, |last| accelerator.address(last)))
        };
        let host = HostConstants {
            bias: layer.qkv.bias().map(<[f32]>::to_vec),
            query_norm: layer.query_norm,
            key_norm: layer.key_norm,
        };
        let constants = LayerConstants {
            bias: address(host.bias.as_ref())?,
            query_norm: address(host.query_norm.as_ref())?,
            key_norm: address(host.key_norm.as_ref())?,
            frequencies,
            epsilon: config.rms_eps,
        };
        let mut attention_output = DeviceStacked::new(&layer.attention_output, device, dense)?;
        attention_output.bias = layer
            .attention_output
            .bias()
            .map(|bias| vector(bias, device, activations))
            .transpose()?;
        Ok(DeviceLayer {
            attention_norm: vector(&layer.attention_norm, device, activations)?,
            // The bias of queries, keys and values is added on their way into the cache.
            qkv: DeviceStacked::new(&layer.qkv, device, dense)?,
            constants,
            _memory: memory,
            host,
            attention_output,
            feed_forward_norm: vector(&layer.feed_forward_norm, device, activations)?,
            gate_up: DeviceStacked::new(&layer.gate_up, device, dense)?,
            down: DeviceStacked::new(&layer.down, device, dense)?,
        })
    }

    /// The model in numbers for people.
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// Rotary frequencies, `[head_dim / 2]`.
    pub fn rope_frequencies(&self) -> &[f32] {
        self.rope.frequencies()
    }

    /// The device in words.
    pub fn description(&self) -> String {
        self.accelerator.description()
    }

    /// Bytes of a number in its caches.
    pub fn element_bytes(&self) -> usize {
        self.element.bytes()
    }

    /// An empty cache for one sequence: on the device, or on the host for a head size that no kernel is built for.
    ///
    /// # Errors
    /// [`CacheError`].
    pub fn new_cache(&self, shape: CacheShape) -> std::result::Result<KvCache, CacheError> {
        if !HEAD_DIMS.contains(&shape.head_dim) {
            return KvCache::new(shape);
        }
        let memory = DeviceCache::new(Arc::clone(&self.accelerator), shape, 1, self.element)?;
        KvCache::on_device(shape, Box::new(memory))
    }

    /// Feeds `tokens` and writes the logits of the last one, `[vocab]`, as [`Decoder::forward`] does.
    ///
    /// # Errors
    /// [`ForwardError`]; the cache is then as it was before the call.
    pub fn forward(
        &mut self,
        tokens: &[u32],
        cache: &mut KvCache,
        stop: &AtomicBool,
        logits: &mut Vec<f32>,
    ) -> std::result::Result<(), ForwardError> {
        decoder::check(&self.config, tokens, cache)?;
        let passed = self.pass(tokens, cache, stop);
        match passed {
            Ok(found) => {
                cache.commit(tokens.len());
                *logits = found;
                Ok(())
            }
            Err(error) => {
                cache.rollback();
                Err(error)
            }
        }
    }

    fn pass(
        &mut self,
        tokens: &[u32],
        cache: &mut KvCache,
        stop: &AtomicBool,
    ) -> std::result::Result<Vec<f32>, ForwardError> {
        let mut residual = self.embed(tokens).map_err(tensor_error)?;
        for (index, layer) in self.layers.iter().enumerate() {
            if stop.load(Ordering::Relaxed) {
                return Err(ForwardError::Stopped);
            }
            let attend = |rows: &Tensor| {
                if cache.is_on_device() {
                    return cache.append_on_device(index, tokens.len(), rows, &layer.constants);
                }
                let host = HostAttention {
                    config: &self.config,
                    rope: &self.rope,
                    constants: &layer.host,
                    layer: index,
                    tokens: tokens.len(),
                };
                host.attend(rows, cache, &mut self.scratch)
            };
            residual = layer
                .pass(&self.config, &residual, attend)
                .map_err(tensor_error)?;
        }
        let last = || -> Result<Vec<f32>> {
            let row = residual.narrow(0, tokens.len() - 1, 1)?.contiguous()?;
            let logits = self.logits(&row)?;
            logits.to_dtype(DType::F32)?.flatten_all()?.to_vec1()
        };
        last().map_err(tensor_error)
    }

    /// Feeds equally many tokens to every sequence of a batch; `tokens` is `[batch, count]`. Returns the logits after the
    /// last token of each, `[batch, vocab]`, on the device.
    ///
    /// # Errors
    /// [`ForwardError`]. What a failed pass has left in the cache is overwritten by the next with the same `new`.
    pub fn forward_batch(
        &self,
        tokens: &[u32],
        cache: &mut DeviceCache<A>,
        new: &NewTokens,
    ) -> std::result::Result<Tensor, ForwardError> {
        let mut pass = || -> Result<Tensor> {
            let mut residual = self.embed(tokens)?;
            for (index, layer) in self.layers.iter().enumerate() {
                residual = layer.pass(&self.config, &residual, |rows| {
                    cache.append_and_attend(index, rows, new, &layer.constants)
                })?;
            }
            let last = residual
                .reshape((new.batch, new.tokens, self.config.hidden))?
                .narrow(1, new.tokens - 1, 1)?
                .squeeze(1)?
                .contiguous()?;
            self.logits(&last)
        };
        pass().map_err(tensor_error)
    }

    fn logits(&self, residual: &Tensor) -> Result<Tensor> {
        let normed = candle_nn::ops::rms_norm(residual, &self.final_norm, self.config.rms_eps)?;
        self.output.forward(&normed)
    }

    fn embed(&self, tokens: &[u32]) -> Result<Tensor> {
        let device = self.accelerator.device();
        match &self.embedding {
            Embedding::Device(table) => {
                let ids = Tensor::from_slice(tokens, tokens.len(), device)?;
                table.index_select(&ids, 0)
            }
            Embedding::Host(table) => {
                let mut rows = vec![0.0; tokens.len() * self.config.hidden];
                table.embed(tokens, &mut rows)?;
                Tensor::from_vec(rows, (tokens.len(), self.config.hidden), device)
            }
        }
    }
}

impl<M> DeviceLayer<M> {
    /// One layer; `attend` appends the rows of queries, keys and values to the cache and attends over it.
    fn pass(
        &self,
        config: &ModelConfig,
        residual: &Tensor,
        attend: impl FnOnce(&Tensor) -> Result<Tensor>,
    ) -> Result<Tensor> {
        let normed = candle_nn::ops::rms_norm(residual, &self.attention_norm, config.rms_eps)?;
        let attended = attend(&self.qkv.forward(&normed)?)?;
        let projected = self.attention_output.forward(&attended)?;
        let residual = (residual + projected.to_dtype(residual.dtype())?)?;
        let normed = candle_nn::ops::rms_norm(&residual, &self.feed_forward_norm, config.rms_eps)?;
        let gate_up = self.gate_up.forward(&normed)?;
        let inner = config.intermediate;
        let (gate, up) = (
            gate_up.narrow(1, 0, inner)?,
            gate_up.narrow(1, inner, inner)?,
        );
        let fed = self
            .down
            .forward(&(gate.contiguous()?.silu()? * up.contiguous()?)?)?;
        &residual + fed.to_dtype(residual.dtype())?
    }
}
