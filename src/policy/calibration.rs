//! Query statistics of a model: the mean query of each head before RoPE and its mean size, pair by pair.
//!
//! TriAttention (arXiv 2604.04921) scores keys with them. They are gathered from any text the model reads or writes,
//! and can be saved for later runs of the same model.

use serde::{Deserialize, Serialize};

use super::QueryPass;
use crate::config::SettingsError;
use crate::trace::ModelSummary;

/// Sums over the queries of every (layer, query head, rotary pair).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Name of the model.
    pub model: String,
    /// Checksum of its files, as far as it was known.
    #[serde(default)]
    pub fingerprint: Option<String>,
    /// Decoder layers.
    pub layers: usize,
    /// Query heads per layer.
    pub query_heads: usize,
    /// Elements per head; features `f` and `f + head_dim / 2` are a pair.
    pub head_dim: usize,
    /// The model's rotary frequencies, `[head_dim / 2]`.
    pub frequencies: Vec<f32>,
    /// Queries summed, per layer.
    pub queries: Vec<u64>,
    /// Sums of the pairs' first features before RoPE, `[layers, query_heads, head_dim / 2]`.
    pub real: Vec<f64>,
    /// Sums of their second features.
    pub imaginary: Vec<f64>,
    /// Sums of the pairs' lengths.
    pub sizes: Vec<f64>,
}

/// The statistics of one query head.
#[derive(Clone, Copy, Debug)]
pub struct HeadStatistics<'a> {
    /// Queries summed.
    pub queries: u64,
    /// Sums of the first features, `[head_dim / 2]`.
    pub real: &'a [f64],
    /// Sums of the second features.
    pub imaginary: &'a [f64],
    /// Sums of the lengths.
    pub sizes: &'a [f64],
}

impl Calibration {
    /// No queries yet.
    pub fn new(model: &ModelSummary, frequencies: &[f32]) -> Self {
        let (layers, query_heads) = (model.layers as usize, model.query_heads as usize);
        let head_dim = model.head_dim as usize;
        let pairs = layers * query_heads * (head_dim / 2);
        Self {
            model: model.name.clone(),
            fingerprint: model.fingerprint.clone(),
            layers,
            query_heads,
            head_dim,
            frequencies: frequencies.to_vec(),
            queries: vec![0; layers],
            real: vec![0.0; pairs],
            imaginary: vec![0.0; pairs],
            sizes: vec![0.0; pairs],
        }
    }

    /// Whether it was made for this model, with all its parts.
    ///
    /// # Errors
    /// [`SettingsError::OtherCalibration`], naming both models, and their fingerprints where only those differ.
    pub fn check(&self, model: &ModelSummary, frequencies: &[f32]) -> Result<(), SettingsError> {
        if let (Some(ours), Some(theirs)) = (&self.fingerprint, &model.fingerprint)
            && self.model == model.name
            && ours != theirs
        {
            return Err(SettingsError::OtherCalibration {
                calibration: format!("{} ({ours})", self.model),
                model: format!("{} ({theirs})", model.name),
            });
        }
        let pairs = self.layers * self.query_heads * (self.head_dim / 2);
        let same = [self.layers, self.query_heads, self.head_dim]
            == [model.layers, model.query_heads, model.head_dim].map(|n| n as usize)
            && model.is(&self.model, self.fingerprint.as_deref())
            && self.frequencies == frequencies
            && self.queries.len() == self.layers
            && [&self.real, &self.imaginary, &self.sizes]
                .iter()
                .all(|sums| sums.len() == pairs && sums.iter().all(|x| x.is_finite()))
            && self.queries.iter().all(|&count| count > 0);
        if same {
            Ok(())
        } else {
            Err(SettingsError::OtherCalibration {
                calibration: self.model.clone(),
                model: model.name.clone(),
            })
        }
    }

    /// Tells one set of statistics from another: CRC-32 of all numbers and of the model's name, eight hexadecimal digits.
    pub fn checksum(&self) -> String {
        let mut crc = crc32fast::Hasher::new();
        crc.update(self.model.as_bytes());
        for frequency in &self.frequencies {
            crc.update(&frequency.to_le_bytes());
        }
        for count in &self.queries {
            crc.update(&count.to_le_bytes());
        }
        for sum in [&self.real, &self.imaginary, &self.sizes]
            .into_iter()
            .flatten()
        {
            crc.update(&sum.to_le_bytes());
        }
        format!("{:08x}", crc.finalize())
    }

    /// Adds the queries of a pass, turned back to before RoPE.
    pub fn observe(&mut self, pass: &QueryPass<'_>) {
        let half = self.head_dim / 2;
        let per_layer = self.query_heads * half;
        let span = pass.layer * per_layer..(pass.layer + 1) * per_layer;
        let (real, imaginary, sizes) = (
            &mut self.real[span.clone()],
            &mut self.imaginary[span.clone()],
            &mut self.sizes[span],
        );
        for (offset, row) in pass.rows.iter().enumerate() {
            let position = f64::from(pass.first.0) + offset as f64;
            let turns: Vec<(f64, f64)> = self
                .frequencies
                .iter()
                .map(|&f| (position * f64::from(f)).sin_cos())
                .collect();
            for (head, query) in row.chunks_exact(self.head_dim).enumerate() {
                let (low, high) = query.split_at(half);
                for (f, &(sin, cos)) in turns.iter().enumerate() {
                    let (a, b) = (f64::from(low[f]), f64::from(high[f]));
                    let at = head * half + f;
                    real[at] += a * cos + b * sin;
                    imaginary[at] += b * cos - a * sin;
                    sizes[at] += a.hypot(b);
                }
            }
        }
        self.queries[pass.layer] += pass.rows.len() as u64;
    }

    /// The statistics of one query head.
    pub fn head(&self, layer: usize, query_head: usize) -> HeadStatistics<'_> {
        let half = self.head_dim / 2;
        let start = (layer * self.query_heads + query_head) * half;
        HeadStatistics {
            queries: self.queries[layer],
            real: &self.real[start..start + half],
            imaginary: &self.imaginary[start..start + half],
            sizes: &self.sizes[start..start + half],
        }
    }
}
