//! One token at one compression, without the other candidates being read: a pointer that wanders over the text asks
//! about another token in every frame.

use super::{Component, EventIndex, HeadId, HeadRow, Position, TraceView};

impl TraceView<'_> {
    /// What a head knew of a token at a compression: the token's row among [`Self::head_rows`]. `None` if the token was no
    /// candidate there.
    pub fn head_row(&self, event: EventIndex, head: HeadId, position: Position) -> Option<HeadRow> {
        let (record, row, before) = self.at(event, head)?;
        let store = self.store();
        let evictions = store.evictions();
        if position.0 >= record.seen || !evictions.held_after(row, position, before) {
            return None;
        }
        let index = evictions.held_before(row, position, before);
        if index >= record.candidates(head.layer) as usize {
            return None;
        }
        let value = |component| record.block(component)?.value(row, index);
        let values = [
            value(Component::Importance),
            value(Component::Redundancy),
            value(Component::Score),
        ];
        let links = record.links_of(head, store.header().model.kv_heads);
        Some(HeadRow::of(
            position,
            values,
            store.settings_of(record.revision).lambda as f32,
            evictions.evicted_at(row, position) == Some(event),
            links.and_then(|links| links.get(index).copied()),
        ))
    }

    /// Candidates of a head at a compression whose newest near duplicate was this token, ascending.
    pub fn repeaters(&self, event: EventIndex, head: HeadId, position: Position) -> Vec<Position> {
        let store = self.store();
        let Some((record, row, before)) = self.at(event, head) else {
            return vec![];
        };
        let links = record.links_of(head, store.header().model.kv_heads);
        let mut held = store.evictions().held(row, before);
        let mut passed = 0;
        let places = links.unwrap_or_default().iter().enumerate();
        places
            .filter(|(_, newest)| **newest == position.0)
            .filter_map(|(place, _)| {
                let repeater = held.nth(place - passed);
                passed = place + 1;
                repeater
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::RecordLevel;
    use crate::trace::synthetic::Synthetic;

    #[test]
    fn a_token_s_row_is_the_one_among_all_rows_of_the_head() {
        for level in [
            RecordLevel::Summary,
            RecordLevel::Scores,
            RecordLevel::Components,
        ] {
            let store = Synthetic {
                level,
                ..Synthetic::default()
            }
            .store();
            let view = store.latest();
            let positions = (0..store.tokens().len() as u32).map(Position);
            for event in (0..store.events().len() as u32).step_by(3).map(EventIndex) {
                for head in store.header().model.head_ids().step_by(4) {
                    let rows = view.head_rows(event, head).unwrap();
                    for position in positions.clone() {
                        let found = rows.iter().find(|row| row.position == position).copied();
                        assert_eq!(view.head_row(event, head, position), found);
                        let repeaters: Vec<Position> = rows
                            .iter()
                            .filter(|row| row.duplicate_of == Some(position))
                            .map(|row| row.position)
                            .collect();
                        assert_eq!(view.repeaters(event, head, position), repeaters);
                    }
                }
            }
            let nowhere = HeadId { layer: 6, head: 0 };
            assert_eq!(view.head_row(EventIndex(0), nowhere, Position(0)), None);
            assert_eq!(view.repeaters(EventIndex(0), nowhere, Position(0)), []);
        }
    }
}
