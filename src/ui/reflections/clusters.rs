//! Keys that repeat keys at the last compression: the newest of each cluster, and who repeats it.

use egui::{ScrollArea, Ui};

use super::row::{self, Row};
use super::segments::go;
use crate::analysis::Cluster;
use crate::trace::{Position, TraceView, quoted};
use crate::ui::command::UiCommand;
use crate::ui::derived::Derived;
use crate::ui::quantity::counted;
use crate::ui::selection::Selection;

/// The clusters of a compression as the rows of a list, each title over its members. There may be a row for every pair, so
/// the list is numbered once.
pub struct ClusterRows {
    clusters: Vec<Cluster>,
    /// The row of each cluster's title.
    titles: Vec<usize>,
    rows: usize,
}

impl ClusterRows {
    /// Numbers them.
    pub fn new(clusters: Vec<Cluster>) -> Self {
        let mut rows = 0;
        let titles = clusters
            .iter()
            .map(|cluster| {
                let title = rows;
                rows += 1 + cluster.older.len();
                title
            })
            .collect();
        Self {
            clusters,
            titles,
            rows,
        }
    }

    /// A row's cluster, and which of its members it is; none is the title.
    fn at(&self, row: usize) -> Option<(&Cluster, Option<usize>)> {
        let index = self.titles.partition_point(|&title| title <= row);
        let index = index.checked_sub(1)?;
        let member = (row - self.titles[index]).checked_sub(1);
        Some((&self.clusters[index], member))
    }
}

/// Lists the clusters of the cursor's last compression; `None` while they are being counted.
pub fn show(
    ui: &mut Ui,
    view: &TraceView<'_>,
    found: Option<&ClusterRows>,
    derived: &Derived,
    selection: &Selection,
    commands: &mut Vec<UiCommand>,
) {
    row::heading(
        ui,
        [
            ("key, and the older keys that repeat it", ""),
            (
                "heads",
                "heads in which this key's newest near duplicate is the one above",
            ),
            (
                "dropped",
                "of these, heads that dropped it at this compression",
            ),
            (
                "held now",
                "share of all (layer, KV head) pairs that hold the token at the cursor",
            ),
        ],
    );
    let Some(record) = view.last_record() else {
        ui.weak("No compression has run at the cursor.");
        return;
    };
    if record.links.is_none() {
        ui.weak("This compression recorded no near duplicates: the policy looks for none, or the run recorded less than all (Record, in the settings).");
        return;
    }
    let Some(found) = found else {
        ui.weak("Counting…");
        return;
    };
    if found.rows == 0 {
        ui.weak("No key had a newer near duplicate.");
        return;
    }
    ScrollArea::vertical()
        .id_salt("clusters")
        .auto_shrink(false)
        .show_rows(ui, row::HEIGHT, found.rows, |ui, range| {
            for (cluster, member) in range.filter_map(|row| found.at(row)) {
                one(ui, view, cluster, member, derived, selection, commands);
            }
        });
}

fn one(
    ui: &mut Ui,
    view: &TraceView<'_>,
    cluster: &Cluster,
    member: Option<usize>,
    derived: &Derived,
    selection: &Selection,
    commands: &mut Vec<UiCommand>,
) {
    let store = view.store();
    let member = member.map(|index| cluster.older[index]);
    let position = member.map_or(cluster.newest, |member| member.position);
    let token = quoted(store, position);
    let place = context(view, position);
    let (text, label) = if member.is_some() {
        (
            format!("{token} at {}  {place}", position.0),
            format!("{token} at {} repeats {}", position.0, cluster.newest.0),
        )
    } else {
        let size = counted(cluster.older.len() as u64, "older key");
        (
            format!("{token} at {}, repeated by {size}  {place}", position.0),
            format!("Newest {token} at {}, {size}", position.0),
        )
    };
    let response = row::show(
        ui,
        &Row {
            indent: if member.is_some() { 16.0 } else { 0.0 },
            text,
            number: member.map_or_else(String::new, |m| m.heads.to_string()),
            remark: member.map_or_else(String::new, |m| m.dropped.to_string()),
            held: derived.held_share(position.index()).map(f64::from),
            title: member.is_none(),
            chosen: selection.pinned == Some(position),
            ..Row::default()
        },
        &label,
    );
    go(
        &response,
        view,
        position.index()..position.index() + 1,
        commands,
    );
}

/// The words around a token.
fn context(view: &TraceView<'_>, position: Position) -> String {
    let at = position.index();
    let words = row::words(
        view.store(),
        at.saturating_sub(5)..(at + 3).min(view.cursor()),
    );
    format!("… {words} …")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Member;

    #[test]
    fn each_cluster_is_a_title_and_its_members() {
        let cluster = |newest, older: &[u32]| Cluster {
            newest: Position(newest),
            older: older
                .iter()
                .map(|&position| Member {
                    position: Position(position),
                    heads: 1,
                    dropped: 0,
                })
                .collect(),
        };
        let rows = ClusterRows::new(vec![cluster(9, &[1, 4]), cluster(7, &[2])]);
        let found: Vec<(u32, Option<usize>)> = (0..rows.rows)
            .filter_map(|row| rows.at(row))
            .map(|(cluster, member)| (cluster.newest.0, member))
            .collect();
        assert_eq!(
            found,
            [
                (9, None),
                (9, Some(0)),
                (9, Some(1)),
                (7, None),
                (7, Some(0))
            ]
        );
        assert!(ClusterRows::new(vec![]).at(0).is_none());
    }
}
