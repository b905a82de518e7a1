//! Shapes of published models, for benchmarks with weights made at random.

use super::config::{Architecture, ModelConfig};
use super::rope::RopeScaling;
use crate::named::named;

/// A model's shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModelShape {
    /// DeepSeek-R1-Distill-Llama-8B.
    R1DistillLlama8B,
    /// Qwen3-0.6B.
    Qwen3Small,
}

named!(ModelShape {
    R1DistillLlama8B => "r1-distill-llama-8b",
    Qwen3Small => "qwen3-0.6b",
});

impl ModelShape {
    /// Its numbers, from the published `config.json`.
    pub fn config(self) -> ModelConfig {
        match self {
            Self::R1DistillLlama8B => ModelConfig {
                architecture: Architecture::Llama,
                layers: 32,
                hidden: 4096,
                intermediate: 14_336,
                query_heads: 32,
                kv_heads: 8,
                head_dim: 128,
                vocab: 128_256,
                context: 131_072,
                rms_eps: 1e-5,
                rope_theta: 500_000.0,
                rope_scaling: RopeScaling::Llama3 {
                    factor: 8.0,
                    low: 1.0,
                    high: 4.0,
                    original: 8192.0,
                },
                tied: false,
                eos: vec![],
            },
            Self::Qwen3Small => ModelConfig {
                architecture: Architecture::Qwen3,
                layers: 28,
                hidden: 1024,
                intermediate: 3072,
                query_heads: 16,
                kv_heads: 8,
                head_dim: 128,
                vocab: 151_936,
                context: 40_960,
                rms_eps: 1e-6,
                rope_theta: 1_000_000.0,
                rope_scaling: RopeScaling::None,
                tied: true,
                eos: vec![],
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_one_that_a_decoder_can_have() {
        for shape in ModelShape::ALL {
            let config = shape.config().checked(shape.name()).expect("a decoder");
            assert!(crate::kernels::cuda::HEAD_DIMS.contains(&config.head_dim));
        }
    }
}
