//! The last few compressions' tables, kept because the pointer wanders between tokens last scored at
//! different compressions.

use std::sync::Arc;

use crate::trace::{CompressionRecord, EventIndex, TraceView};
use crate::ui::heatmap::HeadTable;

/// How many tables are kept.
const KEPT: usize = 4;

/// Tables by their compression, the latest used last.
#[derive(Default)]
pub struct Tables {
    kept: Vec<(Arc<CompressionRecord>, HeadTable)>,
}

impl Tables {
    /// The table of a compression, read if it is not kept.
    pub fn at(&mut self, view: &TraceView<'_>, event: EventIndex) -> Option<&HeadTable> {
        let record = view.store().events().get(event.index())?;
        let found = self.kept.iter().position(|(of, _)| Arc::ptr_eq(of, record));
        let entry = match found {
            Some(i) => self.kept.remove(i),
            None => (Arc::clone(record), HeadTable::of(view, event)?),
        };
        if self.kept.len() >= KEPT {
            self.kept.remove(0);
        }
        self.kept.push(entry);
        self.kept.last().map(|(_, table)| table)
    }
}
