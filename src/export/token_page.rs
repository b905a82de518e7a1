//! The text as a page: each token on a background of its importance (amber) and redundancy (blue).
//!
//! Colours run from the 30th to the 98.5th percentile of the tokens shown ([`TokenScale`]); in the window it is those of the
//! whole run. Token widths come from the typeface's fixed advance, so nothing has to be measured; SVG
//! viewers without the typeface squeeze theirs to fit.

mod legend;

use legend::Legend;

use super::figure::{Anchor, Figure, Item, Text};
use super::fonts::{Font, MONO_ADVANCE};
use super::matrix_figure::heading;
use super::palette::{Palette, Rgb, mix};
use super::{ExportError, ExportOptions, TokenScale, caption};
use crate::trace::{Position, RecordLevel, SegmentKind, TokenScore, TraceView};

const WIDTH: f32 = 960.0;
const MARGIN: f32 = 24.0;
/// Room for the names of the parts.
const GUTTER: f32 = 76.0;
const SIZE: f32 = 13.0;
const ADVANCE: f32 = SIZE * MONO_ADVANCE;
const BOX: f32 = 19.0;
const LINE: f32 = 27.0;
const PARAGRAPH: f32 = 8.0;
const COLUMNS: usize = ((WIDTH - 2.0 * MARGIN - GUTTER) / ADVANCE) as usize;

struct Look {
    ground: Rgb,
    ink: Rgb,
    held: f32,
}

struct Page<'a> {
    figure: Figure,
    palette: &'a Palette,
    column: usize,
    y: f32,
    /// Name of a part of which nothing is drawn yet.
    begun: Option<&'static str>,
}

pub(super) fn draw(view: &TraceView<'_>, options: &ExportOptions) -> Result<Figure, ExportError> {
    let store = view.store();
    let range = options.positions(view.cursor())?;
    let palette = options.theme.palette();
    let (holders, scores) = (view.holders(), view.token_scores());
    let shown = || range.clone().filter_map(|p| scores[p]);
    let importance = TokenScale::fit(shown().map(|s| s.importance).collect());
    let redundancy = TokenScale::fit(shown().map(|s| s.redundancy).collect());
    let heads = store.header().model.heads().max(1) as f32;
    let look = |p: usize| -> Look {
        let ground = scores[p].map_or(palette.token, |s: TokenScore| {
            palette.both(importance.unit(s.importance), redundancy.unit(s.redundancy))
        });
        let held = holders[p] as f32 / heads;
        if holders[p] == 0 {
            return Look {
                ground: mix(ground, palette.page, 0.72),
                ink: palette.faint,
                held,
            };
        }
        Look {
            ground,
            ink: palette.ink(ground),
            held,
        }
    };

    let mut figure = Figure::new(palette.page);
    figure.width = WIDTH;
    let title = options
        .title
        .clone()
        .unwrap_or_else(|| "What the cache still holds".to_owned());
    let notes = [caption::run(view), caption::moment(view)];
    let top = heading(&mut figure, palette, &title, &notes, WIDTH - 2.0 * MARGIN);
    let last = view.last_record();
    let compressed = last.is_some_and(|record| range.start < record.seen as usize);
    let uncoloured = match store.header().level {
        _ if !compressed => "not scored yet",
        RecordLevel::Summary => "not recorded: level summary has only who left",
        RecordLevel::Scores => "not recorded: level scores has only the final score",
        RecordLevel::Components if importance.is_empty() && redundancy.is_empty() => {
            "scored by neither importance nor redundancy"
        }
        RecordLevel::Components => "not scored yet",
    };
    let legend = Legend {
        uncoloured,
        importance: !importance.is_empty(),
        redundancy: !redundancy.is_empty(),
    };
    let y = legend.draw(&mut figure, palette, top);
    let mut page = Page {
        figure,
        palette,
        column: 0,
        y: y + 22.0,
        begun: None,
    };
    let mut part: Option<SegmentKind> = None;
    for p in range {
        let position = Position(p as u32);
        let segment = store.segment_at(position);
        if segment != part {
            part = segment;
            page.part(segment.map_or("", SegmentKind::name));
        }
        page.token(store.tokens().text(position), &look(p));
    }
    page.figure.height = (page.y + BOX + MARGIN).ceil();
    Ok(page.figure)
}

impl Page<'_> {
    fn part(&mut self, name: &'static str) {
        if self.column > 0 {
            self.break_line();
        }
        if !self.figure.items.is_empty() {
            self.y += PARAGRAPH;
        }
        self.begun = Some(name);
    }

    fn break_line(&mut self) {
        self.column = 0;
        self.y += LINE;
    }

    /// Draws a token, broken where the line ends and at its own line breaks.
    fn token(&mut self, text: &str, look: &Look) {
        let mut lines = text.split('\n').peekable();
        while let Some(line) = lines.next() {
            let more = lines.peek().is_some();
            let mut piece: Vec<char> = line
                .chars()
                .flat_map(|c| if c == '\t' { vec![' '; 4] } else { vec![c] })
                .collect();
            if more {
                piece.push('↵');
            }
            self.piece(&piece, look);
            if more {
                if self.column > 1 {
                    self.break_line();
                } else {
                    // An empty line is a gap, not a line of its own.
                    self.column = 0;
                    self.y += PARAGRAPH;
                }
            }
        }
    }

    fn piece(&mut self, piece: &[char], look: &Look) {
        let width: usize = piece.iter().map(|&c| cells(c)).sum();
        if width == 0 || piece == ['↵'] && self.column == 0 {
            return;
        }
        if self.column > 0 && self.column + width > COLUMNS {
            self.break_line();
        }
        let mut rest = piece;
        if self.column == 0 {
            while let [' ', tail @ ..] = rest {
                rest = tail;
            }
        }
        while !rest.is_empty() {
            let mut taken = 0;
            let mut width = 0;
            while let Some(&c) = rest.get(taken)
                && (taken == 0 || self.column + width + cells(c) <= COLUMNS)
            {
                width += cells(c);
                taken += 1;
            }
            let (now, later) = rest.split_at(taken);
            self.cell(now, width, look);
            rest = later;
            if !rest.is_empty() {
                self.break_line();
            }
        }
    }

    fn cell(&mut self, piece: &[char], width: usize, look: &Look) {
        let x = MARGIN + GUTTER + self.column as f32 * ADVANCE;
        let w = width as f32 * ADVANCE;
        self.column += width;
        // Only here is known where the part begins: empty lines before it have moved it down.
        if let Some(name) = self.begun.take() {
            let at = (MARGIN, self.y + 14.0);
            self.figure
                .label(at, 12.0, self.palette.faint, Anchor::Start, name);
        }
        self.figure
            .chip([x + 0.4, self.y, w - 0.8, BOX], look.ground);
        let spaces = piece.iter().take_while(|c| **c == ' ').count();
        let content: String = piece[spaces..]
            .iter()
            .collect::<String>()
            .trim_end()
            .to_owned();
        let inked: usize = content.chars().map(cells).sum();
        if inked > 0 {
            let faint = content == "↵";
            self.figure.items.push(Item::Text(Text {
                x: x + spaces as f32 * ADVANCE,
                y: self.y + 14.0,
                size: SIZE,
                fill: if faint { self.palette.faint } else { look.ink },
                font: Font::Mono,
                anchor: Anchor::Start,
                length: Some(inked as f32 * ADVANCE),
                upwards: false,
                content,
            }));
        }
        held_bar(
            &mut self.figure,
            self.palette,
            [x + 0.4, self.y + BOX + 1.5, w - 0.8],
            look.held,
        );
        if look.held == 0.0 && inked > 0 {
            let (from, y) = (x + spaces as f32 * ADVANCE, self.y + 10.0);
            let to = from + inked as f32 * ADVANCE;
            self.figure.line([from, y, to, y], 1.0, self.palette.faint);
        }
    }
}

fn held_bar(figure: &mut Figure, palette: &Palette, [x, y, w]: [f32; 3], share: f32) {
    if share > 0.0 {
        figure.rect([x, y, w, 2.0], palette.missing);
        figure.rect([x, y, w * share, 2.0], palette.weak);
    }
}

/// Columns a character takes: East Asian wide characters and emoji two, joiners and marks none.
fn cells(c: char) -> usize {
    match c as u32 {
        0x0300..=0x036f | 0x200b..=0x200f | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}
