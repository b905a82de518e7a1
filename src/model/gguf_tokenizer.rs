//! Rebuilds a byte-level BPE tokenizer from a GGUF file's metadata.
//!
//! GGUF stores the vocabulary and the merges, but of the pre-tokenizer only a name (`tokenizer.ggml.pre`). The rules
//! behind each name are those of the `tokenizer.json` the name was made for. A wrong guess is silent: the text is
//! still encoded, into tokens the model was not trained on. So an unknown name is an error.

use std::collections::HashMap;

use candle_core::quantized::gguf_file::Value;
use tokenizers::models::bpe::{BPE, Merges, Vocab};
use tokenizers::normalizers::unicode::NFC;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::tokenizer::SplitDelimiterBehavior;
use tokenizers::{AddedToken, Tokenizer};

use super::tokenizer::{TokenizerError, malformed};

const MODEL: &str = "tokenizer.ggml.model";
const PRE: &str = "tokenizer.ggml.pre";
const TOKENS: &str = "tokenizer.ggml.tokens";
const TOKEN_TYPE: &str = "tokenizer.ggml.token_type";
const MERGES: &str = "tokenizer.ggml.merges";
const BOS: &str = "tokenizer.ggml.bos_token_id";
const ADD_BOS: &str = "tokenizer.ggml.add_bos_token";
/// End of text, end of turn and end of message: each stops the generation.
const ENDS: [&str; 3] = [
    "tokenizer.ggml.eos_token_id",
    "tokenizer.ggml.eot_token_id",
    "tokenizer.ggml.eom_token_id",
];
/// Control tokens that end a turn in some family, for files whose metadata names only the end of text.
const TURN_ENDS: [&str; 10] = [
    "<|im_end|>",
    "<|eot_id|>",
    "<|eom_id|>",
    "<|end_of_text|>",
    "<EOT>",
    "_<EOT>",
    "<|end|>",
    "<end_of_turn>",
    "<|endoftext|>",
    "<｜end▁of▁sentence｜>",
];

/// `token_type` of a control token: matched in the text as a whole, and special.
const CONTROL: i64 = 3;
/// `token_type` of a user-defined token: matched in the text as a whole, but ordinary text.
const USER_DEFINED: i64 = 4;

/// Qwen2's split: digits one by one.
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// Llama 3's split: digits in groups of up to three.
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// The rules behind a `tokenizer.ggml.pre` name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PreRules {
    Gpt2,
    SmolLm,
    Llama3,
    Qwen2,
}

/// Names of `tokenizer.ggml.pre` and the rules they stand for.
///
/// Not `default`: converters write it for rules that they do not know.
const KNOWN: [(&str, PreRules); 8] = [
    ("gpt-2", PreRules::Gpt2),
    ("smollm", PreRules::SmolLm),
    ("llama-bpe", PreRules::Llama3),
    ("llama3", PreRules::Llama3),
    ("llama-v3", PreRules::Llama3),
    ("smaug-bpe", PreRules::Llama3),
    ("qwen2", PreRules::Qwen2),
    ("deepseek-r1-qwen", PreRules::Qwen2),
];

impl PreRules {
    fn of(metadata: &HashMap<String, Value>) -> Result<Self, TokenizerError> {
        let name = string(metadata, PRE)?.ok_or(TokenizerError::MissingKey { key: PRE })?;
        KNOWN
            .iter()
            .find(|(known, _)| *known == name)
            .map(|&(_, rules)| rules)
            .ok_or_else(|| TokenizerError::UnknownPreTokenizer {
                pre: name.to_owned(),
                known: KNOWN.map(|(name, _)| name).join(", "),
            })
    }

    fn pre_tokenizer(self) -> Result<PreTokenizerWrapper, TokenizerError> {
        let gpt2_words = ByteLevel::new(false, true, true);
        let bytes_only = ByteLevel::new(false, false, false);
        let split = |regex: &str| {
            Split::new(
                SplitPattern::Regex(regex.to_owned()),
                SplitDelimiterBehavior::Isolated,
                false,
            )
            .map_err(|error| malformed(PRE, &error.to_string()))
        };
        Ok(match self {
            Self::Gpt2 => gpt2_words.into(),
            Self::SmolLm => Sequence::new(vec![Digits::new(true).into(), gpt2_words.into()]).into(),
            Self::Llama3 => Sequence::new(vec![split(LLAMA3)?.into(), bytes_only.into()]).into(),
            Self::Qwen2 => Sequence::new(vec![split(QWEN2)?.into(), bytes_only.into()]).into(),
        })
    }
}

/// Share of the ids known to both at which two vocabularies are not one: a model may have been given some tokens more, or
/// unused ones other names.
const OTHERS: f64 = 0.1;

/// The first id at which a GGUF file's tokens and another vocabulary part, with both spellings, if they are not the
/// same one; a file that lists no tokens fits any.
pub(super) fn parting(
    metadata: &HashMap<String, Value>,
    spelling: impl Fn(u32) -> Option<String>,
) -> Result<Option<(u32, String, String)>, TokenizerError> {
    if !metadata.contains_key(TOKENS) {
        return Ok(None);
    }
    let (mut both, mut others, mut first) = (0u32, 0u32, None);
    for (id, token) in (0..).zip(strings(metadata, TOKENS)?) {
        let (token, Some(there)) = (token?, spelling(id)) else {
            continue;
        };
        both += 1;
        // Some converters write the space itself where the vocabulary has its sign.
        if there != token && there.replace('▁', " ") != token.replace('▁', " ") {
            others += 1;
            first.get_or_insert_with(|| (id, token.to_owned(), there));
        }
    }
    Ok(first.filter(|_| f64::from(others) > OTHERS * f64::from(both)))
}

/// The special tokens of a GGUF file.
pub(super) struct SpecialIds {
    pub(super) bos: Option<u32>,
    pub(super) add_bos: bool,
    pub(super) eos: Vec<u32>,
}

/// Reads which tokens begin a text and end a turn.
pub(super) fn special_ids(metadata: &HashMap<String, Value>) -> Result<SpecialIds, TokenizerError> {
    let bos = integer(metadata, BOS)?.and_then(|id| u32::try_from(id).ok());
    let add_bos = match metadata.get(ADD_BOS) {
        Some(value) => value
            .to_bool()
            .map_err(|error| malformed(ADD_BOS, &error.to_string()))?,
        // Llama 3's rules begin every text with its token; the other families' do not.
        None => {
            metadata.contains_key(PRE)
                && PreRules::of(metadata).is_ok_and(|rules| rules == PreRules::Llama3)
        }
    };
    let mut eos = Vec::new();
    for key in ENDS {
        eos.extend(integer(metadata, key)?.and_then(|id| u32::try_from(id).ok()));
    }
    if metadata.contains_key(TOKENS) {
        let types = token_types(metadata)?;
        for (id, token) in strings(metadata, TOKENS)?.enumerate() {
            if types.get(id) == Some(&CONTROL) && TURN_ENDS.contains(&token?) {
                eos.push(id as u32);
            }
        }
    }
    Ok(SpecialIds {
        bos,
        add_bos: add_bos && bos.is_some(),
        eos,
    })
}

/// The text of a token that the metadata names by id under `key`, `tokenizer.ggml.bos_token_id` for instance.
pub(super) fn token_named(
    metadata: &HashMap<String, Value>,
    key: &str,
) -> Result<Option<String>, TokenizerError> {
    let Some(id) = integer(metadata, key)?.and_then(|id| usize::try_from(id).ok()) else {
        return Ok(None);
    };
    strings(metadata, TOKENS)?
        .nth(id)
        .transpose()
        .map(|token| token.map(str::to_owned))
}

/// Builds the tokenizer.
pub(super) fn build(metadata: &HashMap<String, Value>) -> Result<Tokenizer, TokenizerError> {
    let model = string(metadata, MODEL)?.ok_or(TokenizerError::MissingKey { key: MODEL })?;
    if model != "gpt2" {
        return Err(TokenizerError::UnsupportedModel {
            model: model.to_owned(),
        });
    }
    let rules = PreRules::of(metadata)?;
    let tokens: Vec<&str> = strings(metadata, TOKENS)?.collect::<Result<_, _>>()?;
    let vocab: Vocab = tokens
        .iter()
        .enumerate()
        .map(|(id, &token)| (token.to_owned(), id as u32))
        .collect();
    if vocab.len() != tokens.len() {
        let detail = format!(
            "{} of its tokens are duplicates",
            tokens.len() - vocab.len()
        );
        return Err(malformed(TOKENS, &detail));
    }
    let merges = merges(metadata, &vocab)?;
    let bpe = BPE::builder()
        .vocab_and_merges(vocab, merges)
        // Llama 3 looks a whole word up before it merges; its merges alone do not reach every word it knows.
        .ignore_merges(rules == PreRules::Llama3)
        .build()
        .map_err(|error| malformed(MERGES, &error.to_string()))?;

    let mut tokenizer = Tokenizer::new(bpe);
    if rules == PreRules::Qwen2 {
        tokenizer
            .with_normalizer(Some(NFC))
            .map_err(|error| malformed(PRE, &error.to_string()))?;
    }
    tokenizer.with_pre_tokenizer(Some(rules.pre_tokenizer()?));
    tokenizer.with_decoder(Some(ByteLevel::new(false, false, false)));
    let added = tokens
        .iter()
        .zip(token_types(metadata)?)
        .filter_map(|(&token, kind)| match kind {
            CONTROL => Some(AddedToken::from(token, true)),
            USER_DEFINED => Some(AddedToken::from(token, false).normalized(false)),
            _ => None,
        });
    tokenizer
        .add_tokens(added)
        .map_err(|error| malformed(TOKEN_TYPE, &error.to_string()))?;
    Ok(tokenizer)
}

/// The merges as pairs, checked: both halves and the whole must be tokens, or the file contradicts itself.
fn merges(metadata: &HashMap<String, Value>, vocab: &Vocab) -> Result<Merges, TokenizerError> {
    let mut whole = String::new();
    strings(metadata, MERGES)?
        .map(|merge| {
            let merge = merge?;
            let (left, right) = merge
                .split_once(' ')
                .ok_or_else(|| malformed(MERGES, &format!("`{merge}` is not a pair")))?;
            whole.clear();
            whole.push_str(left);
            whole.push_str(right);
            for token in [left, right, &whole] {
                if !vocab.contains_key(token) {
                    return Err(malformed(
                        MERGES,
                        &format!("`{merge}` needs the token `{token}`, which is not there"),
                    ));
                }
            }
            Ok((left.to_owned(), right.to_owned()))
        })
        .collect()
}

fn token_types(metadata: &HashMap<String, Value>) -> Result<Vec<i64>, TokenizerError> {
    let Some(value) = metadata.get(TOKEN_TYPE) else {
        return Ok(Vec::new());
    };
    let types = value
        .to_vec()
        .map_err(|error| malformed(TOKEN_TYPE, &error.to_string()))?;
    types
        .iter()
        .map(|kind| {
            as_integer(kind).ok_or_else(|| malformed(TOKEN_TYPE, "an element is not a number"))
        })
        .collect()
}

fn string<'a>(
    metadata: &'a HashMap<String, Value>,
    key: &'static str,
) -> Result<Option<&'a str>, TokenizerError> {
    metadata
        .get(key)
        .map(|value| {
            value
                .to_string()
                .map(String::as_str)
                .map_err(|error| malformed(key, &error.to_string()))
        })
        .transpose()
}

fn strings<'a>(
    metadata: &'a HashMap<String, Value>,
    key: &'static str,
) -> Result<impl Iterator<Item = Result<&'a str, TokenizerError>> + use<'a>, TokenizerError> {
    let value = metadata
        .get(key)
        .ok_or(TokenizerError::MissingKey { key })?;
    let elements = value
        .to_vec()
        .map_err(|error| malformed(key, &error.to_string()))?;
    Ok(elements.iter().map(move |element| {
        element
            .to_string()
            .map(String::as_str)
            .map_err(|error| malformed(key, &error.to_string()))
    }))
}

fn integer(metadata: &HashMap<String, Value>, key: &str) -> Result<Option<i64>, TokenizerError> {
    metadata
        .get(key)
        .map(|value| as_integer(value).ok_or_else(|| malformed(key, "it is not a whole number")))
        .transpose()
}

fn as_integer(value: &Value) -> Option<i64> {
    match *value {
        Value::U8(v) => Some(i64::from(v)),
        Value::I8(v) => Some(i64::from(v)),
        Value::U16(v) => Some(i64::from(v)),
        Value::I16(v) => Some(i64::from(v)),
        Value::U32(v) => Some(i64::from(v)),
        Value::I32(v) => Some(i64::from(v)),
        Value::U64(v) => i64::try_from(v).ok(),
        Value::I64(v) => Some(v),
        Value::F32(_) | Value::F64(_) | Value::Bool(_) | Value::String(_) | Value::Array(_) => None,
    }
}

#[cfg(test)]
#[path = "gguf_tokenizer_tests.rs"]
mod tests;
