//! Which model to load: from a person's word to files that are there.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::embedded::{EmbeddedModel, REASONER};
use super::fetch::FetchError;
use super::hub::Hub;
use super::registry::{INDEX, KNOWN_MODELS, KnownModel, KnownWeights};
use crate::config::{EMBEDDED_MODEL, is_embedded};

/// A model that was chosen and looked at: its files were there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ModelSource {
    /// The reasoner inside the binary.
    #[default]
    Embedded,
    /// A GGUF file or a Hugging Face folder.
    Path(PathBuf),
}

/// What to read of a model.
#[derive(Clone, Debug)]
pub enum ModelFiles {
    /// Files in memory.
    Embedded(EmbeddedModel),
    /// One GGUF file.
    Gguf(PathBuf),
    /// A Hugging Face folder.
    Folder {
        /// The folder, with `config.json` and `tokenizer.json`.
        folder: PathBuf,
        /// The safetensors files, in name order.
        weights: Vec<PathBuf>,
    },
}

/// Why there is no model to load.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// Neither a path nor a known name.
    #[error("there is no model file or folder at {path}, and it is not a known name either (known: {known})", path = path.display())]
    Missing {
        /// What was asked for.
        path: PathBuf,
        /// The known names.
        known: String,
    },
    /// A known model that is not on this machine.
    #[error(
        "{name} is not downloaded yet; run `rkv-scope models fetch {name}`, or give the path of its files"
    )]
    NotFetched {
        /// The model's name.
        name: &'static str,
    },
    /// A folder without a file it needs.
    #[error("{folder} is not a Hugging Face model folder: it has no {missing}; it needs config.json, tokenizer.json, *.safetensors, and tokenizer_config.json for its chat template", folder = folder.display())]
    IncompleteFolder {
        /// The folder.
        folder: PathBuf,
        /// The missing file.
        missing: String,
    },
    /// A file that is no GGUF file.
    #[error("{path} is not a GGUF file{hint}", path = path.display())]
    NotGguf {
        /// The file.
        path: PathBuf,
        /// What else it may be, and what to do then.
        hint: &'static str,
    },
    /// A `model.safetensors.index.json` that makes no sense.
    #[error("{path} cannot be used: {detail}", path = path.display())]
    BadIndex {
        /// The index.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// A file or folder that could not be read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The place of downloaded models is not known.
    #[error(transparent)]
    Hub(#[from] FetchError),
}

impl ModelSource {
    /// Finds a model by what a person typed: `reasoner` or `embedded`, a known name that is downloaded, a GGUF file,
    /// or a Hugging Face folder. Names win over paths; write `./NAME` for a path.
    pub fn resolve(text: &str) -> Result<Self, SourceError> {
        match named(text) {
            Some(model) if model.weights != KnownWeights::Embedded => {
                Self::resolve_in(text, &Hub::from_env()?)
            }
            Some(_) => Ok(Self::Embedded),
            None => Self::at_path(Path::new(text)),
        }
    }

    /// [`resolve`](Self::resolve), with downloaded models looked up in the given place.
    pub fn resolve_in(text: &str, hub: &Hub) -> Result<Self, SourceError> {
        match named(text) {
            Some(model) if model.weights == KnownWeights::Embedded => Ok(Self::Embedded),
            Some(model) => {
                let path = hub
                    .find(model)
                    .ok_or(SourceError::NotFetched { name: model.name })?;
                Self::at_path(&path)
            }
            None => Self::at_path(Path::new(text)),
        }
    }

    fn at_path(path: &Path) -> Result<Self, SourceError> {
        let source = Self::Path(path.to_path_buf());
        source.files().map(|_| source)
    }

    /// Lists the files to read, checking that they are there and are what they should be.
    pub fn files(&self) -> Result<ModelFiles, SourceError> {
        let path = match self {
            Self::Embedded => return Ok(ModelFiles::Embedded(REASONER)),
            Self::Path(path) => path,
        };
        match std::fs::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let known = KNOWN_MODELS.map(|model| model.name).join(", ");
                Err(SourceError::Missing {
                    path: path.clone(),
                    known,
                })
            }
            Err(source) => Err(SourceError::Read {
                path: path.clone(),
                source,
            }),
            Ok(metadata) if metadata.is_dir() => folder_files(path),
            Ok(_) => gguf_file(path),
        }
    }
}

/// What a tokenizer.json and a chat template are read with.
const BESIDE: [&str; 5] = [
    "chat_template.jinja",
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "generation_config.json",
];

impl ModelFiles {
    /// Every file on the disk that may be read.
    pub fn paths(&self) -> Vec<PathBuf> {
        match self {
            Self::Embedded(_) => vec![],
            Self::Gguf(path) => {
                let tokenizer = path.with_file_name("tokenizer.json");
                let beside: &[&str] = if tokenizer.is_file() { &BESIDE } else { &[] };
                let beside = beside.iter().map(|name| path.with_file_name(name));
                std::iter::once(path.clone()).chain(beside).collect()
            }
            Self::Folder { folder, weights } => {
                let beside = BESIDE.iter().chain(&[INDEX]);
                let beside = beside.map(|name| folder.join(name));
                beside.chain(weights.iter().cloned()).collect()
            }
        }
    }
}

/// The file through which a folder's weights are opened: the only one, or the index of several.
pub(super) fn weights_file(folder: &Path, weights: &[PathBuf]) -> PathBuf {
    match weights {
        [only] => only.clone(),
        _ => folder.join(INDEX),
    }
}

impl std::fmt::Display for ModelSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Embedded => write!(f, "{EMBEDDED_MODEL} (embedded)"),
            Self::Path(path) => path.display().fmt(f),
        }
    }
}

fn named(text: &str) -> Option<&'static KnownModel> {
    KnownModel::by_name(if is_embedded(text) {
        EMBEDDED_MODEL
    } else {
        text
    })
}

/// The name of a model's folder. A hub's cache keeps one under `models--OWNER--NAME/snapshots/COMMIT`, and NAME is what
/// people know it by.
pub(crate) fn folder_name(folder: &Path) -> Option<String> {
    let name = |path: &Path| Some(path.file_name()?.to_string_lossy().into_owned());
    let snapshots = folder
        .parent()
        .filter(|parent| parent.ends_with("snapshots"));
    let repo = snapshots.and_then(Path::parent).and_then(name);
    match repo
        .as_deref()
        .and_then(|repo| repo.strip_prefix("models--"))
    {
        Some(repo) => Some(repo.rsplit("--").next().unwrap_or(repo).to_owned()),
        None => name(folder),
    }
}

/// Whether a file begins as GGUF files do, whatever its name.
pub(super) fn begins_as_gguf(path: &Path) -> std::io::Result<bool> {
    let mut magic = Vec::new();
    File::open(path)?.take(4).read_to_end(&mut magic)?;
    Ok(magic == b"GGUF")
}

fn gguf_file(path: &Path) -> Result<ModelFiles, SourceError> {
    let read = |source| SourceError::Read {
        path: path.to_path_buf(),
        source,
    };
    if begins_as_gguf(path).map_err(read)? {
        return Ok(ModelFiles::Gguf(path.to_path_buf()));
    }
    let hint = match path.extension().and_then(|extension| extension.to_str()) {
        Some("safetensors" | "json") => {
            "; give the folder it is in, with config.json and tokenizer.json beside it"
        }
        Some("gguf") => ", whatever its name says; it may be a broken or unfinished download",
        _ => "; give a .gguf file or a Hugging Face folder",
    };
    Err(SourceError::NotGguf {
        path: path.to_path_buf(),
        hint,
    })
}

fn folder_files(folder: &Path) -> Result<ModelFiles, SourceError> {
    let missing = |missing: &str| SourceError::IncompleteFolder {
        folder: folder.to_path_buf(),
        missing: missing.to_owned(),
    };
    for file in ["config.json", "tokenizer.json"] {
        if !folder.join(file).is_file() {
            return Err(missing(file));
        }
    }
    let index = folder.join(INDEX);
    let names = if index.is_file() {
        shards(&index)?
    } else {
        safetensors_in(folder)?
    };
    let names = match names.len() {
        0 => return Err(missing("*.safetensors")),
        2.. if !index.is_file() => {
            // Others beside it, such as an adapter, are not read.
            let whole = names.get("model.safetensors").cloned();
            BTreeSet::from([whole.ok_or_else(|| missing(INDEX))?])
        }
        _ => names,
    };
    if let Some(absent) = names.iter().find(|name| !folder.join(name).is_file()) {
        return Err(missing(absent));
    }
    let weights = names.iter().map(|name| folder.join(name)).collect();
    Ok(ModelFiles::Folder {
        folder: folder.to_path_buf(),
        weights,
    })
}

fn safetensors_in(folder: &Path) -> Result<BTreeSet<String>, SourceError> {
    let read = |source| SourceError::Read {
        path: folder.to_path_buf(),
        source,
    };
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(folder).map_err(read)? {
        let name = entry.map_err(read)?.file_name();
        if Path::new(&name)
            .extension()
            .is_some_and(|extension| extension == "safetensors")
        {
            names.insert(name.to_string_lossy().into_owned());
        }
    }
    Ok(names)
}

/// The weight files an index names, in name order. An index is data from a stranger: plain file names only.
pub(super) fn shards(index: &Path) -> Result<BTreeSet<String>, SourceError> {
    #[derive(Deserialize)]
    struct Index {
        weight_map: std::collections::BTreeMap<String, String>,
    }
    let json = std::fs::read(index).map_err(|source| SourceError::Read {
        path: index.to_path_buf(),
        source,
    })?;
    let bad = |detail: String| SourceError::BadIndex {
        path: index.to_path_buf(),
        detail,
    };
    let parsed: Index = serde_json::from_slice(&json).map_err(|error| bad(error.to_string()))?;
    let names: BTreeSet<String> = parsed.weight_map.into_values().collect();
    let plain = |name: &String| {
        name.ends_with(".safetensors") && !name.contains(['/', '\\', ':', '?', '#', '%'])
    };
    match names.iter().find(|name| !plain(name)) {
        Some(name) => Err(bad(format!(
            "it names `{name}`, which is not a plain *.safetensors file name"
        ))),
        None if names.is_empty() => Err(bad("it names no weight file".to_owned())),
        None => Ok(names),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(path: &Path) -> String {
        ModelSource::resolve(path.to_str().unwrap())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn the_embedded_reasoner_is_the_default_and_has_two_names() {
        for name in ["reasoner", "embedded", "Reasoner"] {
            assert_eq!(ModelSource::resolve(name).unwrap(), ModelSource::default());
        }
        let ModelFiles::Embedded(model) = ModelSource::Embedded.files().unwrap() else {
            panic!("embedded")
        };
        let header = u64::from_le_bytes(model.weights[..8].try_into().unwrap()) as usize;
        assert!(
            model.weights[8..8 + header].starts_with(b"{"),
            "a safetensors header follows its length"
        );
    }

    #[test]
    fn a_name_that_is_not_downloaded_says_how_to_get_it() {
        let empty = tempfile::tempdir().unwrap();
        let hub = Hub::new("http://localhost", empty.path());
        let error = ModelSource::resolve_in("qwen3-0.6b", &hub)
            .unwrap_err()
            .to_string();
        assert!(error.contains("models fetch qwen3-0.6b"), "{error}");
    }

    #[test]
    fn a_missing_path_is_named_and_so_are_the_known_models() {
        let error = error(Path::new("/no/such/model.gguf"));
        assert!(
            error.contains("/no/such/model.gguf") && error.contains("qwen3-4b"),
            "{error}"
        );
    }

    #[test]
    fn a_gguf_file_is_known_by_its_first_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.gguf");
        for (name, bytes, expected) in [
            ("model.gguf", &b"nope"[..], "unfinished download"),
            ("a.safetensors", b"", "the folder"),
            ("a.bin", b"PK", ".gguf file or"),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let error = error(&path);
            assert!(error.contains(name) && error.contains(expected), "{error}");
        }
        std::fs::write(&path, b"GGUF\x03").unwrap();
        assert_eq!(
            ModelSource::resolve(path.to_str().unwrap()).unwrap(),
            ModelSource::Path(path)
        );
    }

    #[test]
    fn a_folder_names_the_file_it_lacks_until_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        let index = |names: &str| write(INDEX, &format!(r#"{{"weight_map":{{{names}}}}}"#));
        assert!(error(folder.path()).contains("no config.json"));
        write("config.json", "{}");
        assert!(error(folder.path()).contains("no tokenizer.json"));
        write("tokenizer.json", "{}");
        assert!(error(folder.path()).contains("no *.safetensors"));
        write("a.safetensors", "");
        ModelSource::resolve(folder.path().to_str().unwrap()).unwrap();
        index(r#""w":"b.safetensors","v":"a.safetensors","u":"a.safetensors""#);
        assert!(error(folder.path()).contains("no b.safetensors"));
        write("b.safetensors", "");
        let ModelFiles::Folder { weights, .. } = ModelSource::Path(folder.path().to_path_buf())
            .files()
            .unwrap()
        else {
            panic!("a folder")
        };
        assert_eq!(
            weights,
            [
                folder.path().join("a.safetensors"),
                folder.path().join("b.safetensors")
            ]
        );
        index(r#""w":"../../secret.safetensors""#);
        assert!(error(folder.path()).contains("../../secret.safetensors"));
        index("");
        assert!(error(folder.path()).contains("no weight file"));
    }
}
