//! Task-aware: what the problem's own queries attend to (after "Beyond RAG", arXiv 2503.04973).
//!
//! The paper compresses a long text before answering: attention from the task's tokens to the text says what stays.
//! Here the same question is asked while decoding: SnapKV with the prompt's queries as the probe.

use super::importance::importance;
use super::params::Param;
use super::spread::spread;
use super::table::PolicyInfo;
use super::{HeadScores, HeadView, Needs, Policy};
use crate::config::CacheSettings;

pub(super) const INFO: PolicyInfo = PolicyInfo {
    id: "task-aware",
    name: "Task-aware",
    aliases: &[
        "task-aware compression",
        "task-aware KV cache compression",
        "Beyond RAG",
        "prompt-probe SnapKV",
    ],
    paper: "arXiv 2503.04973",
    summary: "Keeps the reasoning that the problem itself attends to: queries from across the prompt are kept and asked \
              again at every compression, instead of the last few tokens' queries. The paper (Beyond RAG) does this \
              once, to shrink a long text before answering; asking again while decoding is this program's \
              adaptation, and so are the number of queries (as many as the window, 32 at most), SnapKV's pooling, and that \
              the queries keep the positions they had, before the tokens that they judge; the paper's come after them.",
    compresses: true,
    each_step: false,
    needs: Needs {
        prompt: true,
        ..Needs::NOTHING
    },
    params: &[Param::Budget, Param::Buffer, Param::Window, Param::Kernel],
    defaults: |_| {},
    policy: |_| Ok(Box::new(TaskAware)),
};

struct TaskAware;

impl Policy for TaskAware {
    fn score(&self, head: &HeadView<'_>, settings: &CacheSettings) -> HeadScores {
        let row = head.group * head.head_dim;
        let rows = head.prompt_queries.len() / row;
        let probe: Vec<f32> = spread(rows, settings.window as usize)
            .flat_map(|at| &head.prompt_queries[at * row..(at + 1) * row])
            .copied()
            .collect();
        let head = HeadView {
            queries: &probe,
            ..*head
        };
        HeadScores::important(importance(&head, settings))
    }
}
