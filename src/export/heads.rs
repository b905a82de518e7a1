//! The heads an export speaks of.

use super::{ExportError, ExportOptions};
use crate::trace::{HeadId, ModelSummary};

/// The chosen heads, by layer, then head.
pub(super) fn chosen(
    model: &ModelSummary,
    options: &ExportOptions,
) -> Result<Vec<HeadId>, ExportError> {
    let heads: Vec<HeadId> = (model.head_ids())
        .filter(|id| options.layer.is_none_or(|layer| id.layer == layer))
        .filter(|id| options.head.is_none_or(|head| id.head == head))
        .collect();
    if heads.is_empty() {
        return Err(ExportError::UnknownHead {
            layers: model.layers,
            kv_heads: model.kv_heads,
        });
    }
    Ok(heads)
}
