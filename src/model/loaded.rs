//! A real model as the engine sees it: decoder, tokenizer and chat template from one source.

use std::fs::File;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use candle_core::quantized::gguf_file;

use super::{
    ChatMessage, ChatTemplate, Decoder, EmbeddedModel, Forward, ForwardError, KvCache,
    LanguageModel, LanguageModelError, LoadOptions, LoadProgress, ModelError, ModelFiles,
    ModelSource, Scratch, TextStart, TextStream, Tokenizer, TokenizerFiles,
};
use crate::trace::ModelSummary;

/// Loads the model that a person's word speaks of: a path, a known name, or `reasoner`.
///
/// `progress` gets the share done, 0 to 1, and what is being done.
///
/// # Errors
/// [`LanguageModelError`], naming the file and the way out.
pub fn load(
    name: &str,
    progress: &mut dyn FnMut(f32, &str),
) -> Result<Box<dyn LanguageModel>, LanguageModelError> {
    Ok(SharedModel::load(name, progress)?.handle())
}

/// A loaded model whose weights are held once, however many threads run it.
#[derive(Clone)]
pub struct SharedModel(Arc<Parts>);

impl SharedModel {
    /// As [`load`].
    ///
    /// # Errors
    /// [`LanguageModelError`], naming the file and the way out.
    pub fn load(
        name: &str,
        progress: &mut dyn FnMut(f32, &str),
    ) -> Result<Self, LanguageModelError> {
        progress(0.0, "looking for the model");
        let parts = match ModelSource::resolve(name)?.files()? {
            ModelFiles::Embedded(model) => embedded(&model, progress)?,
            ModelFiles::Gguf(path) => gguf(&path, progress)?,
            ModelFiles::Folder { folder, .. } => self::folder(&folder, progress)?,
        };
        let (tokens, rows) = (parts.tokenizer.vocab_size(), parts.decoder.info().vocab);
        if tokens > rows {
            return Err(LanguageModelError::Vocabulary {
                tokenizer: tokens,
                model: rows,
            });
        }
        Ok(Self(Arc::new(parts)))
    }

    /// The model for one thread: shared weights, buffers of its own.
    pub fn handle(&self) -> Box<dyn LanguageModel + Send> {
        Box::new(Loaded {
            parts: Arc::clone(&self.0),
            scratch: Scratch::default(),
        })
    }
}

impl std::fmt::Debug for SharedModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SharedModel")
            .field(&self.0.decoder.info().name)
            .finish()
    }
}

struct Parts {
    decoder: Decoder,
    tokenizer: Tokenizer,
    template: ChatTemplate,
}

struct Loaded {
    parts: Arc<Parts>,
    scratch: Scratch,
}

fn embedded(
    model: &EmbeddedModel,
    progress: &mut dyn FnMut(f32, &str),
) -> Result<Parts, LanguageModelError> {
    let tokenizer = Tokenizer::from_files(TokenizerFiles {
        tokenizer: model.tokenizer,
        tokenizer_config: Some(model.tokenizer_config),
        config: Some(model.config),
        generation_config: None,
    })?;
    let template = ChatTemplate::from_tokenizer_config(model.tokenizer_config, None)?;
    let mut report = reporter(progress);
    let decoder = Decoder::from_bytes("reasoner", model.config, model.weights, &mut report)?;
    Ok(Parts {
        decoder,
        tokenizer,
        template,
    })
}

fn gguf(path: &Path, progress: &mut dyn FnMut(f32, &str)) -> Result<Parts, LanguageModelError> {
    // Our own reader goes first: it bounds every count of a damaged file before candle's sees it.
    let mut report = reporter(progress);
    let decoder = Decoder::open(path, LoadOptions::default(), &mut report)?;
    let file = File::open(path).map_err(ModelError::io(path))?;
    let metadata = gguf_file::Content::read(&mut BufReader::new(file))
        .map_err(ModelError::tensor(&path.display().to_string()))?
        .metadata;
    let tokenizer = Tokenizer::for_gguf(path, &metadata)?;
    let template = ChatTemplate::from_gguf_metadata(&metadata)?;
    Ok(Parts {
        decoder,
        tokenizer,
        template,
    })
}

fn folder(folder: &Path, progress: &mut dyn FnMut(f32, &str)) -> Result<Parts, LanguageModelError> {
    let tokenizer = Tokenizer::from_json_file(&folder.join("tokenizer.json"))?;
    let template = ChatTemplate::from_folder(folder)?;
    let mut report = reporter(progress);
    let decoder = Decoder::open(folder, LoadOptions::default(), &mut report)?;
    Ok(Parts {
        decoder,
        tokenizer,
        template,
    })
}

fn reporter(
    progress: &mut dyn FnMut(f32, &str),
) -> impl FnMut(LoadProgress<'_>) -> ControlFlow<()> {
    let mut shown = -1.0f32;
    move |at| {
        let fraction = at.done as f32 / at.total.max(1) as f32;
        // A model has hundreds of tensors; a hundred steps are enough for any progress bar.
        if fraction >= shown + 0.01 {
            shown = fraction;
            progress(fraction, "reading weights");
        }
        ControlFlow::Continue(())
    }
}

impl LanguageModel for Loaded {
    fn summary(&self) -> ModelSummary {
        let info = self.parts.decoder.info();
        ModelSummary {
            name: info.name.clone(),
            architecture: info.architecture.to_owned(),
            layers: info.layers as u32,
            query_heads: info.query_heads as u32,
            kv_heads: info.kv_heads as u32,
            head_dim: info.head_dim as u32,
            context: info.context as u32,
            cache_element_bytes: size_of::<f32>() as u32,
            weights: info.quantisation.clone(),
        }
    }

    fn encode_prompt(&self, problem: &str) -> Result<Vec<u32>, LanguageModelError> {
        let text = self
            .parts
            .template
            .render(&[ChatMessage::user(problem)], true)?;
        let start = if self.parts.template.is_plain() {
            TextStart::Document
        } else {
            TextStart::AsWritten
        };
        Ok(self.parts.tokenizer.encode(&text, start)?)
    }

    fn text_stream(&self) -> TextStream {
        self.parts.tokenizer.stream()
    }

    fn is_end(&self, token: u32) -> bool {
        self.parts.tokenizer.is_eos(token) || self.parts.decoder.info().eos.contains(&token)
    }

    fn rope_frequencies(&self) -> Option<&[f32]> {
        Some(self.parts.decoder.rope_frequencies())
    }

    fn forward(
        &mut self,
        tokens: &[u32],
        cache: &mut KvCache,
        stop: &AtomicBool,
        logits: &mut Vec<f32>,
    ) -> Result<Forward, LanguageModelError> {
        match self
            .parts
            .decoder
            .forward(tokens, cache, &mut self.scratch, stop)
        {
            Ok(last) => {
                logits.clear();
                logits.extend_from_slice(last);
                Ok(Forward::Done)
            }
            Err(ForwardError::Stopped) => Ok(Forward::Stopped),
            Err(error) => Err(error.into()),
        }
    }
}
