//! Which kernels there are, by name.

use super::Element;

/// A kernel and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Kernel {
    /// Source file in `kernels/` without its extension, with `_d` and the head size where that picks the build.
    pub module: String,
    /// Its name there.
    pub name: String,
}

impl Kernel {
    /// A kernel that is built for each type and head size.
    pub(super) fn sized(file: &str, name: &str, element: Element, head_dim: usize) -> Self {
        Self {
            module: format!("{file}_d{head_dim}"),
            name: format!("{name}_{}_d{head_dim}", element.name()),
        }
    }

    /// The kernel that takes new tokens of the type `from` into a cache of `element`.
    pub(super) fn append(from: Element, element: Element) -> Self {
        Self {
            module: "append".to_owned(),
            name: format!("append_{}_{}", from.name(), element.name()),
        }
    }

    /// A kernel that is the same for all types and head sizes.
    pub(super) fn general(file: &str, name: &str) -> Self {
        Self {
            module: file.to_owned(),
            name: name.to_owned(),
        }
    }

    /// All that a cache of this type and head size may ever launch.
    pub fn of_cache(element: Element, head_dim: usize) -> Vec<Self> {
        let sized = |file, name| Self::sized(file, name, element, head_dim);
        vec![
            Self::append(Element::F32, element),
            Self::append(element, element),
            sized("attention", "attend"),
            sized("attention", "attend_merge"),
            sized("importance", "importance_logits"),
            sized("newest_similar", "newest_similar"),
            Self::general("score", "score_candidates"),
            Self::general("select", "select_slots"),
            Self::general("compact", "compact_slots"),
        ]
    }
}
