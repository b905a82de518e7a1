//! Puts a decoder's weights together from whatever file holds them.

use std::ops::ControlFlow;

use super::config::{Architecture, ModelConfig};
use super::error::ModelError;
use super::linear::{Linear, RawMatrix, Stacked};

/// How far loading is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadProgress<'a> {
    /// The tensor about to be read.
    pub tensor: &'a str,
    /// Bytes of weights read so far.
    pub done: u64,
    /// Bytes of weights to read.
    pub total: u64,
}

/// Called before each tensor is read; `Break` cancels the loading.
pub type OnProgress<'a> = dyn FnMut(LoadProgress<'_>) -> ControlFlow<()> + 'a;

/// What a weight is for, whatever its name in the file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Role {
    Embedding,
    FinalNorm,
    Output,
    AttentionNorm(usize),
    Query(usize),
    Key(usize),
    Value(usize),
    AttentionOutput(usize),
    QueryNorm(usize),
    KeyNorm(usize),
    FeedForwardNorm(usize),
    Gate(usize),
    Up(usize),
    Down(usize),
}

/// A file, or several, with named weights.
pub(crate) trait TensorSource {
    /// The name of the weight with this role, without `.weight` or `.bias`.
    fn name(&self, role: Role) -> String;
    /// Whether a tensor exists.
    fn has(&self, tensor: &str) -> bool;
    /// A vector of `len` numbers.
    fn vector(&mut self, tensor: &str, len: usize) -> Result<Vec<f32>, ModelError>;
    /// A matrix.
    fn matrix(
        &mut self,
        tensor: &str,
        rows: usize,
        columns: usize,
    ) -> Result<RawMatrix, ModelError>;
    /// The llama conversion to GGUF pairs rotary features side by side; such query and key rows are put back.
    fn interleaved(&self) -> bool;
    /// The file, for errors.
    fn file(&self) -> &str;
}

/// One decoder layer.
#[derive(Debug)]
pub(crate) struct LayerWeights {
    pub(crate) attention_norm: Vec<f32>,
    /// Queries, keys and values in one product.
    pub(crate) qkv: Stacked,
    pub(crate) query_norm: Option<Vec<f32>>,
    pub(crate) key_norm: Option<Vec<f32>>,
    pub(crate) attention_output: Stacked,
    pub(crate) feed_forward_norm: Vec<f32>,
    /// Gate and up projections in one product.
    pub(crate) gate_up: Stacked,
    pub(crate) down: Stacked,
}

/// All weights of a decoder.
#[derive(Debug)]
pub(crate) struct DecoderWeights {
    pub(crate) embedding: Linear,
    pub(crate) layers: Vec<LayerWeights>,
    pub(crate) final_norm: Vec<f32>,
    /// Shares the embedding's weights where they are tied.
    pub(crate) output: Linear,
}

impl DecoderWeights {
    /// Every matrix once.
    pub(crate) fn matrices(&self, tied: bool) -> impl Iterator<Item = &Linear> {
        let output = (!tied).then_some(&self.output);
        self.layers
            .iter()
            .flat_map(|layer| {
                [
                    &layer.qkv,
                    &layer.attention_output,
                    &layer.gate_up,
                    &layer.down,
                ]
                .into_iter()
                .flat_map(Stacked::parts)
            })
            .chain([&self.embedding])
            .chain(output)
    }

    /// Numbers in norms and biases.
    pub(crate) fn vector_numbers(&self) -> u64 {
        let layers = self.layers.iter().map(|layer| {
            let norms = layer.attention_norm.len()
                + layer.feed_forward_norm.len()
                + layer.query_norm.as_ref().map_or(0, Vec::len)
                + layer.key_norm.as_ref().map_or(0, Vec::len);
            norms + layer.qkv.bias_len() + layer.attention_output.bias_len()
        });
        (layers.sum::<usize>() + self.final_norm.len()) as u64
    }
}

/// Row of a side-by-side head layout that holds row `row` of the half-split layout.
fn interleaved_row(row: usize, head_dim: usize) -> usize {
    let (head, within) = (row / head_dim, row % head_dim);
    let half = head_dim / 2;
    head * head_dim + within % half * 2 + within / half
}

/// Reads and joins all weights that `config` asks for.
pub(crate) fn assemble(
    config: &ModelConfig,
    source: &mut dyn TensorSource,
) -> Result<DecoderWeights, ModelError> {
    let file = source.file().to_owned();
    let embedding = matrix(source, Role::Embedding, config.vocab, config.hidden)?
        .into_linear()
        .map_err(ModelError::tensor(&file))?;
    let output = if config.tied {
        embedding.clone()
    } else {
        matrix(source, Role::Output, config.vocab, config.hidden)?
            .into_linear()
            .map_err(ModelError::tensor(&file))?
    };
    let layers = (0..config.layers)
        .map(|index| layer(config, source, index))
        .collect::<Result<_, _>>()?;
    Ok(DecoderWeights {
        embedding,
        layers,
        final_norm: norm(source, Role::FinalNorm, config.hidden)?,
        output,
    })
}

fn matrix(
    source: &mut dyn TensorSource,
    role: Role,
    rows: usize,
    columns: usize,
) -> Result<RawMatrix, ModelError> {
    let tensor = format!("{}.weight", source.name(role));
    source.matrix(&tensor, rows, columns)
}

fn norm(source: &mut dyn TensorSource, role: Role, len: usize) -> Result<Vec<f32>, ModelError> {
    let tensor = format!("{}.weight", source.name(role));
    source.vector(&tensor, len)
}

fn layer(
    config: &ModelConfig,
    source: &mut dyn TensorSource,
    index: usize,
) -> Result<LayerWeights, ModelError> {
    let file = source.file().to_owned();
    let (hidden, head_dim) = (config.hidden, config.head_dim);
    let projections = [
        (Role::Query(index), config.query_width(), true),
        (Role::Key(index), config.kv_width(), true),
        (Role::Value(index), config.kv_width(), false),
    ];
    // Qwen2 always has these biases; a llama checkpoint may.
    let bias_expected = config.architecture == Architecture::Qwen2;
    let (mut matrices, mut biases) = (Vec::new(), Vec::new());
    for (role, rows, rotary) in projections {
        let permute = rotary && source.interleaved();
        let weights = matrix(source, role, rows, hidden)?;
        matrices.push(if permute {
            weights.permuted(|row| interleaved_row(row, head_dim))
        } else {
            weights
        });
        let tensor = format!("{}.bias", source.name(role));
        if bias_expected || source.has(&tensor) {
            let bias = source.vector(&tensor, rows)?;
            biases.extend((0..rows).map(|row| {
                bias[if permute {
                    interleaved_row(row, head_dim)
                } else {
                    row
                }]
            }));
        } else {
            biases.resize(biases.len() + rows, 0.0);
        }
    }
    let bias = biases.iter().any(|&bias| bias != 0.0).then_some(biases);
    let stack = |matrices, bias| Stacked::new(matrices, bias).map_err(ModelError::tensor(&file));

    let head_norms = config.architecture == Architecture::Qwen3;
    let mut head_norm = |role| head_norms.then(|| norm(source, role, head_dim)).transpose();
    let (query_norm, key_norm) = (
        head_norm(Role::QueryNorm(index))?,
        head_norm(Role::KeyNorm(index))?,
    );

    let output_bias = format!("{}.bias", source.name(Role::AttentionOutput(index)));
    let output_bias = if source.has(&output_bias) {
        Some(source.vector(&output_bias, hidden)?)
    } else {
        None
    };
    Ok(LayerWeights {
        attention_norm: norm(source, Role::AttentionNorm(index), hidden)?,
        qkv: stack(matrices, bias)?,
        query_norm,
        key_norm,
        attention_output: stack(
            vec![matrix(
                source,
                Role::AttentionOutput(index),
                hidden,
                config.query_width(),
            )?],
            output_bias,
        )?,
        feed_forward_norm: norm(source, Role::FeedForwardNorm(index), hidden)?,
        gate_up: stack(
            vec![
                matrix(source, Role::Gate(index), config.intermediate, hidden)?,
                matrix(source, Role::Up(index), config.intermediate, hidden)?,
            ],
            None,
        )?,
        down: stack(
            vec![matrix(
                source,
                Role::Down(index),
                hidden,
                config.intermediate,
            )?],
            None,
        )?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interleaved_rows_go_back_to_halves() {
        let back: Vec<usize> = (0..16).map(|row| interleaved_row(row, 8)).collect();
        assert_eq!(back, [0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15]);
    }
}
