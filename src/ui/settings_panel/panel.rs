//! The settings of the cache, checked where they are made.

use egui::{ComboBox, RichText, Ui};

use super::{choices, numbers, sampling};
use crate::config::{CacheSettings, Sampling};
use crate::policy::{POLICIES, find, shown_name};
use crate::trace::{RecordLevel, TraceHeader};
use crate::ui::command::UiCommand;
use crate::ui::theme::{Palette, caption};

/// The settings as they stand on the sliders, legal or not.
#[derive(Clone, Debug, Default)]
pub struct SettingsState {
    /// Of the cache.
    pub cache: CacheSettings,
    /// Of the next run's draw.
    pub sampling: Sampling,
    /// Of the next run's recording.
    pub level: RecordLevel,
}

/// What the panel must know of the run.
#[derive(Clone, Copy, Debug, Default)]
pub struct SettingsContext {
    /// A run is under way: changes take effect in it.
    pub running: bool,
    /// Tokens of its prompt.
    pub prompt_tokens: u32,
    /// There is no engine that could use them: they are shown as recorded.
    pub fixed: bool,
}

impl SettingsState {
    /// Those that a run began with: what one would run again.
    pub fn of_run(header: &TraceHeader) -> Self {
        Self {
            cache: header.settings.clone(),
            sampling: header.sampling.clone(),
            level: header.level,
        }
    }

    /// What is wrong with the settings, in words, if anything.
    pub fn error(&self, context: SettingsContext) -> Option<String> {
        let prompt = if context.running {
            context.prompt_tokens
        } else {
            0
        };
        let cache = self.cache.check_with_prompt(prompt).err();
        cache
            .or_else(|| self.sampling.check().err())
            .map(|error| error.to_string())
    }
}

/// Draws the panel. A legal change becomes a command; an illegal one a message beside the sliders.
pub fn show(
    ui: &mut Ui,
    state: &mut SettingsState,
    context: SettingsContext,
    commands: &mut Vec<UiCommand>,
) {
    let palette = Palette::of(ui.ctx());
    let before = state.clone();
    if context.fixed {
        ui.disable();
    }
    policy(ui, &mut state.cache);
    let Ok(info) = find(&state.cache.policy) else {
        return;
    };
    ui.add_space(4.0);
    numbers::show(ui, info, &mut state.cache);
    let error = state.error(context);
    if let Some(message) = &error {
        let text = RichText::new(message).size(12.5).color(palette.error);
        ui.add(egui::Label::new(text).wrap());
    }
    if info.compresses {
        choices::show(ui, &mut state.cache);
    }
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        let defaults = info.default_settings();
        let changed = state.cache != defaults;
        if ui
            .add_enabled(changed, egui::Button::new("Reset to defaults"))
            .clicked()
        {
            state.cache = defaults;
        }
    });
    if context.running {
        let text = "Changes come into force when the cache is next due, by the old settings or the new ones.";
        ui.label(RichText::new(text).size(12.0).color(palette.faint));
    }
    ui.add_space(4.0);
    egui::CollapsingHeader::new("Sampling and recording")
        .id_salt("sampling")
        .show(ui, |ui| {
            ui.add_enabled_ui(!context.running, |ui| {
                sampling::show(ui, &mut state.sampling, &mut state.level);
            });
            if context.running {
                ui.label(
                    RichText::new("Fixed while a run is on.")
                        .size(12.0)
                        .color(palette.faint),
                );
            }
        });
    if state.error(context).is_some() {
        return;
    }
    if state.cache != before.cache {
        commands.push(UiCommand::SetSettings(state.cache.clone()));
    }
    if state.sampling != before.sampling {
        commands.push(UiCommand::SetSampling(state.sampling.clone()));
    }
    if state.level != before.level {
        commands.push(UiCommand::SetRecordLevel(state.level));
    }
}

/// Everything but the policy of a set of settings, for another place than the panel.
pub fn details(ui: &mut Ui, settings: &mut CacheSettings) {
    let Ok(info) = find(&settings.policy) else {
        return;
    };
    numbers::show(ui, info, settings);
    if info.compresses {
        choices::show(ui, settings);
    }
}

fn policy(ui: &mut Ui, settings: &mut CacheSettings) {
    let palette = Palette::of(ui.ctx());
    caption(ui, "Cache policy");
    let shown = find(&settings.policy);
    let response = ComboBox::from_id_salt("policy")
        .selected_text(shown_name(&settings.policy))
        .width(ui.available_width())
        .height(420.0)
        .show_ui(ui, |ui| {
            for info in POLICIES {
                let chosen = settings.policy == info.id;
                let hint = format!("{}\n\n{}", info.summary, info.paper);
                if ui
                    .selectable_label(chosen, info.name)
                    .on_hover_text(hint)
                    .clicked()
                    && !chosen
                {
                    *settings = info.adopt(settings);
                }
            }
        })
        .response;
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::ComboBox, true, "Cache policy"));
    if let Ok(info) = shown {
        response.on_hover_text(info.summary);
        ui.label(RichText::new(info.paper).size(11.5).color(palette.faint));
    }
}
