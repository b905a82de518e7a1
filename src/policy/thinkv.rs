//! ThinKV's eviction half: thoughts are cut down step by step, each to the keys that stand for its others
//! (arXiv 2510.01290, the "TBE" part; its quantisation is not here).

use super::clusters::representatives;
use super::importance::row_logits;
use super::params::Param;
use super::spread::spread;
use super::table::{PolicyInfo, RunContext};
use super::thought::{Kind, Thought, anneal, kind_of};
use super::{HeadScores, HeadView, Heads, Needs, Policy};
use crate::config::{CacheSettings, Protection};

pub(super) const INFO: PolicyInfo = PolicyInfo {
    id: "thinkv",
    name: "ThinKV (eviction)",
    aliases: &["ThinKV", "ThinKV-TBE", "thought-adaptive eviction"],
    paper: "arXiv 2510.01290",
    summary: "Cuts the reasoning into thoughts and tells by how sparse attention is whether one thinks, calculates or turns \
              to another approach. A turn halves every older thought (down to 4 tokens), and each keeps the keys \
              that stand for its others (K-means). Only the eviction half of ThinKV: nothing is quantised. Assumed: a \
              thought is one buffer long (128 in the paper), its kind comes from the run's own sparsities instead of \
              calibration prompts, the prompt is exempt, slots the schedule leaves free go to the newest tokens, sparsity is that of the two \
              newest queries in evenly spread layers, all heads are cut by the schedule of the first, the observation window \
              always stays, and the clusters take one round.",
    compresses: true,
    each_step: false,
    needs: Needs::WINDOW,
    params: &[Param::Budget, Param::Buffer, Param::Window],
    defaults: |settings| settings.protection = Protection::Prompt,
    policy: |run| Ok(Box::new(ThinKv::new(run))),
};

/// A weight below this share of its row's largest counts as none.
const SPARSE: f32 = 0.01;
/// Layers whose attention is sampled.
const SAMPLED_LAYERS: usize = 4;
/// Of their newest queries.
const SAMPLED_QUERIES: usize = 2;
/// Tokens of a thought at least.
const SHORTEST: u32 = 8;

struct ThinKv {
    prompt_tokens: u32,
    thoughts: Vec<Thought>,
    sparsities: Vec<f32>,
}

fn length(settings: &CacheSettings) -> u32 {
    settings.buffer.max(SHORTEST)
}

impl ThinKv {
    fn new(run: &RunContext) -> Self {
        Self {
            prompt_tokens: run.prompt_tokens,
            thoughts: vec![],
            sparsities: vec![],
        }
    }

    /// Divides what was written since the last compression into thoughts; the newest is of `kind`. Whether that one has
    /// turned to another approach since.
    fn extend(&mut self, seen: u32, length: u32, kind: Kind) -> bool {
        let turn = |thoughts: &[Thought]| {
            let newest = thoughts.last().filter(|t| t.kind == Kind::Transition);
            newest.map(|thought| thought.start)
        };
        let before = turn(&self.thoughts);
        let mut start = self.thoughts.last().map_or(0, |thought| thought.end);
        let prompt = self.prompt_tokens;
        // No thought is of the prompt and of what follows it.
        let border = |start: u32| if start < prompt { prompt } else { u32::MAX };
        // A thought that is still short goes on.
        if let Some(last) = self.thoughts.last_mut()
            && last.end - last.start < length
            && last.end != prompt
        {
            last.end = seen.min(last.start + length).min(border(last.start));
            // Where another follows, the queries that tell the kind are of that one.
            if last.end == seen {
                last.kind = kind;
            }
            start = last.end;
        }
        while start < seen {
            let end = seen.min(start + length).min(border(start));
            // Only the newest was watched while it was written.
            let kind = if end == seen && start >= self.prompt_tokens {
                kind
            } else {
                Kind::Reasoning
            };
            self.thoughts.push(Thought {
                start,
                end,
                kind,
                cuts: 0,
            });
            start = end;
        }
        let now = turn(&self.thoughts);
        now.is_some() && now != before
    }

    /// Candidates of each thought by slot, protected ones left out.
    fn members(&self, head: &HeadView<'_>, settings: &CacheSettings) -> Vec<Vec<usize>> {
        let candidates = head.candidates(settings);
        let protected = settings.protected(self.prompt_tokens);
        let mut members = vec![vec![]; self.thoughts.len()];
        for (slot, position) in head.positions[..candidates].iter().enumerate() {
            let thought = self.thoughts.partition_point(|t| t.end <= position.0);
            if position.0 >= protected && thought < members.len() {
                members[thought].push(slot);
            }
        }
        members
    }
}

/// Share of the weights of one query's softmax that are below [`SPARSE`] of the largest.
fn sparsity(query: &[f32], keys: &[f32], logits: &mut [f32]) -> f32 {
    row_logits(query, keys, query.len(), logits);
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let floor = largest + SPARSE.ln();
    logits.iter().filter(|&&logit| logit < floor).count() as f32 / logits.len() as f32
}

impl Policy for ThinKv {
    fn prepare(&mut self, heads: &dyn Heads, settings: &CacheSettings) {
        let (mut sum, mut count, mut seen) = (0f64, 0u32, 0);
        for layer in spread(heads.layers(), SAMPLED_LAYERS) {
            for head in 0..heads.kv_heads() {
                heads.show(layer, head, &mut |head| {
                    let mut logits = vec![0f32; head.len()];
                    let queries = head.last_queries(SAMPLED_QUERIES);
                    for query in queries.chunks_exact(head.head_dim) {
                        sum += f64::from(sparsity(query, head.keys, &mut logits));
                        count += 1;
                    }
                    seen = head.seen();
                });
            }
        }
        let sparsity = (sum / f64::from(count.max(1))) as f32;
        self.sparsities.push(sparsity);
        let kind = kind_of(sparsity, &self.sparsities);
        let turns = self.extend(seen, length(settings), kind);

        let mut members = vec![];
        let mut quota = 0;
        heads.show(0, 0, &mut |head| {
            members = self
                .members(head, settings)
                .iter()
                .map(|slots| slots.len() as u32)
                .collect();
            let candidates = head.candidates(settings) as u32;
            let protected = candidates - members.iter().sum::<u32>();
            quota = settings.budget.saturating_sub(settings.window + protected);
        });
        anneal(&mut self.thoughts, turns, &members, length(settings), quota);
    }

    fn score(&self, head: &HeadView<'_>, settings: &CacheSettings) -> HeadScores {
        let candidates = head.candidates(settings);
        let seen = head.seen() as f32;
        // Below 1 and rising with time: what fills the slots that the schedule leaves free.
        let mut score: Vec<f32> = head.positions[..candidates]
            .iter()
            .map(|p| p.0 as f32 / seen)
            .collect();
        for (thought, members) in self.thoughts.iter().zip(self.members(head, settings)) {
            let target = thought.target(length(settings)) as usize;
            for slot in representatives(head.keys, head.head_dim, &members, target) {
                score[slot] += 1.0 + f32::from(thought.kind as u8);
            }
        }
        HeadScores::plain(score)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thought_keeps_its_kind_when_the_next_begins() {
        let mut policy = ThinKv::new(&RunContext {
            prompt_tokens: 15,
            ..RunContext::default()
        });
        for (seen, kind) in [
            (128, Kind::Execution),
            (160, Kind::Transition),
            (192, Kind::Reasoning),
        ] {
            policy.extend(seen, 32, kind);
        }
        let thoughts: Vec<(u32, u32, Kind)> = policy
            .thoughts
            .iter()
            .map(|thought| (thought.start, thought.end, thought.kind))
            .collect();
        assert_eq!(thoughts[0].1, 15, "the prompt is a thought of its own");
        assert_eq!(
            thoughts[thoughts.len() - 3..],
            [
                (111, 143, Kind::Execution),
                (143, 175, Kind::Transition),
                (175, 192, Kind::Reasoning)
            ]
        );
    }

    #[test]
    fn a_prompt_that_is_compressed_while_it_is_read_ends_its_thought() {
        let mut policy = ThinKv::new(&RunContext {
            prompt_tokens: 70,
            ..RunContext::default()
        });
        for seen in [40, 80] {
            policy.extend(seen, 32, Kind::Reasoning);
        }
        let ends: Vec<u32> = policy.thoughts.iter().map(|thought| thought.end).collect();
        assert_eq!(ends, [32, 64, 70, 80]);
    }

    #[test]
    fn sparsity_is_the_share_of_softmax_weights_below_a_hundredth_of_the_largest() {
        let (d, n) = (12, 37);
        let wave = |count: usize, step: f64| -> Vec<f32> {
            let at = |i: usize| 2.0 * (step * (i * i) as f64).sin();
            (0..count).map(|i| at(i) as f32).collect()
        };
        let (query, keys) = (wave(d, 0.37), wave(n * d, 0.011));
        let powers: Vec<f64> = keys
            .chunks_exact(d)
            .map(|key| {
                let products = key.iter().zip(&query);
                let dot: f64 = products.map(|(&k, &q)| f64::from(k) * f64::from(q)).sum();
                (dot / (d as f64).sqrt()).exp()
            })
            .collect();
        let bound = powers.iter().copied().fold(0.0, f64::max) / 100.0;
        let margin = powers.iter().map(|power| (power / bound - 1.0).abs());
        assert!(
            margin.fold(f64::INFINITY, f64::min) > 1e-3,
            "rounding decides"
        );
        let below = powers.iter().filter(|&&power| power < bound).count();
        assert_eq!(below, 21, "most weights are small, and not all");
        let found = sparsity(&query, &keys, &mut vec![0.0; n]);
        assert_eq!(found, below as f32 / n as f32);
    }
}
