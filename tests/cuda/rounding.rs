//! What rounding may tell apart between a device and the host.

use std::collections::BTreeMap;

use rkv_scope::config::SlotOrder;
use rkv_scope::trace::{Component, CompressionRecord, Position};

/// What decides over each candidate of a head.
pub type Worth = BTreeMap<Position, f64>;

/// Over those that hold a token.
pub fn mean(of: &[Worth]) -> Worth {
    let mut sums: BTreeMap<Position, (f64, f64)> = BTreeMap::new();
    for (&position, &score) in of.iter().flatten() {
        let (sum, count) = sums.entry(position).or_default();
        *sum += score;
        *count += 1.0;
    }
    let average = |(position, (sum, count)): (Position, (f64, f64))| (position, sum / count);
    sums.into_iter().map(average).collect()
}

/// Whether a kernel and the host may rank these scores differently: `check.cpp` holds it to as much.
pub fn next_to_the_same(a: f64, b: f64) -> bool {
    (a - b).abs() <= 3e-7 + 6e-5 * a.abs()
}

/// Tokens that only the first list has, each beside one that only the second has; in the published order also tokens in
/// each other's places.
pub fn exchanged(
    ours: &[Position],
    theirs: &[Position],
    order: SlotOrder,
) -> Vec<(Position, Position)> {
    let only = |these: &[Position], those: &[Position]| -> Vec<Position> {
        let missing = |position: &Position| !those.contains(position);
        these.iter().copied().filter(missing).collect()
    };
    let (ours, theirs) = match order {
        SlotOrder::Reference => (ours.to_vec(), theirs.to_vec()),
        SlotOrder::Time => (only(ours, theirs), only(theirs, ours)),
    };
    let pairs = ours.into_iter().zip(theirs);
    pairs.filter(|(ours, theirs)| ours != theirs).collect()
}

/// Each block of recorded scores within a kernel's rounding and the two bytes that a score is kept in.
pub fn assert_scores_alike(host: &CompressionRecord, device: &CompressionRecord) {
    let components = |record: &CompressionRecord| -> Vec<Component> {
        let blocks = record.scores.iter();
        blocks.map(|block| block.component).collect()
    };
    assert_eq!(components(device), components(host));
    for (host, device) in host.scores.iter().zip(&device.scores) {
        let component = host.component;
        let kernel = if component == Component::Redundancy {
            1e-5
        } else {
            1e-4
        };
        assert_eq!(device.rows(), host.rows(), "{component:?}");
        for row in 0..host.rows() {
            let [want, found] =
                [host, device].map(|block| block.row(row).map(f64::from).collect::<Vec<f64>>());
            assert_eq!(found.len(), want.len(), "{component:?}");
            let most = want.iter().copied().fold(f64::MIN, f64::max);
            let least = want.iter().copied().fold(f64::MAX, f64::min);
            // A row's scores are 65535 steps of their logarithm apart; those of either sign come from no kernel.
            let step = (most / least).ln() / 65535.0;
            let relative = if least > 0.0 {
                kernel + 1.5 * step
            } else {
                0.0
            };
            for (found, want) in found.iter().zip(&want) {
                assert!(
                    (found - want).abs() <= relative * want.abs(),
                    "{component:?} in row {row}: {found}, not {want}"
                );
            }
        }
    }
}
