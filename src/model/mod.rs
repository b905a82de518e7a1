//! Everything that touches a tensor or a model file: decoder, weights, tokenizer, chat template, model sources.

pub mod chat_template;
pub mod embedded;
mod gguf_tokenizer;
pub mod hub;
mod pieces;
pub mod registry;
pub mod source;
mod template_functions;
pub mod text_stream;
pub mod tokenizer;

pub use chat_template::{ChatMessage, ChatTemplate, Role, TemplateError};
pub use embedded::EmbeddedModel;
pub use hub::{FetchError, FetchEvent, Hub};
pub use registry::{KNOWN_MODELS, KnownModel, KnownWeights};
pub use source::{ModelFiles, ModelSource, SourceError};
pub use text_stream::TextStream;
pub use tokenizer::{TextStart, Tokenizer, TokenizerError, TokenizerFiles};
