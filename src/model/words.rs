//! What a model's files say beside its weights: tokenizer and chat template, and the configuration they must fit.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file;

use super::source::weights_file;
use super::{
    ChatTemplate, Decoder, EmbeddedModel, LanguageModelError, ModelConfig, ModelError, ModelFiles,
    ModelSource, TemplateError, Tokenizer, TokenizerFiles, hf_config,
};
use crate::config::EMBEDDED_MODEL;

/// What turns text into tokens and back.
pub(super) struct Words {
    pub(super) tokenizer: Tokenizer,
    pub(super) template: ChatTemplate,
    /// Why the model's own template is not used, if so.
    pub(super) note: Option<String>,
}

/// Why a model may seem to answer badly.
const NO_TEMPLATE: &str = "the model's files have no chat template, so it gets each problem as plain text, which a model that \
    was taught to chat may answer less well; if it has one, put its tokenizer_config.json or chat_template.jinja beside them \
    (beside a GGUF file, with its tokenizer.json)";

/// What the files of any kind give; a template may fail without the model being lost.
type Parts = (ModelConfig, Tokenizer, Result<ChatTemplate, TemplateError>);

/// Whether the model that a person's word speaks of can be used, as far as that can be told without reading its weights.
///
/// # Errors
/// [`LanguageModelError`], the same that [`load`](super::load()) would end with.
pub fn check(name: &str) -> Result<(), LanguageModelError> {
    Words::of(&ModelSource::resolve(name)?.files()?).map(drop)
}

impl Words {
    /// Reads them, and checks that a decoder of the same files can follow.
    ///
    /// # Errors
    /// [`LanguageModelError`], naming the file and the way out.
    pub(super) fn of(files: &ModelFiles) -> Result<Self, LanguageModelError> {
        let (config, tokenizer, template) = match files {
            ModelFiles::Embedded(model) => embedded(model)?,
            ModelFiles::Gguf(path) => gguf(path)?,
            ModelFiles::Folder { folder, weights } => self::folder(folder, weights)?,
        };
        let (tokens, rows) = (tokenizer.vocab_size(), config.vocab);
        if tokens > rows {
            return Err(LanguageModelError::Vocabulary {
                tokenizer: tokens,
                model: rows,
            });
        }
        let (template, note) = match template {
            Err(error @ TemplateError::Syntax(_)) => {
                let note = format!(
                    "{error}; the model gets each problem as plain text instead, which it may answer less well"
                );
                (ChatTemplate::plain(), Some(note))
            }
            template => {
                let template = template?;
                let note = template.is_plain().then(|| NO_TEMPLATE.to_owned());
                (template, note)
            }
        };
        Ok(Self {
            tokenizer,
            template,
            note,
        })
    }
}

fn embedded(model: &EmbeddedModel) -> Result<Parts, LanguageModelError> {
    let tokenizer = Tokenizer::from_files(TokenizerFiles {
        tokenizer: model.tokenizer,
        tokenizer_config: Some(model.tokenizer_config),
        config: Some(model.config),
        generation_config: None,
    })?;
    Ok((
        hf_config::parse(model.config, EMBEDDED_MODEL)?,
        tokenizer,
        ChatTemplate::from_tokenizer_config(model.tokenizer_config, None),
    ))
}

fn gguf(path: &Path) -> Result<Parts, LanguageModelError> {
    // Our own reader goes first: it bounds every count of a damaged file before candle's sees it.
    let config = Decoder::configuration(path)?;
    let file = File::open(path).map_err(ModelError::io(path))?;
    let metadata = gguf_file::Content::read(&mut BufReader::new(file))
        .map_err(ModelError::tensor(&path.display().to_string()))?
        .metadata;
    let tokenizer = Tokenizer::for_gguf(path, &metadata)?;
    let own = ChatTemplate::from_gguf_metadata(&metadata);
    // What lies beside the file is the model's own only where its tokenizer does.
    let beside = path
        .parent()
        .filter(|folder| folder.join("tokenizer.json").is_file());
    let template = match (own, beside) {
        (Ok(own), Some(folder)) if own.is_plain() => ChatTemplate::from_folder(folder),
        (own, _) => own,
    };
    Ok((config, tokenizer, template))
}

fn folder(folder: &Path, weights: &[PathBuf]) -> Result<Parts, LanguageModelError> {
    Ok((
        Decoder::configuration(&weights_file(folder, weights))?,
        Tokenizer::from_json_file(&folder.join("tokenizer.json"))?,
        ChatTemplate::from_folder(folder),
    ))
}
