//! Choosing what to compare: two to four policies for the problem in the prompt bar, or recorded runs.

use egui::{
    Align, Button, ComboBox, CornerRadius, Frame, Grid, Label, Layout, Margin, RichText,
    ScrollArea, Stroke, Ui, vec2,
};

use super::header::badge;
use super::panel::Shown;
use crate::compare::{MOST_RUNS, letter};
use crate::config::{CacheSettings, Sampling};
use crate::policy::{POLICIES, Param, PolicyInfo, find, shown_name};
use crate::ui::command::{CompareCommand, UiCommand};
use crate::ui::dropping;
use crate::ui::engine_status::Link;
use crate::ui::number_field::number_field;
use crate::ui::settings_panel;
use crate::ui::theme::{Palette, caption};

/// Width of the page's column, in points.
const COLUMN: f32 = 760.0;
/// Policy that R-KV's paper holds it against.
const YARDSTICK: &str = "snapkv";

/// The policies of the next comparison.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Whether the page is shown although there are panes.
    pub open: bool,
    rows: Vec<CacheSettings>,
    one_budget: bool,
    /// The row whose other settings are shown.
    detail: Option<usize>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            open: false,
            rows: vec![],
            one_budget: true,
            detail: None,
        }
    }
}

/// Settings of one policy carried over to another one; budget and buffer are the person's in any case.
fn settings_for(info: &PolicyInfo, base: &CacheSettings) -> CacheSettings {
    let mut settings = info.adopt(base);
    (settings.budget, settings.buffer) = (base.budget, base.buffer);
    settings
}

impl Setup {
    /// The first look: the policy of the settings panel against what R-KV is measured against in its paper,
    /// or against R-KV.
    pub fn begin(&mut self, base: &CacheSettings) {
        if self.rows.is_empty() {
            let first = find(&base.policy).ok().filter(|info| info.compresses);
            self.rows.push(match first {
                Some(_) => base.clone(),
                None => settings_for(&POLICIES[0], base),
            });
            let other = if self.rows[0].policy == YARDSTICK {
                &POLICIES[0]
            } else {
                find(YARDSTICK).unwrap_or(&POLICIES[0])
            };
            self.rows.push(settings_for(other, base));
        }
    }

    /// One budget and buffer for all, if that is wanted: the row that was touched since `before` speaks for the others.
    fn share_size(&mut self, before: &[CacheSettings]) {
        if !self.one_budget {
            return;
        }
        let size = |row: &CacheSettings| (row.budget, row.buffer);
        let mut pairs = self.rows.iter().zip(before);
        let touched = pairs.find(|(now, was)| size(now) != size(was));
        let common =
            touched.map_or_else(|| self.rows.first().map(size), |(now, _)| Some(size(now)));
        if let Some(common) = common {
            for row in &mut self.rows {
                Param::Budget.set(row, f64::from(common.0));
                row.buffer = common.1;
            }
        }
    }

    /// Takes the next policy of the table that is not chosen yet, or the first one.
    fn add(&mut self) {
        let Some(first) = self.rows.first() else {
            return;
        };
        let chosen = |info: &&PolicyInfo| self.rows.iter().any(|row| row.policy == info.id);
        let next = POLICIES.iter().find(|info| !chosen(info));
        let settings = settings_for(next.unwrap_or(&POLICIES[0]), first);
        self.rows.push(settings);
    }

    /// The settings of the policies, in order.
    pub fn settings(&self) -> Vec<CacheSettings> {
        self.rows.clone()
    }

    /// Chooses other policies.
    pub fn choose(&mut self, rows: Vec<CacheSettings>) {
        self.rows = rows;
        self.detail = None;
    }

    /// What is wrong with the first policy that cannot run, if one cannot; `kept` panes stand before them.
    pub fn error(&self, kept: usize) -> Option<String> {
        let each = self.rows.iter().enumerate();
        each.filter_map(|(i, row)| Some((i, row.check().err()?)))
            .map(|(i, error)| format!("{}: {error}", letter(kept + i)))
            .next()
    }
}

/// Draws the page.
pub(super) fn show(
    ui: &mut Ui,
    setup: &mut Setup,
    shown: &Shown<'_>,
    commands: &mut Vec<UiCommand>,
) {
    let palette = Palette::of(ui.ctx());
    ScrollArea::vertical().id_salt("compare setup").auto_shrink(false).show(ui, |ui| {
        let width = (ui.available_width() - 48.0).clamp(220.0, COLUMN);
        let side = (ui.available_width() - width) / 2.0;
        ui.add_space((ui.available_height() * 0.06).max(12.0));
        ui.horizontal(|ui| {
            ui.add_space(side);
            ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::top_down(Align::Min), |ui| {
                ui.set_width(width);
                let title = "The same problem, several policies";
                ui.label(RichText::new(title).size(23.0).color(palette.text));
                let line = "Each policy runs in turn on one model, with the same seed, and streams into a pane of its \
                            own. One cursor moves them all, and the colours tell what only one of them still remembers.";
                ui.add(Label::new(RichText::new(line).size(14.5).color(palette.weak)).wrap());
                ui.add_space(14.0);
                if shown.status.link != Link::None {
                    runs(ui, palette, setup, shown, commands);
                    ui.add_space(18.0);
                }
                recorded(ui, palette, setup, shown, commands);
            });
        });
        ui.add_space(24.0);
    });
}

fn runs(
    ui: &mut Ui,
    palette: &Palette,
    setup: &mut Setup,
    shown: &Shown<'_>,
    commands: &mut Vec<UiCommand>,
) {
    caption(ui, "Policies to run");
    ui.add_space(2.0);
    let card = Frame::new()
        .fill(palette.panel)
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(CornerRadius::same(7))
        .inner_margin(Margin::symmetric(12, 10));
    card.show(ui, |ui| {
        ui.set_width(ui.available_width());
        let before = setup.rows.clone();
        table(ui, palette, setup, shown.kept);
        ui.add_space(4.0);
        ui.horizontal(|ui| {
            let room = shown.kept + setup.rows.len() < MOST_RUNS;
            let add = ui.add_enabled(room, Button::new("Add a policy"));
            if add.on_disabled_hover_text("There are four panes").clicked() {
                setup.add();
            }
            ui.checkbox(&mut setup.one_budget, "one budget and buffer for all")
                .on_hover_text("A fair comparison gives every policy the same room");
        });
        if let Some(row) = setup.detail.and_then(|row| setup.rows.get_mut(row)) {
            ui.add_space(6.0);
            let name = shown_name(&row.policy);
            caption(ui, &format!("All settings of {name}"));
            ui.scope(|ui| {
                ui.set_max_width(330.0);
                settings_panel::details(ui, row);
            });
        }
        setup.share_size(&before);
    });
    ui.add_space(4.0);
    egui::CollapsingHeader::new(format!("Drawn {}, the same for all", drawn(shown.sampling)))
        .id_salt("sampling of all")
        .show(ui, |ui| {
            ui.set_max_width(330.0);
            let (mut sampling, mut level) = (shown.sampling.clone(), shown.level);
            settings_panel::draws(ui, &mut sampling, &mut level);
            if sampling != *shown.sampling {
                commands.push(UiCommand::SetSampling(sampling));
            }
            if level != shown.level {
                commands.push(UiCommand::SetRecordLevel(level));
            }
        });
    ui.add_space(6.0);
    let error = setup.error(shown.kept).or_else(|| {
        let sampling = shown.sampling.check();
        sampling.err().map(|error| error.to_string())
    });
    let obstacle = shown.obstacle(error.as_deref());
    ui.horizontal(|ui| {
        let enabled = obstacle.is_none();
        let fill = if enabled {
            palette.amber
        } else {
            palette.raised
        };
        let colour = if enabled {
            palette.text_on(fill)
        } else {
            palette.text
        };
        let button = Button::new(RichText::new("Run comparison").strong().color(colour))
            .fill(fill)
            .min_size(vec2(130.0, 32.0));
        if ui.add_enabled(enabled, button).clicked() {
            commands.push(UiCommand::Run);
        }
        let said = match &obstacle {
            Some(why) => why.clone(),
            None => "on the problem above".to_owned(),
        };
        let colour = if error.is_some() {
            palette.error
        } else {
            palette.weak
        };
        ui.add(Label::new(RichText::new(said).size(13.0).color(colour)).wrap());
    });
}

fn table(ui: &mut Ui, palette: &Palette, setup: &mut Setup, kept: usize) {
    let mut remove = None;
    let several = setup.rows.len() > 1;
    Grid::new("policies to run")
        .num_columns(7)
        .spacing(vec2(12.0, 7.0))
        .show(ui, |ui| {
            for title in ["", "policy", "budget", "buffer", "λ", "", ""] {
                ui.label(RichText::new(title).size(11.5).color(palette.faint));
            }
            ui.end_row();
            for (i, row) in setup.rows.iter_mut().enumerate() {
                let pane = letter(kept + i);
                badge(ui, palette, kept + i);
                policy(ui, row, pane);
                for (param, name) in [
                    (Param::Budget, "Budget"),
                    (Param::Buffer, "Buffer"),
                    (Param::Lambda, "Lambda"),
                ] {
                    number(ui, row, param, &format!("{name} of {pane}"));
                }
                let open = setup.detail == Some(i);
                let more = ui.add(Button::selectable(open, "all settings"));
                if more
                    .accessible_name(format!("All settings of {pane}"))
                    .clicked()
                {
                    setup.detail = (!open).then_some(i);
                }
                let gone = ui.add_enabled(several, Button::new("remove").frame(false));
                if gone.accessible_name(format!("Remove {pane}")).clicked() {
                    remove = Some(i);
                }
                ui.end_row();
            }
        });
    if let Some(i) = remove {
        setup.rows.remove(i);
        setup.detail = None;
    }
}

fn policy(ui: &mut Ui, row: &mut CacheSettings, pane: char) {
    let response = ComboBox::from_id_salt(("policy of", pane))
        .selected_text(shown_name(&row.policy))
        .width(190.0)
        .height(360.0)
        .show_ui(ui, |ui| {
            for info in POLICIES {
                let chosen = row.policy == info.id;
                let hint = format!("{}\n\n{}", info.summary, info.paper);
                let label = ui.selectable_label(chosen, info.name);
                if label.on_hover_text(hint).clicked() && !chosen {
                    *row = settings_for(info, row);
                }
            }
        })
        .response;
    response.accessible_name(format!("Policy of {pane}"));
}

fn drawn(sampling: &Sampling) -> String {
    let how = if sampling.temperature == 0.0 {
        "greedily".to_owned()
    } else {
        let (temperature, seed) = (sampling.temperature, sampling.seed);
        format!("at temperature {temperature} with seed {seed}")
    };
    format!("{how}, at most {} tokens", sampling.max_tokens)
}

/// A number, if the policy uses it.
fn number(ui: &mut Ui, row: &mut CacheSettings, param: Param, name: &str) {
    let uses = find(&row.policy).is_ok_and(|info| info.params.contains(&param));
    if !uses {
        ui.label("");
        return;
    }
    let spec = param.spec();
    let mut value = param.get(row);
    let field = number_field(&mut value, spec.decimals)
        .speed(spec.step)
        .update_while_editing(false);
    let field = ui.add(field).accessible_name(name).on_hover_text(spec.help);
    if field.changed() {
        param.set(row, value);
    }
}

fn recorded(
    ui: &mut Ui,
    palette: &Palette,
    setup: &mut Setup,
    shown: &Shown<'_>,
    commands: &mut Vec<UiCommand>,
) {
    caption(ui, "Recorded runs");
    ui.add_space(2.0);
    let card = Frame::new()
        .stroke(Stroke::new(1.0, palette.line))
        .corner_radius(CornerRadius::same(7))
        .inner_margin(Margin::symmetric(12, 8));
    card.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal(|ui| {
            if ui.button("Open a trace…").clicked() {
                let (pane, paths) = (None, vec![]);
                commands.push(UiCommand::Compare(CompareCommand::Open { pane, paths }));
            }
            let said = if dropping::is_possible() {
                "Put a recorded run into a pane: open a .rkvt file, or drop some here."
            } else {
                "Put a recorded run (.rkvt) into a pane."
            };
            ui.label(RichText::new(said).size(13.0).color(palette.weak));
        });
        if let Some(run) = &shown.reading {
            ui.horizontal(|ui| {
                if ui.button("Take the run in Reading").clicked() {
                    commands.push(UiCommand::Compare(CompareCommand::TakeRun));
                }
                let text = RichText::new(run).size(13.0).color(palette.weak);
                ui.add(Label::new(text).truncate());
            });
        }
        if shown.kept > 0 {
            let letters: Vec<String> = (0..shown.kept).map(|i| letter(i).to_string()).collect();
            let said = format!(
                "What was put into panes stays beside what you run, as {}.",
                letters.join(", ")
            );
            ui.label(RichText::new(said).size(13.0).color(palette.weak));
        }
    });
    if !shown.panes.is_empty() {
        ui.add_space(10.0);
        if ui.button("Back to the panes").clicked() {
            setup.open = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Protection;

    #[test]
    fn it_starts_with_two_policies_of_the_table_on_the_same_budget() {
        let base = CacheSettings {
            budget: 77,
            ..CacheSettings::default()
        };
        let mut setup = Setup::default();
        setup.begin(&base);
        let rows = setup.settings();
        assert_eq!(rows.len(), 2);
        assert_eq!((&*rows[0].policy, &*rows[1].policy), ("rkv", "snapkv"));
        assert!(rows.iter().all(|row| row.budget == 77));
        assert_eq!(setup.error(0), None);
        setup.add();
        setup.add();
        assert!(setup.settings().iter().all(|row| row.check().is_ok()));
    }

    #[test]
    fn what_r_kv_is_held_against_is_held_against_r_kv() {
        let mut setup = Setup::default();
        setup.begin(&find(YARDSTICK).unwrap().default_settings());
        let rows = setup.settings();
        assert_eq!((&*rows[0].policy, &*rows[1].policy), ("snapkv", "rkv"));
    }

    #[test]
    fn a_policy_brings_its_own_protection_and_leaves_it_behind() {
        let base = CacheSettings::default();
        let recency = settings_for(find("streamingllm").unwrap(), &base);
        assert_eq!(recency.protection, Protection::Sinks);
        let rkv = settings_for(find("rkv").unwrap(), &recency);
        assert_eq!(rkv.protection, Protection::None);
    }

    #[test]
    fn what_cannot_run_is_named() {
        let mut setup = Setup::default();
        setup.choose(vec![
            CacheSettings::default(),
            CacheSettings {
                budget: 4,
                ..CacheSettings::default()
            },
        ]);
        let error = setup.error(1).expect("a budget below the window");
        assert!(error.starts_with("C: "), "{error}");
    }
}
