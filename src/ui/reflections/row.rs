//! A row of the tab's lists: what, the words, numbers, and a bar of what is still held.

use egui::{Align2, FontId, Pos2, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::trace::TraceStore;
use crate::ui::quantity::percent;
use crate::ui::theme::{Palette, mix};

/// Height of a row, in points.
pub const HEIGHT: f32 = 24.0;
const KIND: f32 = 92.0;
const NUMBER: f32 = 58.0;
const REMARK: f32 = 62.0;
const BAR: f32 = 46.0;
const HELD: f32 = 48.0;
const GAP: f32 = 8.0;
/// Longest text of a row, in characters; more never fits a line.
const LONGEST: usize = 160;

/// What a row shows.
#[derive(Clone, Debug, Default)]
pub struct Row<'a> {
    /// Points from the left.
    pub indent: f32,
    /// A reflection's blue stripe.
    pub stripe: bool,
    /// What it is.
    pub kind: &'a str,
    /// The words.
    pub text: String,
    /// A number.
    pub number: String,
    /// A word or number after it.
    pub remark: String,
    /// Share of (head, token) pairs that are held.
    pub held: Option<f64>,
    /// Not written yet at the cursor.
    pub later: bool,
    /// A title over the rows that follow.
    pub title: bool,
    /// The pinned token is in it.
    pub chosen: bool,
}

/// Draws a row; screen readers and tests know it by `label`.
pub fn show(ui: &mut Ui, row: &Row<'_>, label: &str) -> Response {
    let palette = Palette::of(ui.ctx());
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, row.chosen, label));
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let painter = ui.painter();
    if response.hovered() || response.has_focus() || row.chosen {
        painter.rect_filled(rect, 3.0, palette.raised);
    }
    let ink = if row.later {
        palette.faint
    } else {
        palette.text
    };
    let weak = if row.later {
        palette.faint
    } else {
        palette.weak
    };
    let left = rect.left() + row.indent + 4.0;
    if row.stripe {
        let stripe = Rect::from_min_max(
            pos2(left, rect.top() + 3.0),
            pos2(left + 3.0, rect.bottom() - 3.0),
        );
        painter.rect_filled(stripe, 1.0, palette.blue);
    }
    let columns = Columns::of(rect);
    let words = if row.kind.is_empty() {
        left + 8.0
    } else {
        left + 8.0 + KIND
    };
    clipped(
        ui,
        pos2(left + 8.0, rect.center().y),
        words - GAP,
        row.kind,
        FontId::proportional(12.5),
        weak,
    );
    let font = if row.title {
        FontId::proportional(13.0)
    } else {
        FontId::monospace(12.5)
    };
    clipped(
        ui,
        pos2(words, rect.center().y),
        columns.number - NUMBER - GAP,
        &row.text,
        font,
        ink,
    );
    let right = |x: f32, text: &str| {
        let at = pos2(x, rect.center().y);
        painter.text(
            at,
            Align2::RIGHT_CENTER,
            text,
            FontId::proportional(12.0),
            weak,
        );
    };
    right(columns.number, &row.number);
    right(columns.remark, &row.remark);
    if let Some(held) = row.held {
        bar(
            ui,
            pos2(columns.bar, rect.center().y),
            BAR,
            held,
            palette.amber,
        );
        right(columns.held, &percent(held));
    }
    response
}

/// The names of the columns over a list; `names` are those of text, number and remark.
pub fn heading(ui: &mut Ui, names: [(&str, &str); 4]) {
    let palette = Palette::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
    let columns = Columns::of(rect);
    let font = FontId::proportional(11.5);
    let places = [
        (rect.left() + 12.0, Align2::LEFT_CENTER),
        (columns.number, Align2::RIGHT_CENTER),
        (columns.remark, Align2::RIGHT_CENTER),
        (columns.held, Align2::RIGHT_CENTER),
    ];
    let mut help = vec![];
    for ((name, meaning), (x, align)) in names.into_iter().zip(places) {
        let at = pos2(x, rect.center().y);
        ui.painter()
            .text(at, align, name, font.clone(), palette.faint);
        if !meaning.is_empty() {
            help.push(format!("{name}: {meaning}"));
        }
    }
    if !help.is_empty() {
        response.on_hover_text(help.join("\n"));
    }
}

/// Right ends of the columns of numbers, and the left end of the bar.
struct Columns {
    number: f32,
    remark: f32,
    bar: f32,
    held: f32,
}

impl Columns {
    fn of(rect: Rect) -> Self {
        let held = rect.right() - 6.0;
        let bar = held - HELD - BAR;
        let remark = bar - GAP;
        Self {
            number: remark - REMARK - GAP,
            remark,
            bar,
            held,
        }
    }
}

/// A bar on a track, from its left end on the middle line.
pub fn bar(ui: &Ui, at: Pos2, width: f32, share: f64, colour: egui::Color32) {
    let palette = Palette::of(ui.ctx());
    let track = Rect::from_min_size(pos2(at.x, at.y - 3.5), vec2(width, 7.0));
    ui.painter()
        .rect_filled(track, 2.0, mix(palette.canvas, palette.faint, 0.28));
    let filled = vec2(width * share.clamp(0.0, 1.0) as f32, track.height());
    ui.painter()
        .rect_filled(Rect::from_min_size(track.min, filled), 2.0, colour);
}

fn clipped(ui: &Ui, at: Pos2, right: f32, text: &str, font: FontId, colour: egui::Color32) {
    if text.is_empty() || right <= at.x {
        return;
    }
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(right - at.x);
    let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
    let top = at - vec2(0.0, galley.size().y / 2.0);
    ui.painter().galley(top, galley, colour);
}

/// The words of some tokens on one line.
pub fn words(store: &TraceStore, tokens: std::ops::Range<usize>) -> String {
    let text = store.tokens().text_of(tokens);
    let mut line = String::new();
    for word in text.split_whitespace() {
        if line.len() > LONGEST {
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}
