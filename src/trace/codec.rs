//! The bytes of a trace file, version 3: what reader and writer must agree on, and nothing else.
//!
//! ```text
//! file     = magic (8 bytes) version (u32) frame*
//! frame    = packed length (u32) raw length (u32) checksum (u32) packed bytes
//! packed   = LZ4 block of the raw bytes
//! raw      = postcard encoding of the TraceHeader (first frame) or of one TraceRecord
//! checksum = CRC-32 of everything before it in the frame and of the packed bytes,
//!            seeded with the checksum of the frame before (the first with that of magic and version)
//! ```
//!
//! All numbers are little-endian. The seed makes lost, doubled and swapped frames show. A frame is
//! written whole, so a crash leaves a readable prefix. Lengths are bounded before anything is allocated:
//! by what the header's shape and the tokens so far can honestly need ([`FrameLimit`]).
//!
//! Earlier versions differ in their headers alone ([`version_1`](super::version_1), [`version_2`](super::version_2)).

use serde::{Serialize, de::DeserializeOwned};

use super::{ModelSummary, TraceRecord};

/// Version of the file format that this program writes, and the newest that it reads.
pub const FORMAT_VERSION: u32 = 3;

/// Like PNG's: a high byte, the name, and line ends that a text-mode transfer would damage.
pub(super) const MAGIC: [u8; 8] = *b"\x89RKVT\r\n\x1a";

/// Magic and version.
pub(super) const PREAMBLE_LEN: usize = 12;

/// Packed length, raw length, checksum.
pub(super) const FRAME_HEAD_LEN: usize = 12;

/// Tokens per frame at most; a longer batch is split.
pub(super) const TOKENS_PER_FRAME: usize = 8192;

/// Raw bytes that any frame may have.
const BASE_LIMIT: u64 = 16 << 20;

/// Raw bytes that no frame may have.
const HARD_LIMIT: u64 = 1 << 30;

/// Most bytes of a compression per head and per candidate: lists of evicted positions, three score
/// tables, links, each at its widest.
const BYTES_PER_HEAD: u64 = 64;
const BYTES_PER_CANDIDATE: u64 = 20;

/// Raw bytes of a whole trace: more is neither written nor read.
pub(super) const MAX_RAW_BYTES: u64 = 4 << 30;

/// Heads that a model may have.
pub(super) const MOST_HEADS: u32 = 1 << 16;

/// LZ4 cannot shrink a block more than this.
const MAX_RATIO: u64 = 256;

/// The start of every file.
pub(super) fn preamble() -> [u8; PREAMBLE_LEN] {
    let mut bytes = [0; PREAMBLE_LEN];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
    bytes
}

/// What a frame's first twelve bytes say.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameHead {
    pub packed: u32,
    pub raw: u32,
    pub checksum: u32,
}

impl FrameHead {
    pub(super) fn from_bytes(bytes: [u8; FRAME_HEAD_LEN]) -> Self {
        let word = |at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        Self {
            packed: word(0),
            raw: word(4),
            checksum: word(8),
        }
    }

    fn checksum_of(packed: u32, raw: u32, bytes: &[u8], seed: u32) -> u32 {
        let mut hasher = crc32fast::Hasher::new_with_initial(seed);
        hasher.update(&packed.to_le_bytes());
        hasher.update(&raw.to_le_bytes());
        hasher.update(bytes);
        hasher.finalize()
    }

    /// Whether the lengths can belong to an honest frame.
    pub(super) fn is_plausible(self, limit: FrameLimit) -> bool {
        let (packed, raw) = (u64::from(self.packed), u64::from(self.raw));
        packed > 0
            && raw > 0
            && raw <= limit.bytes()
            && packed <= lz4_flex::block::get_maximum_output_size(self.raw as usize) as u64
            && raw <= packed * MAX_RATIO
    }

    /// Whether the packed bytes are those that were written.
    pub(super) fn matches(self, bytes: &[u8], seed: u32) -> bool {
        Self::checksum_of(self.packed, self.raw, bytes, seed) == self.checksum
    }
}

/// Seed of the first frame's checksum.
pub(super) fn first_seed(preamble: &[u8; PREAMBLE_LEN]) -> u32 {
    crc32fast::hash(preamble)
}

/// One frame and its checksum; `Err` holds the raw length if it is beyond the limit.
pub(super) fn encode_frame<T: Serialize>(
    value: &T,
    seed: u32,
    limit: &mut FrameLimit,
) -> Result<(Vec<u8>, u32), EncodeError> {
    let raw = postcard::to_stdvec(value)?;
    if raw.len() as u64 > limit.bytes() {
        return Err(EncodeError::TooLarge {
            bytes: raw.len() as u64,
            limit: limit.bytes(),
        });
    }
    if !limit.admit(raw.len() as u64) {
        return Err(EncodeError::TraceTooLarge);
    }
    let packed = lz4_flex::block::compress(&raw);
    let (packed_len, raw_len) = (packed.len() as u32, raw.len() as u32);
    let checksum = FrameHead::checksum_of(packed_len, raw_len, &packed, seed);
    let mut frame = Vec::with_capacity(FRAME_HEAD_LEN + packed.len());
    frame.extend_from_slice(&packed_len.to_le_bytes());
    frame.extend_from_slice(&raw_len.to_le_bytes());
    frame.extend_from_slice(&checksum.to_le_bytes());
    frame.extend_from_slice(&packed);
    Ok((frame, checksum))
}

/// The value of a frame whose checksum holds; the message says what is wrong with it.
pub(super) fn decode_frame<T: DeserializeOwned>(
    head: FrameHead,
    packed: &[u8],
) -> Result<T, String> {
    let mut raw = vec![0; head.raw as usize];
    let filled = lz4_flex::block::decompress_into(packed, &mut raw)
        .map_err(|error| format!("its LZ4 block is damaged: {error}"))?;
    if filled != raw.len() {
        return Err("its LZ4 block is shorter than it says".to_owned());
    }
    let (value, rest) = postcard::take_from_bytes(&raw)
        .map_err(|error| format!("it cannot be decoded: {error}"))?;
    if rest.is_empty() {
        Ok(value)
    } else {
        Err(format!("{} bytes are left over", rest.len()))
    }
}

/// Why a value cannot become a frame.
#[derive(Debug, thiserror::Error)]
pub(super) enum EncodeError {
    #[error("it cannot be encoded: {0}")]
    Postcard(#[from] postcard::Error),
    #[error("it takes {bytes} bytes, but at most {limit} are allowed for this model and length")]
    TooLarge { bytes: u64, limit: u64 },
    #[error(
        "the trace has come to 4 GiB, the most that is read again; a larger buffer, or recording only a summary of each \
         compression, makes it last longer"
    )]
    TraceTooLarge,
}

/// How long a frame may be, given the model's heads and the tokens so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FrameLimit {
    heads: u64,
    tokens: u64,
    /// Raw bytes of the frames so far.
    raw: u64,
}

impl FrameLimit {
    pub(super) fn of(model: &ModelSummary) -> Self {
        Self {
            heads: u64::from(model.heads()),
            ..Self::default()
        }
    }

    /// Counts a frame's raw bytes; `false` if the trace would become longer than any may be.
    pub(super) fn admit(&mut self, raw: u64) -> bool {
        let all = self.raw.saturating_add(raw);
        let fits = all <= MAX_RAW_BYTES;
        if fits {
            self.raw = all;
        }
        fits
    }

    /// Takes note of a record that passed.
    pub(super) fn note(&mut self, record: &TraceRecord) {
        if let TraceRecord::Tokens(batch) = record {
            self.tokens = self.tokens.saturating_add(batch.len() as u64);
        }
    }

    pub(super) fn heads(self) -> u64 {
        self.heads
    }

    pub(super) fn tokens(self) -> u64 {
        self.tokens
    }

    /// Raw bytes that a frame may have.
    pub(super) fn bytes(self) -> u64 {
        let per_head = self.tokens.saturating_mul(BYTES_PER_CANDIDATE) + BYTES_PER_HEAD;
        BASE_LIMIT
            .saturating_add(self.heads.saturating_mul(per_head))
            .min(HARD_LIMIT)
    }
}

/// What is impossible about a model's shape, if anything: every later size is computed from it.
pub(super) fn implausible(model: &ModelSummary) -> Option<&'static str> {
    let ModelSummary {
        layers,
        kv_heads,
        head_dim,
        cache_element_bytes,
        ..
    } = *model;
    if layers == 0 || layers > 4096 {
        Some("its number of layers is not between 1 and 4096")
    } else if kv_heads == 0 || kv_heads > 4096 {
        Some("its number of KV heads is not between 1 and 4096")
    } else if layers * kv_heads > MOST_HEADS {
        Some("it has more than 65536 heads")
    } else if head_dim > 1 << 16 {
        Some("its heads have more than 65536 elements")
    } else if cache_element_bytes > 16 {
        Some("a cache element has more than 16 bytes")
    } else {
        None
    }
}
