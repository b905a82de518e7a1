//! The cache's length as a polyline: two corners per compression, thinned where pixels are fewer.

use egui_plot::PlotPoint;

use crate::config::CacheSettings;
use crate::policy::{Param, find};
use crate::trace::TraceStore;

/// Where no run reaches.
const BEYOND: f64 = u32::MAX as f64;

/// Corners of the sawtooth: tokens seen against slots per head (mean over layers).
pub fn sawtooth(store: &TraceStore) -> Vec<PlotPoint> {
    let mut corners = vec![PlotPoint::new(0.0, 0.0)];
    for event in store.events() {
        let seen = f64::from(event.seen);
        corners.push(PlotPoint::new(seen, event.mean_slots_before()));
        corners.push(PlotPoint::new(seen, event.mean_slots_after()));
    }
    let end = store.latest();
    corners.push(PlotPoint::new(end.cursor() as f64, end.slots()));
    corners
}

/// The part of a polyline in sight, at most four corners a pixel: first, lowest, highest, last.
pub fn thin(corners: &[PlotPoint], (from, to): (f64, f64), pixels: usize) -> Vec<PlotPoint> {
    let start = corners.partition_point(|p| p.x < from).saturating_sub(1);
    let end = (corners.partition_point(|p| p.x <= to) + 1).min(corners.len());
    let sight = &corners[start.min(end)..end];
    if sight.len() <= 4 * pixels.max(1) {
        return sight.to_vec();
    }
    let pixel = |p: &PlotPoint| ((p.x - from) / (to - from) * pixels as f64).floor() as i64;
    let mut thinned = vec![];
    for column in sight.chunk_by(|a, b| pixel(a) == pixel(b)) {
        let (first, last) = (column[0], column[column.len() - 1]);
        let by_height = |a: &&PlotPoint, b: &&PlotPoint| a.y.total_cmp(&b.y);
        let low = column.iter().min_by(by_height).copied().unwrap_or(first);
        let high = column.iter().max_by(by_height).copied().unwrap_or(first);
        thinned.extend([first, low, high, last]);
    }
    thinned
}

/// The part of a polyline within a range, cut at its ends: dots and dashes are laid out over the whole of a line, whatever
/// is in sight of it.
pub fn cut(line: &[PlotPoint], (from, to): (f64, f64)) -> Vec<PlotPoint> {
    let mut inside: Vec<PlotPoint> = vec![];
    for pair in line.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        if b.x < from || a.x > to {
            continue;
        }
        let at = |p: PlotPoint| {
            let x = p.x.clamp(from, to);
            if x == p.x {
                return p;
            }
            // Only where the two are apart is one of them outside.
            PlotPoint::new(x, a.y + (x - a.x) / (b.x - a.x) * (b.y - a.y))
        };
        if inside.is_empty() {
            inside.push(at(a));
        }
        inside.push(at(b));
    }
    inside
}

/// Steps of a limit over the run, as settings change: a line for each stretch under a policy that has a budget. The last
/// one goes on beyond the run, for longer ones beside it.
pub fn limit(store: &TraceStore, of: impl Fn(&CacheSettings) -> u32) -> Vec<Vec<PlotPoint>> {
    let height = |settings: &CacheSettings| has_budget(settings).then(|| f64::from(of(settings)));
    let mut lines = vec![];
    let mut line: Vec<PlotPoint> = vec![];
    let mut now = height(&store.header().settings);
    let mut at = 0.0;
    let ends = store
        .params()
        .iter()
        .map(|(until, _, settings)| (f64::from(until.0), Some(settings)));
    for (until, next) in ends.chain([(BEYOND, None)]) {
        match now {
            Some(y) => line.extend([PlotPoint::new(at, y), PlotPoint::new(until, y)]),
            None if line.is_empty() => {}
            None => lines.push(std::mem::take(&mut line)),
        }
        at = until;
        now = next.and_then(height);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// Whether settings bound the cache at all.
pub fn has_budget(settings: &CacheSettings) -> bool {
    find(&settings.policy).map_or(true, |policy| policy.params.contains(&Param::Budget))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_peaks_and_order() {
        let corners: Vec<PlotPoint> = (0..10_000)
            .map(|i| {
                PlotPoint::new(
                    f64::from(i),
                    if i == 5000 { 99.0 } else { f64::from(i % 2) },
                )
            })
            .collect();
        let thinned = thin(&corners, (0.0, 10_000.0), 100);
        assert!(thinned.len() <= 400 + 4);
        assert!(
            thinned.iter().any(|p| p.y == 99.0),
            "a peak of one corner survives"
        );
        assert!(thinned.first().unwrap().x <= 0.0 && thinned.last().unwrap().x >= 9999.0);
    }

    #[test]
    fn what_is_out_of_sight_is_left_out_but_for_a_corner_on_each_side() {
        let corners: Vec<PlotPoint> = (0..100)
            .map(|i| PlotPoint::new(f64::from(i), 1.0))
            .collect();
        let sight = thin(&corners, (40.5, 50.5), 500);
        assert_eq!(sight.first().unwrap().x, 40.0);
        assert_eq!(sight.last().unwrap().x, 51.0);
    }

    #[test]
    fn a_line_is_cut_where_it_leaves_the_sight() {
        let line = [[0.0, 0.0], [10.0, 10.0], [10.0, 4.0], [1.0e9, 4.0]].map(PlotPoint::from);
        let cut = |range| -> Vec<[f64; 2]> {
            let points = cut(&line, range);
            points.into_iter().map(|p| [p.x, p.y]).collect()
        };
        let teeth = [[5.0, 5.0], [10.0, 10.0], [10.0, 4.0], [20.0, 4.0]];
        assert_eq!(cut((5.0, 20.0)), teeth);
        assert_eq!(cut((12.0, 20.0)), [[12.0, 4.0], [20.0, 4.0]]);
        assert_eq!(cut((10.0, 20.0))[..2], [[10.0, 10.0], [10.0, 10.0]]);
        assert_eq!(cut((2.0e9, 3.0e9)), [[0.0; 2]; 0]);
    }
}
