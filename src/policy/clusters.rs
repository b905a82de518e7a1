//! K-means on keys: which few of many keys stand for the rest.
//!
//! One round of Lloyd's algorithm. Keys close in time are alike, so centres spread over time are near the end already.

use super::spread::spread;
use crate::dot::{dot, tile};

/// Centres compared at once.
const TOGETHER: usize = 4;

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
    let own: Vec<f32> = members
        .iter()
        .flat_map(|&member| &keys[member * head_dim..(member + 1) * head_dim])
        .copied()
        .collect();
    // Whole blocks of centres; those beyond `count` are never the nearest.
    let mut centres = vec![0f32; count.next_multiple_of(TOGETHER) * head_dim];
    for (centre, at) in centres
        .chunks_exact_mut(head_dim)
        .zip(spread(members.len(), count))
    {
        centre.copy_from_slice(&own[at * head_dim..(at + 1) * head_dim]);
    }
    let of: Vec<usize> = nearest(&own, &centres, head_dim, count);
    let mut means = vec![0f32; count * head_dim];
    let mut sizes = vec![0u32; count];
    for (key, &cluster) in own.chunks_exact(head_dim).zip(&of) {
        sizes[cluster] += 1;
        let mean = &mut means[cluster * head_dim..(cluster + 1) * head_dim];
        for (sum, &x) in mean.iter_mut().zip(key) {
            *sum += x;
        }
    }
    for (mean, &size) in means.chunks_exact_mut(head_dim).zip(&sizes) {
        for x in mean {
            *x /= size.max(1) as f32;
        }
    }
    let mut best: Vec<Option<(f32, usize)>> = vec![None; count];
    for ((&member, key), &cluster) in members.iter().zip(own.chunks_exact(head_dim)).zip(&of) {
        let mean = &means[cluster * head_dim..(cluster + 1) * head_dim];
        let distance = key.iter().zip(mean).map(|(x, m)| (x - m).powi(2)).sum();
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

/// For each row of `own`, the nearest of the first `count` centres.
fn nearest(own: &[f32], centres: &[f32], d: usize, count: usize) -> Vec<usize> {
    let squares: Vec<f32> = centres
        .chunks_exact(d)
        .enumerate()
        .map(|(i, centre)| {
            if i < count {
                dot(centre, centre)
            } else {
                f32::INFINITY
            }
        })
        .collect();
    let mut found = vec![(0, f32::INFINITY); own.len() / d];
    for (rows, found) in own.chunks(3 * d).zip(found.chunks_mut(3)) {
        match rows.len() / d {
            3 => take_nearest::<3>(rows, centres, &squares, found),
            2 => take_nearest::<2>(rows, centres, &squares, found),
            _ => take_nearest::<1>(rows, centres, &squares, found),
        }
    }
    found.into_iter().map(|(centre, _)| centre).collect()
}

/// The nearest centres so far, and their squared distances less the rows' own squares, which decide nothing.
fn take_nearest<const ROWS: usize>(
    rows: &[f32],
    centres: &[f32],
    squares: &[f32],
    found: &mut [(usize, f32)],
) {
    let d = rows.len() / ROWS;
    let rows: [&[f32]; ROWS] = std::array::from_fn(|row| &rows[row * d..(row + 1) * d]);
    for (block, four) in centres.chunks_exact(TOGETHER * d).enumerate() {
        for (found, products) in found.iter_mut().zip(tile(rows, four, d)) {
            for (i, product) in products.iter().enumerate() {
                let centre = block * TOGETHER + i;
                let distance = squares[centre] - 2.0 * product;
                if distance < found.1 {
                    *found = (centre, distance);
                }
            }
        }
    }
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
