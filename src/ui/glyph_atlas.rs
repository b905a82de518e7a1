//! Whether the atlas of glyphs is still the one that a kept galley points into.
//!
//! egui empties the atlas when it is nearly full, and makes it anew when the options of the fonts change, as they do with the
//! theme. Its own galleys go with it; those that a view keeps would show other glyphs.

use egui::epaint::TextOptions;
use egui::{Context, Id};

#[derive(Clone, Copy, Default)]
struct Seen {
    options: TextOptions,
    fill: f32,
    generation: u64,
}

/// Counts the atlases so far. To be asked in every frame, whatever that shows: one that came and went unseen is not counted.
pub fn generation(ctx: &Context) -> u64 {
    let (options, fill) = ctx.fonts(|fonts| (*fonts.options(), fonts.font_atlas_fill_ratio()));
    ctx.data_mut(|data| {
        let seen = data.get_temp_mut_or_default::<Seen>(Id::unique("glyph atlas"));
        // An atlas only fills; one that is emptier is another.
        let another = seen.options != options || fill < seen.fill;
        seen.generation += u64::from(another);
        (seen.options, seen.fill) = (options, fill);
        seen.generation
    })
}
