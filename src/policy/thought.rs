//! Thoughts: stretches of reasoning, told apart by how sparse attention is while they are written (ThinKV,
//! arXiv 2510.01290), and how many tokens of each may stay.

/// What a thought does, least important first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Turns to another approach: the sparsest attention.
    Transition,
    /// Carries out a calculation: the densest attention.
    Execution,
    /// Thinks.
    Reasoning,
}

/// A stretch of tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Thought {
    /// Position of its first token.
    pub start: u32,
    /// Position after its last.
    pub end: u32,
    /// What it does.
    pub kind: Kind,
    /// How often it was cut down.
    pub cuts: u32,
}

/// A thought never loses all its tokens: that sends the model into loops, the paper says. The published schedule
/// {64, 32, 16, 8, 4} of 128 ends here, too.
const LEAST: u32 = 4;

impl Thought {
    /// Tokens that may stay when thoughts are `length` tokens long: all at first, then half of `length`, a quarter, ...
    pub(super) fn target(&self, length: u32) -> u32 {
        if self.cuts == 0 {
            u32::MAX
        } else {
            (length >> self.cuts).max(LEAST)
        }
    }

    fn cut(&mut self, length: u32) {
        if self.target(length) > LEAST {
            self.cuts += 1;
        }
    }
}

/// Cuts the thoughts down for a new one, the last of the list, until `quota` tokens are left of those they hold.
///
/// `members` are the tokens that each still has. A transition that has just begun (`turns`) cuts every older thought once;
/// beyond that the oldest of the least important ones are cut first. When all are at their least, more than the quota may
/// be left.
pub(super) fn anneal(
    thoughts: &mut [Thought],
    turns: bool,
    members: &[u32],
    length: u32,
    quota: u32,
) {
    let Some((_, older)) = thoughts.split_last_mut() else {
        return;
    };
    if turns {
        for thought in older {
            thought.cut(length);
        }
    }
    let newest = thoughts.len() - 1;
    loop {
        let left = |i: usize| members[i].min(thoughts[i].target(length));
        if (0..thoughts.len()).map(left).sum::<u32>() <= quota {
            return;
        }
        let next = (0..thoughts.len())
            .filter(|&i| thoughts[i].target(length) > LEAST && left(i) > LEAST)
            .min_by_key(|&i| (i == newest, thoughts[i].kind, i));
        let Some(next) = next else { return };
        thoughts[next].cut(length);
    }
}

/// The kind of a thought written at `sparsity`, given the sparsities seen so far, this one included.
///
/// The paper takes two thresholds from the density of calibration prompts; here the run's own samples are split into
/// three groups. As long as they do not fall into three, everything counts as reasoning.
pub(super) fn kind_of(sparsity: f32, samples: &[f32]) -> Kind {
    match split(samples) {
        Some((dense, _)) if sparsity < dense => Kind::Execution,
        Some((_, sparse)) if sparsity > sparse => Kind::Transition,
        _ => Kind::Reasoning,
    }
}

/// Samples below which no split is tried.
const FEWEST_SAMPLES: usize = 6;
/// Spread below which the samples count as one group.
const LEAST_SPREAD: f32 = 0.02;

/// The two borders between three groups of samples (one-dimensional 3-means from the ends and the middle).
fn split(samples: &[f32]) -> Option<(f32, f32)> {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let (low, high) = (*sorted.first()?, *sorted.last()?);
    if sorted.len() < FEWEST_SAMPLES || high - low < LEAST_SPREAD {
        return None;
    }
    // Where more than half are at one end, the middle one is no middle.
    let middle = sorted[sorted.len() / 2];
    let middle = if low < middle && middle < high {
        middle
    } else {
        f32::midpoint(low, high)
    };
    let mut centres = [low, middle, high];
    let borders = |centres: [f32; 3]| {
        (
            f32::midpoint(centres[0], centres[1]),
            f32::midpoint(centres[1], centres[2]),
        )
    };
    for _ in 0..sorted.len() {
        let (dense, sparse) = borders(centres);
        let first = sorted.partition_point(|&x| x < dense);
        let second = sorted.partition_point(|&x| x <= sparse);
        let groups = [&sorted[..first], &sorted[first..second], &sorted[second..]];
        if groups.iter().any(|group| group.is_empty()) {
            return None;
        }
        let means = groups.map(|group| group.iter().sum::<f32>() / group.len() as f32);
        if means == centres {
            break;
        }
        centres = means;
    }
    Some(borders(centres))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_groups_are_told_apart_though_most_are_at_one_end() {
        let most_low = [0.0, 0.0, 0.0, 0.0, 0.5, 1.0];
        assert_eq!(split(&most_low), Some((0.25, 0.75)));
        let most_high = [0.0, 0.5, 1.0, 1.0, 1.0, 1.0];
        assert_eq!(split(&most_high), Some((0.25, 0.75)));
        assert_eq!(split(&[0.0, 0.0, 0.0, 0.0, 1.0, 1.0]), None, "two groups");
    }

    fn thoughts(kinds: &[Kind]) -> Vec<Thought> {
        kinds
            .iter()
            .enumerate()
            .map(|(i, &kind)| Thought {
                start: 32 * i as u32,
                end: 32 * (i as u32 + 1),
                kind,
                cuts: 0,
            })
            .collect()
    }

    #[test]
    fn a_transition_halves_every_older_thought() {
        let mut all = thoughts(&[Kind::Reasoning, Kind::Execution, Kind::Transition]);
        anneal(&mut all, true, &[32, 32, 32], 32, 1000);
        assert_eq!(all.iter().map(|t| t.cuts).collect::<Vec<_>>(), [1, 1, 0]);
        assert_eq!(all[0].target(32), 16);
    }

    #[test]
    fn the_oldest_of_the_least_important_goes_first() {
        let mut all = thoughts(&[
            Kind::Reasoning,
            Kind::Execution,
            Kind::Execution,
            Kind::Reasoning,
        ]);
        anneal(&mut all, false, &[32; 4], 32, 112);
        assert_eq!(all.iter().map(|t| t.cuts).collect::<Vec<_>>(), [0, 1, 0, 0]);
        anneal(&mut all, false, &[32, 16, 32, 32], 32, 70);
        assert_eq!(all.iter().map(|t| t.cuts).collect::<Vec<_>>(), [1, 3, 3, 0]);
    }

    #[test]
    fn an_impossible_quota_ends_at_the_least() {
        let mut all = thoughts(&[Kind::Reasoning, Kind::Reasoning]);
        anneal(&mut all, false, &[32, 32], 32, 1);
        assert!(all.iter().all(|t| t.target(32) == LEAST));
        // However long thoughts are.
        let mut all = thoughts(&[Kind::Reasoning, Kind::Reasoning]);
        anneal(&mut all, false, &[512, 512], 512, 1);
        assert!(all.iter().all(|t| t.target(512) == LEAST));
    }

    #[test]
    fn three_groups_of_sparsity_are_three_kinds() {
        let samples = [0.50, 0.70, 0.90, 0.51, 0.69, 0.91, 0.71];
        assert_eq!(kind_of(0.5, &samples), Kind::Execution);
        assert_eq!(kind_of(0.7, &samples), Kind::Reasoning);
        assert_eq!(kind_of(0.9, &samples), Kind::Transition);
        assert_eq!(kind_of(0.9, &samples[..3]), Kind::Reasoning);
        assert_eq!(kind_of(0.8, &[0.8; 9]), Kind::Reasoning);
    }
}
