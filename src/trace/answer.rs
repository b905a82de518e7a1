//! The answer in a model's text: reasoning models are asked to put it into `\boxed{}`.

const BOXED: &str = "\\boxed";

/// The tag that ends the reasoning.
pub const END_OF_THOUGHT: &str = "</think>";

/// Content of the last complete `\boxed{...}` that holds something, braces balanced, trimmed; `None` if there is none.
///
/// An escaped brace (`\{`) counts for nothing, as in TeX. A box that is not closed on its line, or before the tag that ends
/// the thoughts, is passed over, and the one before it counts. Of nested boxes the outer one counts.
pub fn last_boxed(text: &str) -> Option<String> {
    // For each open brace, where its content begins if it is a box. One pass, whatever the text.
    let mut open: Vec<Option<usize>> = vec![];
    let mut answer = None;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let mut next = at + c.len_utf8();
        match c {
            '\\' if let Some(start) = box_start(&text[at..]) => {
                next = at + start;
                open.push(Some(next));
            }
            '\\' => next += text[next..].chars().next().map_or(0, char::len_utf8),
            '{' => open.push(None),
            // Nothing that is open here is an answer any more: a brace that was forgotten would take in all that follows.
            '\n' => open.clear(),
            '<' if text[at..].starts_with(END_OF_THOUGHT) => open.clear(),
            '}' => {
                let content = open
                    .pop()
                    .flatten()
                    .map_or("", |start| text[start..at].trim());
                if !content.is_empty() {
                    answer = Some(content);
                }
            }
            _ => {}
        }
        at = next;
    }
    answer.map(str::to_owned)
}

/// Where the content begins if `text` begins with a box.
fn box_start(text: &str) -> Option<usize> {
    let after = text.strip_prefix(BOXED)?.trim_start().strip_prefix('{')?;
    Some(text.len() - after.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_several_counts() {
        assert_eq!(
            last_boxed(r"so \boxed{3}. Wait: \boxed{ 42 }."),
            Some("42".to_owned())
        );
        assert_eq!(last_boxed(r"\boxed {42}"), Some("42".to_owned()));
        assert_eq!(
            last_boxed(r"\boxed{42}, in a \boxed{} as asked, \boxed{ }"),
            Some("42".to_owned())
        );
    }

    #[test]
    fn braces_nest() {
        let text = r"\boxed{\frac{1}{2}}";
        assert_eq!(last_boxed(text), Some(r"\frac{1}{2}".to_owned()));
        assert_eq!(
            last_boxed(r"\boxed{\{1, 2\}}"),
            Some(r"\{1, 2\}".to_owned())
        );
    }

    #[test]
    fn a_box_that_was_cut_off_is_passed_over() {
        assert_eq!(
            last_boxed(r"\boxed{7} and then \boxed{\frac{1}{"),
            Some("7".to_owned())
        );
        assert_eq!(last_boxed(r"\boxed{7"), None);
    }

    #[test]
    fn a_box_ends_on_its_line_and_with_its_thought() {
        assert_eq!(
            last_boxed("\\boxed{7} so \\boxed{8\nand on {x} it goes}"),
            Some("7".to_owned())
        );
        assert_eq!(last_boxed("\\boxed{8</think>The answer is 8}"), None);
        assert_eq!(
            last_boxed("\\boxed{8</think>\n\nIt is \\boxed{9}."),
            Some("9".to_owned())
        );
    }

    #[test]
    fn no_box_is_no_answer() {
        assert_eq!(last_boxed("the answer is 5"), None);
        assert_eq!(last_boxed(""), None);
        assert_eq!(last_boxed("π \\boxed{π²}"), Some("π²".to_owned()));
    }
}
