//! What a person may choose about an export.

use std::ops::Range;

use super::palette::{DARK, LIGHT, Palette};
use super::{ExportError, Measure, What};
use crate::analysis::CueList;
use crate::trace::{EventIndex, TraceView};

/// Choices for an export; the defaults show the whole run on paper.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExportOptions {
    /// Compression of the heatmap; the last one by default.
    pub event: Option<EventIndex>,
    /// Only this layer (heatmap, scores).
    pub layer: Option<u32>,
    /// Only this KV head of each layer (heatmap, scores).
    pub head: Option<u32>,
    /// What the heatmap shows; by default importance, or the first measure that was recorded.
    pub measure: Option<Measure>,
    /// Words by which reflections are told (segments).
    pub cues: CueList,
    /// Only these positions (tokens, segments, heatmap, raster).
    pub tokens: Option<Range<usize>>,
    /// Title of a figure, in place of its own.
    pub title: Option<String>,
    /// Colours of a figure.
    pub theme: Theme,
}

/// Colours of a figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// For paper.
    #[default]
    Light,
    /// For screens.
    Dark,
}

impl Theme {
    /// Its colours.
    pub fn palette(self) -> &'static Palette {
        match self {
            Self::Light => &LIGHT,
            Self::Dark => &DARK,
        }
    }
}

impl ExportOptions {
    /// The compression to show.
    pub(super) fn event(
        &self,
        view: &TraceView<'_>,
        what: What,
    ) -> Result<EventIndex, ExportError> {
        let count = view.event_count();
        let last = view.last_event();
        let last = last.ok_or_else(|| ExportError::no_compression(view, what))?;
        match self.event {
            None => Ok(last),
            Some(event) if event.index() < count => Ok(event),
            Some(event) => Err(ExportError::UnknownEvent {
                event: event.0,
                count,
            }),
        }
    }

    /// The positions to show, out of the first `count`.
    pub(super) fn positions(&self, count: usize) -> Result<Range<usize>, ExportError> {
        let asked = self.tokens.clone().unwrap_or(0..count);
        let range = asked.start..asked.end.min(count);
        if range.is_empty() {
            return Err(ExportError::EmptyRange {
                start: asked.start,
                end: asked.end,
                count,
            });
        }
        Ok(range)
    }
}
