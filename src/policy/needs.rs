//! What the engine must gather for a policy, and the bytes that costs beside keys and values.

use crate::config::CacheSettings;
use crate::trace::ModelSummary;

/// Prompt tokens whose queries a run keeps for policies that ask for them.
pub const PROMPT_PROBES: usize = 32;

/// How many of the newest tokens' queries a policy looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Queries {
    /// None.
    #[default]
    None,
    /// The newest token's.
    Last,
    /// Those of the observation window.
    Window,
}

/// What a policy looks at besides keys, values and positions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Recent queries at a compression.
    pub queries: Queries,
    /// The attention each slot received since it entered the cache: one number per slot.
    pub attention: bool,
    /// Queries of the prompt.
    pub prompt: bool,
    /// Mean and mean size of all queries before RoPE, per query head.
    pub statistics: bool,
    /// Random numbers, which the run's seed decides.
    pub draws: bool,
    /// The number of sinks, even where another protection is chosen.
    pub sinks: bool,
}

impl Needs {
    /// The newest token's queries alone.
    pub const LAST: Self = Self::queries(Queries::Last);
    /// The observation window's queries alone.
    pub const WINDOW: Self = Self::queries(Queries::Window);
    /// Keys, values and positions alone.
    pub const NOTHING: Self = Self::queries(Queries::None);

    const fn queries(queries: Queries) -> Self {
        Self {
            queries,
            attention: false,
            prompt: false,
            statistics: false,
            draws: false,
            sinks: false,
        }
    }

    /// Rows of recent queries that are looked at.
    pub fn query_rows(self, settings: &CacheSettings) -> usize {
        match self.queries {
            Queries::None => 0,
            Queries::Last => 1,
            Queries::Window => settings.window as usize,
        }
    }

    /// Bytes that must be held between compressions beside keys and values, with `slots` slots per head after a prompt of
    /// `prompt_tokens` tokens.
    pub fn auxiliary_bytes(
        self,
        settings: &CacheSettings,
        model: &ModelSummary,
        slots: u32,
        prompt_tokens: u32,
    ) -> u64 {
        let layer_queries =
            u64::from(model.layers) * u64::from(model.query_heads) * u64::from(model.head_dim);
        let float = size_of::<f32>() as u64;
        let mut bytes = self.query_rows(settings) as u64 * layer_queries * float;
        if self.attention {
            bytes += u64::from(model.heads()) * u64::from(slots) * float;
        }
        if self.prompt {
            let rows = PROMPT_PROBES.min(prompt_tokens as usize);
            bytes += rows as u64 * layer_queries * float;
        }
        if self.statistics {
            // Per pair of features a complex sum and a sum of sizes, in double precision.
            bytes += layer_queries / 2 * 3 * size_of::<f64>() as u64;
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_are_those_of_the_buffers() {
        let model = ModelSummary {
            layers: 2,
            query_heads: 6,
            kv_heads: 3,
            head_dim: 8,
            ..ModelSummary::default()
        };
        let settings = CacheSettings {
            window: 5,
            ..CacheSettings::default()
        };
        let bytes = |needs: Needs| needs.auxiliary_bytes(&settings, &model, 100, 3);
        assert_eq!(bytes(Needs::NOTHING), 0);
        assert_eq!(bytes(Needs::LAST), 2 * 6 * 8 * 4);
        assert_eq!(bytes(Needs::WINDOW), 5 * 2 * 6 * 8 * 4);
        let attention = Needs {
            attention: true,
            ..Needs::NOTHING
        };
        assert_eq!(bytes(attention), 2 * 3 * 100 * 4);
        let prompt = Needs {
            prompt: true,
            ..Needs::NOTHING
        };
        assert_eq!(bytes(prompt), 3 * 2 * 6 * 8 * 4, "a prompt of three tokens");
        let long = prompt.auxiliary_bytes(&settings, &model, 100, 400);
        assert_eq!(
            long,
            32 * 2 * 6 * 8 * 4,
            "probes do not depend on the window"
        );
    }
}
