//! Keys that repeat keys at the last compression: the newest of each cluster, and who repeats it.

use egui::{ScrollArea, Ui};

use super::row::{self, Row};
use super::segments::go;
use crate::analysis::Cluster;
use crate::trace::{Position, TraceView};
use crate::ui::command::UiCommand;
use crate::ui::derived::Derived;
use crate::ui::quantity::counted;
use crate::ui::selection::Selection;
use crate::ui::token_text::quoted;

/// Lists the clusters of the cursor's last compression; `None` while they are being counted.
pub fn show(
    ui: &mut Ui,
    view: &TraceView<'_>,
    found: Option<&[Cluster]>,
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
    if found.is_empty() {
        ui.weak("No key had a newer near duplicate.");
        return;
    }
    let mut rows = vec![];
    for (index, cluster) in found.iter().enumerate() {
        rows.push((index, None));
        rows.extend((0..cluster.older.len()).map(|member| (index, Some(member))));
    }
    ScrollArea::vertical()
        .id_salt("clusters")
        .auto_shrink(false)
        .show_rows(ui, row::HEIGHT, rows.len(), |ui, range| {
            for &(index, member) in &rows[range] {
                one(
                    ui,
                    view,
                    &found[index],
                    member,
                    derived,
                    selection,
                    commands,
                );
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
