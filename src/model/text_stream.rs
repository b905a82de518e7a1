//! Turns a stream of token ids into a stream of whole characters.
//!
//! Byte-level tokens may end inside a character. The stream keeps at most three bytes back, so a token's text
//! appears as soon as it is complete; a character split over tokens belongs to the last of them.

use std::sync::Arc;

use super::pieces::Pieces;

/// An incremental decoder: feed ids in order, show the text returned.
///
/// The concatenation of every chunk and of [`finish`](Self::finish) equals
/// [`Tokenizer::decode`](super::tokenizer::Tokenizer::decode) of all the ids. Bytes that are not UTF-8 become U+FFFD
/// by the rule of [`String::from_utf8_lossy`]. Special tokens are written as their own text, `</think>` for
/// instance, because this tool shows every token. A token costs the same however long the stream is.
#[derive(Clone)]
pub struct TextStream {
    pieces: Arc<Pieces>,
    pending: Vec<u8>,
}

impl TextStream {
    pub(super) fn new(pieces: Arc<Pieces>) -> Self {
        Self {
            pieces,
            pending: Vec::with_capacity(16),
        }
    }

    /// Takes the next token and returns the text that is now complete; empty while a character is unfinished.
    pub fn push(&mut self, id: u32) -> String {
        self.pending.extend_from_slice(self.pieces.get(id));
        let mut text = String::with_capacity(self.pending.len());
        let mut unfinished = 0;
        let mut rest = self.pending.as_slice();
        while !rest.is_empty() {
            match std::str::from_utf8(rest) {
                Ok(valid) => {
                    text.push_str(valid);
                    rest = &[];
                }
                Err(error) => {
                    let (valid, tail) = rest.split_at(error.valid_up_to());
                    text.push_str(&String::from_utf8_lossy(valid));
                    if let Some(bad) = error.error_len() {
                        text.push(char::REPLACEMENT_CHARACTER);
                        rest = &tail[bad..];
                    } else {
                        unfinished = tail.len();
                        rest = &[];
                    }
                }
            }
        }
        self.pending.drain(..self.pending.len() - unfinished);
        text
    }

    /// Whether bytes of an unfinished character wait for the next token.
    pub fn is_unfinished(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Ends the stream: U+FFFD if a character was left unfinished, nothing otherwise. The stream is then fresh.
    pub fn finish(&mut self) -> String {
        let text = String::from_utf8_lossy(&self.pending).into_owned();
        self.pending.clear();
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::pieces::Spelling;
    use super::*;

    /// One token per byte, then a few whole words: the hardest vocabulary there is for splitting characters.
    fn stream() -> TextStream {
        let byte_tokens: Vec<String> = (0..=255_u8).map(|byte| format!("<0x{byte:02X}>")).collect();
        let words = ["</think>", "▁the", "é", "🙂"];
        let tokens = byte_tokens
            .iter()
            .map(String::as_str)
            .chain(words)
            .map(Some);
        TextStream::new(Arc::new(Pieces::new(
            tokens,
            |_| false,
            Spelling::SentencePiece,
        )))
    }

    #[test]
    fn a_character_over_four_tokens_belongs_to_the_last() {
        let mut stream = stream();
        let chunks: Vec<String> = "🙂"
            .bytes()
            .map(|byte| stream.push(u32::from(byte)))
            .collect();
        assert_eq!(chunks, ["", "", "", "🙂"]);
        assert_eq!(stream.finish(), "");
    }

    #[test]
    fn whole_text_is_never_held_back() {
        let mut stream = stream();
        for (id, text) in [
            (256, "</think>"),
            (u32::from(b'.'), "."),
            (257, " the"),
            (u32::from(b','), ","),
        ] {
            assert_eq!(stream.push(id), text);
        }
    }

    #[test]
    fn an_unfinished_character_ends_as_one_replacement() {
        let mut stream = stream();
        assert_eq!(stream.push(0xF0) + &stream.push(0x9F), "");
        assert_eq!(stream.finish(), "\u{FFFD}");
        assert_eq!(stream.finish(), "", "a finished stream is fresh");
        assert_eq!(stream.push(0xF0), "");
        assert_eq!(
            stream.push(256),
            "\u{FFFD}</think>",
            "a word cuts an unfinished character off"
        );
    }

    #[test]
    fn a_long_stream_keeps_three_bytes_at_most() {
        let mut stream = stream();
        for index in 0..400_000_u32 {
            stream.push(index.wrapping_mul(2_654_435_761) % 260);
            assert!(
                stream.pending.len() < 4,
                "state must not grow with the stream"
            );
        }
        assert!(stream.pending.capacity() <= 64);
    }

    proptest! {
        #[test]
        fn chunks_join_to_the_whole(ids in prop::collection::vec(prop_oneof![0_u32..260, 0x80_u32..0xC0, 0xC0_u32..0x100], 0..200)) {
            let mut stream = stream();
            let bytes: Vec<u8> = ids.iter().flat_map(|&id| stream.pieces.get(id).to_vec()).collect();
            let mut text: String = ids.iter().map(|&id| stream.push(id)).collect();
            text += &stream.finish();
            prop_assert_eq!(text, String::from_utf8_lossy(&bytes).into_owned());
        }
    }
}
