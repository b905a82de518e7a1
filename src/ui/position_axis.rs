//! The horizontal axis of every picture: token positions, with zoom and pan.

use egui::{Align, Layout, Painter, Pos2, Rangef, Rect, Response, Stroke, Ui, pos2, vec2};

use super::quantity::count;
use super::shortcuts::command;
use super::theme::Palette;

/// Fewest tokens that fill the width.
const CLOSEST: f64 = 8.0;
/// Width of the buttons with the third, which shows all, in points.
pub const WIDEST_BUTTONS: f32 = 104.0;
/// Width of the first two.
const BUTTONS: f32 = 62.0;

/// Which positions are in sight. The default shows all and grows with the run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Zoom {
    range: Option<(f64, f64)>,
}

impl Zoom {
    /// First and last position in sight (exclusive), of `total`.
    pub fn visible(&self, total: usize) -> (f64, f64) {
        let total = total.max(1) as f64;
        match self.range {
            Some((from, to)) if to - from < total => {
                let width = to - from;
                let from = from.clamp(0.0, total - width);
                (from, from + width)
            }
            _ => (0.0, total),
        }
    }

    /// Whether only a part is in sight.
    pub fn is_zoomed(&self) -> bool {
        self.range.is_some()
    }

    /// Shows all.
    pub fn reset(&mut self) {
        self.range = None;
    }

    /// Makes everything `factor` times as wide, `at` staying where it is.
    pub fn zoom_around(&mut self, at: f64, factor: f64, total: usize) {
        let (from, to) = self.visible(total);
        let width = ((to - from) / factor).max(CLOSEST);
        if width >= total as f64 {
            self.range = None;
            return;
        }
        let share = ((at - from) / (to - from)).clamp(0.0, 1.0);
        let from = (at - share * width).clamp(0.0, total as f64 - width);
        self.range = Some((from, from + width));
    }

    /// Moves by so many positions.
    pub fn pan(&mut self, by: f64, total: usize) {
        if self.range.is_some() {
            let (from, to) = self.visible(total);
            let width = to - from;
            let from = (from + by).clamp(0.0, (total as f64 - width).max(0.0));
            self.range = Some((from, from + width));
        }
    }

    /// Moves just enough that `at` is in sight.
    pub fn reveal(&mut self, at: f64, total: usize) {
        let (from, to) = self.visible(total);
        if at < from {
            self.pan(at - from, total);
        } else if at > to {
            self.pan(at - to, total);
        }
    }

    /// Takes up the pointer: ctrl+scroll zooms, a sideways scroll pans, a double click shows all, and
    /// dragging pans with the buttons that `drags` lists.
    pub fn input(
        &mut self,
        ui: &Ui,
        response: &Response,
        axis: &PositionAxis,
        total: usize,
        drags: &[egui::PointerButton],
    ) {
        if response.double_clicked() {
            self.reset();
        }
        if drags.iter().any(|&button| response.dragged_by(button)) {
            self.pan(-f64::from(response.drag_delta().x) / axis.scale(), total);
        }
        if let Some(pointer) = response.hover_pos() {
            let (zoom, scroll) = ui.input(|i| (i.zoom_delta(), i.smooth_scroll_delta()));
            if zoom != 1.0 {
                self.zoom_around(axis.position(pointer.x), f64::from(zoom), total);
            }
            if scroll.x != 0.0 {
                self.pan(-f64::from(scroll.x) / axis.scale(), total);
            }
        }
    }

    /// Twice as close, about `at`; of the first `filled` positions, which are all that there is to see, as much as fits.
    pub fn closer(&mut self, at: f64, filled: usize, total: usize) {
        let filled = filled as f64;
        self.zoom_around(at.min(filled), 2.0, total);
        let (_, to) = self.visible(total);
        self.pan((filled - to).min(0.0), total);
    }

    /// Small buttons for people without a wheel, in one piece; they zoom about `at` if it is in sight, else about the
    /// middle, in as [`Self::closer`] does.
    pub fn buttons(&mut self, ui: &mut Ui, about: &str, at: f64, filled: usize, total: usize) {
        let (from, to) = self.visible(total);
        let at = if (from..=to).contains(&at) {
            at
        } else {
            f64::midpoint(from, to)
        };
        let button = |ui: &mut Ui, text: &str, name: String, hint: &str| {
            ui.small_button(text)
                .accessible_name(name)
                .on_hover_text(hint)
                .clicked()
        };
        let width = if self.is_zoomed() {
            WIDEST_BUTTONS
        } else {
            BUTTONS
        };
        let size = vec2(width, ui.spacing().interact_size.y);
        let row = Layout::left_to_right(Align::Center);
        ui.allocate_ui_with_layout(size, row, |ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            if button(
                ui,
                "−",
                format!("Zoom out, {about}"),
                concat!("Zoom out (", command!(), "+scroll)"),
            ) {
                self.zoom_around(at, 0.5, total);
            }
            if button(
                ui,
                "+",
                format!("Zoom in, {about}"),
                concat!("Zoom in (", command!(), "+scroll)"),
            ) {
                self.closer(at, filled, total);
            }
            if self.is_zoomed()
                && button(
                    ui,
                    "all",
                    format!("Show all, {about}"),
                    "Show all (double click)",
                )
            {
                self.reset();
            }
        });
    }
}

/// Positions mapped to a width on screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PositionAxis {
    from: f64,
    to: f64,
    left: f32,
    right: f32,
}

impl PositionAxis {
    /// The positions in sight over the width of a rectangle.
    pub fn new((from, to): (f64, f64), rect: Rect) -> Self {
        Self {
            from,
            to,
            left: rect.left(),
            right: rect.right(),
        }
    }

    /// Points per position.
    pub fn scale(&self) -> f64 {
        (f64::from(self.right) - f64::from(self.left)).max(1.0) / (self.to - self.from).max(1e-9)
    }

    /// First and last position in sight (exclusive).
    pub fn range(&self) -> (f64, f64) {
        (self.from, self.to)
    }

    /// Width on screen, in points.
    pub fn width(&self) -> f32 {
        self.right - self.left
    }

    /// Left and right end on screen.
    pub fn sides(&self) -> (f32, f32) {
        (self.left, self.right)
    }

    /// Where a position begins on screen.
    pub fn x(&self, position: f64) -> f32 {
        self.left + ((position - self.from) * self.scale()) as f32
    }

    /// The position, with its fraction, at a place on screen.
    pub fn position(&self, x: f32) -> f64 {
        self.from + f64::from(x - self.left) / self.scale()
    }

    /// The rectangle that `from..to` covers within `rect`'s height.
    pub fn span(&self, from: f64, to: f64, y: Rangef) -> Rect {
        Rect::from_min_max(pos2(self.x(from), y.min), pos2(self.x(to), y.max))
    }

    /// Tick marks with numbers below `y`, as many as fit.
    pub fn ticks(&self, painter: &Painter, palette: &Palette, y: f32) {
        let step = nice_step(64.0 / self.scale());
        let font = egui::FontId::proportional(10.5);
        let mut at = (self.from / step).ceil() * step;
        while at <= self.to {
            let x = painter.round_to_pixel_center(self.x(at));
            painter.vline(x, y..=y + 3.0, Stroke::new(1.0, palette.line));
            let text = painter.layout_no_wrap(count(at as u64), font.clone(), palette.faint);
            let half = text.size().x / 2.0;
            let place = (x - half).clamp(self.left, (self.right - 2.0 * half).max(self.left));
            painter.galley(Pos2::new(place, y + 3.0), text, palette.faint);
            at += step;
        }
    }
}

/// The smallest of 1, 2, 5 x 10^k that is at least `least` and at least 1.
fn nice_step(least: f64) -> f64 {
    let base = 10f64.powf(least.max(1.0).log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|m| m * base)
        .find(|&s| s >= least)
        .unwrap_or(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooming_keeps_the_place_under_the_pointer() {
        let mut zoom = Zoom::default();
        zoom.zoom_around(300.0, 4.0, 1000);
        let (from, to) = zoom.visible(1000);
        assert!((to - from - 250.0).abs() < 1e-9);
        assert!(((300.0 - from) / (to - from) - 0.3).abs() < 1e-9);
        zoom.zoom_around(300.0, 0.25, 1000);
        assert!(!zoom.is_zoomed(), "zoomed out again shows all");
    }

    #[test]
    fn zooming_in_stays_where_there_is_something_to_see() {
        let mut zoom = Zoom::default();
        zoom.closer(1000.0, 200, 1000);
        assert_eq!(zoom.visible(1000), (0.0, 500.0));
        zoom.closer(1000.0, 200, 1000);
        zoom.closer(1000.0, 200, 1000);
        assert_eq!(zoom.visible(1000), (75.0, 200.0));
        let mut zoom = Zoom::default();
        zoom.closer(400.0, 1000, 1000);
        assert_eq!(zoom.visible(1000), (200.0, 700.0));
    }

    #[test]
    fn panning_stops_at_the_ends() {
        let mut zoom = Zoom::default();
        zoom.zoom_around(0.0, 10.0, 1000);
        zoom.pan(-50.0, 1000);
        assert_eq!(zoom.visible(1000), (0.0, 100.0));
        zoom.pan(5000.0, 1000);
        assert_eq!(zoom.visible(1000), (900.0, 1000.0));
        assert_eq!(
            zoom.visible(950),
            (850.0, 950.0),
            "a run that lost its end moves into sight"
        );
        assert_eq!(
            zoom.visible(40),
            (0.0, 40.0),
            "a shorter run is shown whole"
        );
    }

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(nice_step(0.2), 1.0);
        assert_eq!(nice_step(37.0), 50.0);
        assert_eq!(nice_step(100.0), 100.0);
    }
}
