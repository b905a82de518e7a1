//! One compression of every layer: score, select, compact, and the record of it.

use std::time::Instant;

use rayon::prelude::*;

use crate::config::CacheSettings;
use crate::model::{CacheError, Decided, KvCache, LateScores};
use crate::policy::select::{Keep, select};
use crate::policy::stream::Draw;
use crate::policy::{ActivePolicy, HeadScores, HeadView, Heads, Needs, QueryPass};
use crate::trace::{
    Component, CompressionRecord, DuplicateLinks, Position, RecordLevel, ScoreBlock, Slot,
};

/// Floats of keys, times the queries that look at them, below which waking other threads costs more than it saves.
const PARALLEL_WORK: usize = 1 << 21;

/// What a compression is told apart from the settings.
#[derive(Clone, Copy, Debug)]
pub struct CompressionContext {
    /// Index of the event.
    pub event: u32,
    /// Revision of the settings in force.
    pub revision: u32,
    /// Tokens of the prompt.
    pub prompt_tokens: u32,
    /// How much to record.
    pub level: RecordLevel,
    /// Seed of the policy's own draws.
    pub seed: u64,
}

/// A compression that is done. Its scores may still be on their way from a device, so that recording them holds up no
/// decode step.
#[must_use]
pub struct Compression {
    record: CompressionRecord,
    late: Option<Late>,
}

/// Scores that are on their way, and the positions they are of, which have left the cache's slots.
struct Late {
    scores: LateScores,
    positions: Vec<Vec<Position>>,
    level: RecordLevel,
}

impl Compression {
    /// Whether nothing is on its way any more.
    pub fn is_settled(&self) -> bool {
        self.late.is_none()
    }

    /// Waits for the scores. If the device fails, the record tells who was evicted all the same.
    pub fn settle(mut self) -> (CompressionRecord, Result<(), CacheError>) {
        let Some(late) = self.late else {
            return (self.record, Ok(()));
        };
        let arrived = (late.scores)().map(|scores| {
            let positions = late.positions.iter().map(Vec::as_slice);
            let heads: Vec<_> = positions.zip(scores.iter().flatten()).collect();
            record_scores(&mut self.record, &heads, late.level);
        });
        (self.record, arrived)
    }
}

/// Compresses every layer of `cache` to `settings.budget` slots per head.
///
/// # Errors
/// [`CacheError`] if a selection does not fit the cache; the cache is then unchanged.
pub fn compress(
    cache: &mut KvCache,
    policy: &mut ActivePolicy,
    settings: &CacheSettings,
    context: CompressionContext,
) -> Result<Compression, CacheError> {
    let started = Instant::now();
    let shape = cache.shape();
    put_newest_last(cache, settings.window as usize)?;
    let decided = cache.decide(settings, context.prompt_tokens, context.level)?;
    let (scores, chosen, late) = match decided {
        Some(Decided {
            scores,
            keep: Some(keep),
        }) => (vec![], Some(keep), Some(scores)),
        Some(Decided { scores, keep: None }) => (scores()?, None, None),
        None => {
            cache.fetch()?;
            (score_all(cache, policy, settings, context), None, None)
        }
    };
    let positions: Vec<Vec<&[Position]>> = (0..shape.layers)
        .map(|layer| {
            (0..shape.kv_heads)
                .map(|head| cache.positions(layer, head))
                .collect()
        })
        .collect();
    let keep = chosen.unwrap_or_else(|| {
        let totals: Vec<Vec<&[f32]>> = scores
            .iter()
            .map(|layer| layer.iter().map(|head| head.score.as_slice()).collect())
            .collect();
        select(&positions, &totals, settings, context.prompt_tokens)
    });
    let decided = started.elapsed();

    let mut record = describe(&positions, &keep, settings, context);
    record.seen = cache.seen() as u32;
    let mut waiting = None;
    if context.level > RecordLevel::Summary {
        let heads = positions.iter().flatten().copied();
        if let Some(scores) = late {
            waiting = Some(Late {
                scores,
                positions: heads.map(<[Position]>::to_vec).collect(),
                level: context.level,
            });
        } else {
            let heads: Vec<_> = heads.zip(scores.iter().flatten()).collect();
            record_scores(&mut record, &heads, context.level);
        }
    }

    let compacting = Instant::now();
    cache.compact_all(&keep)?;
    record.micros = (decided + compacting.elapsed())
        .as_micros()
        .min(u128::from(u32::MAX)) as u32;
    Ok(Compression {
        record,
        late: waiting,
    })
}

/// Puts the newest `window` tokens of every head into its last slots, where policies and trace take the window from.
/// They are elsewhere only after a window was widened while the slots are in score order.
fn put_newest_last(cache: &mut KvCache, window: usize) -> Result<(), CacheError> {
    let shape = cache.shape();
    let newest_last = |positions: &[Position]| {
        let (older, newest) = positions.split_at(positions.len().saturating_sub(window));
        let first = newest.iter().min();
        first.is_none_or(|first| older.iter().all(|position| position < first))
    };
    let mut heads = (0..shape.layers).flat_map(|l| (0..shape.kv_heads).map(move |h| (l, h)));
    if heads.all(|(layer, head)| newest_last(cache.positions(layer, head))) {
        return Ok(());
    }
    let by_time: Vec<Vec<Keep>> = (0..shape.layers)
        .map(|layer| {
            (0..shape.kv_heads)
                .map(|head| {
                    let order = by_position(cache.positions(layer, head));
                    order.into_iter().map(|slot| Slot(slot as u32)).collect()
                })
                .collect()
        })
        .collect();
    cache.compact_all(&by_time)
}

/// Scores of every head of every layer, `[layers][kv_heads]`.
pub fn score_all(
    cache: &KvCache,
    policy: &mut ActivePolicy,
    settings: &CacheSettings,
    context: CompressionContext,
) -> Vec<Vec<HeadScores>> {
    let shape = cache.shape();
    let views = CacheHeads {
        cache,
        needs: policy.info.needs,
        query_rows: policy.info.needs.query_rows(settings),
        draw: Draw {
            seed: context.seed,
            event: context.event,
            ..Draw::default()
        },
    };
    policy.policy.prepare(&views, settings);
    let policy = &*policy.policy;
    let heads = shape.layers * shape.kv_heads;
    let score = |queries: &mut HeadQueries, row: usize| {
        let (layer, head) = (row / shape.kv_heads, row % shape.kv_heads);
        policy.score(&views.view(layer, head, queries), settings)
    };
    let work = heads * cache.longest() * shape.head_dim * views.query_rows.max(1);
    let mut flat: Vec<HeadScores> = if work < PARALLEL_WORK {
        let mut queries = HeadQueries::default();
        (0..heads).map(|row| score(&mut queries, row)).collect()
    } else {
        (0..heads)
            .into_par_iter()
            .map_init(HeadQueries::default, score)
            .collect()
    };
    let mut layers = Vec::with_capacity(shape.layers);
    while !flat.is_empty() {
        let rest = flat.split_off(shape.kv_heads.min(flat.len()));
        layers.push(std::mem::replace(&mut flat, rest));
    }
    layers
}

/// A cache as a policy looks at it.
struct CacheHeads<'a> {
    cache: &'a KvCache,
    needs: Needs,
    query_rows: usize,
    draw: Draw,
}

/// Buffers of one head's queries, which the cache keeps by token.
#[derive(Default)]
struct HeadQueries {
    recent: Vec<f32>,
    prompt: Vec<f32>,
}

impl CacheHeads<'_> {
    fn view<'v>(&'v self, layer: usize, head: usize, queries: &'v mut HeadQueries) -> HeadView<'v> {
        let shape = self.cache.shape();
        self.cache
            .group_queries(layer, head, self.query_rows, &mut queries.recent);
        if self.needs.prompt {
            self.cache.prompt_queries(layer, head, &mut queries.prompt);
        }
        HeadView {
            keys: self.cache.keys(layer, head),
            values: self.cache.values(layer, head),
            positions: self.cache.positions(layer, head),
            queries: &queries.recent,
            group: shape.query_heads / shape.kv_heads,
            head_dim: shape.head_dim,
            attention: self.cache.attention(layer, head),
            prompt_queries: &queries.prompt,
            draw: Draw {
                layer: layer as u32,
                head: head as u32,
                ..self.draw
            },
        }
    }
}

impl Heads for CacheHeads<'_> {
    fn layers(&self) -> usize {
        self.cache.shape().layers
    }

    fn kv_heads(&self) -> usize {
        self.cache.shape().kv_heads
    }

    fn show(&self, layer: usize, head: usize, look: &mut dyn FnMut(&HeadView<'_>)) {
        look(&self.view(layer, head, &mut HeadQueries::default()));
    }
}

/// Shows the queries of the last `tokens` tokens, as far as the cache still has them, layer by layer.
pub fn show_queries(cache: &KvCache, tokens: usize, look: &mut dyn FnMut(&QueryPass<'_>)) {
    for layer in 0..cache.shape().layers {
        let all = cache.window_queries(layer);
        let skipped = all.len().saturating_sub(tokens);
        let rows: Vec<&[f32]> = all.skip(skipped).collect();
        let first = Position((cache.seen() - rows.len()) as u32);
        look(&QueryPass {
            layer,
            first,
            rows: &rows,
        });
    }
}

fn describe(
    positions: &[Vec<&[Position]>],
    keep: &[Vec<Keep>],
    settings: &CacheSettings,
    context: CompressionContext,
) -> CompressionRecord {
    let mut record = CompressionRecord {
        event: context.event,
        revision: context.revision,
        window: settings.window,
        slots_before: positions
            .iter()
            .map(|heads| heads[0].len() as u32)
            .collect(),
        slots_after: keep.iter().map(|heads| heads[0].len() as u32).collect(),
        ..CompressionRecord::default()
    };
    for (positions, keep) in positions.iter().flatten().zip(keep.iter().flatten()) {
        record.evicted.push(evicted(positions, keep));
    }
    record
}

/// Positions that are not kept, ascending.
fn evicted(positions: &[Position], keep: &[Slot]) -> Vec<u32> {
    let mut stays = vec![false; positions.len()];
    for slot in keep {
        stays[slot.index()] = true;
    }
    let mut gone: Vec<u32> = positions
        .iter()
        .zip(&stays)
        .filter(|(_, stays)| !**stays)
        .map(|(p, _)| p.0)
        .collect();
    gone.sort_unstable();
    gone
}

fn record_scores(
    record: &mut CompressionRecord,
    heads: &[(&[Position], &HeadScores)],
    level: RecordLevel,
) {
    let Some((_, first)) = heads.first() else {
        return;
    };
    let parts = level == RecordLevel::Components;
    let importance =
        (parts && first.importance.is_some()).then(|| ScoreBlock::new(Component::Importance));
    let redundancy =
        (parts && first.redundancy.is_some()).then(|| ScoreBlock::new(Component::Redundancy));
    // Z can be formed again from both parts, so it is stored only where one is missing.
    let positive = || {
        let mut all = heads.iter().flat_map(|(_, scores)| &scores.score);
        all.all(|&score| score >= 0.0)
    };
    let score = (importance.is_none() || redundancy.is_none()).then(|| {
        if positive() {
            ScoreBlock::of_positive_scores()
        } else {
            ScoreBlock::new(Component::Score)
        }
    });
    let mut blocks = [importance, redundancy, score];
    let mut links = (parts && first.newest_similar.is_some()).then(DuplicateLinks::default);
    for (positions, scores) in heads {
        let candidates = scores.score.len();
        let order = by_position(&positions[..candidates]);
        let columns = [
            scores.importance.as_deref(),
            scores.redundancy.as_deref(),
            Some(&scores.score[..]),
        ];
        for (block, column) in blocks.iter_mut().zip(columns) {
            if let (Some(block), Some(column)) = (block, column) {
                let row: Vec<f32> = order.iter().map(|&i| column[i]).collect();
                block.push_row(&row);
            }
        }
        if let (Some(links), Some(similar)) = (&mut links, &scores.newest_similar) {
            links.newest.extend(
                order
                    .iter()
                    .map(|&i| similar[i].map_or(u32::MAX, |slot| positions[slot as usize].0)),
            );
        }
    }
    record.scores = blocks.into_iter().flatten().collect();
    record.links = links;
}

/// Slots in the order of their positions: the identity unless the cache is in score order.
fn by_position(positions: &[Position]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..positions.len()).collect();
    if !positions.is_sorted() {
        order.sort_unstable_by_key(|&i| positions[i]);
    }
    order
}
