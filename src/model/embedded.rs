//! The small reasoner that ships inside the binary, so that the tool works without a download or a network.

/// The files of a model held in memory, as a Hugging Face folder would hold them.
#[derive(Clone, Copy)]
pub struct EmbeddedModel {
    /// `config.json`.
    pub config: &'static [u8],
    /// `model.safetensors`.
    pub weights: &'static [u8],
    /// `tokenizer.json`.
    pub tokenizer: &'static [u8],
    /// `tokenizer_config.json`.
    pub tokenizer_config: &'static [u8],
}

impl std::fmt::Debug for EmbeddedModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmbeddedModel")
            .field("weights_bytes", &self.weights.len())
            .finish_non_exhaustive()
    }
}

/// The reasoner in `assets/reasoner`.
pub const REASONER: EmbeddedModel = EmbeddedModel {
    config: include_bytes!("../../assets/reasoner/config.json"),
    weights: include_bytes!("../../assets/reasoner/model.safetensors"),
    tokenizer: include_bytes!("../../assets/reasoner/tokenizer.json"),
    tokenizer_config: include_bytes!("../../assets/reasoner/tokenizer_config.json"),
};
