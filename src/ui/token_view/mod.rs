//! The text, token by token: the middle of the window.
//!
//! A run may have tens of thousands of tokens, so the text is cut into paragraphs whose glyphs are laid
//! out once, only those in sight are drawn, and colour is a mesh behind unchanged glyphs.

mod layout;
mod look;
mod marks;
mod paint;
mod panel;
mod paragraphs;
mod reading;
mod shaping;
mod stack;
mod standing;
mod stripe;

pub use look::{Look, Split, look};
pub use panel::{Page, TokenViewState, Work, show};
pub use reading::{epoch, reading};
