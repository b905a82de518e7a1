//! What can go wrong between a model file and a decoder, each naming the file and the way out.

use std::path::Path;

/// A model could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The file names a decoder this crate does not have.
    #[error("{file}: architecture {found} is not supported; supported: llama, qwen2, qwen3")]
    Architecture {
        /// The file that names it.
        file: String,
        /// Its name there.
        found: String,
    },
    /// The architecture is known, but this variant of it needs something the decoder does not do.
    #[error("{file}: {feature} is not supported by this decoder; choose a checkpoint without it")]
    Unsupported {
        /// The file that asks for it.
        file: String,
        /// What it asks for, with its value.
        feature: String,
    },
    /// One part of a model that was split into several GGUF files.
    #[error(
        "{file} is one of {parts} parts of a model; join them with `llama-gguf-split --merge FIRST_PART JOINED.gguf` and open \
         the joined file"
    )]
    Split {
        /// The file.
        file: String,
        /// How many there are.
        parts: usize,
    },
    /// The file does not hold what its format promises: truncated, damaged, or of another kind.
    #[error("{file}: {reason}; the file may be truncated or damaged, download it again")]
    Damaged {
        /// The file.
        file: String,
        /// What was wrong.
        reason: String,
    },
    /// The configuration is unreadable or contradicts itself.
    #[error("{file}: {reason}")]
    Config {
        /// The file.
        file: String,
        /// What was wrong.
        reason: String,
    },
    /// A weight the architecture needs is not in the file.
    #[error(
        "{file}: the tensor {tensor} is missing; the checkpoint is incomplete or of another architecture"
    )]
    MissingTensor {
        /// The file.
        file: String,
        /// Its name there.
        tensor: String,
    },
    /// A weight has another shape than the configuration says.
    #[error(
        "{file}: the tensor {tensor} has shape {found:?}, the configuration asks for {expected:?}"
    )]
    Shape {
        /// The file.
        file: String,
        /// Its name there.
        tensor: String,
        /// Rows and columns the configuration asks for.
        expected: Vec<usize>,
        /// Rows and columns in the file.
        found: Vec<usize>,
    },
    /// The operating system refused.
    #[error("{file}: {source}")]
    Io {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The tensor library refused a weight.
    #[error("{file}: {source}")]
    Tensor {
        /// The file.
        file: String,
        /// Why.
        source: candle_core::Error,
    },
    /// The progress callback asked to stop.
    #[error("loading was cancelled")]
    Cancelled,
}

impl ModelError {
    /// `map_err` adapter for failures of the operating system on `file`.
    pub(crate) fn io(file: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Self {
        let file = file.as_ref().display().to_string();
        move |source| Self::Io { file, source }
    }

    /// `map_err` adapter for failures of the tensor library on `file`.
    pub(crate) fn tensor(file: &str) -> impl FnOnce(candle_core::Error) -> Self {
        let file = file.to_owned();
        move |source| Self::Tensor { file, source }
    }

    /// `file` breaks its own format.
    pub(crate) fn damaged(file: &str, reason: impl Into<String>) -> Self {
        Self::Damaged {
            file: file.to_owned(),
            reason: reason.into(),
        }
    }

    /// `file` holds a setting that makes no sense.
    pub(crate) fn config(file: &str, reason: impl Into<String>) -> Self {
        Self::Config {
            file: file.to_owned(),
            reason: reason.into(),
        }
    }

    /// `file` asks for something the decoder does not do.
    pub(crate) fn unsupported(file: &str, feature: impl Into<String>) -> Self {
        Self::Unsupported {
            file: file.to_owned(),
            feature: feature.into(),
        }
    }
}
