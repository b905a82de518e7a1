//! Attention on the CPU between products on the device, where a policy watches attention or no kernel is built for the
//! head size.

use candle_core::{DType, Result, Tensor};

use crate::kernels::AttentionScratch;
use crate::model::config::ModelConfig;
use crate::model::decoder;
use crate::model::kv_cache::KvCache;
use crate::model::rope::Rope;

/// Bias and head norms as the host applies them.
#[derive(Debug, Default)]
pub(super) struct HostConstants {
    pub(super) bias: Option<Vec<f32>>,
    pub(super) query_norm: Option<Vec<f32>>,
    pub(super) key_norm: Option<Vec<f32>>,
}

/// Bias, head norms, rotation, append and attention on the CPU, for a cache that is there.
pub(super) struct HostAttention<'a> {
    pub(super) config: &'a ModelConfig,
    pub(super) rope: &'a Rope,
    pub(super) constants: &'a HostConstants,
    pub(super) layer: usize,
    pub(super) tokens: usize,
}

impl HostAttention<'_> {
    pub(super) fn attend(
        &self,
        rows: &Tensor,
        cache: &mut KvCache,
        scratch: &mut AttentionScratch,
    ) -> Result<Tensor> {
        let Self {
            config,
            layer,
            tokens,
            ..
        } = *self;
        let width = config.query_width() + 2 * config.kv_width();
        let mut numbers: Vec<f32> = rows.to_dtype(DType::F32)?.flatten_all()?.to_vec1()?;
        if let Some(bias) = &self.constants.bias {
            for row in numbers.chunks_exact_mut(width) {
                for (number, bias) in row.iter_mut().zip(bias) {
                    *number += bias;
                }
            }
        }
        let (mut cos, mut sin) = (Vec::new(), Vec::new());
        self.rope.angles(cache.seen(), tokens, &mut cos, &mut sin);
        let norms = (
            self.constants.query_norm.as_deref(),
            self.constants.key_norm.as_deref(),
        );
        decoder::rotate_heads(config, norms, &mut numbers, &cos, &sin);
        cache.append(layer, tokens, &numbers, width);
        let mut attended = vec![0.0; tokens * config.query_width()];
        decoder::attend_over(
            config,
            layer,
            tokens,
            &numbers,
            cache,
            &mut attended,
            scratch,
        );
        Tensor::from_vec(attended, (tokens, config.query_width()), rows.device())?
            .to_dtype(rows.dtype())
    }
}
