//! What a token looks like at the cursor: colour, text, share of heads that hold it.

use egui::Color32;

use crate::ui::derived::Derived;
use crate::ui::selection::ColourMode;
use crate::ui::theme::{Palette, mix};

/// A token's look.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Behind it; `None` leaves the page.
    pub fill: Option<Color32>,
    /// Its glyphs.
    pub text: Color32,
    /// Share of (layer, head) pairs that hold it, 0 to 1; `None` if it had not been written yet.
    pub held: Option<f32>,
    /// Who of two runs holds it, where two are compared: the bar under it is then in three parts.
    pub split: Option<Split>,
}

/// Shares of (layer, head) pairs that hold a token in two runs, 0 to 1; what is missing to 1 holds it in neither.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Split {
    /// In the first run only.
    pub only_a: f32,
    /// In both.
    pub both: f32,
    /// In the second run only.
    pub only_b: f32,
}

impl Look {
    /// Before it was written: hardly there.
    pub fn unwritten(palette: &Palette) -> Self {
        Self {
            fill: None,
            text: palette.unwritten,
            held: None,
            split: None,
        }
    }

    /// Dropped by every head: faded, and struck when painted.
    pub fn dropped(palette: &Palette) -> Self {
        Self {
            fill: None,
            text: mix(palette.canvas, palette.faint, 0.85),
            held: Some(0.0),
            split: None,
        }
    }

    /// Held by a share of the heads, on a background.
    pub fn held(palette: &Palette, fill: Color32, share: f32) -> Self {
        Self {
            fill: Some(fill),
            text: palette.text_on(fill),
            held: Some(share),
            split: None,
        }
    }

    /// Whether every head has dropped it.
    pub fn gone(&self) -> bool {
        self.held == Some(0.0)
    }
}

/// The look of the token at `position` when `cursor` tokens have been seen.
pub fn look(
    palette: &Palette,
    derived: &Derived,
    mode: ColourMode,
    position: usize,
    cursor: usize,
) -> Look {
    let Some(held) = derived.held_share(position).filter(|_| position < cursor) else {
        return Look::unwritten(palette);
    };
    if held == 0.0 {
        return Look::dropped(palette);
    }
    Look::held(
        palette,
        fill(palette, derived, mode, position, cursor, held),
        held,
    )
}

fn fill(
    palette: &Palette,
    derived: &Derived,
    mode: ColourMode,
    position: usize,
    cursor: usize,
    held: f32,
) -> Color32 {
    let units = derived.units(position);
    match (mode, units) {
        (ColourMode::Held, _) => palette.ramp(palette.amber, held),
        (ColourMode::Age, _) => {
            let age = (cursor - position) as f32 / cursor.max(1) as f32;
            palette.ramp(palette.weak, age)
        }
        (_, None) => palette.token,
        (ColourMode::Both, Some((importance, redundancy))) => palette.both(importance, redundancy),
        (ColourMode::Importance, Some((importance, _))) => palette.ramp(palette.amber, importance),
        (ColourMode::Redundancy, Some((_, redundancy))) => palette.ramp(palette.blue, redundancy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::synthetic::Synthetic;
    use crate::ui::theme::{DARK, LIGHT, contrast};

    #[test]
    fn every_token_that_is_held_can_be_read() {
        let store = Synthetic::default().store();
        let view = store.latest();
        let mut derived = Derived::default();
        derived.update(1, &view);
        for palette in [&DARK, &LIGHT] {
            for (mode, _) in ColourMode::ALL {
                for position in 0..view.cursor() {
                    let look = look(palette, &derived, *mode, position, view.cursor());
                    if let Some(fill) = look.fill {
                        let ratio = contrast(look.text, fill);
                        assert!(
                            ratio >= 4.5,
                            "{mode:?}: {:?} on {fill:?} is {ratio}",
                            look.text
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn tokens_fade_when_nobody_holds_them_and_hide_before_they_are_written() {
        let store = Synthetic::default().store();
        let view = store.latest();
        let mut derived = Derived::default();
        derived.update(1, &view);
        let gone = (0..view.cursor())
            .map(|p| look(&DARK, &derived, ColourMode::Both, p, view.cursor()))
            .filter(Look::gone)
            .collect::<Vec<_>>();
        assert!(!gone.is_empty() && gone.iter().all(|look| look.fill.is_none()));
        let later = look(&DARK, &derived, ColourMode::Both, 50, 40);
        assert_eq!((later.fill, later.held), (None, None));
    }
}
