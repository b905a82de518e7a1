//! The data model: what a run leaves behind, live or read from a file.
//!
//! A run is a [`TraceHeader`] and a list of [`TraceRecord`]s. The engine's channel, the file and every
//! view end in [`TraceStore::apply`], so live view and replay cannot differ.
//!
//! Eviction is irrevocable, so the whole history of a run is one number per (layer, KV head, position):
//! the event at which the token left ([`EvictionMap`]). Scrubbing is a comparison per cell.
//!
//! ```text
//! held(head, position, cursor) = position < cursor && evicted_at[head][position] > last event before cursor
//! ```

mod answer;
mod atomic_file;
mod candidate;
mod codec;
mod eviction;
mod header;
mod ids;
mod packed;
mod reader;
mod record;
mod replay;
mod same_answer;
mod same_file;
mod score_block;
mod scores;
mod stats;
mod store;
#[doc(hidden)]
pub mod synthetic;
mod token_text;
mod tokens;
mod version_1;
mod version_2;
mod view;
mod writer;

pub use answer::{END_OF_THOUGHT, last_boxed};
pub use atomic_file::{
    AtomicFile, FileError, destination, folder_of, is_free, names_folder, numbered, sync_folder,
    unfinished,
};
pub use codec::FORMAT_VERSION;
pub use eviction::EvictionMap;
pub use header::{ModelSummary, RecordLevel, TraceHeader};
pub use ids::{EventIndex, HeadId, Position, Slot};
pub use reader::{
    Damage, DamageCause, LoadError, LoadedTrace, ReadError, TraceReader, load, load_from,
};
pub use record::{
    CompressionRecord, DuplicateLinks, FinishReason, SegmentKind, TokenRecord, TraceRecord,
};
pub use same_answer::same_answer;
pub use same_file::is_same_file;
pub use score_block::{Coding, Component, ScoreBlock};
pub use scores::{EventMeans, TokenScore};
pub use stats::{RunSummary, slots_read_decoding};
pub use store::{ApplyError, TraceDelta, TraceStore};
pub use token_text::{quoted, visible};
pub use tokens::TokenColumns;
pub use view::{HeadRow, TraceView};
pub use writer::{TraceWriter, WriteError, save};
