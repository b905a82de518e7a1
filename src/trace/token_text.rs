//! A token's text made visible: its spaces and line ends are often the point.

use super::{Position, TraceStore};

/// Longest text shown in full, in characters; longer ones are cut in the middle of a panel's line.
const LONGEST: usize = 24;

/// The text with white space as signs: `·` space, `↵` line end, `→` tab.
pub fn visible(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            ' ' => '·',
            '\n' => '↵',
            '\t' => '→',
            c if c.is_control() => '�',
            c => c,
        })
        .collect()
}

/// A token in quotes, white space visible; a token inside a multi-token character says so.
pub fn quoted(store: &TraceStore, position: Position) -> String {
    let text = store.tokens().text(position);
    if text.is_empty() {
        return "(part of a character)".to_owned();
    }
    let shown = visible(text);
    if shown.chars().count() > LONGEST {
        let head: String = shown.chars().take(LONGEST).collect();
        format!("“{head}…”")
    } else {
        format!("“{shown}”")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_shows() {
        assert_eq!(visible(" shells\n"), "·shells↵");
        assert_eq!(visible("\t\u{7}"), "→�");
    }
}
