//! The menu of models: which one is loaded, and what else can be.

use egui::containers::menu::{MenuButton, MenuConfig};
use egui::{
    Align, Align2, AtomExt as _, Button, Key, Layout, PopupCloseBehavior, RichText, TextEdit, Ui,
};

use super::command::UiCommand;
use super::engine_status::EngineStatus;
use super::quantity::bytes;
use super::theme::Palette;
use super::typed_path::typed_path;
use crate::trace::ModelSummary;

/// Room that the name has in any case, in points.
const LEAST_NAME: f32 = 48.0;

/// A model that can be loaded by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownModelName {
    /// Its name.
    pub name: String,
    /// What it is, in a sentence.
    pub about: String,
    /// Bytes to download first, if it is not on this machine.
    pub to_fetch: Option<u64>,
}

/// Draws the menu's button, and the menu while it is open; `path` is what is typed into it. A name that does not fit into
/// `most` points is cut.
pub fn show(
    ui: &mut Ui,
    path: &mut String,
    status: &EngineStatus,
    known: &[KnownModelName],
    most: f32,
    commands: &mut Vec<UiCommand>,
) {
    let name = match (&status.loading, &status.model) {
        (Some((fraction, _)), _) => format!("loading… {:.0} %", fraction * 100.0),
        (None, Some((model, _))) => format!("{} ⏷", model.name),
        (None, None) => "no model ⏷".to_owned(),
    };
    // A click into the path's field must not close the menu.
    let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    let name = name.atom_max_width((most - 2.0 * ui.spacing().button_padding.x).max(LEAST_NAME));
    let (response, _) = MenuButton::new(name).config(config).ui(ui, |ui| {
        ui.set_width(360.0);
        ui.add_enabled_ui(!status.busy() && status.loading.is_none(), |ui| {
            for model in known {
                entry(ui, model, commands);
            }
            ui.separator();
            from_path(ui, path, commands);
        });
    });
    let hint = match &status.model {
        Some((model, _)) => shape(model),
        None => "Load a model".to_owned(),
    };
    if response.on_hover_text(hint).clicked() {
        // One may have been downloaded since the menu was last open.
        commands.push(UiCommand::ListModels);
    }
}

fn entry(ui: &mut Ui, model: &KnownModelName, commands: &mut Vec<UiCommand>) {
    let palette = Palette::of(ui.ctx());
    let mut button = Button::new(model.name.as_str());
    let mut hint = model.about.clone();
    if let Some(size) = model.to_fetch {
        button = Button::new(RichText::new(&model.name).color(palette.weak))
            .shortcut_text(format!("not here, {}", bytes(size)));
        hint = format!(
            "{hint}. To download it: rkv-scope models fetch {}",
            model.name
        );
    }
    if ui.add(button).on_hover_text(hint).clicked() {
        commands.push(UiCommand::LoadModel(model.name.clone()));
        ui.close();
    }
}

fn from_path(ui: &mut Ui, path: &mut String, commands: &mut Vec<UiCommand>) {
    let label = ui.label("A GGUF file or a Hugging Face folder:");
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let some = !path.trim().is_empty();
        let load = ui.add_enabled(some, Button::new("Load")).clicked();
        let edit = TextEdit::singleline(path)
            .desired_width(ui.available_width())
            .align(Align2::LEFT_CENTER)
            .hint_text("path");
        let field = ui.add(edit).labelled_by(label.id);
        let enter = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
        if (load || enter) && some {
            let model = typed_path(path).to_string_lossy().into_owned();
            commands.push(UiCommand::LoadModel(model));
            ui.close();
        }
    });
}

fn shape(model: &ModelSummary) -> String {
    format!(
        "{} · {} · {} layers, {} KV heads each, head size {} · weights {} · context {} tokens · files {}",
        model.name,
        model.architecture,
        model.layers,
        model.kv_heads,
        model.head_dim,
        model.weights,
        model.context,
        model.fingerprint.as_deref().unwrap_or("unknown")
    )
}
