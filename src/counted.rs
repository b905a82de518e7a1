//! A count with its noun.

/// `1 token`, `2 tokens`: for nouns that take an s.
pub(crate) fn counted(n: impl Into<u64>, noun: &str) -> String {
    let n = n.into();
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
