//! K-means on keys: which few of many keys stand for the rest.

use super::dot::{dot, dot4};
use super::spread::spread;

/// Rounds of Lloyd's algorithm. Keys close in time are alike, so the start below is near the end.
const ROUNDS: usize = 2;

/// The members nearest to the centres of `count` clusters of `keys[members]`, ascending; at most `count`.
///
/// `keys` is `[n, head_dim]`, `members` are row indices. Centres start at members spread evenly over the list.
pub fn representatives(
    keys: &[f32],
    head_dim: usize,
    members: &[usize],
    count: usize,
) -> Vec<usize> {
    if count == 0 || members.len() <= count {
        return members.iter().copied().take(count).collect();
    }
    let key = |member: usize| &keys[member * head_dim..(member + 1) * head_dim];
    let mut centres: Vec<f32> = spread(members.len(), count)
        .flat_map(|at| key(members[at]))
        .copied()
        .collect();
    for _ in 0..ROUNDS {
        let squares = squares(&centres, head_dim);
        let mut sums = vec![0f32; centres.len()];
        let mut sizes = vec![0u32; count];
        for &member in members {
            let (cluster, _) = nearest(key(member), &centres, &squares);
            sizes[cluster] += 1;
            let sum = &mut sums[cluster * head_dim..(cluster + 1) * head_dim];
            for (sum, &x) in sum.iter_mut().zip(key(member)) {
                *sum += x;
            }
        }
        for (cluster, &size) in sizes.iter().enumerate() {
            // A centre that lost all its members stays where it is.
            if size > 0 {
                let span = cluster * head_dim..(cluster + 1) * head_dim;
                for (centre, &sum) in centres[span.clone()].iter_mut().zip(&sums[span]) {
                    *centre = sum / size as f32;
                }
            }
        }
    }
    let squares = squares(&centres, head_dim);
    let mut best: Vec<Option<(f32, usize)>> = vec![None; count];
    for &member in members {
        let (cluster, distance) = nearest(key(member), &centres, &squares);
        let distance = distance + dot(key(member), key(member));
        if best[cluster].is_none_or(|(least, _)| distance < least) {
            best[cluster] = Some((distance, member));
        }
    }
    let mut chosen: Vec<usize> = best
        .into_iter()
        .flatten()
        .map(|(_, member)| member)
        .collect();
    chosen.sort_unstable();
    chosen
}

fn squares(centres: &[f32], head_dim: usize) -> Vec<f32> {
    centres
        .chunks_exact(head_dim)
        .map(|centre| dot(centre, centre))
        .collect()
}

/// The nearest centre, and its squared distance less the key's own square.
fn nearest(key: &[f32], centres: &[f32], squares: &[f32]) -> (usize, f32) {
    let d = key.len();
    let mut best = (0, f32::INFINITY);
    let mut take = |centre: usize, product: f32| {
        let distance = squares[centre] - 2.0 * product;
        if distance < best.1 {
            best = (centre, distance);
        }
    };
    let mut blocks = centres.chunks_exact(4 * d);
    let mut centre = 0;
    for block in blocks.by_ref() {
        for product in dot4(key, block) {
            take(centre, product);
            centre += 1;
        }
    }
    for row in blocks.remainder().chunks_exact(d) {
        take(centre, dot(key, row));
        centre += 1;
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_well_separated_group_sends_the_member_nearest_its_centre() {
        // Three groups on a line, interleaved in time; the middle member of each is its centre.
        let offsets = [-1.0f32, 0.0, 1.0];
        let mut keys = vec![];
        for offset in offsets {
            for group in 0..3 {
                keys.extend([100.0 * group as f32 + offset, 5.0]);
            }
        }
        let members: Vec<usize> = (0..9).collect();
        assert_eq!(representatives(&keys, 2, &members, 3), [3, 4, 5]);
        assert_eq!(representatives(&keys, 2, &members[..2], 3), [0, 1]);
        assert!(representatives(&keys, 2, &members, 0).is_empty());
    }
}
