//! The help over the window: the keys, and how to read the colours.

use egui::{Align2, Context, Grid, Key, RichText, ScrollArea, Ui, Window, vec2};

use super::shortcuts;
use super::theme::{Palette, caption};

/// Height of the title and the margins, in points.
const AROUND: f32 = 110.0;

/// Draws the help while it is open.
pub fn show(ctx: &Context, open: &mut bool) {
    if !*open {
        return;
    }
    if ctx.input_mut(|i| i.consume_key(egui::Modifiers::NONE, Key::Escape)) {
        *open = false;
        return;
    }
    let room = (ctx.content_rect().height() - AROUND).max(120.0);
    Window::new("Help")
        .open(open)
        .collapsible(false)
        .resizable(false)
        .anchor(Align2::CENTER_CENTER, vec2(0.0, 0.0))
        .show(ctx, |ui| scrolled(ui, room));
}

/// As high as its text, or as the room there is.
fn scrolled(ui: &mut Ui, room: f32) {
    ScrollArea::vertical()
        .max_height(room)
        .min_scrolled_height(room)
        .show(ui, text);
}

fn text(ui: &mut Ui) {
    let palette = Palette::of(ui.ctx());
    ui.set_max_width(560.0);
    caption(ui, "How to read it");
    for line in [
        "A token's background is how much the newest tokens attend to it (amber, importance) and how much \
         its key repeats others (blue, redundancy).",
        "The bar under a token is the share of (layer, head) pairs that still hold it in their cache. \
         Struck and faded: every head has dropped it.",
        "A blue stripe at the left marks a reflection: the model checks, doubts, works backwards, reads the problem \
         again or tries another way. The tab Reflections says whether the cache forgot more of that than of the rest.",
        "The timeline is the view's alone: moving it never touches a run. Pause and Step in the prompt bar \
         hold the engine.",
    ] {
        ui.label(RichText::new(line).color(palette.weak));
    }
    ui.add_space(8.0);
    caption(ui, "Keys");
    Grid::new("keys")
        .num_columns(2)
        .min_row_height(18.0)
        .spacing(vec2(28.0, 4.0))
        .show(ui, |ui| {
            for (keys, what) in shortcuts::HELP {
                ui.label(RichText::new(*keys).color(palette.text));
                ui.label(RichText::new(*what).color(palette.weak));
                ui.end_row();
            }
        });
}
