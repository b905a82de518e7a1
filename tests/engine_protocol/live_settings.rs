//! Settings that change while a run goes on.

use super::*;

#[test]
fn a_storm_of_settings_ends_with_the_last_one_in_force() {
    let engine = engine(Scripted {
        delay: Duration::from_millis(2),
        ..Scripted::new()
    });
    start(&engine, request(150));
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.tokens() > 25);
    let mut sent = 0;
    for revision in 1..=1000u32 {
        let settings = CacheSettings {
            budget: 24 + revision % 40,
            buffer: 16,
            lambda: f64::from(revision) / 1000.0,
            ..CacheSettings::default()
        };
        if engine
            .send(EngineCommand::SetParams {
                run: RUN,
                revision,
                settings,
            })
            .is_ok()
        {
            sent = revision;
        }
    }
    seen.until(&engine, |s| s.finished().is_some());
    let store = seen.store.unwrap();
    let (_, revision, settings) = store.params().last().unwrap();
    assert_eq!(*revision, sent);
    assert_eq!(settings.lambda, f64::from(sent) / 1000.0);
    assert_eq!(store.events().last().unwrap().revision, sent);
}

#[test]
fn illegal_live_settings_are_refused_and_the_run_goes_on() {
    let engine = engine(Scripted {
        delay: Duration::from_millis(2),
        ..Scripted::new()
    });
    start(&engine, request(80));
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.tokens() > 25);
    let settings = CacheSettings {
        kernel: 6,
        ..CacheSettings::default()
    };
    steer(&engine, settings);
    seen.until(&engine, |s| s.finished().is_some());
    assert_eq!(seen.rejected, [1]);
    assert_eq!(seen.finished(), Some(&FinishReason::MaxTokens));
    assert!(seen.store.unwrap().params().is_empty());
}

/// The full cache has no compression at which a change could be taken up; it is recorded all the same.
#[test]
fn switching_to_the_full_cache_is_recorded_and_nothing_leaves_any_more() {
    let engine = engine(Scripted {
        delay: Duration::from_millis(2),
        ..Scripted::new()
    });
    start(&engine, request(300));
    let mut seen = Seen::default();
    seen.until(&engine, |s| {
        s.store.as_ref().is_some_and(|s| s.events().len() >= 2)
    });
    let full = CacheSettings {
        policy: "full".to_owned(),
        ..request(0).settings
    };
    steer(&engine, full.clone());
    seen.until(&engine, |s| s.finished().is_some());
    let store = seen.store.unwrap();
    let (at, _, settings) = store.params().last().unwrap();
    assert_eq!(settings, &full);
    assert!(store.events().iter().all(|event| event.seen <= at.0));
}

/// In score order the last slots are the newest tokens only as far as the window that was in force.
#[test]
fn a_window_widened_in_score_order_keeps_the_newest_tokens() {
    let engine = engine(Scripted {
        delay: Duration::from_millis(2),
        ..Scripted::new()
    });
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
    start(
        &engine,
        RunRequest {
            settings: narrow,
            ..request(300)
        },
    );
    let mut seen = Seen::default();
    seen.until(&engine, |s| {
        s.store.as_ref().is_some_and(|s| s.events().len() >= 2)
    });
    steer(&engine, wide);
    seen.until(&engine, |s| s.finished().is_some());
    let store = seen.store.unwrap();
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
    let engine = engine(Scripted {
        delay: Duration::from_millis(1),
        ..Scripted::new()
    });
    start(&engine, request(400));
    let mut seen = Seen::default();
    seen.until(&engine, |s| s.tokens() > 60);
    let settings = CacheSettings {
        budget: 200,
        buffer: 64,
        ..CacheSettings::default()
    };
    steer(&engine, settings);
    seen.until(&engine, |s| s.finished().is_some());
    let store = seen.store.unwrap();
    assert_eq!(store.events().last().unwrap().slots_before[0], 264);
    assert_eq!(seen.failures, Vec::<String>::new());
}
