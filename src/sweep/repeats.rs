//! Loops: under a budget that is too small a model often falls into repeating itself until it is cut off.

/// Longest passage whose repetition counts as a loop, in tokens.
const LONGEST_PERIOD: usize = 256;
/// A loop goes round at least this often.
const LEAST_ROUNDS: usize = 3;
/// And covers at least this many tokens, so that `000` at the end of a number is none.
const LEAST_TOKENS: usize = 32;

/// Whether the tokens end in a passage said at least three times over, word for word.
///
/// A run counts as looped if it ends so and was cut off by its token limit or the model's context.
pub fn ends_in_a_loop(tokens: &[u32]) -> bool {
    let longest = LONGEST_PERIOD.min(tokens.len() / LEAST_ROUNDS);
    (1..=longest).any(|period| {
        let needed = (period * LEAST_ROUNDS).max(LEAST_TOKENS);
        let Some(start) = tokens.len().checked_sub(needed) else {
            return false;
        };
        let tail = &tokens[start..];
        tail[period..] == tail[..tail.len() - period]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_passage_said_three_times_at_the_end_is_a_loop() {
        let start: Vec<u32> = (0..40).collect();
        let passage: Vec<u32> = (100..117).collect();
        for (rounds, looped) in [(1, false), (2, false), (3, true), (9, true)] {
            let tokens = [start.clone(), passage.repeat(rounds)].concat();
            assert_eq!(ends_in_a_loop(&tokens), looped, "{rounds} rounds");
        }
    }

    #[test]
    fn a_loop_cut_off_within_a_round_is_a_loop() {
        let passage: Vec<u32> = (100..120).collect();
        let mut tokens = passage.repeat(4);
        tokens.truncate(73);
        assert!(ends_in_a_loop(&tokens));
    }

    #[test]
    fn short_echoes_and_plain_text_are_none() {
        let text: Vec<u32> = (0..600).map(|i| i * i % 7919).collect();
        assert!(!ends_in_a_loop(&text));
        assert!(!ends_in_a_loop(&[text, vec![5; 12]].concat()));
        assert!(!ends_in_a_loop(&[]));
        assert!(!ends_in_a_loop(&[1; 31]));
        assert!(ends_in_a_loop(&[1; 32]));
    }
}
