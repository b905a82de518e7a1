//! What kind of text a run's cache forgot: reflections, repetitions, and their share of the evictions; under
//! which policies it did; and by which scores the heads decided at one compression ([`HeadTable`]).
//!
//! Pure functions of a [`TraceStore`](crate::trace::TraceStore). The question is the one in the program's
//! name: of the (head, token) pairs that were evicted, how many lay in reflections and repetitions, and is
//! that more than such text's share of what could have been evicted?
//!
//! | number | meaning |
//! |---|---|
//! | tokens | tokens of the group among those seen |
//! | eligible | (layer, KV head, token) triples, "pairs" for short, that were a candidate of at least one compression: older than the window, not protected |
//! | evicted | pairs that a compression dropped |
//! | expected | the expectation of a log-rank test, where every compression drops as many of its candidates of that head blindly: the sum over compressions of the share dropped, over pairs still held. No number of pairs: a pair that is held for long counts more than once |
//! | × tokens, × eligible, × blind pace | the group's share of evicted pairs over its share of tokens, of eligible pairs, of expected evictions; 1 is its fair share |
//!
//! `× blind pace` compares every compression with its own candidates, so that text that came early and could
//! be dropped more often is not taken for text that was dropped readily. Of older and newest copies, eligible, evicted and
//! expected count over the compressions since there were both; the shares are of the same totals as the other groups'.

mod cues;
mod cut;
mod duplicates;
mod enrichment;
mod exposure;
#[cfg(test)]
mod fixtures;
mod group;
mod head_table;
mod in_force;
mod ledger;
mod repeats;
mod report;
mod segments;
mod sentences;
mod suffix_automaton;

pub use cues::{CueError, CueList, ReflectionKind};
pub use duplicates::{Cluster, Clusters, DuplicateCounts, EventDuplicates, Member};
pub use enrichment::{Block, Counts, Ratio, Tally};
pub use exposure::Exposure;
pub use group::Group;
pub use head_table::{HeadCell, HeadTable};
pub(crate) use in_force::THEN;
pub use in_force::{policies_in_force, policy_ids, policy_names, settings_in_force};
pub use ledger::Ledger;
pub use repeats::{RepeatedSpan, Repeats, SHORTEST_REPEAT};
pub use report::{GroupRow, Report, SegmentRow, group_counts};
pub use segments::{Segment, SegmentClass, Segmentation};

/// Asked between pieces of work of at most about a millisecond each: false puts the rest off.
pub type GoOn<'a> = &'a mut dyn FnMut() -> bool;
