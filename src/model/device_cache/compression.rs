//! Compression on an accelerator: importance, near duplicates, score, selection and compaction, each one launch for as many
//! layers as there is room for.

use std::ops::Range;
use std::sync::Arc;

use super::question::{Answer, Choice, DeviceScore, Question, Told, Wanted};
use super::{DeviceCache, MOST_ROWS, WORD};
use crate::kernels::cuda::compression::{
    KeepOrder, Mix, Parts, Selection, Similarity, Window, compact_slots, importance_logits,
    newest_similar, score_candidates, select_slots, sort_size,
};
use crate::kernels::cuda::{Accelerator, AcceleratorError};

/// Bytes that scores, their parts and the selection may take at once; more layers than fit go in several rounds.
const SCORE_ROOM: usize = 256 << 20;
/// Bytes of a sum in fixed point.
const FIXED: usize = 8;

/// Scores of some layers, in the accelerator's memory; nothing for recency.
struct Scored<M> {
    score: Option<M>,
    importance: Option<M>,
    /// Redundancy and newest near duplicates.
    similar: Option<(M, M)>,
}

impl<M> Default for Scored<M> {
    fn default() -> Self {
        Self {
            score: None,
            importance: None,
            similar: None,
        }
    }
}

/// A part of a score that goes to the host.
#[derive(Clone, Copy)]
enum Part {
    Score,
    Importance,
    Redundancy,
    Newest,
}

/// What was sent of some layers, in the order of `parts`.
struct Round<A: Accelerator> {
    parts: Vec<Part>,
    arriving: A::Arriving,
}

/// Waits for all rounds.
fn told<A: Accelerator>(accelerator: &A, rounds: Vec<Round<A>>) -> Result<Told, AcceleratorError> {
    let mut told = Told::default();
    for round in rounds {
        let arrived = accelerator.arrive(round.arriving)?;
        for (part, bytes) in round.parts.iter().zip(&arrived) {
            let column = match part {
                Part::Score => &mut told.score,
                Part::Importance => &mut told.importance,
                Part::Redundancy => &mut told.redundancy,
                Part::Newest => {
                    told.newest.extend(numbers(bytes, i32::from_le_bytes));
                    continue;
                }
            };
            column.extend(numbers(bytes, f32::from_le_bytes));
        }
    }
    Ok(told)
}

fn numbers<T>(bytes: &[u8], number: fn([u8; WORD]) -> T) -> impl Iterator<Item = T> {
    let words = bytes.chunks_exact(WORD);
    words.map(move |b| number([b[0], b[1], b[2], b[3]]))
}

/// Reads the numbers at the start of some memory.
fn words<A: Accelerator, T>(
    accelerator: &A,
    memory: &A::Memory,
    count: usize,
    number: fn([u8; WORD]) -> T,
) -> Result<Vec<T>, AcceleratorError> {
    let mut bytes = vec![0; count * WORD];
    accelerator.download(memory, 0, &mut bytes)?;
    Ok(numbers(&bytes, number).collect())
}

/// Entries per row of the room that a choice is sorted in.
fn sort_entries(choice: &Choice) -> usize {
    match choice.order {
        KeepOrder::Slots => 0,
        KeepOrder::Positions | KeepOrder::Scores => sort_size(choice.kept),
    }
}

impl<A: Accelerator> DeviceCache<A> {
    /// Layers whose scores are in memory at the same time.
    fn rounds(&self, question: &Question) -> impl Iterator<Item = Range<usize>> + use<A> {
        let (layers, rows) = (self.shape.layers, self.layer_rows());
        // For each slot its logits, seven numbers and one in fixed point; for each that is kept its place in the list, and room
        // to sort it.
        let scores = (question.queries.1 + 7) * WORD + FIXED;
        let selection = question.choice.map_or(0, |choice| {
            choice.kept * WORD + sort_entries(&choice) * (FIXED + WORD)
        });
        let row_bytes = scores * question.held + selection + self.shape.head_dim * FIXED;
        let room = SCORE_ROOM / (rows * row_bytes).max(1);
        let at_once = room.min(MOST_ROWS / rows).max(1);
        (0..layers)
            .step_by(at_once)
            .map(move |first| first..(first + at_once).min(layers))
    }

    /// Scores the candidates of every layer and chooses who stays.
    ///
    /// It waits for the choice; what is wanted of the scores arrives later.
    ///
    /// # Errors
    /// [`AcceleratorError`].
    pub fn decide(&self, question: &Question) -> Result<Answer, AcceleratorError>
    where
        A: 'static,
    {
        self.check_question(question, question.choice.as_ref())?;
        let (mut keep, mut rounds) = (vec![], vec![]);
        for layers in self.rounds(question) {
            let scored = self.score(question, &layers)?;
            let chosen = match &question.choice {
                Some(choice) => Some((choice, self.choose(question, choice, &layers, &scored)?)),
                None => None,
            };
            let (parts, pieces) = self.wanted(question, &layers, scored).into_iter().unzip();
            rounds.push(Round {
                parts,
                arriving: self.accelerator.send(pieces)?,
            });
            if let Some((choice, list)) = chosen {
                let count = layers.len() * self.layer_rows() * choice.kept;
                keep.extend(words(&*self.accelerator, &list, count, u32::from_le_bytes)?);
            }
        }
        let accelerator = Arc::clone(&self.accelerator);
        Ok(Answer {
            keep,
            told: Box::new(move || told(&*accelerator, rounds)),
        })
    }

    /// Scores, chooses and compacts without a word to the host.
    ///
    /// # Errors
    /// [`AcceleratorError`].
    pub fn compress(
        &mut self,
        question: &Question,
        choice: &Choice,
    ) -> Result<(), AcceleratorError> {
        self.check_question(question, Some(choice))?;
        for layers in self.rounds(question) {
            let scored = self.score(question, &layers)?;
            let keep = self.choose(question, choice, &layers, &scored)?;
            let ascending = choice.order == KeepOrder::Slots;
            self.move_slots(&layers, &keep, choice.kept, ascending)?;
        }
        Ok(())
    }

    /// Launches all that makes the scores of some layers.
    fn score(
        &self,
        question: &Question,
        layers: &Range<usize>,
    ) -> Result<Scored<A::Memory>, AcceleratorError> {
        let (gpu, held) = (&*self.accelerator, question.held);
        let shape = self.rows(layers.len(), held);
        let candidates = held - question.window;
        let (all, open) = (shape.count * held, shape.count * candidates);
        let (DeviceScore::RKv { pool, .. } | DeviceScore::Importance { pool }) = question.score
        else {
            return Ok(Scored::default());
        };
        let words_of = |count: usize| gpu.allocate(count * WORD);
        let raw = words_of(open)?;
        let (importance, redundancy, score) = (words_of(open)?, words_of(open)?, words_of(open)?);
        let newest = words_of(all)?;
        let logits = words_of(question.queries.1 * open)?;
        let (inverse_norm, column_sum) = (words_of(all)?, words_of(all)?);
        let mut unit_sum = gpu.allocate(shape.count * shape.head_dim * FIXED)?;
        let mut spared = gpu.allocate(all * FIXED)?;
        gpu.clear(&mut unit_sum)?;
        gpu.clear(&mut spared)?;
        let at = |memory: &A::Memory| gpu.address(memory);
        let keys = self.keys_at(layers.start);
        let window = Window {
            queries: self.queries_at(layers.start),
            ring: self.ring(),
            first: question.queries.0,
            used: question.queries.1,
        };
        gpu.launch(&importance_logits(
            &shape,
            &window,
            keys,
            candidates,
            at(&logits),
            at(&inverse_norm),
            at(&unit_sum),
        ))?;
        let (mut similarity, mut weight) = (None, 1.0);
        if let DeviceScore::RKv {
            lambda, threshold, ..
        } = question.score
        {
            weight = lambda;
            let to = Similarity {
                column_sum: at(&column_sum),
                spared: at(&spared),
                newest: at(&newest),
            };
            let (norms, sum) = (at(&inverse_norm), at(&unit_sum));
            gpu.launch(&newest_similar(&shape, keys, norms, sum, threshold, &to))?;
            similarity = Some(to);
        }
        let places = Parts {
            raw: at(&raw),
            importance: at(&importance),
            redundancy: at(&redundancy),
            score: at(&score),
        };
        let mix = Mix {
            window: window.used,
            pool,
            lambda: weight,
        };
        gpu.launch(&score_candidates(
            &shape,
            at(&logits),
            similarity.as_ref(),
            &places,
            candidates,
            &mix,
        ))?;
        let similar = similarity.is_some().then_some((redundancy, newest));
        Ok(Scored {
            score: Some(score),
            importance: Some(importance),
            similar,
        })
    }

    /// Launches the selection; the result is `[rows, kept]`.
    fn choose(
        &self,
        question: &Question,
        choice: &Choice,
        layers: &Range<usize>,
        scored: &Scored<A::Memory>,
    ) -> Result<A::Memory, AcceleratorError> {
        let gpu = &*self.accelerator;
        let shape = self.rows(layers.len(), question.held);
        let sorted = shape.count * sort_entries(choice);
        let (sort_keys, sort_slots) = (gpu.allocate(sorted * FIXED)?, gpu.allocate(sorted * WORD)?);
        let keep = gpu.allocate(shape.count * choice.kept * WORD)?;
        let from = Selection {
            scores: scored.score.as_ref().map_or(0, |score| gpu.address(score)),
            positions: self.positions_at(layers.start),
            candidates: question.held - question.window,
            kept: choice.kept,
            protect: choice.protect,
            order: choice.order,
        };
        let sort = (gpu.address(&sort_keys), gpu.address(&sort_slots));
        gpu.launch(&select_slots(&shape, &from, sort, gpu.address(&keep)))?;
        Ok(keep)
    }

    /// What the host wants to know of some layers' scores, and how many bytes each is.
    fn wanted(
        &self,
        question: &Question,
        layers: &Range<usize>,
        scored: Scored<A::Memory>,
    ) -> Vec<(Part, (A::Memory, usize))> {
        let rows = layers.len() * self.layer_rows();
        let all = rows * question.held * WORD;
        let open = rows * (question.held - question.window) * WORD;
        let mut wanted = vec![];
        if question.wanted >= Wanted::Score {
            wanted.extend(scored.score.map(|score| (Part::Score, (score, open))));
        }
        if question.wanted >= Wanted::Parts {
            let importance = scored.importance;
            wanted.extend(importance.map(|memory| (Part::Importance, (memory, open))));
            if let Some((redundancy, newest)) = scored.similar {
                wanted.push((Part::Redundancy, (redundancy, open)));
                wanted.push((Part::Newest, (newest, all)));
            }
        }
        wanted
    }

    /// Keeps the listed slots of every row, `[rows, kept]` in the order given, in all layers at once.
    ///
    /// Lists that are not ascending go layer by layer, through room for one layer's kept slots.
    ///
    /// # Errors
    /// [`AcceleratorError`]. The slots must be held and distinct within a row.
    pub fn compact(&mut self, keep: &[u32], kept: usize) -> Result<(), AcceleratorError> {
        self.check_keep(keep, kept)?;
        let gpu = Arc::clone(&self.accelerator);
        let bytes: Vec<u8> = keep.iter().flat_map(|slot| slot.to_le_bytes()).collect();
        let mut list = gpu.allocate(bytes.len())?;
        gpu.upload(&mut list, 0, &bytes)?;
        let ascending = keep.chunks_exact(kept.max(1)).all(<[u32]>::is_sorted);
        self.move_slots(&(0..self.shape.layers), &list, kept, ascending)
    }

    /// Launches the compaction of some layers by a list `[rows, kept]`.
    fn move_slots(
        &mut self,
        layers: &Range<usize>,
        list: &A::Memory,
        kept: usize,
        ascending: bool,
    ) -> Result<(), AcceleratorError> {
        let gpu = Arc::clone(&self.accelerator);
        let layer_keep = self.layer_rows() * kept;
        let at_once = if ascending {
            (MOST_ROWS / self.layer_rows()).max(1)
        } else {
            1
        };
        let room = if ascending {
            None
        } else {
            let chunks = self.rows(1, 0).chunks();
            Some((
                gpu.allocate(layer_keep * 2 * chunks * 16)?,
                gpu.allocate(layer_keep * WORD)?,
            ))
        };
        let room = room.as_ref();
        let addresses = room.map_or((0, 0), |(slots, positions)| {
            (gpu.address(slots), gpu.address(positions))
        });
        for layer in layers.clone().step_by(at_once) {
            let shape = self.rows(at_once.min(layers.end - layer), 0);
            let cache = (
                self.keys_at(layer),
                self.values_at(layer),
                self.positions_at(layer),
            );
            let offset = (layer - layers.start) * layer_keep * WORD;
            let list = gpu.address(list) + offset as u64;
            gpu.launch(&compact_slots(&shape, cache, list, kept, addresses))?;
        }
        Ok(())
    }
}
