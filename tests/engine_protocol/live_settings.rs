//! Settings that change while a run goes on.

use rkv_scope::engine::generation::{Advance, Generation, GenerationRequest};
use rkv_scope::trace::{Component, Position};

use super::*;

fn slots(budget: u32, buffer: u32) -> CacheSettings {
    CacheSettings {
        budget,
        buffer,
        ..CacheSettings::default()
    }
}

/// A run of 120 tokens that begins with `from`; `to` is sent at the first step after `at` tokens were seen.
fn changed(problem: &str, from: &CacheSettings, to: &CacheSettings, at: usize) -> TraceStore {
    let mut model = Scripted::new();
    let request = GenerationRequest {
        problem: problem.to_owned(),
        settings: from.clone(),
        sampling: request(120 - problem.len() as u32).sampling,
        level: RecordLevel::Scores,
    };
    let mut run = Generation::begin(&mut model, request).unwrap();
    let mut store = TraceStore::new(run.header().clone());
    let go = AtomicBool::new(false);
    let mut sent = false;
    loop {
        if !sent && run.cache().seen() >= at {
            run.set_params(1, to.clone()).unwrap();
            sent = true;
        }
        let advanced = run.advance(&go).unwrap();
        for record in run.take_records() {
            store.apply(record).unwrap();
        }
        if matches!(advanced, Advance::Finished(_)) {
            break;
        }
    }
    assert!(sent);
    for seen in 0..=store.tokens().len() {
        let view = store.view(seen);
        let settings = view.settings();
        let most = f64::from(settings.slots_when_full());
        let held = view.slots();
        assert!(
            settings.policy == "full" || held <= most,
            "{held} at {seen}"
        );
    }
    store
}

/// With 32 + 16 slots the cache is full after 48, 64, 80, ... tokens.
#[test]
fn settings_are_in_force_when_the_old_or_the_new_ones_would_compress() {
    let from = slots(32, 16);
    let problem = "a problem of some length";
    let at = |to: &CacheSettings| {
        let store = changed(problem, &from, to, 70);
        let params = store.params();
        assert!(params.iter().all(|(.., settings)| settings == to));
        params.iter().map(|(at, ..)| at.0).collect::<Vec<_>>()
    };
    assert_eq!(at(&slots(900, 16)), [80], "the old cache is full");
    assert_eq!(at(&slots(28, 16)), [76], "the new one is full first");
    assert_eq!(at(&slots(20, 4)), [71], "the cache holds more than that");
    let full = CacheSettings {
        policy: "full".to_owned(),
        ..from.clone()
    };
    assert_eq!(at(&full), [70], "nothing will ever decide again");

    let raised = changed(problem, &from, &slots(900, 16), 70);
    assert!(raised.events().iter().all(|event| event.seen < 80));
    assert_eq!(raised.latest().slots(), 88.0);
    let never = changed(problem, &from, &slots(900, 16), 115);
    assert!(never.params().is_empty());
}

#[test]
fn a_raise_while_the_prompt_is_read_waits_for_the_old_cache_to_be_full() {
    let problem = "a problem of some length ".repeat(4);
    let store = changed(problem.trim(), &slots(32, 16), &slots(90, 16), 1);
    let (at, ..) = store.params()[0];
    assert_eq!(at, Position(64));
}

/// With lambda 0 a score is what redundancy takes off, with 1 what importance gives.
#[test]
fn a_lambda_moved_while_a_run_goes_on_weighs_the_scores_from_then_on() {
    let weighing = |lambda| CacheSettings {
        lambda,
        ..slots(32, 16)
    };
    let problem = "a problem of some length";
    let store = changed(problem, &weighing(0.0), &weighing(1.0), 70);
    let [before, after] = [0, 1].map(|revision| -> Vec<f32> {
        let events = store.events().iter().filter(|e| e.revision == revision);
        events
            .flat_map(|event| {
                let scores = event.block(Component::Score).unwrap();
                (0..scores.rows()).flat_map(move |row| scores.row(row))
            })
            .collect()
    });
    assert!(
        !before.is_empty() && before.iter().all(|&z| z < 0.0),
        "{before:?}"
    );
    assert!(
        !after.is_empty() && after.iter().all(|&z| z > 0.0),
        "{after:?}"
    );
}

#[test]
fn a_storm_of_settings_ends_with_the_last_one_in_force() {
    let (model, held) = Scripted::held_at(25);
    let engine = engine(model);
    start(&engine, request(150));
    held.meanwhile(|| {
        for revision in 1..=1000u32 {
            let settings = CacheSettings {
                budget: 24 + revision % 40,
                buffer: 16,
                lambda: f64::from(revision) / 1000.0,
                ..CacheSettings::default()
            };
            engine
                .send(EngineCommand::SetParams {
                    run: RUN,
                    revision,
                    settings,
                })
                .unwrap();
        }
    });
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.finished().is_some());
    let store = seen.store.unwrap();
    let (_, revision, settings) = store.params().last().unwrap();
    assert_eq!((*revision, settings.lambda), (1000, 1.0));
    assert_eq!(store.events().last().unwrap().revision, 1000);
}

#[test]
fn illegal_live_settings_are_refused_and_the_run_goes_on() {
    let (model, held) = Scripted::held_at(25);
    let engine = engine(model);
    start(&engine, request(80));
    let settings = CacheSettings {
        kernel: 6,
        ..CacheSettings::default()
    };
    held.meanwhile(|| steer(&engine, settings));
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.finished().is_some());
    assert_eq!(seen.rejected, [1]);
    assert_eq!(seen.finished(), Some(&FinishReason::MaxTokens));
    assert!(seen.store.unwrap().params().is_empty());
}

/// The full cache has no compression at which a change could be taken up; it is recorded all the same.
#[test]
fn switching_to_the_full_cache_is_recorded_and_nothing_leaves_any_more() {
    // With 24 + 45 tokens seen: the cache was full after 48 and after 64.
    let (model, held) = Scripted::held_at(45);
    let engine = engine(model);
    start(&engine, request(300));
    let full = CacheSettings {
        policy: "full".to_owned(),
        ..request(0).settings
    };
    held.meanwhile(|| steer(&engine, full.clone()));
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.finished().is_some());
    let store = seen.store.unwrap();
    let (at, _, settings) = store.params().last().unwrap();
    assert_eq!((at, settings), (&Position(69), &full));
    let compressed: Vec<u32> = store.events().iter().map(|event| event.seen).collect();
    assert_eq!(compressed, [48, 64]);
}

/// In score order the last slots are the newest tokens only as far as the window that was in force.
#[test]
fn a_run_that_is_held_tells_what_comes_into_force_and_is_silent_then() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.rkvt");
    let (model, held) = Scripted::held_at(60);
    let engine = engine(model);
    let recorded = RunRequest {
        record_to: Some(path.clone()),
        ..request(2000)
    };
    start(&engine, recorded);
    held.meanwhile(|| engine.send(EngineCommand::Pause(RUN)).unwrap());
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.states.contains(&RunState::Paused));
    let full = CacheSettings {
        policy: "full".to_owned(),
        ..slots(32, 16)
    };
    steer(&engine, full.clone());
    let in_force = |s: &Seen| s.store.as_ref().is_some_and(|s| !s.params().is_empty());
    seen.until(&engine, in_force);
    let store = seen.store.unwrap();
    assert_eq!(store.latest().settings(), &full);
    // Nothing comes any more, longer than a speed is sampled for; and the file has all of it.
    assert!(engine.recv_timeout(Duration::from_millis(1200)).is_none());
    let loaded = rkv_scope::trace::load(&rkv_scope::trace::unfinished(&path)).unwrap();
    assert_eq!(loaded.store.tokens().len(), store.tokens().len());
    assert_eq!(loaded.store.params().len(), 1);
    assert_eq!(loaded.store.events().len(), store.events().len());
}

#[test]
fn a_window_widened_in_score_order_keeps_the_newest_tokens() {
    let narrow = CacheSettings {
        budget: 64,
        buffer: 16,
        window: 8,
        order: SlotOrder::Reference,
        ..CacheSettings::default()
    };
    let wide = CacheSettings {
        window: 48,
        ..narrow.clone()
    };
    // Past two compressions, which have put the slots in that order.
    let (model, held) = Scripted::held_at(80);
    let engine = engine(model);
    start(
        &engine,
        RunRequest {
            settings: narrow,
            ..request(300)
        },
    );
    held.meanwhile(|| steer(&engine, wide));
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.finished().is_some());
    let store = seen.store.unwrap();
    let narrow = store.events().iter().filter(|event| event.window == 8);
    assert_eq!(narrow.count(), 2);
    let mut widened = store.events().iter().filter(|event| event.window == 48);
    let first = widened.next().expect("the change was taken up");
    for event in std::iter::once(first).chain(widened) {
        let newest = event.seen - event.window..event.seen;
        let gone = event.evicted.iter().flatten();
        assert_eq!(gone.filter(|p| newest.contains(p)).count(), 0, "{event:?}");
    }
}

#[test]
fn a_larger_budget_takes_effect_beyond_the_first_capacity() {
    let (model, held) = Scripted::held_at(40);
    let engine = engine(model);
    start(&engine, request(400));
    held.meanwhile(|| steer(&engine, slots(200, 64)));
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.finished().is_some());
    let store = seen.store.unwrap();
    assert_eq!(store.events().last().unwrap().slots_before[0], 264);
    assert_eq!(seen.failures, Vec::<String>::new());
}
