//! R-KV with one kept set for all layers and heads, as its ports to vLLM and SGLang decide.

use super::params::Param;
use super::rkv::RKv;
use super::table::PolicyInfo;
use super::{Needs, rkv};
use crate::config::Scope;

pub(super) const INFO: PolicyInfo = PolicyInfo {
    id: "rkv-global",
    name: "R-KV, global set",
    aliases: &["R-KV vLLM", "R-KV SGLang", "R-KV global"],
    paper: "arXiv 2505.24133",
    summary: "R-KV as its vLLM and SGLang ports run it: every token's score is averaged over the heads and over \
              the layers, and all heads of all layers keep the same tokens. A server can then free whole pages; the \
              same as R-KV with scope set to global. The ports advise a buffer as large as the budget.",
    compresses: true,
    each_step: false,
    needs: Needs::WINDOW,
    params: RKV_PARAMS,
    defaults: |settings| settings.scope = Scope::Global,
    policy: |_| Ok(Box::new(RKv)),
};

const RKV_PARAMS: &[Param] = rkv::INFO.params;
