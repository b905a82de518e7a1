//! Whether files can be dropped on the window: under Wayland the windowing library does not hear of it, and nothing must
//! promise it.

use std::sync::LazyLock;

/// Whether the window hears of files that are dropped on it.
pub fn is_possible() -> bool {
    static POSSIBLE: LazyLock<bool> = LazyLock::new(|| {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        !(cfg!(target_os = "linux") && (set("WAYLAND_DISPLAY") || set("WAYLAND_SOCKET")))
    });
    *POSSIBLE
}
