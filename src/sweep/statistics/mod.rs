//! The two tests a sweep needs, each a pure function.

mod mcnemar;
mod wilson;

pub use mcnemar::mcnemar_exact;
pub use wilson::{Interval, wilson};
