//! Text to token ids and back, whatever file the vocabulary came in.
//!
//! Encoding is the `tokenizers` crate's. Decoding is our own table (`pieces`), because the tool
//! shows every token as soon as it is generated. What a model file says about its special tokens (which one begins a
//! document, which ones end a turn) is gathered here too, from the several places that files keep it.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::quantized::gguf_file::Value;
use serde::Deserialize;

use super::gguf_tokenizer;
use super::pieces::{Pieces, Spelling};
use super::text_stream::TextStream;

/// Largest gap-free id space accepted from a `tokenizer.json`; the largest real vocabularies hold some 260 000.
const MAX_VOCAB: u32 = 4_000_000;

/// Why a tokenizer could not be had from a file, or could not encode a text.
#[derive(Debug, thiserror::Error)]
pub enum TokenizerError {
    /// A file that should be there could not be read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A JSON file is not what its name says.
    #[error("{what} cannot be used: {detail}")]
    Malformed {
        /// The file or the GGUF key.
        what: String,
        /// What is wrong with it.
        detail: String,
    },
    /// A GGUF file lacks a key.
    #[error(
        "the GGUF file has no `{key}`, so its tokenizer cannot be rebuilt; put the model's tokenizer.json beside the file"
    )]
    MissingKey {
        /// The missing key.
        key: &'static str,
    },
    /// A GGUF vocabulary that is not byte-level BPE.
    #[error(
        "the GGUF tokenizer model `{model}` is not supported (only `gpt2`, byte-level BPE, is); put the model's tokenizer.json beside the file"
    )]
    UnsupportedModel {
        /// `tokenizer.ggml.model`.
        model: String,
    },
    /// A GGUF pre-tokenizer whose rules are not known here. Guessing would silently produce other tokens.
    #[error(
        "the GGUF pre-tokenizer `{pre}` is not known (known: {known}); put the model's tokenizer.json beside the file"
    )]
    UnknownPreTokenizer {
        /// `tokenizer.ggml.pre`.
        pre: String,
        /// The names that are known.
        known: String,
    },
    /// A `tokenizer.json` whose tokens do not stand for bytes one by one.
    #[error(
        "tokenizer.json uses the decoder `{kind}`; only ByteLevel and SentencePiece (Metaspace, ByteFallback) vocabularies can be streamed"
    )]
    UnsupportedDecoder {
        /// The decoder's kind.
        kind: &'static str,
    },
    /// A `tokenizer.json` beside a GGUF file that is another model's.
    #[error(
        "{tokenizer} is another model's: its token {id} is `{there}`, but `{here}` in {gguf}; put the model's own there, or \
         move the GGUF file into a folder of its own",
        tokenizer = tokenizer.display(), gguf = gguf.display()
    )]
    OtherVocabulary {
        /// The `tokenizer.json`.
        tokenizer: PathBuf,
        /// The GGUF file.
        gguf: PathBuf,
        /// The first id at which they differ.
        id: u32,
        /// Its token in `tokenizer.json`.
        there: String,
        /// Its token in the GGUF file.
        here: String,
    },
    /// The encoder refused a text.
    #[error("the text cannot be encoded: {0}")]
    Encode(String),
}

/// What surrounds a text that is to be encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextStart {
    /// The text says it all: the output of a chat template, which writes its own beginning-of-text token.
    AsWritten,
    /// A plain text: the beginning-of-text token is put in front if the model was trained with one.
    Document,
}

/// The contents of a Hugging Face folder's files that concern the tokenizer. Only `tokenizer` is needed.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokenizerFiles<'a> {
    /// `tokenizer.json`.
    pub tokenizer: &'a [u8],
    /// `tokenizer_config.json`.
    pub tokenizer_config: Option<&'a [u8]>,
    /// `config.json`.
    pub config: Option<&'a [u8]>,
    /// `generation_config.json`.
    pub generation_config: Option<&'a [u8]>,
}

/// A vocabulary with its rules.
#[derive(Clone)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    pieces: Arc<Pieces>,
    bos: Option<u32>,
    add_bos: bool,
    eos: Vec<u32>,
}

impl std::fmt::Debug for Tokenizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokenizer")
            .field("vocab_size", &self.vocab_size())
            .field("bos", &self.bos)
            .field("add_bos", &self.add_bos)
            .field("eos", &self.eos)
            .finish_non_exhaustive()
    }
}

impl Tokenizer {
    /// Reads a `tokenizer.json`, with the `tokenizer_config.json`, `config.json` and `generation_config.json` beside
    /// it where there are any: they name the tokens that begin a text and end a turn.
    pub fn from_json_file(path: &Path) -> Result<Self, TokenizerError> {
        let tokenizer = std::fs::read(path).map_err(|source| TokenizerError::Read {
            path: path.to_path_buf(),
            source,
        })?;
        let beside = |name| read_if_there(&path.with_file_name(name));
        let (tokenizer_config, config, generation_config) = (
            beside("tokenizer_config.json")?,
            beside("config.json")?,
            beside("generation_config.json")?,
        );
        Self::from_files(TokenizerFiles {
            tokenizer: &tokenizer,
            tokenizer_config: tokenizer_config.as_deref(),
            config: config.as_deref(),
            generation_config: generation_config.as_deref(),
        })
    }

    /// Reads a `tokenizer.json` alone. No token is known to end a turn then.
    pub fn from_json_bytes(json: &[u8]) -> Result<Self, TokenizerError> {
        Self::from_files(TokenizerFiles {
            tokenizer: json,
            ..TokenizerFiles::default()
        })
    }

    /// Builds the tokenizer from the files of a Hugging Face folder.
    ///
    /// The end-of-turn set is the union of what the files say: a model's `config.json` often names one token where
    /// its `generation_config.json` lists two.
    pub fn from_files(files: TokenizerFiles<'_>) -> Result<Self, TokenizerError> {
        let inner = tokenizers::Tokenizer::from_bytes(files.tokenizer)
            .map_err(|error| malformed("tokenizer.json", &error.to_string()))?;
        check_added_ids(files.tokenizer, &inner)?;
        let special: SpecialTokens = parse("tokenizer_config.json", files.tokenizer_config)?;
        let generation: SpecialIds = parse("generation_config.json", files.generation_config)?;
        let config: SpecialIds = parse("config.json", files.config)?;

        let id_of = |token: &Option<TokenText>| {
            token
                .as_ref()
                .and_then(|token| inner.token_to_id(token.text()))
        };
        // What the post-processor puts around an empty text is what it puts around any text.
        let around = inner
            .encode("", true)
            .map_err(|error| TokenizerError::Encode(error.to_string()))?;
        let first = around.get_ids().first().copied();
        let bos = id_of(&special.bos_token)
            .or_else(|| {
                generation
                    .bos_token_id
                    .iter()
                    .chain(&config.bos_token_id)
                    .flat_map(Ids::iter)
                    .next()
            })
            .or(first);
        let add_bos = bos.is_some() && (first == bos || special.add_bos_token == Some(true));
        let eos = generation
            .eos_token_id
            .iter()
            .chain(&config.eos_token_id)
            .flat_map(Ids::iter)
            .chain(id_of(&special.eos_token))
            .collect();
        Self::assemble(inner, bos, add_bos, eos)
    }

    /// Builds the tokenizer from a GGUF file's metadata. Only byte-level BPE with a pre-tokenizer of known rules.
    pub fn from_gguf_metadata(metadata: &HashMap<String, Value>) -> Result<Self, TokenizerError> {
        let parts = gguf_tokenizer::build(metadata)?;
        let ends = gguf_tokenizer::special_ids(metadata)?;
        Self::assemble(parts, ends.bos, ends.add_bos, ends.eos)
    }

    /// The tokenizer of the GGUF file at `path`: a `tokenizer.json` beside it wins, else the file's own metadata.
    /// The special token ids come from the metadata in either case.
    ///
    /// # Errors
    /// [`TokenizerError`], also if the file beside it has another vocabulary than the metadata lists.
    pub fn for_gguf(
        path: &Path,
        metadata: &HashMap<String, Value>,
    ) -> Result<Self, TokenizerError> {
        let beside = path.with_file_name("tokenizer.json");
        if !beside.is_file() {
            return Self::from_gguf_metadata(metadata);
        }
        let mut tokenizer = Self::from_json_file(&beside)?;
        let spelling = |id| tokenizer.inner.id_to_token(id);
        if let Some((id, here, there)) = gguf_tokenizer::parting(metadata, spelling)? {
            return Err(TokenizerError::OtherVocabulary {
                tokenizer: beside,
                gguf: path.to_path_buf(),
                id,
                there,
                here,
            });
        }
        let ends = gguf_tokenizer::special_ids(metadata)?;
        tokenizer.bos = ends.bos.or(tokenizer.bos);
        tokenizer.add_bos = tokenizer.bos.is_some() && (ends.add_bos || tokenizer.add_bos);
        tokenizer.eos = sorted(ends.eos.into_iter().chain(tokenizer.eos).collect());
        Ok(tokenizer)
    }

    fn assemble(
        mut inner: tokenizers::Tokenizer,
        bos: Option<u32>,
        add_bos: bool,
        eos: Vec<u32>,
    ) -> Result<Self, TokenizerError> {
        // A file may carry a truncation length or a padding width, meant for training batches; a prompt has neither.
        inner
            .with_truncation(None)
            .map_err(|error| malformed("tokenizer.json", &error.to_string()))?;
        inner.with_padding(None);
        let spelling = Spelling::of_decoder(inner.get_decoder())?;
        let added = inner.get_added_tokens_decoder();
        let mut vocab: BTreeMap<u32, String> = inner
            .get_vocab(false)
            .into_iter()
            .map(|(token, id)| (id, token))
            .collect();
        vocab.extend(added.iter().map(|(&id, token)| (id, token.content.clone())));
        let size = vocab
            .last_key_value()
            .map_or(0, |(&last, _)| last.saturating_add(1));
        if size == 0 || size > MAX_VOCAB {
            return Err(malformed(
                "the vocabulary",
                &format!("it holds ids up to {size}; expected 1 to {MAX_VOCAB}"),
            ));
        }
        let tokens = (0..size).map(|id| vocab.get(&id).map(String::as_str));
        let pieces = Arc::new(Pieces::new(tokens, |id| added.contains_key(&id), spelling));
        Ok(Self {
            inner,
            pieces,
            bos,
            add_bos,
            eos: sorted(eos),
        })
    }

    /// Encodes a text. The text of a special token in it becomes that token, as chat templates rely on.
    pub fn encode(&self, text: &str, start: TextStart) -> Result<Vec<u32>, TokenizerError> {
        let encoding = self
            .inner
            .encode_fast(text, false)
            .map_err(|error| TokenizerError::Encode(error.to_string()))?;
        let ids = encoding.get_ids();
        let bos = self
            .bos
            .filter(|bos| start == TextStart::Document && self.add_bos && ids.first() != Some(bos));
        Ok(bos.into_iter().chain(ids.iter().copied()).collect())
    }

    /// The first special token that a text spells out, if it spells any: encoded, it would be that token and no text.
    pub fn special_token_in(&self, text: &str) -> Option<String> {
        let added = self.inner.get_added_tokens_decoder();
        let special = added
            .values()
            .filter(|token| token.special && !token.content.is_empty());
        special
            .filter_map(|token| Some((text.find(&token.content)?, &token.content)))
            .min()
            .map(|(_, content)| content.clone())
    }

    /// The text of a run of tokens, special tokens included; bytes that are not UTF-8 become U+FFFD.
    pub fn decode(&self, ids: &[u32]) -> String {
        let bytes: Vec<u8> = ids
            .iter()
            .flat_map(|&id| self.pieces.get(id))
            .copied()
            .collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// A fresh incremental decoder.
    pub fn stream(&self) -> TextStream {
        TextStream::new(Arc::clone(&self.pieces))
    }

    /// Ids the vocabulary holds: the highest one plus 1. A model's output layer may be wider, padded.
    pub fn vocab_size(&self) -> usize {
        self.pieces.len()
    }

    /// The tokens that end a turn, ascending; empty if the file names none.
    pub fn eos_ids(&self) -> &[u32] {
        &self.eos
    }

    /// Whether `id` ends a turn.
    pub fn is_eos(&self, id: u32) -> bool {
        self.eos.binary_search(&id).is_ok()
    }

    /// The token that begins a text, if the model has one.
    pub fn bos(&self) -> Option<u32> {
        self.bos
    }

    /// The id of a token by its spelling in the vocabulary, special tokens included.
    pub fn token_to_id(&self, token: &str) -> Option<u32> {
        self.inner.token_to_id(token)
    }
}

fn sorted(mut ids: Vec<u32>) -> Vec<u32> {
    ids.sort_unstable();
    ids.dedup();
    ids
}

pub(super) fn malformed(what: &str, detail: &str) -> TokenizerError {
    TokenizerError::Malformed {
        what: what.to_owned(),
        detail: detail.to_owned(),
    }
}

fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, TokenizerError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(TokenizerError::Read {
            path: path.to_path_buf(),
            source,
        }),
    }
}

fn parse<T: Default + for<'de> Deserialize<'de>>(
    name: &str,
    json: Option<&[u8]>,
) -> Result<T, TokenizerError> {
    json.map_or_else(
        || Ok(T::default()),
        |json| serde_json::from_slice(json).map_err(|error| malformed(name, &error.to_string())),
    )
}

/// The `tokenizers` crate numbers an added token anew, silently, if its id would leave a hole; the model would then
/// be given a token it never saw.
fn check_added_ids(json: &[u8], tokenizer: &tokenizers::Tokenizer) -> Result<(), TokenizerError> {
    #[derive(Default, Deserialize)]
    struct Added {
        #[serde(default)]
        added_tokens: Vec<Token>,
    }
    #[derive(Deserialize)]
    struct Token {
        id: u32,
        content: String,
    }
    let added: Added = parse("tokenizer.json", Some(json))?;
    match added
        .added_tokens
        .iter()
        .find(|token| tokenizer.token_to_id(&token.content) != Some(token.id))
    {
        None => Ok(()),
        Some(Token { id, content }) => Err(malformed(
            "tokenizer.json",
            &format!("its added token `{content}` cannot keep its id {id}"),
        )),
    }
}

/// The part of `tokenizer_config.json` that names special tokens.
#[derive(Default, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the names are the file's")]
struct SpecialTokens {
    bos_token: Option<TokenText>,
    eos_token: Option<TokenText>,
    add_bos_token: Option<bool>,
}

/// A special token in `tokenizer_config.json`: its text, or an object that holds it.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum TokenText {
    Plain(String),
    Object { content: String },
}

impl TokenText {
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Plain(text) | Self::Object { content: text } => text,
        }
    }
}

/// The part of `config.json` and `generation_config.json` that names special tokens.
#[derive(Default, Deserialize)]
struct SpecialIds {
    bos_token_id: Option<Ids>,
    eos_token_id: Option<Ids>,
}

/// One id or a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Ids {
    One(u32),
    Many(Vec<u32>),
}

impl Ids {
    fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        match self {
            Self::One(id) => std::slice::from_ref(id),
            Self::Many(ids) => ids,
        }
        .iter()
        .copied()
    }
}

#[cfg(test)]
#[path = "tokenizer_tests.rs"]
mod tests;
