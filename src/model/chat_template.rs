//! Turns a conversation into the text a model was trained to continue.
//!
//! Model files bring a Jinja template for that, written for Python. It is rendered here as the `transformers` library
//! renders it (trimmed blocks, Python's string methods, `raise_exception`, `strftime_now`, `tojson` without HTML
//! escapes), with one difference: a template is code from a stranger, so it runs on a fuel budget.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::Value;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, ErrorKind, context};
use serde::{Deserialize, Serialize};

use super::template_functions;
use super::tokenizer::{TokenText, TokenizerError};

/// Fuel of one rendering, in minijinja's unit: about one per instruction and one per 64 bytes of data. Bounds a
/// rendering to a fraction of a second and some 128 MB; a ten-message conversation needs a few thousand.
const FUEL: u64 = 2_000_000;

/// Who says a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The person.
    User,
    /// The model.
    Assistant,
}

/// One message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub content: String,
}

impl ChatMessage {
    /// A message of the person.
    pub fn user(content: impl Into<String>) -> Self {
        Self {
            role: Role::User,
            content: content.into(),
        }
    }
}

/// Why a chat template could not be had or rendered.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// A file that is there could not be read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// `tokenizer_config.json` or a GGUF key does not hold a template.
    #[error("{what} cannot be used for the chat template: {detail}")]
    Malformed {
        /// The file or key.
        what: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The template is not valid Jinja, or uses a tag that is not known.
    #[error("the model's chat template cannot be parsed: {0}")]
    Syntax(String),
    /// The template gave up: its own `raise_exception`, or an operation that failed.
    #[error("the model's chat template failed: {0}")]
    Render(String),
    /// The template did more work than any conversation needs.
    #[error(
        "the model's chat template did not end within its budget of {FUEL} steps; it may loop forever; load another file of the model, or another model"
    )]
    OutOfFuel,
}

/// A model's chat template, ready to render, or the plain fallback for a model without one.
#[derive(Clone, Debug)]
pub struct ChatTemplate {
    environment: Option<Environment<'static>>,
    bos_token: Option<String>,
    eos_token: Option<String>,
}

impl ChatTemplate {
    /// The fallback without a template, or with one that cannot be parsed: the messages' texts, a blank line between two, and nothing else.
    pub fn plain() -> Self {
        Self {
            environment: None,
            bos_token: None,
            eos_token: None,
        }
    }

    /// Compiles a template. `bos_token` and `eos_token` are the texts the template may ask for; `None` is undefined
    /// in the template, as in Python.
    pub fn from_source(
        source: &str,
        bos_token: Option<String>,
        eos_token: Option<String>,
    ) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()
            .map_err(|error| TemplateError::Syntax(error.to_string()))?;
        environment.set_syntax(syntax);
        environment.set_fuel(Some(FUEL));
        template_functions::install(&mut environment);
        environment
            .add_template_owned("chat", without_generation_tags(source))
            .map_err(|error| TemplateError::Syntax(error.to_string()))?;
        Ok(Self {
            environment: Some(environment),
            bos_token,
            eos_token,
        })
    }

    /// From the contents of `tokenizer_config.json` and, if there is one, of the `chat_template.jinja` beside it,
    /// which wins. A model without a template gets the plain fallback.
    pub fn from_tokenizer_config(
        config: &[u8],
        jinja: Option<&str>,
    ) -> Result<Self, TemplateError> {
        let malformed = |detail: String| TemplateError::Malformed {
            what: "tokenizer_config.json".to_owned(),
            detail,
        };
        let config: TemplateConfig =
            serde_json::from_slice(config).map_err(|error| malformed(error.to_string()))?;
        let source = match (jinja, &config.chat_template) {
            (Some(jinja), _) => jinja,
            (None, None) => return Ok(Self::plain()),
            (None, Some(Templates::One(source))) => source,
            (None, Some(Templates::Named(named))) => match named.as_slice() {
                [only] => &only.template,
                _ => named
                    .iter()
                    .find(|entry| entry.name == "default")
                    .map(|entry| &entry.template)
                    .ok_or_else(|| {
                        let names: Vec<&str> =
                            named.iter().map(|entry| entry.name.as_str()).collect();
                        malformed(format!(
                            "none of its templates is named `default` (there are: {})",
                            names.join(", ")
                        ))
                    })?,
            },
        };
        let text = |token: Option<&TokenText>| token.map(|token| token.text().to_owned());
        Self::from_source(
            source,
            text(config.bos_token.as_ref()),
            text(config.eos_token.as_ref()),
        )
    }

    /// From a Hugging Face folder: `chat_template.jinja`, else `tokenizer_config.json`, else the plain fallback.
    pub fn from_folder(folder: &Path) -> Result<Self, TemplateError> {
        let config = read_if_there(&folder.join("tokenizer_config.json"))?;
        let jinja = read_if_there(&folder.join("chat_template.jinja"))?;
        Self::from_tokenizer_config(
            config.as_deref().unwrap_or("{}").as_bytes(),
            jinja.as_deref(),
        )
    }

    /// From a GGUF file's metadata, or the plain fallback.
    pub fn from_gguf_metadata(metadata: &HashMap<String, Value>) -> Result<Self, TemplateError> {
        const KEY: &str = "tokenizer.chat_template";
        let malformed = |detail: String| TemplateError::Malformed {
            what: KEY.to_owned(),
            detail,
        };
        let Some(source) = metadata.get(KEY) else {
            return Ok(Self::plain());
        };
        let source = source
            .to_string()
            .map_err(|error| malformed(error.to_string()))?;
        let token = |key| {
            super::gguf_tokenizer::token_named(metadata, key)
                .map_err(|error: TokenizerError| malformed(error.to_string()))
        };
        Self::from_source(
            source,
            token("tokenizer.ggml.bos_token_id")?,
            token("tokenizer.ggml.eos_token_id")?,
        )
    }

    /// Whether the model brought a template; the plain fallback is none.
    pub fn is_plain(&self) -> bool {
        self.environment.is_none()
    }

    /// Writes the conversation out. With `add_generation_prompt` the text ends where the model's answer begins.
    ///
    /// Encode the result with [`TextStart::AsWritten`](super::tokenizer::TextStart::AsWritten), unless the template
    /// [is plain](Self::is_plain): a template writes its beginning-of-text token itself.
    pub fn render(
        &self,
        messages: &[ChatMessage],
        add_generation_prompt: bool,
    ) -> Result<String, TemplateError> {
        let Some(environment) = &self.environment else {
            let texts: Vec<&str> = messages
                .iter()
                .map(|message| message.content.as_str())
                .collect();
            return Ok(texts.join("\n\n"));
        };
        let undefined = |token: &Option<String>| {
            token
                .as_deref()
                .map_or(minijinja::Value::UNDEFINED, minijinja::Value::from)
        };
        let variables = context! {
            messages => minijinja::value::Serde(messages),
            add_generation_prompt,
            bos_token => undefined(&self.bos_token),
            eos_token => undefined(&self.eos_token),
            // Python passes these as `None`; templates test them with `is not none`.
            tools => (),
            documents => (),
        };
        environment
            .get_template("chat")
            .and_then(|template| template.render(variables))
            .map_err(|error| {
                if error.kind() == ErrorKind::OutOfFuel {
                    TemplateError::OutOfFuel
                } else {
                    TemplateError::Render(error.to_string())
                }
            })
    }
}

/// Python's `{% generation %}` marks the model's words for training and writes nothing. Here it becomes a comment,
/// which keeps the tag's whitespace rules.
fn without_generation_tags(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(start) = rest.find("{%") {
        let tag = rest[start..]
            .find("%}")
            .map(|length| &rest[start..start + length + 2]);
        let Some(tag) = tag else { break };
        let inner = &tag[2..tag.len() - 2];
        out.push_str(&rest[..start]);
        if matches!(
            inner.trim_matches(['-', '+']).trim(),
            "generation" | "endgeneration"
        ) {
            out.extend(["{#", inner, "#}"]);
        } else {
            out.push_str(tag);
        }
        rest = &rest[start + tag.len()..];
    }
    out + rest
}

fn read_if_there(path: &Path) -> Result<Option<String>, TemplateError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(TemplateError::Read {
            path: path.to_path_buf(),
            source,
        }),
    }
}

/// The part of `tokenizer_config.json` a template needs.
#[derive(Deserialize)]
struct TemplateConfig {
    chat_template: Option<Templates>,
    bos_token: Option<TokenText>,
    eos_token: Option<TokenText>,
}

/// One template, or several by name.
#[derive(Deserialize)]
#[serde(untagged)]
enum Templates {
    One(String),
    Named(Vec<NamedTemplate>),
}

#[derive(Deserialize)]
struct NamedTemplate {
    name: String,
    template: String,
}

#[cfg(test)]
#[path = "chat_template_tests.rs"]
mod tests;
