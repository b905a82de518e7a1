//! The score at which a head had to cut: what its candidates' scores are held against.

/// The middle between the scores on both sides of the rank at which a head had to cut, from its candidates' deciding scores
/// and whether each left.
///
/// A policy that does not go by the score alone may leave single tokens on the wrong side; the rank still tells what the
/// score alone would have done.
pub(super) fn cut(judged: &[(Option<f32>, bool)]) -> Option<f32> {
    let mut scores: Vec<f32> = judged
        .iter()
        .map(|(score, _)| *score)
        .collect::<Option<_>>()?;
    let kept = judged.iter().filter(|(_, evicted)| !evicted).count();
    let rank = kept.max(1) - 1;
    if rank >= scores.len() {
        return None;
    }
    let (_, &mut last, below) = scores.select_nth_unstable_by(rank, |a, b| b.total_cmp(a));
    let next = below.iter().copied().max_by(f32::total_cmp);
    let next = next.filter(|_| kept > 0);
    Some(next.map_or(last, |next| f32::midpoint(last, next)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cut_lies_between_kept_and_evicted() {
        let judged = [(0.4, false), (-0.2, true), (0.1, false), (0.0, true)];
        let judged = judged.map(|(score, evicted)| (Some(score), evicted));
        assert!((cut(&judged).unwrap() - 0.05).abs() < 1e-6);
    }

    #[test]
    fn a_head_that_keeps_none_cuts_at_its_highest_score() {
        let judged = [-0.2, 0.4, 0.1].map(|score| (Some(score), true));
        assert_eq!(cut(&judged), Some(0.4));
    }

    #[test]
    fn without_eviction_the_cut_is_the_lowest_score() {
        assert_eq!(cut(&[(Some(0.4), false), (Some(0.1), false)]), Some(0.1));
        assert_eq!(cut(&[]), None);
    }
}
