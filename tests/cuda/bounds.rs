//! Requests that reach beyond a cache's memory: kernels would carry them out.

use std::sync::Arc;

use candle_core::{DType, Tensor};
use rkv_scope::kernels::cuda::compression::KeepOrder;
use rkv_scope::kernels::cuda::decode::NewTokens;
use rkv_scope::kernels::cuda::{Accelerator, AcceleratorError, Element};
use rkv_scope::model::CacheShape;
use rkv_scope::model::device_cache::{Choice, DeviceCache, DeviceScore, Question, Wanted};

use super::accelerators::on_each_device;
use super::device_cache::no_rotation;

on_each_device!(
    what_reaches_beyond_the_cache_is_refused,
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

fn what_reaches_beyond_the_cache_is_refused<A: Accelerator + 'static>(accelerator: Arc<A>) {
    let mut cache = DeviceCache::new(Arc::clone(&accelerator), SHAPE, BATCH, Element::F32).unwrap();
    cache.clear().unwrap();
    let (_memory, constants) = no_rotation(&*accelerator, SHAPE.head_dim);
    let width = (SHAPE.query_heads + 2 * SHAPE.kv_heads) * SHAPE.head_dim;
    let mut append = |layer: usize, width: usize, change: fn(&mut NewTokens)| {
        let mut new = NewTokens {
            batch: BATCH,
            tokens: 12,
            held: 0,
            seen: 0,
            ring: cache.ring(),
            ring_next: 0,
            remember: SHAPE.window,
        };
        change(&mut new);
        let rows = (BATCH * 12, width);
        let rows = Tensor::ones(rows, DType::F32, accelerator.device()).unwrap();
        cache
            .append_and_attend(layer, &rows, &new, &constants)
            .map(drop)
            .map_err(|error| AcceleratorError::of_tensors(&error).unwrap())
    };
    for layer in 0..SHAPE.layers {
        append(layer, width, |_| {}).unwrap();
    }
    let refused = [
        (append(2, width, |_| {}), "fewer layers"),
        (append(0, width - 32, |_| {}), "other sizes"),
        (append(0, width, |new| new.tokens = 0), "none"),
        (append(0, width, |new| new.tokens = 13), "other sizes"),
        (append(0, width, |new| new.batch = 3), "number of sequences"),
        (append(0, width, |new| new.held = 1), "no slots"),
        (append(0, width, |new| new.held = usize::MAX), "no slots"),
        (
            append(0, width, |new| new.ring = 8),
            "a row that it has not",
        ),
        (
            append(0, width, |new| new.ring_next = 6),
            "a row that it has not",
        ),
        (append(0, width, |new| new.remember = 7), "than it has rows"),
    ];
    for (result, reason) in refused {
        let error = result.unwrap_err();
        assert!(why(&error).contains(reason), "{error} should say {reason}");
    }

    let before = cache.read_layer(1).unwrap();
    let changed = |change: fn(&mut Question)| {
        let mut question = question();
        change(&mut question);
        question
    };
    let questions = [
        (changed(|q| q.held = 13), "more slots"),
        (changed(|q| q.window = 12), "no candidates"),
        (changed(|q| q.queries = (6, 1)), "more queries"),
        (changed(|q| q.queries = (0, 7)), "more queries"),
        (changed(|q| q.queries = (0, 0)), "no queries"),
        (
            changed(|q| q.choice.as_mut().unwrap().kept = 2),
            "less than the window",
        ),
        (
            changed(|q| q.choice.as_mut().unwrap().kept = 13),
            "more than it holds",
        ),
    ];
    for (question, reason) in questions {
        let Err(error) = cache.decide(&question) else {
            panic!("{question:?} was answered");
        };
        assert!(why(&error).contains(reason), "{error} should say {reason}");
        let error = cache
            .compress(&question, &question.choice.unwrap())
            .unwrap_err();
        assert!(why(&error).contains(reason), "{error} should say {reason}");
    }
    let rows = SHAPE.layers * BATCH * SHAPE.kv_heads;
    for (keep, reason) in [
        (vec![0; rows * 2 - 1], "another length"),
        (vec![12; rows * 2], "beyond its last"),
    ] {
        let error = cache.compact(&keep, 2).unwrap_err();
        assert!(why(&error).contains(reason), "{error} should say {reason}");
    }
    why(&cache.read_layer(2).unwrap_err());
    why(&cache.read_queries(2).unwrap_err());
    why(&cache.resized(20, 13).unwrap_err());
    why(&cache.resized(8, 9).unwrap_err());
    why(&cache.fill_keys(&[0.0; 32]).unwrap_err());
    assert_eq!(cache.read_layer(1).unwrap(), before);

    // The same cache still answers what it can be asked.
    let answer = cache.decide(&question()).unwrap();
    assert_eq!(answer.keep.len(), rows * 6);
    cache.compact(&answer.keep, 6).unwrap();
}

fn shapes_that_no_cache_has_are_refused<A: Accelerator + 'static>(accelerator: Arc<A>) {
    let changed = |change: fn(&mut CacheShape)| {
        let mut shape = SHAPE;
        change(&mut shape);
        shape
    };
    for (shape, batch, reason) in [
        (changed(|s| s.kv_heads = 0), 1, "nought"),
        (changed(|s| s.window = 0), 1, "nought"),
        (SHAPE, 0, "nought"),
        (changed(|s| s.kv_heads = 3), 1, "no multiple"),
    ] {
        let made = DeviceCache::new(Arc::clone(&accelerator), shape, batch, Element::F16);
        let error = made.unwrap_err();
        assert!(why(&error).contains(reason), "{error} should say {reason}");
    }
}
