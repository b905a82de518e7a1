//! A suffix automaton over token ids, grown token by token: how much of the newest text was there before.
//!
//! Blumer et al. 1985, "The smallest automaton recognizing the subwords of a text": at most two states a
//! token, constant amortised time apart from the look-ups.

use std::collections::HashMap;

/// Grows with the sequence.
#[derive(Clone, Debug)]
pub(super) struct SuffixAutomaton {
    /// Longest string of each state, and the state of its longest suffix with other occurrences.
    states: Vec<State>,
    next: HashMap<(u32, u32), u32>,
    /// Tokens that lead on from each state: what a clone has to copy.
    tokens: Vec<Vec<u32>>,
    last: u32,
}

#[derive(Clone, Copy, Debug)]
struct State {
    length: u32,
    link: u32,
}

const NONE: u32 = u32::MAX;

impl Default for SuffixAutomaton {
    fn default() -> Self {
        Self {
            states: vec![State {
                length: 0,
                link: NONE,
            }],
            next: HashMap::new(),
            tokens: vec![vec![]],
            last: 0,
        }
    }
}

impl SuffixAutomaton {
    /// Appends a token. Returns the length of the longest string that ends with it and also ends at an
    /// earlier token; the two may overlap.
    pub(super) fn push(&mut self, token: u32) -> u32 {
        let length = self.states[self.last as usize].length + 1;
        let new = self.state(length, NONE);
        let mut from = self.last;
        self.last = new;
        while from != NONE && !self.next.contains_key(&(from, token)) {
            self.lead(from, token, new);
            from = self.states[from as usize].link;
        }
        let link = if from == NONE {
            0
        } else {
            let to = self.next[&(from, token)];
            let length = self.states[from as usize].length + 1;
            if self.states[to as usize].length == length {
                to
            } else {
                self.split(from, to, token, length)
            }
        };
        self.states[new as usize].link = link;
        self.states[link as usize].length
    }

    /// Gives the strings of `to` that are at most `length` long a state of their own.
    fn split(&mut self, mut from: u32, to: u32, token: u32, length: u32) -> u32 {
        let clone = self.state(length, self.states[to as usize].link);
        for other in self.tokens[to as usize].clone() {
            let target = self.next[&(to, other)];
            self.lead(clone, other, target);
        }
        while from != NONE && self.next.get(&(from, token)) == Some(&to) {
            self.next.insert((from, token), clone);
            from = self.states[from as usize].link;
        }
        self.states[to as usize].link = clone;
        clone
    }

    fn state(&mut self, length: u32, link: u32) -> u32 {
        self.states.push(State { length, link });
        self.tokens.push(vec![]);
        self.states.len() as u32 - 1
    }

    fn lead(&mut self, from: u32, token: u32, to: u32) {
        self.next.insert((from, token), to);
        self.tokens[from as usize].push(token);
    }
}
