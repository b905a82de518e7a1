//! Near duplicates at the edge of what counts as one.

use std::sync::Arc;

use rkv_scope::kernels::cuda::{Accelerator, Element};
use rkv_scope::model::CacheShape;
use rkv_scope::model::device_cache::{DeviceCache, DeviceScore, Question, Wanted};

use super::accelerators::on_each_device;

on_each_device!(a_cosine_of_just_the_threshold_makes_no_near_duplicate);

/// Keys along axes of their own and one of zeros: every cosine is the threshold to the bit.
fn a_cosine_of_just_the_threshold_makes_no_near_duplicate<A: Accelerator + 'static>(
    accelerator: Arc<A>,
) {
    let d = 80;
    for element in [Element::F32, Element::F16, Element::Bf16] {
        for n in [3, 33, 71] {
            let mut keys = vec![0f32; n * d];
            for i in (0..n).filter(|&i| i != 1) {
                keys[i * d + i] = if i % 2 == 0 { 2.0 } else { -0.5 };
            }
            let shape = CacheShape {
                layers: 1,
                query_heads: 1,
                kv_heads: 1,
                head_dim: d,
                capacity: n,
                window: 1,
            };
            let mut cache = DeviceCache::new(Arc::clone(&accelerator), shape, 1, element).unwrap();
            cache.clear().unwrap();
            cache.fill_keys(&keys).unwrap();
            let question = Question {
                held: n,
                window: 1,
                queries: (0, 1),
                score: DeviceScore::RKv {
                    lambda: 0.1,
                    threshold: 0.0,
                    pool: 7,
                },
                choice: None,
                wanted: Wanted::Parts,
            };
            let told = (cache.decide(&question).unwrap().told)().unwrap();
            assert_eq!(told.newest, vec![-1; n], "{element:?}");
            let even = 1.0 / n as f32;
            assert!(
                told.redundancy
                    .iter()
                    .all(|share| (share - even).abs() < 1e-6),
                "{element:?}: one of {n} is spared, or blamed: {:?}",
                told.redundancy
            );
        }
    }
}
