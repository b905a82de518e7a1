//! A run from start to end: records, seeds, pauses, text.

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
    let engine = engine(Scripted {
        delay: Duration::from_millis(3),
        ..Scripted::new()
    });
    start(&engine, sampled());
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.tokens() > 30);
    engine.send(EngineCommand::Pause(RUN)).unwrap();
    seen.until(&engine, |s| s.states.contains(&RunState::Paused));
    // A stop meant for another run interrupts a step and must change nothing.
    engine.send(EngineCommand::Resume(RUN)).unwrap();
    engine.send(EngineCommand::Stop(RunId(99))).unwrap();
    seen.until(&engine, |s| s.finished().is_some());
    assert_eq!(seen.store.unwrap().tokens().ids(), plain);
}

#[test]
fn stop_is_felt_during_prefill() {
    let engine = engine(Scripted {
        delay: Duration::from_secs(30),
        ..Scripted::new()
    });
    start(&engine, request(10));
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.states.contains(&RunState::Prefill));
    engine.send(EngineCommand::Stop(RUN)).unwrap();
    seen.until(&engine, |s| s.finished().is_some());
    assert_eq!(seen.finished(), Some(&FinishReason::Stopped));
    assert_eq!(seen.tokens(), 0);
}

#[test]
fn pause_holds_and_step_decodes_just_so_many() {
    let engine = engine(Scripted::new());
    let mut first = request(100_000);
    first.sampling.max_tokens = 3000;
    start(&engine, first);
    let mut seen = Seen::default();
    engine.send(EngineCommand::Pause(RUN)).unwrap();
    seen.until(&engine, |s| s.states.contains(&RunState::Paused));
    let before = {
        seen.until(&engine, |s| s.store.is_some());
        std::thread::sleep(Duration::from_millis(60));
        while let Some(EngineEvent::Records { batch, .. }) = engine.try_recv() {
            for record in batch {
                seen.store.as_mut().unwrap().apply(record).unwrap();
            }
        }
        seen.tokens()
    };
    let paused = seen.states.len();
    // The prompt may not have been read when the pause came: a step reads it, then decodes.
    engine
        .send(EngineCommand::Step {
            run: RUN,
            tokens: 3,
        })
        .unwrap();
    seen.until(&engine, |s| s.states[paused..].contains(&RunState::Paused));
    let prompt = seen.store.as_ref().unwrap().header().prompt_tokens as usize;
    seen.until(&engine, |s| s.tokens() >= before.max(prompt) + 3);
    assert_eq!(seen.tokens(), before.max(prompt) + 3);
}

#[test]
fn the_time_of_a_pause_is_not_the_runs() {
    let engine = engine(Scripted {
        delay: Duration::from_millis(2),
        ..Scripted::new()
    });
    let began = Instant::now();
    start(&engine, request(60));
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.tokens() > 30);
    engine.send(EngineCommand::Pause(RUN)).unwrap();
    seen.until(&engine, |s| s.states.contains(&RunState::Paused));
    let held = Instant::now();
    std::thread::sleep(Duration::from_millis(600));
    let held = held.elapsed().as_secs_f32();
    engine.send(EngineCommand::Resume(RUN)).unwrap();
    seen.until(&engine, |s| s.finished().is_some());
    let worked = began.elapsed().as_secs_f32() - held;
    let store = seen.store.unwrap();
    let (at, _, seconds) = store.end().unwrap();
    // The engine tells that it pauses a moment before it does.
    assert!(*seconds < worked + 0.1, "{seconds} s, worked {worked} s");
    assert!(*seconds > 0.06, "{seconds} s for 60 steps of 2 ms");
    let last = store.tokens().micros(Position(at.0 - 1));
    assert!(last as f32 / 1e6 <= *seconds, "{last} µs, {seconds} s");
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
    let model = Scripted {
        delay: Duration::from_millis(5),
        ..Scripted::new()
    };
    let forwards = Arc::clone(&model.forwards);
    let engine = engine(model);
    start(&engine, request(100_000));
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.tokens() > 10);
    drop(engine);
    let after = forwards.load(Ordering::SeqCst);
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(forwards.load(Ordering::SeqCst), after);
}
