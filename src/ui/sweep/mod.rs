//! The tab of a sweep: accuracy against budget as a curve and a table that grow as results come, and the
//! problems behind each point.

mod answers;
mod curve;
mod form;
mod listed;
mod panel;
mod shown;
mod table;

pub use answers::{Filter, show as answers};
pub use form::{FormContext, SweepForm, show as form};
pub use panel::show;
pub use shown::{Phase, Refusal, SweepShown};

use crate::export::SweepAxis;
use crate::sweep::ArmKey;

/// What the person set and chose in the tab.
#[derive(Clone, Debug, Default)]
pub struct SweepState {
    /// What the next sweep is to be.
    pub form: SweepForm,
    /// Horizontal axis of the curve.
    pub axis: SweepAxis,
    /// The point whose problems are listed.
    pub chosen: Option<ArmKey>,
    /// Which of them.
    pub filter: Filter,
    listed: listed::Listed,
}
