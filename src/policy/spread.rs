//! Samples spread evenly over a range.

/// At most `most` of `0..count`, evenly spread, ascending, the first and the last among them.
pub fn spread(count: usize, most: usize) -> impl Iterator<Item = usize> + Clone {
    let taken = count.min(most);
    (0..taken).map(move |i| {
        if taken == 1 {
            count - 1
        } else {
            i * (count - 1) / (taken - 1)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::spread;

    #[test]
    fn a_spread_holds_both_ends_and_never_repeats() {
        for count in 0..60 {
            for most in 1..12 {
                let taken: Vec<usize> = spread(count, most).collect();
                assert_eq!(taken.len(), count.min(most));
                assert!(taken.windows(2).all(|pair| pair[0] < pair[1]));
                assert_eq!(taken.last().copied(), count.checked_sub(1));
                if taken.len() > 1 {
                    assert_eq!(taken[0], 0);
                }
            }
        }
    }
}
