//! What each token id writes, as bytes.
//!
//! A token of a byte-level vocabulary is a run of bytes, and often not a whole character. Looking the bytes up in
//! one flat table makes streaming cost the same for the first token and the thirty-thousandth, which decoding a
//! growing suffix again and again does not.

use std::collections::HashMap;

use tokenizers::decoders::DecoderWrapper;

use super::tokenizer::TokenizerError;

/// How a vocabulary spells bytes in its token strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// GPT-2's table: every byte is one printable character.
    ByteLevel,
    /// SentencePiece: `▁` is a space and `<0xHH>` a byte.
    SentencePiece,
}

impl Spelling {
    /// The spelling a tokenizer's decoder implies.
    pub(super) fn of_decoder(decoder: Option<&DecoderWrapper>) -> Result<Self, TokenizerError> {
        match decoder {
            Some(DecoderWrapper::ByteLevel(_)) => Ok(Self::ByteLevel),
            Some(DecoderWrapper::Metaspace(_) | DecoderWrapper::ByteFallback(_)) => {
                Ok(Self::SentencePiece)
            }
            Some(DecoderWrapper::Sequence(steps)) => steps
                .get_decoders()
                .iter()
                .find_map(|step| Self::of_decoder(Some(step)).ok())
                .ok_or(TokenizerError::UnsupportedDecoder {
                    kind: "Sequence without ByteLevel or ByteFallback",
                }),
            Some(DecoderWrapper::BPE(_)) => {
                Err(TokenizerError::UnsupportedDecoder { kind: "BPEDecoder" })
            }
            Some(DecoderWrapper::WordPiece(_)) => {
                Err(TokenizerError::UnsupportedDecoder { kind: "WordPiece" })
            }
            Some(DecoderWrapper::CTC(_)) => Err(TokenizerError::UnsupportedDecoder { kind: "CTC" }),
            Some(_) => Err(TokenizerError::UnsupportedDecoder {
                kind: "a text-level step",
            }),
            None => Err(TokenizerError::UnsupportedDecoder { kind: "none" }),
        }
    }
}

/// The bytes of every token, back to back: token `id` is `bytes[ends[id - 1]..ends[id]]`.
pub(super) struct Pieces {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Pieces {
    /// Builds the table. `tokens[id]` is the vocabulary's spelling of `id`, or `None` for a hole; `added` marks the
    /// tokens that are written as they stand.
    pub(super) fn new<'a>(
        tokens: impl Iterator<Item = Option<&'a str>>,
        added: impl Fn(u32) -> bool,
        spelling: Spelling,
    ) -> Self {
        let table = byte_level_table();
        let mut pieces = Self {
            bytes: Vec::new(),
            ends: Vec::new(),
        };
        for (id, token) in tokens.enumerate() {
            match token {
                None => {}
                Some(token) if added(id as u32) => pieces.bytes.extend_from_slice(token.as_bytes()),
                Some(token) => match spelling {
                    Spelling::ByteLevel => push_byte_level(&mut pieces.bytes, token, &table),
                    Spelling::SentencePiece => push_sentence_piece(&mut pieces.bytes, token),
                },
            }
            pieces.ends.push(pieces.bytes.len());
        }
        pieces
    }

    /// Ids in the table, holes included.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The bytes `id` writes. An id past the vocabulary (models pad their output layer) writes nothing.
    pub(super) fn get(&self, id: u32) -> &[u8] {
        let id = id as usize;
        let Some(&end) = self.ends.get(id) else {
            return &[];
        };
        let start = id.checked_sub(1).map_or(0, |previous| self.ends[previous]);
        &self.bytes[start..end]
    }
}

/// GPT-2's `bytes_to_unicode`, inverted (`encoder.py` of the GPT-2 release): printable Latin-1 stands for itself,
/// every other byte for a character from U+0100 on, in order.
fn byte_level_table() -> HashMap<char, u8> {
    let mut next = 0x100_u32;
    (0..=u8::MAX)
        .map(|byte| {
            let printable = matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF);
            let char = if printable {
                char::from(byte)
            } else {
                let stand_in = char::from_u32(next).unwrap_or(char::REPLACEMENT_CHARACTER);
                next += 1;
                stand_in
            };
            (char, byte)
        })
        .collect()
}

fn push_byte_level(bytes: &mut Vec<u8>, token: &str, table: &HashMap<char, u8>) {
    let start = bytes.len();
    for char in token.chars() {
        if let Some(&byte) = table.get(&char) {
            bytes.push(byte);
        } else {
            // A token with any character outside the table was never byte-level: it is written as it stands.
            bytes.truncate(start);
            bytes.extend_from_slice(token.as_bytes());
            return;
        }
    }
}

fn push_sentence_piece(bytes: &mut Vec<u8>, token: &str) {
    let hex = token
        .strip_prefix("<0x")
        .and_then(|rest| rest.strip_suffix('>'));
    if let Some(byte) = hex
        .filter(|hex| hex.len() == 2)
        .and_then(|hex| u8::from_str_radix(hex, 16).ok())
    {
        bytes.push(byte);
    } else {
        bytes.extend_from_slice(token.replace('\u{2581}', " ").as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(tokens: &[Option<&str>], added: &[u32], spelling: Spelling) -> Vec<Vec<u8>> {
        let pieces = Pieces::new(tokens.iter().copied(), |id| added.contains(&id), spelling);
        assert_eq!(pieces.len(), tokens.len());
        (0..tokens.len() as u32)
            .map(|id| pieces.get(id).to_vec())
            .collect()
    }

    #[test]
    fn byte_level_tokens_become_their_bytes() {
        let texts = texts(
            &[Some("Ġthe"), Some("Ċ"), Some("Ã"), Some("©")],
            &[],
            Spelling::ByteLevel,
        );
        assert_eq!(
            texts,
            [b" the".to_vec(), b"\n".to_vec(), vec![0xC3], vec![0xA9]]
        );
    }

    #[test]
    fn added_tokens_and_holes_are_left_alone() {
        let texts = texts(
            &[Some("<é>"), None, Some("<｜User｜>")],
            &[0],
            Spelling::ByteLevel,
        );
        assert_eq!(
            texts,
            [
                "<é>".as_bytes().to_vec(),
                vec![],
                "<｜User｜>".as_bytes().to_vec()
            ]
        );
    }

    #[test]
    fn sentencepiece_spaces_and_bytes() {
        let texts = texts(
            &[Some("▁the"), Some("<0x0A>"), Some("<0xZZ>")],
            &[],
            Spelling::SentencePiece,
        );
        assert_eq!(
            texts,
            [b" the".to_vec(), b"\n".to_vec(), b"<0xZZ>".to_vec()]
        );
    }

    #[test]
    fn an_id_past_the_vocabulary_writes_nothing() {
        let pieces = Pieces::new([Some("a")].into_iter(), |_| false, Spelling::ByteLevel);
        assert!(pieces.get(1).is_empty() && pieces.get(u32::MAX).is_empty());
    }

    #[test]
    fn the_table_covers_every_byte_once() {
        let table = byte_level_table();
        let mut bytes: Vec<u8> = table.values().copied().collect();
        bytes.sort_unstable();
        assert_eq!(bytes, (0..=255).collect::<Vec<u8>>());
    }
}
