//! The models the tool knows by name: where they live, how large they are, under which licence.

use crate::config::EMBEDDED_MODEL;

/// Where a model's weights are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownWeights {
    /// Inside the binary.
    Embedded,
    /// One GGUF file, which holds the tokenizer too.
    Gguf(&'static str),
    /// A Hugging Face folder with `model.safetensors`.
    Safetensors,
    /// A Hugging Face folder whose `model.safetensors.index.json` names the weight files.
    ShardedSafetensors,
}

/// A model known by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownModel {
    /// The name on the command line.
    pub name: &'static str,
    /// The hub repository, `owner/name`; empty for the embedded model.
    pub repo: &'static str,
    /// Where the weights are.
    pub weights: KnownWeights,
    /// Size of the download in bytes, about.
    pub approx_bytes: u64,
    /// The model's licence.
    pub licence: &'static str,
    /// One line about it.
    pub about: &'static str,
}

/// The index of a sharded folder.
pub(super) const INDEX: &str = "model.safetensors.index.json";
const FOLDER: [&str; 4] = [
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
];

/// Every known model, the embedded one first, then by size.
pub const KNOWN_MODELS: [KnownModel; 6] = [
    KnownModel {
        name: EMBEDDED_MODEL,
        repo: "",
        weights: KnownWeights::Embedded,
        approx_bytes: 7_600_000,
        licence: "MIT OR Apache-2.0",
        about: "The embedded small reasoner: arithmetic word problems, runs anywhere, no download",
    },
    KnownModel {
        name: "smollm2-135m",
        repo: "bartowski/SmolLM2-135M-Instruct-GGUF",
        weights: KnownWeights::Gguf("SmolLM2-135M-Instruct-Q8_0.gguf"),
        approx_bytes: 145_000_000,
        licence: "Apache-2.0",
        about: "A small chat model, quick on any CPU; for mechanics and speed, not for reasoning",
    },
    KnownModel {
        name: "qwen3-0.6b",
        repo: "Qwen/Qwen3-0.6B",
        weights: KnownWeights::Safetensors,
        approx_bytes: 1_520_000_000,
        licence: "Apache-2.0",
        about: "The smallest model here that reasons aloud by itself",
    },
    KnownModel {
        name: "deepseek-r1-distill-qwen-1.5b",
        repo: "deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B",
        weights: KnownWeights::Safetensors,
        approx_bytes: 3_560_000_000,
        licence: "MIT",
        about: "Long chains of thought at a size a laptop runs",
    },
    KnownModel {
        name: "qwen3-4b",
        repo: "Qwen/Qwen3-4B",
        weights: KnownWeights::ShardedSafetensors,
        approx_bytes: 8_060_000_000,
        licence: "Apache-2.0",
        about: "Strong reasoning; wants a GPU or patience",
    },
    KnownModel {
        name: "deepseek-r1-distill-llama-8b",
        repo: "deepseek-ai/DeepSeek-R1-Distill-Llama-8B",
        weights: KnownWeights::ShardedSafetensors,
        approx_bytes: 16_070_000_000,
        licence: "MIT; the base model's Llama 3.1 Community License also applies",
        about: "The model of the R-KV paper's main results; wants a GPU",
    },
];

impl KnownModel {
    /// The known model of a name, whatever its case.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        KNOWN_MODELS
            .iter()
            .find(|model| model.name.eq_ignore_ascii_case(name))
    }

    /// The files to download, those that an index names aside.
    pub fn files(&self) -> Vec<&'static str> {
        match self.weights {
            KnownWeights::Embedded => Vec::new(),
            KnownWeights::Gguf(file) => vec![file],
            KnownWeights::Safetensors => FOLDER.into_iter().chain(["model.safetensors"]).collect(),
            KnownWeights::ShardedSafetensors => FOLDER.into_iter().chain([INDEX]).collect(),
        }
    }

    /// The files in words, for a person who must download them by hand.
    pub fn files_in_words(&self) -> String {
        let files = self.files().join(", ");
        match self.weights {
            KnownWeights::ShardedSafetensors => format!("{files} and every file that index names"),
            _ => files,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found_in_any_case() {
        for model in &KNOWN_MODELS {
            assert_eq!(
                KnownModel::by_name(&model.name.to_uppercase()),
                Some(model),
                "{}",
                model.name
            );
            assert_eq!(
                model.files().is_empty(),
                model.weights == KnownWeights::Embedded
            );
        }
        assert_eq!(KnownModel::by_name("gpt-5"), None);
    }

    #[test]
    fn a_sharded_model_asks_for_its_shards_too() {
        let model = KnownModel::by_name("qwen3-4b").unwrap();
        let words = model.files_in_words();
        assert!(
            words.contains("config.json") && words.ends_with("every file that index names"),
            "{words}"
        );
    }
}
