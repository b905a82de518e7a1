//! Everything that touches a tensor or a model file: decoder, weights, tokenizer, chat template, model sources.

mod gguf_tokenizer;
mod pieces;
pub mod text_stream;
pub mod tokenizer;

pub use text_stream::TextStream;
pub use tokenizer::{TextStart, Tokenizer, TokenizerError, TokenizerFiles};
