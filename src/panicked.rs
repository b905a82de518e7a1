//! What a panic said, for the thread that caught it.

use std::any::Any;

/// The message, or that there is none.
pub fn message(panic: &(dyn Any + Send)) -> String {
    message_or(panic, "unknown cause")
}

/// The message, or what to say where there is none.
pub fn message_or(panic: &(dyn Any + Send), otherwise: &str) -> String {
    panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()))
        .unwrap_or_else(|| otherwise.to_owned())
}
