//! Requests that reach beyond a cache's memory: kernels would carry them out.

use std::sync::Arc;

use candle_core::Tensor;
use rkv_scope::kernels::cuda::compression::KeepOrder;
use rkv_scope::kernels::cuda::decode::NewTokens;
use rkv_scope::kernels::cuda::{Accelerator, AcceleratorError, Element, MOST_WINDOW};
use rkv_scope::model::CacheShape;
use rkv_scope::model::device_cache::{Choice, DeviceCache, DeviceScore, Question, Wanted};

use super::accelerators::on_each_device;
use super::device_cache::no_rotation;

on_each_device!(
    what_reaches_beyond_the_cache_is_refused,
    more_queries_than_the_kernels_take_are_refused,
    shapes_that_no_cache_has_are_refused,
);

const SHAPE: CacheShape = CacheShape {
    layers: 2,
    query_heads: 4,
    kv_heads: 2,
    head_dim: 32,
    capacity: 12,
    window: 3,
};
const BATCH: usize = 2;

fn why(error: &AcceleratorError) -> &str {
    match error {
        AcceleratorError::Beyond { why, .. } => why,
        other => panic!("{other}"),
    }
}

fn assert_says(error: &AcceleratorError, reason: &str) {
    assert!(why(error).contains(reason), "{error} should say {reason}");
}

fn changed<T>(mut of: T, change: fn(&mut T)) -> T {
    change(&mut of);
    of
}

fn question() -> Question {
    Question {
        held: 12,
        window: 3,
        queries: (0, 3),
        score: DeviceScore::Importance { pool: 7 },
        choice: Some(Choice {
            kept: 6,
            protect: 0,
            order: KeepOrder::Slots,
        }),
        wanted: Wanted::Nothing,
    }
}

/// What is in every layer.
fn contents<A: Accelerator + 'static>(cache: &DeviceCache<A>) -> Vec<Vec<f32>> {
    let of_layer = |layer: usize| {
        let (keys, values) = cache.read_layer(layer).unwrap();
        [keys, values, cache.read_queries(layer).unwrap()]
    };
    (0..SHAPE.layers).flat_map(of_layer).collect()
}

fn what_reaches_beyond_the_cache_is_refused<A: Accelerator + 'static>(accelerator: Arc<A>) {
    let mut cache = DeviceCache::new(Arc::clone(&accelerator), SHAPE, BATCH, Element::F32).unwrap();
    cache.clear().unwrap();
    let (_memory, constants) = no_rotation(&*accelerator, SHAPE.head_dim);
    let width = (SHAPE.query_heads + 2 * SHAPE.kv_heads) * SHAPE.head_dim;
    let append =
        |cache: &mut DeviceCache<A>, layer: usize, width: usize, change: fn(&mut NewTokens)| {
            let new = NewTokens {
                batch: BATCH,
                tokens: 12,
                held: 0,
                seen: 0,
                ring: cache.ring(),
                ring_next: 0,
                remember: SHAPE.window,
            };
            let new = changed(new, change);
            let count = BATCH * 12;
            let numbers: Vec<f32> = (0..count * width)
                .map(|i| (i * 7 % 31) as f32 / 31.0)
                .collect();
            let rows = Tensor::from_vec(numbers, (count, width), accelerator.device()).unwrap();
            cache
                .append_and_attend(layer, &rows, &new, &constants)
                .map(drop)
                .map_err(|error| AcceleratorError::of_tensors(&error).unwrap())
        };
    for layer in 0..SHAPE.layers {
        append(&mut cache, layer, width, |_| {}).unwrap();
    }
    let before = contents(&cache);
    let mut asked = |layer: usize, width: usize, change: fn(&mut NewTokens)| {
        append(&mut cache, layer, width, change)
    };
    let refused = [
        (asked(2, width, |_| {}), "fewer layers"),
        (asked(0, width - 32, |_| {}), "other sizes"),
        (asked(0, width, |new| new.tokens = 0), "none"),
        (asked(0, width, |new| new.tokens = 13), "other sizes"),
        (
            asked(0, width, |new| new.tokens = usize::MAX),
            "other sizes",
        ),
        (asked(0, width, |new| new.batch = 3), "number of sequences"),
        (asked(0, width, |new| new.held = 1), "no slots"),
        (asked(0, width, |new| new.held = usize::MAX), "no slots"),
        (asked(0, width, |new| new.ring = 8), "a row that it has not"),
        (
            asked(0, width, |new| new.ring_next = 6),
            "a row that it has not",
        ),
        (asked(0, width, |new| new.remember = 7), "than it has rows"),
    ];
    for (result, reason) in refused {
        let error = result.unwrap_err();
        assert_says(&error, reason);
    }

    let questions = [
        (changed(question(), |q| q.held = 13), "more slots"),
        (changed(question(), |q| q.window = 12), "no candidates"),
        (changed(question(), |q| q.queries = (6, 1)), "more queries"),
        (changed(question(), |q| q.queries = (0, 7)), "more queries"),
        (changed(question(), |q| q.queries = (0, 0)), "no queries"),
        (
            changed(question(), |q| q.choice.as_mut().unwrap().kept = 2),
            "less than the window",
        ),
        (
            changed(question(), |q| q.choice.as_mut().unwrap().kept = 13),
            "more than it holds",
        ),
    ];
    for (question, reason) in questions {
        let Err(error) = cache.decide(&question) else {
            panic!("{question:?} was answered");
        };
        assert_says(&error, reason);
        let error = cache
            .compress(&question, &question.choice.unwrap())
            .unwrap_err();
        assert_says(&error, reason);
    }
    let rows = SHAPE.layers * BATCH * SHAPE.kv_heads;
    for (keep, reason) in [
        (vec![0; rows * 2 - 1], "another length"),
        (vec![12; rows * 2], "beyond its last"),
    ] {
        let error = cache.compact(&keep, 2).unwrap_err();
        assert_says(&error, reason);
    }
    why(&cache.read_layer(2).unwrap_err());
    why(&cache.read_queries(2).unwrap_err());
    why(&cache.resized(20, 13).unwrap_err());
    why(&cache.resized(8, 9).unwrap_err());
    why(&cache.fill_keys(&[0.0; 32]).unwrap_err());
    assert_eq!(contents(&cache), before);

    // The same cache still answers what it can be asked.
    let answer = cache.decide(&question()).unwrap();
    assert_eq!(answer.keep.len(), rows * 6);
    cache.compact(&answer.keep, 6).unwrap();
}

fn shapes_that_no_cache_has_are_refused<A: Accelerator + 'static>(accelerator: Arc<A>) {
    for (shape, batch, reason) in [
        (changed(SHAPE, |s| s.kv_heads = 0), 1, "nought"),
        (changed(SHAPE, |s| s.window = 0), 1, "nought"),
        (SHAPE, 0, "nought"),
        (changed(SHAPE, |s| s.kv_heads = 3), 1, "no multiple"),
        (changed(SHAPE, |s| s.capacity = 1 << 31), 1, "counted"),
        (changed(SHAPE, |s| s.layers = usize::MAX / 4), 1, "counted"),
    ] {
        let made = DeviceCache::new(Arc::clone(&accelerator), shape, batch, Element::F16);
        let error = made.unwrap_err();
        assert_says(&error, reason);
    }
}

fn more_queries_than_the_kernels_take_are_refused<A: Accelerator + 'static>(accelerator: Arc<A>) {
    let shape = CacheShape {
        window: MOST_WINDOW,
        ..SHAPE
    };
    let cache = DeviceCache::new(accelerator, shape, 1, Element::F32).unwrap();
    let asked = Question {
        queries: (0, MOST_WINDOW + 1),
        ..question()
    };
    let Err(error) = cache.decide(&asked) else {
        panic!("it was answered");
    };
    assert_says(&error, "more queries");
}
