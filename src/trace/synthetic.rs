//! Made-up runs for tests, benches and pictures: the shape of a real one, no model, the same every time.
//!
//! The text has a prompt, repetitive reasoning and an answer. Digits and operators are important,
//! repeated words redundant, the first tokens are sinks, and every head has its own taste; heads keep
//! the best by the R-KV score with the settings in force. Nothing measured here says anything about R-KV.

use std::collections::HashMap;
use std::sync::Arc;

use super::{
    Component, CompressionRecord, DuplicateLinks, FinishReason, ModelSummary, Position,
    RecordLevel, ScoreBlock, SegmentKind, TokenRecord, TraceHeader, TraceRecord, TraceStore,
};
use crate::config::{CacheSettings, Sampling};

/// What to make up.
#[derive(Clone, Debug, PartialEq)]
pub struct Synthetic {
    /// Other seeds give other numbers in the text, other scores and other batches.
    pub seed: u64,
    /// What was asked; the text stays the same.
    pub problem: String,
    /// Decoder layers.
    pub layers: u32,
    /// KV heads per layer.
    pub kv_heads: u32,
    /// Tokens in all, prompt and answer included; at least 80 or so come out.
    pub tokens: u32,
    /// Settings at the start. Budget, buffer, window and lambda count; protection and scope do not.
    pub settings: CacheSettings,
    /// What is recorded of each compression.
    pub level: RecordLevel,
    /// Lambda is set to 0.6 after this many tokens.
    pub lambda_changes_at: Option<u32>,
}

impl Default for Synthetic {
    fn default() -> Self {
        Self {
            seed: 1,
            problem:
                "A rectangle has a perimeter of 6400 and its length is 1800 more than its width. \
                      Find the area of the rectangle."
                    .to_owned(),
            layers: 6,
            kv_heads: 3,
            tokens: 700,
            // Fixed here: what tests expect must not follow the program's own defaults.
            settings: CacheSettings {
                budget: 128,
                buffer: 64,
                lambda: 0.1,
                ..CacheSettings::default()
            },
            level: RecordLevel::Components,
            lambda_changes_at: Some(400),
        }
    }
}

const PROMPT: &str = "<|im_start|>user\nA rectangle has a perimeter of 6400 and its length is 1800 more than \
its width. Find the area of the rectangle.\nPlease reason step by step, and put your final answer within \
\\boxed{}.<|im_end|>\n<|im_start|>assistant\n<think>\n";
const STEPS: [&str; 6] = [
    "Okay, so I need to find the area of the rectangle. The perimeter is 2(l + w) = 6400, so l + w = 3200.\n\n",
    "Wait, let me double-check that. If w = #, then l = # + 1800 and the sum l + w is 3200, so w = 700.\n",
    "Let me check the numbers again: 2 × (2500 + 700) = 2 × 3200 = 6400. That works ✔.\n\n",
    "Hmm, but is the length really 1800 more than the width? 2500 − 700 = 1800, yes.\n",
    "Alternatively, I could write l = w + 1800 and solve 2w + 1800 = 3200, which gives w = #/2 = 700.\n\n",
    "So the width is 700, the length is 2500, and the area is l·w ≈ # or exactly 2500 × 700.\n",
];
const ANSWER: &str =
    "</think>\n\nThe width is 700 and the length is 2500, so the area is\n\n\\boxed{1750000}";

/// A token of that text and nothing else of note.
pub fn token(text: &str) -> TokenRecord {
    TokenRecord {
        id: 0,
        text: text.to_owned(),
        logprob: 0.0,
        entropy: 0.0,
        micros: 0,
    }
}

struct Piece {
    id: u32,
    text: String,
    weight: f32,
    kind: SegmentKind,
}

impl Synthetic {
    /// The header of the run.
    pub fn header(&self) -> TraceHeader {
        let prompt = pieces(PROMPT, SegmentKind::Prompt);
        TraceHeader {
            recorded_by: format!("rkv-scope {}", env!("CARGO_PKG_VERSION")),
            model: ModelSummary {
                name: "synthetic-reasoner".to_owned(),
                architecture: "llama".to_owned(),
                layers: self.layers,
                query_heads: self.kv_heads * 3,
                kv_heads: self.kv_heads,
                head_dim: 64,
                context: 32768,
                cache_element_bytes: 4,
                weights: "f32".to_owned(),
                fingerprint: Some("5eed5eed".to_owned()),
            },
            settings: self.settings.clone(),
            sampling: Sampling {
                seed: self.seed,
                ..Sampling::default()
            },
            problem: self.problem.clone(),
            prompt_tokens: prompt.len() as u32,
            device: "CPU, 2 threads".to_owned(),
            level: self.level,
            calibration: None,
        }
    }

    /// The records of the run, in order.
    pub fn records(&self) -> Vec<TraceRecord> {
        Run::new(self).records()
    }

    /// The whole run.
    ///
    /// # Panics
    /// Never, unless the generator breaks the store's rules.
    #[expect(
        clippy::expect_used,
        reason = "a fixture that breaks the store's rules must stop the test"
    )]
    pub fn store(&self) -> TraceStore {
        let mut store = TraceStore::new(Arc::new(self.header()));
        for record in self.records() {
            store
                .apply(record)
                .expect("synthetic records fit each other");
        }
        store
    }

    fn text(&self) -> Vec<Piece> {
        let mut text = pieces(PROMPT, SegmentKind::Prompt);
        let answer = pieces(ANSWER, SegmentKind::Answer);
        let mut step = 0u64;
        while text.len() + answer.len() < self.tokens as usize {
            let number = (noise(self.seed, step, 0) * 9000.0) as u32 + 700;
            let choice = if step == 0 {
                0
            } else {
                (noise(self.seed, step, 1) * 6.0) as usize
            };
            text.extend(pieces(
                &STEPS[choice].replace('#', &number.to_string()),
                SegmentKind::Reasoning,
            ));
            step += 1;
        }
        text.extend(answer);
        text
    }
}

struct Run<'a> {
    plan: &'a Synthetic,
    text: Vec<Piece>,
    settings: CacheSettings,
    revision: u32,
    held: Vec<Vec<u32>>,
    events: u32,
}

impl<'a> Run<'a> {
    fn new(plan: &'a Synthetic) -> Self {
        Self {
            plan,
            text: plan.text(),
            settings: plan.settings.clone(),
            revision: 0,
            held: vec![vec![]; (plan.layers * plan.kv_heads) as usize],
            events: 0,
        }
    }

    fn records(mut self) -> Vec<TraceRecord> {
        let mut records = vec![];
        let mut batch = vec![];
        let flush = |batch: &mut Vec<TokenRecord>, records: &mut Vec<TraceRecord>| {
            if !batch.is_empty() {
                records.push(TraceRecord::Tokens(std::mem::take(batch)));
            }
        };
        let mut part = None;
        for p in 0..self.text.len() as u32 {
            let kind = self.text[p as usize].kind;
            if part != Some(kind) {
                flush(&mut batch, &mut records);
                records.push(TraceRecord::Segment {
                    at: Position(p),
                    kind,
                });
                part = Some(kind);
            }
            if self.plan.lambda_changes_at == Some(p) {
                flush(&mut batch, &mut records);
                self.revision += 1;
                self.settings.lambda = 0.6;
                records.push(TraceRecord::ParamsChanged {
                    at: Position(p),
                    revision: self.revision,
                    settings: self.settings.clone(),
                });
            }
            batch.push(self.token(p));
            for held in &mut self.held {
                held.push(p);
            }
            let full = self.held[0].len() as u32 >= self.settings.slots_when_full();
            if full || noise(self.plan.seed, u64::from(p), 9) < 0.3 {
                flush(&mut batch, &mut records);
            }
            if full {
                records.push(TraceRecord::Compression(Box::new(self.compress(p + 1))));
            }
        }
        flush(&mut batch, &mut records);
        let seen = self.text.len() as u32;
        records.push(TraceRecord::End {
            at: Position(seen),
            reason: FinishReason::EndOfText,
            seconds: seen as f32 * 0.031,
        });
        records
    }

    fn token(&self, p: u32) -> TokenRecord {
        let piece = &self.text[p as usize];
        let prompt = piece.kind == SegmentKind::Prompt;
        let entropy = if prompt {
            0.0
        } else {
            noise(self.plan.seed, u64::from(p), 2).powi(3) * 2.5
        };
        TokenRecord {
            id: piece.id,
            text: piece.text.clone(),
            logprob: -entropy * noise(self.plan.seed, u64::from(p), 3),
            entropy,
            micros: u64::from(p) * 31_000,
        }
    }

    fn compress(&mut self, seen: u32) -> CompressionRecord {
        let layers = self.plan.layers as usize;
        let window = self.settings.window as usize;
        let (mut importance, mut redundancy, mut score) = (
            ScoreBlock::new(Component::Importance),
            ScoreBlock::new(Component::Redundancy),
            ScoreBlock::new(Component::Score),
        );
        let (mut evicted, mut newest) = (vec![], vec![]);
        let before = self.held[0].len() as u32;
        for row in 0..self.held.len() {
            let held = std::mem::take(&mut self.held[row]);
            let n = held.len() - window;
            let i = self.importance(row, &held[..n], seen);
            let (r, links) = self.redundancy(row, &held);
            let lambda = self.settings.lambda as f32;
            let z: Vec<f32> = i
                .iter()
                .zip(&r)
                .map(|(i, r)| lambda * i - (1.0 - lambda) * r)
                .collect();
            let mut order: Vec<usize> = (0..n).collect();
            order.sort_by(|&a, &b| z[b].total_cmp(&z[a]));
            let mut gone: Vec<u32> = order[(self.settings.budget as usize - window).min(n)..]
                .iter()
                .map(|&slot| held[slot])
                .collect();
            gone.sort_unstable();
            self.held[row] = held
                .iter()
                .copied()
                .filter(|p| gone.binary_search(p).is_err())
                .collect();
            importance.push_row(&i);
            redundancy.push_row(&r[..n]);
            score.push_row(&z);
            newest.extend_from_slice(&links[..n]);
            evicted.push(gone);
        }
        let record = CompressionRecord {
            event: self.events,
            seen,
            revision: self.revision,
            window: self.settings.window,
            slots_before: vec![before; layers],
            slots_after: vec![self.held[0].len() as u32; layers],
            micros: 1400 + (noise(self.plan.seed, u64::from(self.events), 4) * 300.0) as u32,
            evicted,
            scores: match self.plan.level {
                RecordLevel::Summary => vec![],
                RecordLevel::Scores => vec![score],
                RecordLevel::Components => vec![importance, redundancy],
            },
            links: (self.plan.level == RecordLevel::Components)
                .then_some(DuplicateLinks { newest }),
        };
        self.events += 1;
        record
    }

    fn importance(&self, row: usize, candidates: &[u32], seen: u32) -> Vec<f32> {
        let taste = |k| noise(self.plan.seed, row as u64, k);
        let (sink, content, reach) = (
            2.0 + 4.0 * taste(5),
            1.0 + 1.5 * taste(6),
            60.0 + 500.0 * taste(7),
        );
        softmax(candidates.iter().map(|&p| {
            let own = noise(self.plan.seed, u64::from(p), 100 + row as u64);
            let first = if p < 2 { sink } else { 0.0 };
            first + content * self.text[p as usize].weight + 1.5 * own - (seen - p) as f32 / reach
        }))
    }

    fn redundancy(&self, row: usize, held: &[u32]) -> (Vec<f32>, Vec<u32>) {
        let mut newest: HashMap<u32, (u32, u32)> = HashMap::new();
        let mut later: HashMap<u32, u32> = HashMap::new();
        for &p in held {
            let entry = newest
                .entry(self.text[p as usize].id)
                .or_insert((u32::MAX, u32::MAX));
            *entry = (p, entry.0);
        }
        let mut links: Vec<u32> = vec![];
        let mut means: Vec<f32> = vec![];
        for &p in held.iter().rev() {
            let id = self.text[p as usize].id;
            let (last, one_before) = newest.get(&id).copied().unwrap_or((u32::MAX, u32::MAX));
            links.push(if last == p { one_before } else { last });
            let count = later.entry(id).or_insert(0);
            let own = noise(self.plan.seed, u64::from(p), 500 + row as u64);
            means.push(0.2 + 0.5 * (1.0 - 1.0 / (1.0 + *count as f32)) + 0.15 * own);
            *count += 1;
        }
        links.reverse();
        means.reverse();
        (softmax(means.into_iter()), links)
    }
}

fn softmax(logits: impl Iterator<Item = f32>) -> Vec<f32> {
    let exp: Vec<f32> = logits.map(f32::exp).collect();
    let sum: f32 = exp.iter().sum();
    exp.into_iter().map(|e| e / sum).collect()
}

/// From 0 to 1, decided by its arguments (splitmix64).
fn noise(seed: u64, a: u64, b: u64) -> f32 {
    let mut z =
        seed ^ a.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ b.wrapping_mul(0xd1b5_4a32_d192_ed03);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 40) as f32 / (1u32 << 24) as f32
}

/// Words with their leading space, digits one by one, `✔` in three tokens as byte-level vocabularies do.
fn pieces(text: &str, kind: SegmentKind) -> Vec<Piece> {
    let mut words: Vec<String> = vec![];
    let mut grows = false;
    let mut special = false;
    for c in text.chars() {
        special |= c == '<' && words.last().is_none_or(|w| !w.ends_with(' '));
        let joins = special && c != '<'
            || grows && c.is_alphabetic()
            || c == '\n' && words.last().is_some_and(|w| w.ends_with('\n'))
            || !c.is_whitespace() && !c.is_ascii_digit() && words.last().is_some_and(|w| w == " ");
        match words.last_mut() {
            Some(word) if joins => word.push(c),
            _ => words.push(c.to_string()),
        }
        grows = c.is_alphabetic() || c == ' ' || c == '\\';
        special &= c != '>';
    }
    let mut pieces = vec![];
    for word in words {
        let bare = word.trim_start();
        let weight = match bare.chars().next() {
            Some(c) if c.is_ascii_digit() => 1.6,
            Some('=' | '+' | '×' | '−' | '·' | '\\') => 1.2,
            Some(c) if c.is_uppercase() => 0.6,
            Some(c) if c.is_alphabetic() && bare.len() > 4 => 0.5,
            _ => 0.0,
        };
        let id = word
            .bytes()
            .fold(7u32, |h, b| h.wrapping_mul(31).wrapping_add(b.into()))
            % 49_152;
        if bare == "✔" {
            for part in 0..2 {
                pieces.push(Piece {
                    id: 49_100 + part,
                    text: String::new(),
                    weight: 0.0,
                    kind,
                });
            }
        }
        pieces.push(Piece {
            id,
            text: word,
            weight,
            kind,
        });
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::last_boxed;

    #[test]
    fn a_synthetic_run_is_a_run() {
        let store = Synthetic::default().store();
        assert!(store.tokens().len() >= 700);
        assert!(store.events().len() > 5);
        assert_eq!(
            store.header().prompt_tokens as usize,
            store.segments()[1].0.index()
        );
        let text = store.tokens().text_of(0..store.tokens().len());
        assert_eq!(last_boxed(text).as_deref(), Some("1750000"));
        assert_eq!(
            Synthetic::default().records(),
            Synthetic::default().records()
        );
    }

    #[test]
    fn every_level_fits_the_store() {
        for level in [
            RecordLevel::Summary,
            RecordLevel::Scores,
            RecordLevel::Components,
        ] {
            let store = Synthetic {
                level,
                tokens: 300,
                ..Synthetic::default()
            }
            .store();
            assert!(!store.events().is_empty());
        }
    }
}
