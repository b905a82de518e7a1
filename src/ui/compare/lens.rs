//! The difference lens: who of two runs holds each token of their common text.
//!
//! Amber is what the pair's first run keeps alone, blue what the second one does, grey what both do; the bar
//! under a token tells the same by place: the first run's share at its left end, the second's at its right.

use crate::compare::HeldBy;
use crate::ui::theme::{Palette, mix};
use crate::ui::token_view::{Look, Split};

/// What tokens in the panes are coloured by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colours {
    /// Who of the chosen pair holds it.
    #[default]
    Difference,
    /// As in the Reading tab.
    Scores,
}

/// The look of a token in the pane of one of the pair's runs; `heads` are all (layer, KV head) pairs.
///
/// It is struck where every head of the pane's own run has dropped it.
pub fn lens_look(palette: &Palette, heads: u32, held: HeldBy, second: bool) -> Look {
    let share = |n: u32| n as f32 / heads.max(1) as f32;
    let split = Split {
        only_a: share(held.only_a),
        both: share(held.both),
        only_b: share(held.only_b),
    };
    if split == Split::default() {
        return Look::dropped(palette);
    }
    let own = if second { split.only_b } else { split.only_a } + split.both;
    Look {
        split: Some(split),
        ..Look::held(palette, fill(palette, split), own)
    }
}

/// Amber, blue and grey by their shares.
pub fn fill(palette: &Palette, split: Split) -> egui::Color32 {
    let alone = palette.both(split.only_a, split.only_b);
    mix(alone, palette.faint, 0.42 * split.both)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::{DARK, LIGHT, contrast};

    fn held(only_a: u32, both: u32, only_b: u32) -> HeldBy {
        HeldBy {
            only_a,
            only_b,
            both,
        }
    }

    #[test]
    fn every_mix_can_be_read() {
        for palette in [&DARK, &LIGHT] {
            for a in 0..=10 {
                for b in 0..=10 - a {
                    for both in 0..=10 - a - b {
                        let look = lens_look(palette, 10, held(a, both, b), false);
                        if let Some(fill) = look.fill {
                            assert!(contrast(look.text, fill) >= 4.5, "{a} {b} {both}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_token_is_struck_where_its_own_run_dropped_it() {
        let only_b = held(0, 0, 4);
        assert!(lens_look(&DARK, 4, only_b, false).gone());
        assert!(!lens_look(&DARK, 4, only_b, true).gone());
        let nobody = lens_look(&DARK, 4, HeldBy::default(), true);
        assert!(nobody.gone() && nobody.fill.is_none());
    }

    #[test]
    fn the_four_cases_have_four_backgrounds() {
        let cases = [held(4, 0, 0), held(0, 4, 0), held(0, 0, 4), held(0, 0, 0)];
        for palette in [&DARK, &LIGHT] {
            let fills = cases.map(|held| lens_look(palette, 4, held, false).fill);
            for (i, one) in fills.iter().enumerate() {
                assert!(fills[i + 1..].iter().all(|other| one != other));
            }
            let (amber, blue) = (fills[0].unwrap(), fills[2].unwrap());
            assert!(amber.r() > amber.b() && blue.b() > blue.r());
        }
    }
}
