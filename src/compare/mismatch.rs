//! What must be equal before positions can be compared: the model and the prompt.

use crate::trace::{ModelSummary, Position, TraceStore, quoted};

/// Two runs cannot share a timeline; the message names what differs and the way out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Other weights, or another shape of the cache.
    #[error(
        "the runs are of different models, {a} and {b}; a head of one is no head of the other, so record both \
         with one model"
    )]
    Model {
        /// Model of the first run.
        a: String,
        /// Model of the second.
        b: String,
    },
    /// The same name and shape, other files: one was trained further, say.
    #[error(
        "the runs are of two models called {name} whose files differ (fingerprints {a} and {b}); \
         record both with one of them"
    )]
    Files {
        /// Name of both models.
        name: String,
        /// Fingerprint of the first run's model.
        a: String,
        /// Fingerprint of the second's.
        b: String,
    },
    /// Another problem.
    #[error(
        "the runs solve different problems, “{a}” and “{b}”; their positions are different tokens, so record \
         both with one problem"
    )]
    Problem {
        /// Problem of the first run.
        a: String,
        /// Problem of the second.
        b: String,
    },
    /// The same problem in another prompt.
    #[error(
        "the problem is the same but the prompts differ at token {at}, {a} and {b}; record both with one program \
         and one chat template"
    )]
    Prompt {
        /// First position that differs.
        at: u32,
        /// Token of the first run.
        a: String,
        /// Token of the second.
        b: String,
    },
}

/// Whether two runs can share a timeline. Prompts that are still being read are compared as far as they
/// are known.
///
/// # Errors
/// [`Mismatch`], which names what differs.
pub fn check(a: &TraceStore, b: &TraceStore) -> Result<(), Mismatch> {
    let (x, y) = (a.header(), b.header());
    check_models(&x.model, &y.model)?;
    if x.problem.trim() != y.problem.trim() {
        return Err(Mismatch::Problem {
            a: cut(&x.problem),
            b: cut(&y.problem),
        });
    }
    let prompt = x.prompt_tokens.min(y.prompt_tokens) as usize;
    let ids = a.tokens().ids().iter().zip(b.tokens().ids()).take(prompt);
    let differs = ids.into_iter().position(|(a, b)| a != b);
    let at = differs.or((x.prompt_tokens != y.prompt_tokens).then_some(prompt));
    match at {
        None => Ok(()),
        Some(at) => Err(Mismatch::Prompt {
            at: at as u32,
            a: token_or_end(a, at),
            b: token_or_end(b, at),
        }),
    }
}

/// Whether runs of two models can share a timeline, for who has no run of the second yet.
///
/// # Errors
/// [`Mismatch::Model`] or [`Mismatch::Files`].
pub fn check_models(a: &ModelSummary, b: &ModelSummary) -> Result<(), Mismatch> {
    // One model may be opened by its path or by its name: its files say that it is one.
    let same = a.name == b.name || a.is(&b.name, b.fingerprint.as_deref());
    if shape(a) != shape(b) || !same {
        return Err(Mismatch::Model {
            a: describe(a),
            b: describe(b),
        });
    }
    match a.differing_fingerprints(b) {
        None => Ok(()),
        Some((x, y)) => Err(Mismatch::Files {
            name: a.name.clone(),
            a: x.to_owned(),
            b: y.to_owned(),
        }),
    }
}

fn shape(model: &ModelSummary) -> (&str, &str, [u32; 4]) {
    let numbers = [
        model.layers,
        model.query_heads,
        model.kv_heads,
        model.head_dim,
    ];
    (&model.architecture, &model.weights, numbers)
}

fn describe(model: &ModelSummary) -> String {
    format!(
        "{} ({}, {}, {} layers × {} KV heads × {})",
        model.name, model.architecture, model.weights, model.layers, model.kv_heads, model.head_dim
    )
}

fn token_or_end(store: &TraceStore, at: usize) -> String {
    if at < (store.header().prompt_tokens as usize).min(store.tokens().len()) {
        quoted(store, Position(at as u32))
    } else {
        "the end of the prompt".to_owned()
    }
}

fn cut(problem: &str) -> String {
    const LONGEST: usize = 60;
    let one_line = problem.split_whitespace().collect::<Vec<_>>().join(" ");
    if one_line.chars().count() <= LONGEST {
        return one_line;
    }
    let head: String = one_line.chars().take(LONGEST).collect();
    format!("{}…", head.trim_end())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::compare::fixtures::{plan, run};
    use crate::trace::synthetic::token;
    use crate::trace::{TokenRecord, TraceRecord};

    #[test]
    fn what_differs_is_named() {
        let a = run(1, 40, 200);
        assert_eq!(check(&a, &run(2, 60, 260)), Ok(()));

        let mut header = plan(1, 40, 200).header();
        header.model.layers = 3;
        let other = check(&a, &TraceStore::new(Arc::new(header))).unwrap_err();
        assert!(other.to_string().contains("3 layers"), "{other}");

        let mut header = plan(1, 40, 200).header();
        header.model.fingerprint = Some("0badf00d".to_owned());
        let other = check(&a, &TraceStore::new(Arc::new(header.clone()))).unwrap_err();
        assert!(other.to_string().contains("0badf00d"), "{other}");
        // A trace of version 1 does not tell; its positions may be compared.
        header.model.fingerprint = None;
        assert_eq!(check(&a, &TraceStore::new(Arc::new(header))), Ok(()));

        let mut header = plan(1, 40, 200).header();
        header.model.name = "models/reasoner.gguf".to_owned();
        let by_path = TraceStore::new(Arc::new(header.clone()));
        assert_eq!(check(&a, &by_path), Ok(()), "the same files");
        header.model.fingerprint = None;
        let other = check(&a, &TraceStore::new(Arc::new(header))).unwrap_err();
        assert!(other.to_string().contains("reasoner.gguf"), "{other}");

        let mut header = plan(1, 40, 200).header();
        header.problem = "What is 5 + 5?".to_owned();
        let other = check(&a, &TraceStore::new(Arc::new(header))).unwrap_err();
        assert!(other.to_string().contains("What is 5 + 5?"), "{other}");
    }

    #[test]
    fn another_template_is_another_prompt() {
        let a = run(1, 40, 200);
        let mut b = TraceStore::new(Arc::clone(a.header()));
        let tokens = (0..5u32).map(|p| TokenRecord {
            id: if p == 3 {
                1
            } else {
                a.tokens().ids()[p as usize]
            },
            ..token("x")
        });
        b.apply(TraceRecord::Tokens(tokens.collect())).unwrap();
        assert!(matches!(check(&a, &b), Err(Mismatch::Prompt { at: 3, .. })));
    }
}
