//! The figure of a comparison: a survival raster per run and the overlap of what they hold, above one axis.

use super::ExportOptions;
use super::bitmap::Bitmap;
use super::caption::{self, one_line};
use super::comparison::Comparison;
use super::figure::{Anchor, Figure, Item};
use super::fonts::{self, Font};
use super::matrix::{Gather, Reduced, Reducer};
use super::matrix_figure::{ColourBar, Key, LABEL, MARGIN, PLOT_WIDTH, TICK, heading};
use super::palette::{Palette, Rgb};
use super::raster::Raster;
use super::scale::{Scale, round_step};
use crate::compare::letter;
use crate::trace::TraceStore;

/// Height of a run's raster, in units.
const RASTER: f32 = 104.0;
/// Height of the raster of a run that never evicted.
const FLAT: f32 = 18.0;
/// Room above a raster for the words at which its text parts from A's.
const PARTING: f32 = 15.0;
/// Height of the plot of the overlap.
const CURVE: f32 = 96.0;
/// Left end of the plots: room for the numbers of the compressions.
const LEFT: f32 = MARGIN + 44.0;
/// Dashes and gaps of the curves against A, in units; lines differ by more than colour.
const DASHES: [(usize, usize); 3] = [(1, 0), (9, 5), (3, 4)];

struct Axis {
    tokens: usize,
}

impl Axis {
    fn x(&self, position: f32) -> f32 {
        LEFT + position / self.tokens.max(1) as f32 * PLOT_WIDTH
    }
}

pub(super) fn draw(comparison: &Comparison<'_>, options: &ExportOptions) -> Figure {
    let palette = options.theme.palette();
    let mut figure = Figure::new(palette.page);
    figure.width = LEFT + PLOT_WIDTH + MARGIN + 40.0;
    let stores: Vec<&TraceStore> = comparison.runs.iter().map(|(run, _)| run.store).collect();
    let title = || "What each policy still holds of the same problem".to_owned();
    let notes: Vec<String> = stores
        .first()
        .map(|store| vec![caption::model(store.header()), problem(store)])
        .unwrap_or_default();
    let room = figure.width - 2.0 * MARGIN;
    let title = options.title.clone().unwrap_or_else(title);
    let mut y = heading(&mut figure, palette, &title, &notes, room);
    let axis = Axis {
        tokens: stores.iter().map(|s| s.tokens().len()).max().unwrap_or(0),
    };
    for (i, store) in stores.iter().enumerate() {
        y = run(&mut figure, palette, comparison, (i, store), &axis, y) + 12.0;
    }
    y = overlap(&mut figure, palette, comparison, &axis, y + 4.0);
    y = positions(&mut figure, palette, &axis, y);
    let bar = ColourBar {
        name: "share of (layer, KV head) pairs that hold the token after a compression",
        scale: Scale::UNIT,
        ramp: &palette.amber_ramp,
        keys: vec![Key {
            meaning: "not written yet",
            colour: palette.missing,
            struck: None,
        }],
    };
    let bottom = bar.draw(&mut figure, palette, LEFT, y + 20.0);
    figure.height = (bottom + MARGIN).ceil();
    figure.width = figure.width.ceil();
    figure
}

fn problem(store: &TraceStore) -> String {
    one_line(&store.header().problem)
}

/// One run's title and raster; returns the lower end.
fn run(
    figure: &mut Figure,
    palette: &Palette,
    comparison: &Comparison<'_>,
    (index, store): (usize, &TraceStore),
    axis: &Axis,
    top: f32,
) -> f32 {
    let mut y = top;
    for line in fonts::wrap(&comparison.title(index), Font::Sans, LABEL, PLOT_WIDTH) {
        y += 16.0;
        figure.label((LEFT, y), LABEL, palette.text, Anchor::Start, &line);
    }
    y += 7.0;
    let pair = comparison.pairs.iter().find(|p| p.a == 0 && p.b == index);
    let parting = pair.and_then(|pair| pair.parting.as_ref());
    if parting.is_some() {
        // A row of its own: on the raster its words would hide data.
        y += PARTING;
    }
    let view = store.latest();
    let most = ((2.0 * RASTER) as usize, 2 * PLOT_WIDTH as usize);
    let (rows, reduced, height) = match Raster::of(&view, &ExportOptions::default()) {
        Ok(raster) => (raster.len(), raster.reduced(axis.tokens, most), RASTER),
        // A run that never evicted has no row: every head holds every token.
        Err(_) => (1, whole(store.tokens().len(), axis.tokens, most), FLAT),
    };
    let pixels: Vec<Rgb> = reduced
        .values
        .iter()
        .map(|value| value.map_or(palette.missing, |share| palette.amber_ramp.at(share)))
        .collect();
    // The last column may stand for fewer positions than the others.
    let drawn = (reduced.columns * reduced.across) as f32 / axis.tokens.max(1) as f32 * PLOT_WIDTH;
    let area = [LEFT, y, drawn, height];
    figure.items.push(Item::Image(
        area,
        Bitmap::new(reduced.columns as u32, pixels),
    ));
    if height == FLAT {
        let at = (LEFT - 8.0, y + FLAT / 2.0 + 4.0);
        figure.label(at, TICK, palette.weak, Anchor::End, "all kept");
    } else {
        // As in the window: compressions are counted from 1, and the first is at the bottom.
        let step = round_step(rows, (RASTER / 15.0) as usize);
        for event in (0..rows).step_by(step) {
            let middle = y + RASTER - (event as f32 + 0.5) / rows as f32 * RASTER;
            let at = (LEFT - 8.0, middle + 4.0);
            let number = (event + 1).to_string();
            figure.label(at, TICK, palette.weak, Anchor::End, &number);
        }
    }
    if let Some(at) = parting {
        let x = axis.x(at.position.0 as f32);
        figure.line([x, y - PARTING, x, y + height + 4.0], 1.5, palette.text);
        let said = format!("parts from A at token {}", at.position.0);
        let (anchor, dx) = if x > LEFT + PLOT_WIDTH * 0.75 {
            (Anchor::End, -5.0)
        } else {
            (Anchor::Start, 5.0)
        };
        figure.label((x + dx, y - 4.0), TICK, palette.text, anchor, &said);
    }
    y + height
}

/// A run in which nothing was evicted, as one row with room for the longest run.
fn whole(tokens: usize, longest: usize, most: (usize, usize)) -> Reduced {
    let tokens = tokens.max(1);
    let mut reducer = Reducer::new(0..tokens.max(longest), 1, most, Gather::Mean);
    reducer.add(0, &vec![Some(1.0); tokens]);
    reducer.finish()
}

/// The plot of the overlap against A; returns its lower end.
fn overlap(
    figure: &mut Figure,
    palette: &Palette,
    comparison: &Comparison<'_>,
    axis: &Axis,
    top: f32,
) -> f32 {
    let title =
        "Jaccard index of the (head, position) pairs held by both, over the tokens they share";
    figure.label(
        (LEFT, top + 16.0),
        LABEL,
        palette.text,
        Anchor::Start,
        title,
    );
    let key = top + 12.0;
    let top = top + 24.0;
    let y = |share: f32| top + CURVE * (1.0 - share);
    for share in [0.0, 0.5, 1.0] {
        let line = [LEFT, y(share), LEFT + PLOT_WIDTH, y(share)];
        figure.line(line, 0.75, palette.line);
        let at = (LEFT - 8.0, y(share) + 4.0);
        let number = share.to_string();
        figure.label(at, TICK, palette.weak, Anchor::End, &number);
    }
    let against_a: Vec<_> = comparison.pairs.iter().filter(|p| p.a == 0).collect();
    let mut right = LEFT + PLOT_WIDTH - 84.0 * against_a.len() as f32;
    for (pair, dash) in against_a.into_iter().zip(DASHES) {
        let series = pair.overlap.series();
        let steps = (axis.x(series.len() as f32) - LEFT).floor() as usize;
        dashed(figure, palette, dash, steps, |step| {
            let tokens = (step as f32 / PLOT_WIDTH * axis.tokens as f32).round() as usize;
            let share = pair.overlap.at(tokens.max(1))?;
            Some((LEFT + step as f32, y(share)))
        });
        // A sample of the line and its name, in the title's row.
        right += 84.0;
        let from = right - 66.0;
        dashed(figure, palette, dash, 32, |step| {
            Some((from + step as f32, key))
        });
        let name = format!("A–{}", letter(pair.b));
        figure.label((right, key + 4.0), TICK, palette.text, Anchor::End, &name);
    }
    top + CURVE
}

/// A line through points a unit apart, as far as there are points.
fn dashed(
    figure: &mut Figure,
    palette: &Palette,
    (dash, gap): (usize, usize),
    steps: usize,
    at: impl Fn(usize) -> Option<(f32, f32)>,
) {
    for step in (0..steps).filter(|step| step % (dash + gap) < dash) {
        if let (Some(from), Some(to)) = (at(step), at(step + 1)) {
            figure.line([from.0, from.1, to.0, to.1], 1.75, palette.text);
        }
    }
}

/// Ticks of the shared axis; returns the lower end.
fn positions(figure: &mut Figure, palette: &Palette, axis: &Axis, top: f32) -> f32 {
    let y = top + 4.0;
    figure.line([LEFT, y, LEFT + PLOT_WIDTH, y], 1.0, palette.line);
    let step = round_step(axis.tokens, (PLOT_WIDTH / 64.0) as usize);
    for position in (0..=axis.tokens).step_by(step) {
        let x = axis.x(position as f32);
        figure.line([x, y, x, y + 4.0], 1.0, palette.line);
        let at = (x, y + 17.0);
        figure.label(
            at,
            TICK,
            palette.weak,
            Anchor::Middle,
            &position.to_string(),
        );
    }
    let name = "position in the sequence; for the curve, tokens seen";
    figure.label((LEFT, y + 35.0), LABEL, palette.weak, Anchor::Start, name);
    y + 35.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::CacheSettings;
    use crate::export::ComparedRun;
    use crate::trace::synthetic::Synthetic;

    #[test]
    fn where_texts_part_is_told_beside_the_data() {
        let made = |seed, policy: &str, budget| {
            Synthetic {
                seed,
                tokens: 400,
                settings: CacheSettings {
                    policy: policy.to_owned(),
                    budget,
                    ..CacheSettings::default()
                },
                ..Synthetic::default()
            }
            .store()
        };
        let stores = [
            made(1, "rkv", 96),
            made(2, "rkv", 96),
            made(3, "full", 4000),
        ];
        let runs = stores.iter().map(|store| ComparedRun {
            name: String::new(),
            store,
            damaged: None,
        });
        let comparison = Comparison::of(runs.collect()).unwrap();
        let figure = draw(&comparison, &ExportOptions::default());
        let rasters = || {
            figure.items.iter().filter_map(|item| match item {
                Item::Image(area, _) => Some(*area),
                _ => None,
            })
        };
        // Apart in height, or a rectangle beside the raster.
        let apart = |[x, y, _, height]: [f32; 4]| {
            rasters().all(|[left, top, width, tall]| {
                y + height <= top || y >= top + tall || x >= left + width
            })
        };
        let mut told = 0;
        for item in &figure.items {
            match item {
                Item::Text(text) if text.content.starts_with("parts from A") => {
                    let area = [0.0, text.y - TICK, 0.0, 1.25 * TICK];
                    assert!(apart(area), "{} at {}", text.content, text.y);
                    told += 1;
                }
                Item::Rect(area, ..) => assert!(apart(*area), "{area:?} hides data"),
                _ => {}
            }
        }
        assert_eq!(told, 2);
    }
}
