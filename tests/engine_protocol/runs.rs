//! A run from start to end: records, seeds, pauses, text.

use rkv_scope::engine::generation::{Advance, Generation, GenerationRequest};
use rkv_scope::trace::Position;

use super::*;

#[test]
fn a_run_streams_records_that_rebuild_it() {
    let engine = engine(Scripted::new());
    start(&engine, request(200));
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.finished().is_some());
    assert_eq!(seen.finished(), Some(&FinishReason::MaxTokens));
    let store = seen.store.unwrap();
    assert_eq!(
        store.tokens().len(),
        store.header().prompt_tokens as usize + 200
    );
    assert!(store.events().len() >= 10);
    assert!(
        store
            .events()
            .iter()
            .all(|e| e.slots_before.iter().all(|&n| n == 48))
    );
    assert_eq!(
        store.latest().slots().round() as u32,
        store.latest().slots() as u32
    );
}

#[test]
fn the_same_seed_gives_the_same_tokens_through_pauses_and_interruptions() {
    let sampled = || {
        let mut request = request(60);
        request.sampling.temperature = 0.9;
        request.sampling.seed = 5;
        request
    };
    let plain = {
        let engine = engine(Scripted::new());
        start(&engine, sampled());
        let mut seen = Seen::default();
        seen.until(&engine, |s| s.finished().is_some());
        seen.store.unwrap().tokens().ids().to_vec()
    };
    let (model, held) = Scripted::held_at(31);
    let forwards = Arc::clone(&model.forwards);
    let engine = engine(model);
    start(&engine, sampled());
    held.meanwhile(|| engine.send(EngineCommand::Pause(RUN)).unwrap());
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.states.contains(&RunState::Paused));
    // A stop meant for another run interrupts a step and must change nothing.
    engine.send(EngineCommand::Stop(RunId(99))).unwrap();
    engine.send(EngineCommand::Resume(RUN)).unwrap();
    seen.until(&engine, |s| s.finished().is_some());
    assert_eq!(seen.store.unwrap().tokens().ids(), plain);
    let passes = forwards.load(Ordering::SeqCst);
    assert_eq!(passes, 1 + 60 + 1, "prompt, tokens, and an interrupted one");
}

#[test]
fn stop_is_felt_during_prefill() {
    let (model, held) = Scripted::held_at(0);
    let engine = engine(model);
    start(&engine, request(10));
    held.meanwhile(|| engine.send(EngineCommand::Stop(RUN)).unwrap());
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.finished().is_some());
    assert_eq!(seen.finished(), Some(&FinishReason::Stopped));
    assert_eq!(seen.tokens(), 0);
}

#[test]
fn pause_holds_and_step_decodes_just_so_many() {
    // Of the longer prompt the cache has room for 48 tokens at first; a step reads the rest, then decodes.
    let long = "a long problem ".repeat(10);
    for (problem, forward, read, stepped) in [
        ("a problem of some length", 10, 24 + 10, 24 + 13),
        (long.as_str(), 0, 48, 150 + 3),
    ] {
        let (model, held) = Scripted::held_at(forward);
        let engine = engine(model);
        start(
            &engine,
            RunRequest {
                problem: problem.to_owned(),
                ..request(3000)
            },
        );
        held.meanwhile(|| engine.send(EngineCommand::Pause(RUN)).unwrap());
        let mut seen = Seen::default();
        seen.until(&engine, |s| s.states.contains(&RunState::Paused));
        assert_eq!(seen.tokens(), read, "{problem}");
        let paused = seen.states.len();
        engine
            .send(EngineCommand::Step {
                run: RUN,
                tokens: 3,
            })
            .unwrap();
        seen.until(&engine, |s| s.states[paused..].contains(&RunState::Paused));
        assert_eq!(seen.tokens(), stepped, "{problem}");
    }
}

#[test]
fn tokens_that_never_finish_a_character_are_shown_as_they_are_written() {
    let (mut model, held) = Scripted::held_at(41);
    let leaves_open = |id: &u32| {
        let mut stream = model.tokenizer.stream();
        stream.push(*id);
        stream.is_unfinished()
    };
    let half = (0..VOCAB as u32).find(leaves_open).unwrap();
    model.writes = vec![half; 80];
    let engine = engine(model);
    start(&engine, request(100));
    held.meanwhile(|| engine.send(EngineCommand::Pause(RUN)).unwrap());
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.states.contains(&RunState::Paused));
    let last = seen.tokens() - 24;
    assert!((40..=41).contains(&last), "{last} of 41, or but the last");
    assert!(!seen.store.unwrap().events().is_empty());
}

#[test]
fn the_time_of_a_pause_is_not_the_runs() {
    let mut model = Scripted::new();
    let RunRequest {
        problem,
        settings,
        sampling,
        level,
        ..
    } = request(20);
    let request = GenerationRequest {
        problem,
        settings,
        sampling,
        level,
    };
    let mut run = Generation::begin(&mut model, request).unwrap();
    let go = AtomicBool::new(false);
    for _ in 0..10 {
        run.advance(&go).unwrap();
    }
    assert!(run.times().1 > Duration::ZERO);
    // Longer than all its work, so that nothing is left of the time since it began.
    run.leave_out(Duration::from_hours(1));
    while !matches!(run.advance(&go).unwrap(), Advance::Finished(_)) {}
    assert_eq!(run.times().1, Duration::ZERO);
    let mut store = TraceStore::new(run.header().clone());
    for record in run.take_records() {
        store.apply(record).unwrap();
    }
    let (at, _, seconds) = store.end().unwrap();
    assert_eq!(*seconds, 0.0);
    assert_eq!(store.tokens().micros(Position(at.0 - 1)), 0);
}

#[test]
fn bytes_of_an_unfinished_character_at_the_end_are_not_lost() {
    let mut model = Scripted::new();
    let half = model.tokenizer.encode("é", TextStart::AsWritten).unwrap()[0];
    let letter = model.tokenizer.encode("x", TextStart::AsWritten).unwrap()[0];
    model.writes = vec![letter, half];
    let engine = engine(model);
    start(&engine, request(50));
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.finished().is_some());
    assert_eq!(seen.finished(), Some(&FinishReason::EndOfText));
    let store = seen.store.unwrap();
    let written = store.header().prompt_tokens as usize..store.tokens().len();
    assert_eq!(store.tokens().text_of(written), "x\u{fffd}");
}

#[test]
fn dropping_the_handle_ends_the_thread() {
    // The run would not end by itself.
    let model = Scripted {
        context: u32::MAX,
        ..Scripted::new()
    };
    let forwards = Arc::clone(&model.forwards);
    let engine = engine(model);
    start(&engine, request(1 << 30));
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.tokens() > 10);
    drop(engine);
    assert_eq!(Arc::strong_count(&forwards), 1, "the model went with it");
}

#[test]
fn a_thread_that_nobody_waits_for_ends_with_what_it_is_doing() {
    let (model, held) = Scripted::held_at(5);
    let forwards = Arc::clone(&model.forwards);
    let engine = engine(model);
    start(&engine, request(1000));
    held.meanwhile(|| {
        engine.let_go();
        assert_eq!(Arc::strong_count(&forwards), 2, "it is still at work");
    });
    let deadline = Instant::now() + Duration::from_mins(1);
    while Arc::strong_count(&forwards) > 1 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(Arc::strong_count(&forwards), 1);
    assert!(forwards.load(Ordering::SeqCst) < 10, "a step or two more");
}
