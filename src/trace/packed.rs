//! Codes in a file: all high bytes, then all low bytes.
//!
//! postcard would spend up to three bytes on a `u16`; neighbouring candidates share their high byte
//! more often than their low one, so the two planes also pack better.

use serde::{Deserializer, Serializer, de};

pub(super) fn serialize<S: Serializer>(codes: &[u16], serializer: S) -> Result<S::Ok, S::Error> {
    let high = codes.iter().map(|code| (code >> 8) as u8);
    let low = codes.iter().map(|&code| code as u8);
    serializer.serialize_bytes(&high.chain(low).collect::<Vec<u8>>())
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<u16>, D::Error> {
    deserializer.deserialize_bytes(Planes)
}

struct Planes;

impl de::Visitor<'_> for Planes {
    type Value = Vec<u16>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("two planes of bytes")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Vec<u16>, E> {
        if !bytes.len().is_multiple_of(2) {
            return Err(E::invalid_length(bytes.len(), &self));
        }
        let (high, low) = bytes.split_at(bytes.len() / 2);
        Ok(high
            .iter()
            .zip(low)
            .map(|(&h, &l)| u16::from_be_bytes([h, l]))
            .collect())
    }
}
