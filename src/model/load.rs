//! Opens a model wherever it is: a GGUF file, safetensors files with their config.json, or bytes in the program.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use candle_core::quantized::GgmlDType;

use super::config::ModelConfig;
use super::decoder::Decoder;
use super::error::ModelError;
use super::gguf_source::GgufSource;
use super::hf_config;
use super::info::ModelInfo;
use super::rope::Rope;
use super::safetensors_source::{DenseWeights, SafetensorsSource};
use super::source::{begins_as_gguf, folder_name};
use super::weights::{DecoderWeights, LoadProgress, OnProgress, assemble};

/// How to hold a model in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// What becomes of dense matrices.
    pub dense: DenseWeights,
}

/// Bytes of weight files from which on their matrices are held as Q8_0 on the CPU: a billion weights of sixteen bits. As
/// f32 they would take twice their size, and a step reads all of them.
const LARGE: u64 = 2_000_000_000;

impl LoadOptions {
    /// For a device that multiplies weights of sixteen bits: the host need not have room for them as f32.
    pub const ON_DEVICE: Self = Self {
        dense: DenseWeights::AsStored,
    };

    /// For weight files of so many bytes that are to run on the CPU.
    pub fn on_cpu(bytes: u64) -> Self {
        let dense = if bytes >= LARGE {
            DenseWeights::Q8_0
        } else {
            DenseWeights::F32
        };
        Self { dense }
    }
}

impl Decoder {
    /// Loads the model at `path`: a `.gguf` file, a `.safetensors` file or `.safetensors.index.json` beside its
    /// `config.json`, or a folder that holds such files.
    ///
    /// # Errors
    /// [`ModelError`], naming the file.
    pub fn open<'a>(
        path: &Path,
        options: LoadOptions,
        progress: &'a mut OnProgress<'a>,
    ) -> Result<Self, ModelError> {
        let (path, gguf) = &resolve(path)?;
        if *gguf {
            let mut source = GgufSource::open(path, options.dense, progress)?;
            let (config, rope) = gguf_config(&mut source, path)?;
            let weights = assemble(&config, &mut source)?;
            let name = source
                .model_name()
                .map_or_else(|| stem(path), str::to_owned);
            return Ok(finish(name, config, rope, weights, &source.requantised));
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        let (config, rope) = folder_config(folder)?;
        let weights = assemble(
            &config,
            &mut SafetensorsSource::open(path, options.dense, progress)?,
        )?;
        let name = folder_name(folder).unwrap_or_else(|| stem(path));
        Ok(finish(name, config, rope, weights, &[]))
    }

    /// The configuration of the model that [`open`](Self::open) would load, checked as far as that goes without reading
    /// its weights: they are there in full, and this decoder can run them.
    ///
    /// # Errors
    /// [`ModelError`], naming the file.
    pub fn configuration(path: &Path) -> Result<ModelConfig, ModelError> {
        let mut unheard = |_: LoadProgress<'_>| ControlFlow::Continue(());
        let (path, gguf) = &resolve(path)?;
        if *gguf {
            let mut source = GgufSource::open(path, DenseWeights::default(), &mut unheard)?;
            return Ok(gguf_config(&mut source, path)?.0);
        }
        let (config, _) = folder_config(path.parent().unwrap_or(Path::new("")))?;
        SafetensorsSource::open(path, DenseWeights::default(), &mut unheard)?;
        Ok(config)
    }

    /// Loads a model from the bytes of its `config.json` and its safetensors file, as the embedded one is.
    ///
    /// # Errors
    /// [`ModelError`], naming `name`.
    pub fn from_bytes<'a>(
        name: &str,
        config: &[u8],
        weights: &'a [u8],
        progress: &'a mut OnProgress<'a>,
    ) -> Result<Self, ModelError> {
        let config = hf_config::parse(config, name)?;
        let rope = rope_of(&config, name)?;
        let mut source = SafetensorsSource::from_bytes(name, weights, DenseWeights::F32, progress)?;
        let weights = assemble(&config, &mut source)?;
        Ok(finish(name.to_owned(), config, rope, weights, &[]))
    }
}

fn gguf_config(
    source: &mut GgufSource<'_>,
    path: &Path,
) -> Result<(ModelConfig, Rope), ModelError> {
    let config = source.config()?;
    let rope = rope_of(&config, &path.display().to_string())?;
    Ok((config, rope))
}

fn folder_config(folder: &Path) -> Result<(ModelConfig, Rope), ModelError> {
    let path = folder.join("config.json");
    let text = std::fs::read(&path).map_err(ModelError::io(&path))?;
    let file = path.display().to_string();
    let config = hf_config::parse(&text, &file)?;
    let rope = rope_of(&config, &file)?;
    Ok((config, rope))
}

fn rope_of(config: &ModelConfig, file: &str) -> Result<Rope, ModelError> {
    Rope::new(
        config.head_dim,
        config.rope_theta,
        &config.rope_scaling,
        file,
    )
}

fn is_gguf(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"))
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// The file to open for `path`, itself or the weights in the folder it names, and whether it is a GGUF file. Other
/// programs' stores keep those without the extension.
fn resolve(path: &Path) -> Result<(PathBuf, bool), ModelError> {
    let metadata = std::fs::metadata(path).map_err(ModelError::io(path))?;
    if !metadata.is_dir() {
        let name = path.to_string_lossy();
        let gguf = is_gguf(path) || begins_as_gguf(path).unwrap_or(false);
        let known =
            gguf || name.ends_with(".safetensors") || name.ends_with(".safetensors.index.json");
        return if known {
            Ok((path.to_owned(), gguf))
        } else {
            Err(ModelError::config(
                &name,
                "not a model file; choose a .gguf or .safetensors file, or the folder of a checkpoint",
            ))
        };
    }
    for name in ["model.safetensors.index.json", "model.safetensors"] {
        let file = path.join(name);
        if file.is_file() {
            let gguf = begins_as_gguf(&file).unwrap_or(false);
            return Ok((file, gguf));
        }
    }
    let mut ggufs: Vec<PathBuf> = std::fs::read_dir(path)
        .map_err(ModelError::io(path))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|file| is_gguf(file))
        .collect();
    match (ggufs.pop(), ggufs.is_empty()) {
        (Some(only), true) => Ok((only, true)),
        (Some(_), false) => Err(ModelError::config(
            &path.display().to_string(),
            "the folder holds several GGUF files; choose one of them",
        )),
        (None, _) => Err(ModelError::config(
            &path.display().to_string(),
            "the folder holds neither model.safetensors nor a GGUF file",
        )),
    }
}

fn finish(
    name: String,
    config: ModelConfig,
    rope: Rope,
    weights: DecoderWeights,
    requantised: &[GgmlDType],
) -> Decoder {
    let mut by_type: BTreeMap<String, u64> = BTreeMap::new();
    let (mut parameters, mut bytes) = (weights.vector_numbers(), weights.vector_numbers() * 4);
    for matrix in weights.matrices(config.tied) {
        *by_type.entry(format!("{:?}", matrix.dtype())).or_default() += matrix.parameters();
        parameters += matrix.parameters();
        bytes += matrix.bytes();
    }
    let most = by_type
        .into_iter()
        .max_by_key(|(_, count)| *count)
        .map(|(kind, _)| kind);
    let mut quantisation = most.unwrap_or_default();
    if !requantised.is_empty() {
        let from: Vec<String> = requantised
            .iter()
            .map(|dtype| format!("{dtype:?}"))
            .collect();
        quantisation = format!("{quantisation} (from {})", from.join(", "));
    }
    let info = ModelInfo {
        name,
        architecture: config.architecture.name(),
        layers: config.layers,
        query_heads: config.query_heads,
        kv_heads: config.kv_heads,
        head_dim: config.head_dim,
        hidden: config.hidden,
        vocab: config.vocab,
        context: config.context,
        quantisation,
        parameters,
        parameter_bytes: bytes,
        eos: config.eos.clone(),
    };
    Decoder::new(config, info, weights, rope)
}
