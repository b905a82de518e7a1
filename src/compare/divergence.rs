//! Where two texts part.

use crate::trace::{FinishReason, Position, TraceStore, quoted};

/// The first position at which two runs wrote different tokens, or at which one of them said that it was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The position; everything before it is the same in both.
    pub position: Position,
}

impl Divergence {
    /// In words, whitespace made visible: `token 143: “7” against “4”`.
    pub fn said(self, a: &TraceStore, b: &TraceStore) -> String {
        format!(
            "token {}: {} against {}",
            self.position.0,
            self.token(a),
            self.token(b)
        )
    }

    /// A run's token there, quoted.
    pub fn token(self, store: &TraceStore) -> String {
        if self.position.index() < store.tokens().len() {
            quoted(store, self.position)
        } else {
            "the end".to_owned()
        }
    }
}

/// Where two runs part after the prompt. `None` while one is a beginning of the other, and has not ended by a word of its
/// model: a limit or a person that cut it off says nothing about what it would have written.
pub fn divergence(a: &TraceStore, b: &TraceStore) -> Option<Divergence> {
    let (x, y) = (a.tokens().ids(), b.tokens().ids());
    let prompt = a.header().prompt_tokens.max(b.header().prompt_tokens) as usize;
    let both = x.len().min(y.len());
    let from = prompt.min(both);
    let differs = x[from..both]
        .iter()
        .zip(&y[from..both])
        .position(|(x, y)| x != y);
    let ended = |store: &TraceStore| {
        let done = store
            .end()
            .is_some_and(|(_, reason, _)| *reason == FinishReason::EndOfText);
        done && store.tokens().len() == both
    };
    let one_ended = x.len() != y.len() && (ended(a) || ended(b));
    let at = differs.map(|i| from + i).or(one_ended.then_some(both))?;
    Some(Divergence {
        position: Position(at as u32),
    })
}

/// Tokens at the start that two runs share, as far as both are known.
pub fn common_prefix(a: &TraceStore, b: &TraceStore) -> usize {
    let both = a.tokens().len().min(b.tokens().len());
    divergence(a, b).map_or(both, |parting| parting.position.index())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::compare::fixtures::run;
    use crate::trace::synthetic::token;
    use crate::trace::{TokenRecord, TraceRecord};

    fn written(ids: &[u32], ended: bool) -> TraceStore {
        finished(ids, ended.then_some(FinishReason::EndOfText))
    }

    fn finished(ids: &[u32], reason: Option<FinishReason>) -> TraceStore {
        let mut header = crate::compare::fixtures::plan(1, 40, 200).header();
        header.prompt_tokens = 2;
        let mut store = TraceStore::new(Arc::new(header));
        let tokens = ids.iter().map(|&id| TokenRecord {
            id,
            ..token(&format!(" t{id}"))
        });
        store.apply(TraceRecord::Tokens(tokens.collect())).unwrap();
        if let Some(reason) = reason {
            let at = Position(ids.len() as u32);
            let end = TraceRecord::End {
                at,
                reason,
                seconds: 1.0,
            };
            store.apply(end).unwrap();
        }
        store
    }

    fn at(a: &TraceStore, b: &TraceStore) -> Option<u32> {
        assert_eq!(divergence(a, b), divergence(b, a), "it has no direction");
        divergence(a, b).map(|d| d.position.0)
    }

    #[test]
    fn the_first_different_token_after_the_prompt_counts() {
        let (a, b) = (
            written(&[9, 8, 1, 2, 3], false),
            written(&[9, 8, 1, 5, 6], false),
        );
        assert_eq!(at(&a, &b), Some(3));
        let said = divergence(&a, &b).unwrap().said(&a, &b);
        assert_eq!(said, "token 3: “·t2” against “·t5”");
        assert_eq!(common_prefix(&a, &b), 3);
    }

    #[test]
    fn a_beginning_that_may_grow_has_not_parted_and_one_that_ended_has() {
        let whole = written(&[9, 8, 1, 2, 3], true);
        assert_eq!(at(&whole, &written(&[9, 8, 1], false)), None);
        assert_eq!(at(&whole, &written(&[9, 8, 1], true)), Some(3));
        assert_eq!(at(&whole, &whole), None);
        let said = divergence(&whole, &written(&[9, 8, 1], true)).unwrap();
        assert!(
            said.said(&whole, &written(&[9, 8, 1], true))
                .ends_with("against the end")
        );
    }

    #[test]
    fn a_run_that_was_cut_off_wrote_nothing_else() {
        let whole = written(&[9, 8, 1, 2, 3], true);
        for reason in [FinishReason::MaxTokens, FinishReason::Stopped] {
            let cut = finished(&[9, 8, 1], Some(reason));
            assert_eq!(at(&whole, &cut), None);
            assert_eq!(common_prefix(&whole, &cut), 3);
        }
    }

    #[test]
    fn made_up_runs_part_where_their_texts_do() {
        let (a, b) = (run(1, 40, 300), run(2, 60, 300));
        let at = divergence(&a, &b)
            .expect("other seeds write other texts")
            .position;
        assert!(at.0 >= a.header().prompt_tokens);
        assert_eq!(
            a.tokens().text_of(0..at.index()),
            b.tokens().text_of(0..at.index())
        );
        assert_ne!(a.tokens().id(at), b.tokens().id(at));
    }
}
