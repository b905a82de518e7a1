//! The problems of the first page: the embedded reasoner answers each of them while nothing is forgotten.

#![cfg(all(feature = "gui", feature = "infer"))]

use std::sync::atomic::AtomicBool;

use rkv_scope::config::{CacheSettings, Sampling};
use rkv_scope::engine::generation::{Advance, Generation, GenerationRequest};
use rkv_scope::model::load;
use rkv_scope::policy::find;
use rkv_scope::trace::{RecordLevel, TraceStore};
use rkv_scope::ui::examples::EXAMPLES;

#[test]
fn the_full_cache_answers_every_example() {
    let mut model = load("reasoner", &mut |_, _| {}).unwrap();
    let full: CacheSettings = find("full").unwrap().default_settings();
    let never = AtomicBool::new(false);
    for example in EXAMPLES {
        let request = GenerationRequest {
            problem: example.problem.to_owned(),
            settings: full.clone(),
            sampling: Sampling {
                temperature: 0.0,
                ..Sampling::default()
            },
            level: RecordLevel::Summary,
        };
        let mut run = Generation::begin(model.as_mut(), request).unwrap();
        while !matches!(run.advance(&never).unwrap(), Advance::Finished(_)) {}
        let mut store = TraceStore::new(run.header().clone());
        for record in run.take_records() {
            store.apply(record).unwrap();
        }
        let tokens = store.tokens();
        let text = tokens.text_of(0..tokens.len());
        let said = format!("\\boxed{{{}}}", example.answer);
        assert!(text.contains(&said), "{}:\n{text}", example.problem);
    }
}
