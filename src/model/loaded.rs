//! A real model as the engine sees it: decoder, tokenizer and chat template from one source.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::device::{self, OpenDevice};
use super::source::weights_file;
use super::words::Words;
use super::{
    CacheError, CacheShape, ChatMessage, Decoder, DeviceDecoder, EmbeddedModel, Forward,
    ForwardError, KvCache, LanguageModel, LanguageModelError, LoadOptions, LoadProgress,
    ModelError, ModelFiles, ModelInfo, ModelSource, Scratch, TextStart, TextStream, fingerprint,
};
use crate::config::{DeviceChoice, EMBEDDED_MODEL};
use crate::kernels::cuda::{Accelerator, Element};
use crate::trace::ModelSummary;

/// Loads the model that a person's word speaks of, a path, a known name, or `reasoner`, on the CPU.
///
/// `progress` gets the share done, 0 to 1, and what is being done.
///
/// # Errors
/// [`LanguageModelError`], naming the file and the way out.
pub fn load(
    name: &str,
    progress: &mut dyn FnMut(f32, &str),
) -> Result<Box<dyn LanguageModel>, LanguageModelError> {
    load_on(name, DeviceChoice::Cpu, progress)
}

/// As [`load`], on the device of a choice.
///
/// # Errors
/// [`LanguageModelError`], naming the file or the device, and the way out.
pub fn load_on(
    name: &str,
    device: DeviceChoice,
    progress: &mut dyn FnMut(f32, &str),
) -> Result<Box<dyn LanguageModel>, LanguageModelError> {
    match device::open(device)? {
        OpenDevice::Cpu { note } => {
            let shared = SharedModel::load(name, progress)?;
            Ok(Box::new(shared.on_cpu(note)))
        }
        #[cfg(feature = "cuda")]
        OpenDevice::Gpu(gpu) => {
            let options: fn(u64) -> LoadOptions = if gpu.has_bf16() {
                |_| LoadOptions::ON_DEVICE
            } else {
                // Dense weights are f32 there, so that large ones become Q8_0 as on the CPU.
                LoadOptions::on_cpu
            };
            let parts = read(name, options, progress)?;
            progress(1.0, "moving the weights to the GPU");
            let element = gpu.element_for(parts.decoder.info().parameters);
            on_accelerator(parts, gpu, element)
        }
    }
}

/// As [`load_on`], on any accelerator, with caches of the type `element`, and dense weights too unless it is f16, beside
/// which they are f32.
///
/// # Errors
/// [`LanguageModelError`], naming the file or the device, and the way out.
pub fn load_on_accelerator<A: Accelerator + 'static>(
    name: &str,
    accelerator: Arc<A>,
    element: Element,
) -> Result<Box<dyn LanguageModel>, LanguageModelError> {
    let parts = read(name, |_| LoadOptions::ON_DEVICE, &mut |_, _| {})?;
    on_accelerator(parts, accelerator, element)
}

fn on_accelerator<A: Accelerator + 'static>(
    parts: Parts,
    accelerator: Arc<A>,
    element: Element,
) -> Result<Box<dyn LanguageModel>, LanguageModelError> {
    Ok(Box::new(Loaded {
        runner: DeviceDecoder::new(accelerator, parts.decoder, element)?,
        words: Arc::new(parts.words),
        fingerprint: parts.fingerprint,
    }))
}

/// What a model's files gave.
struct Parts {
    decoder: Decoder,
    words: Words,
    fingerprint: String,
}

/// Reads a model; `options` says how to hold weights in files of so many bytes.
fn read(
    name: &str,
    options: fn(u64) -> LoadOptions,
    progress: &mut dyn FnMut(f32, &str),
) -> Result<Parts, LanguageModelError> {
    progress(0.0, "looking for the model");
    let files = ModelSource::resolve(name)?.files()?;
    // What does not fit is told before gigabytes are read.
    let words = Words::of(&files)?;
    let decoder = decoder(&files, options, progress)?;
    progress(1.0, "taking the files' fingerprint");
    Ok(Parts {
        decoder,
        words,
        fingerprint: fingerprint(&files)?,
    })
}

/// Bytes of these files.
fn size(files: &[PathBuf]) -> u64 {
    let sizes = files.iter().map(std::fs::metadata);
    sizes.filter_map(Result::ok).map(|file| file.len()).sum()
}

/// A loaded model whose weights are held once, however many threads run it.
#[derive(Clone)]
pub struct SharedModel {
    decoder: Arc<Decoder>,
    words: Arc<Words>,
    fingerprint: String,
}

impl SharedModel {
    /// As [`load`].
    ///
    /// # Errors
    /// [`LanguageModelError`], naming the file and the way out.
    pub fn load(
        name: &str,
        progress: &mut dyn FnMut(f32, &str),
    ) -> Result<Self, LanguageModelError> {
        let parts = read(name, LoadOptions::on_cpu, progress)?;
        Ok(Self {
            decoder: Arc::new(parts.decoder),
            words: Arc::new(parts.words),
            fingerprint: parts.fingerprint,
        })
    }

    /// The model for one thread: shared weights, buffers of its own.
    pub fn handle(&self) -> Box<dyn LanguageModel + Send> {
        Box::new(self.on_cpu(None))
    }

    fn on_cpu(&self, note: Option<String>) -> Loaded<OnCpu> {
        Loaded {
            runner: OnCpu {
                decoder: Arc::clone(&self.decoder),
                scratch: Scratch::default(),
                note,
            },
            words: Arc::clone(&self.words),
            fingerprint: self.fingerprint.clone(),
        }
    }
}

impl std::fmt::Debug for SharedModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SharedModel")
            .field(&self.decoder.info().name)
            .finish()
    }
}

/// A decoder, wherever it runs, with its words.
struct Loaded<R> {
    runner: R,
    words: Arc<Words>,
    fingerprint: String,
}

/// A decoder where it runs.
trait Runner {
    fn info(&self) -> &ModelInfo;
    fn device(&self) -> String;
    fn element_bytes(&self) -> usize;
    fn rope_frequencies(&self) -> &[f32];
    fn new_cache(&self, shape: CacheShape) -> Result<KvCache, CacheError>;
    fn forward(
        &mut self,
        tokens: &[u32],
        cache: &mut KvCache,
        stop: &AtomicBool,
        logits: &mut Vec<f32>,
    ) -> Result<(), ForwardError>;
}

struct OnCpu {
    decoder: Arc<Decoder>,
    scratch: Scratch,
    /// Why it is not on the GPU, if that was tried.
    note: Option<String>,
}

impl Runner for OnCpu {
    fn info(&self) -> &ModelInfo {
        self.decoder.info()
    }

    fn device(&self) -> String {
        device::describe_cpu(self.note.as_deref())
    }

    fn element_bytes(&self) -> usize {
        size_of::<f32>()
    }

    fn rope_frequencies(&self) -> &[f32] {
        self.decoder.rope_frequencies()
    }

    fn new_cache(&self, shape: CacheShape) -> Result<KvCache, CacheError> {
        KvCache::new(shape)
    }

    fn forward(
        &mut self,
        tokens: &[u32],
        cache: &mut KvCache,
        stop: &AtomicBool,
        logits: &mut Vec<f32>,
    ) -> Result<(), ForwardError> {
        let last = self
            .decoder
            .forward(tokens, cache, &mut self.scratch, stop)?;
        logits.clear();
        logits.extend_from_slice(last);
        Ok(())
    }
}

impl<A: Accelerator + 'static> Runner for DeviceDecoder<A> {
    fn info(&self) -> &ModelInfo {
        Self::info(self)
    }

    fn device(&self) -> String {
        self.description()
    }

    fn element_bytes(&self) -> usize {
        Self::element_bytes(self)
    }

    fn rope_frequencies(&self) -> &[f32] {
        Self::rope_frequencies(self)
    }

    fn new_cache(&self, shape: CacheShape) -> Result<KvCache, CacheError> {
        Self::new_cache(self, shape)
    }

    fn forward(
        &mut self,
        tokens: &[u32],
        cache: &mut KvCache,
        stop: &AtomicBool,
        logits: &mut Vec<f32>,
    ) -> Result<(), ForwardError> {
        Self::forward(self, tokens, cache, stop, logits)
    }
}

fn decoder(
    files: &ModelFiles,
    options: fn(u64) -> LoadOptions,
    progress: &mut dyn FnMut(f32, &str),
) -> Result<Decoder, ModelError> {
    let mut report = reporter(progress);
    match files {
        ModelFiles::Embedded(EmbeddedModel {
            config, weights, ..
        }) => Decoder::from_bytes(EMBEDDED_MODEL, config, weights, &mut report),
        ModelFiles::Gguf(path) => {
            let options = options(size(std::slice::from_ref(path)));
            Decoder::open(path, options, &mut report)
        }
        ModelFiles::Folder { folder, weights } => {
            let file = weights_file(folder, weights);
            Decoder::open(&file, options(size(weights)), &mut report)
        }
    }
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

impl<R: Runner> LanguageModel for Loaded<R> {
    fn summary(&self) -> ModelSummary {
        let info = self.runner.info();
        ModelSummary {
            name: info.name.clone(),
            architecture: info.architecture.to_owned(),
            layers: info.layers as u32,
            query_heads: info.query_heads as u32,
            kv_heads: info.kv_heads as u32,
            head_dim: info.head_dim as u32,
            context: info.context as u32,
            cache_element_bytes: self.runner.element_bytes() as u32,
            weights: info.quantisation.clone(),
            fingerprint: Some(self.fingerprint.clone()),
        }
    }

    fn encode_prompt(&self, problem: &str) -> Result<Vec<u32>, LanguageModelError> {
        let words = &self.words;
        let (start, special) = if words.template.is_plain() {
            // The problem is the whole prompt then, and may be one that was written out.
            (TextStart::Document, None)
        } else {
            let special = words.tokenizer.special_token_in(problem);
            (TextStart::AsWritten, special)
        };
        if let Some(token) = special {
            return Err(LanguageModelError::SpecialToken { token });
        }
        let text = words.template.render(&[ChatMessage::user(problem)], true)?;
        Ok(words.tokenizer.encode(&text, start)?)
    }

    fn device(&self) -> String {
        self.runner.device()
    }

    fn note(&self) -> Option<&str> {
        self.words.note.as_deref()
    }

    fn new_cache(&self, shape: CacheShape) -> Result<KvCache, CacheError> {
        self.runner.new_cache(shape)
    }

    fn rope_frequencies(&self) -> Option<&[f32]> {
        Some(self.runner.rope_frequencies())
    }

    fn text_stream(&self) -> TextStream {
        self.words.tokenizer.stream()
    }

    fn is_end(&self, token: u32) -> bool {
        self.words.tokenizer.is_eos(token) || self.runner.info().eos.contains(&token)
    }

    fn forward(
        &mut self,
        tokens: &[u32],
        cache: &mut KvCache,
        stop: &AtomicBool,
        logits: &mut Vec<f32>,
    ) -> Result<Forward, LanguageModelError> {
        match self.runner.forward(tokens, cache, stop, logits) {
            Ok(()) => Ok(Forward::Done),
            Err(ForwardError::Stopped) => Ok(Forward::Stopped),
            Err(error) => Err(error.into()),
        }
    }
}
