//! What goes wrong, and what stays of a run then.

use super::*;

#[test]
fn a_panic_becomes_a_failure_and_what_was_recorded_stays() {
    let engine = engine(Scripted {
        panic_at: Some(40),
        ..Scripted::new()
    });
    start(&engine, request(500));
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.gone);
    assert_eq!(seen.failures.len(), 1);
    assert!(
        seen.failures[0].contains("the script says panic"),
        "{}",
        seen.failures[0]
    );
    assert!(
        !seen
            .states
            .contains(&RunState::Finished(FinishReason::MaxTokens))
    );
    assert!(seen.tokens() > 20);
}

#[test]
fn an_empty_problem_and_one_beyond_the_context_are_refused() {
    let engine = engine(Scripted::new());
    for (problem, needle) in [("  \n".to_owned(), "empty"), ("x".repeat(5000), "4096")] {
        start(
            &engine,
            RunRequest {
                problem,
                ..request(10)
            },
        );
        let mut seen = Seen::default();
        seen.until(&engine, |s| !s.failures.is_empty());
        assert!(seen.failures[0].contains(needle), "{}", seen.failures[0]);
    }
}

#[test]
fn a_front_end_that_does_not_listen_stalls_nothing_and_loses_nothing() {
    let model = Scripted::new();
    let forwards = Arc::clone(&model.forwards);
    let engine = engine(model);
    start(&engine, request(2000));
    let deadline = Instant::now() + Duration::from_mins(1);
    while forwards.load(Ordering::SeqCst) < 2001 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(forwards.load(Ordering::SeqCst), 2001, "nobody has listened");
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.finished().is_some());
    assert_eq!(seen.store.unwrap().tokens().len(), 24 + 2000);
}

#[test]
fn records_are_written_while_the_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.rkvt");
    let engine = engine(Scripted::new());
    start(
        &engine,
        RunRequest {
            record_to: Some(path.clone()),
            ..request(120)
        },
    );
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.finished().is_some());
    let loaded = rkv_scope::trace::load(&path).unwrap();
    assert!(loaded.problem.is_none());
    assert_eq!(loaded.store, seen.store.unwrap());
    assert!(matches!(
        loaded.store.end(),
        Some((_, FinishReason::MaxTokens, _))
    ));
}

#[test]
fn a_run_cut_short_does_not_take_the_place_of_an_older_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.rkvt");
    std::fs::write(&path, "an older run").unwrap();
    let (model, held) = Scripted::held_at(20);
    let engine = engine(model);
    let recorded = RunRequest {
        record_to: Some(path.clone()),
        ..request(2000)
    };
    start(&engine, recorded);
    held.meanwhile(|| engine.send(EngineCommand::Stop(RUN)).unwrap());
    let mut warned = None;
    loop {
        match engine.recv_timeout(Duration::from_secs(30)) {
            Some(EngineEvent::Warning { message, .. }) => warned = Some(message),
            Some(EngineEvent::State {
                state: RunState::Finished(reason),
                ..
            }) => {
                assert_eq!(reason, FinishReason::Stopped);
                break;
            }
            Some(_) => {}
            None => panic!("no event in half a minute"),
        }
    }
    assert_eq!(std::fs::read(&path).unwrap(), b"an older run");
    let part = rkv_scope::trace::unfinished(&path);
    let warned = warned.unwrap();
    assert!(warned.contains(part.to_str().unwrap()), "{warned}");
    let recorded = rkv_scope::trace::load(&part).unwrap().store;
    assert_eq!(recorded.tokens().len(), 24 + 19);
    assert!(matches!(
        recorded.end(),
        Some((_, FinishReason::Stopped, _))
    ));
}

#[test]
fn a_folder_that_cannot_be_written_is_a_warning_and_the_run_goes_on() {
    let engine = engine(Scripted::new());
    let path = std::path::PathBuf::from("/nonexistent-folder/run.rkvt");
    start(
        &engine,
        RunRequest {
            record_to: Some(path),
            ..request(30)
        },
    );
    let mut warned = None;
    let mut finished = false;
    while !finished {
        match engine.recv_timeout(Duration::from_secs(30)) {
            Some(EngineEvent::Warning { message, .. }) => warned = Some(message),
            Some(EngineEvent::State {
                state: RunState::Finished(reason),
                ..
            }) => {
                assert_eq!(reason, FinishReason::MaxTokens);
                finished = true;
            }
            Some(EngineEvent::Records { batch, .. }) => {
                assert!(batch.iter().all(|r| !matches!(
                    r,
                    TraceRecord::End {
                        reason: FinishReason::Failed(_),
                        ..
                    }
                )));
            }
            Some(_) => {}
            None => panic!("no event in half a minute"),
        }
    }
    let warned = warned.unwrap();
    assert!(warned.contains("/nonexistent-folder/run.rkvt"), "{warned}");
}

/// What is said of a model that is loaded in vain, after which the one before it still runs.
fn loading_in_vain(model: &str) -> String {
    let engine = engine(Scripted::new());
    engine
        .send(EngineCommand::LoadModel(model.to_owned()))
        .unwrap();
    start(&engine, request(4));
    let mut seen = Seen::default();
    seen.until(&engine, |seen| seen.finished().is_some());
    assert_eq!(seen.failures.len(), 1);
    assert!(seen.tokens() > 4);
    seen.failures.remove(0)
}

#[test]
fn a_model_that_is_not_there_leaves_the_loaded_one_in_place() {
    let failure = loading_in_vain("nowhere/at/all.gguf");
    assert!(failure.contains("nowhere/at/all.gguf"), "{failure}");
}

#[test]
fn a_model_that_cannot_be_used_leaves_the_loaded_one_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write(
        "tokenizer.json",
        include_bytes!("../../assets/reasoner/tokenizer.json"),
    );
    // Never looked at.
    write("model.safetensors", b"");
    for (config, needle) in [
        (&br#"{"model_type":"gemma3_text"}"#[..], "gemma3_text"),
        (
            br#"{"model_type":"qwen2","quantization_config":{"quant_method":"gptq"}}"#,
            "quantization_config",
        ),
    ] {
        write("config.json", config);
        let failure = loading_in_vain(folder.path().to_str().unwrap());
        assert!(failure.contains(needle), "{failure}");
    }
}
