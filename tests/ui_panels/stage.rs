//! A run, a cursor and a panel on a window of its own.

use egui_kittest::Harness;
use rkv_scope::config::CacheSettings;
use rkv_scope::trace::synthetic::Synthetic;
use rkv_scope::trace::{RecordLevel, TraceStore};
use rkv_scope::ui::{Derived, Selection, UiCommand, theme};

/// What a panel under test sees, and what it asked for.
pub struct Stage<S> {
    pub store: TraceStore,
    pub cursor: usize,
    pub selection: Selection,
    pub derived: Derived,
    pub commands: Vec<UiCommand>,
    pub panel: S,
}

impl<S: Default> Stage<S> {
    pub fn new(store: TraceStore) -> Self {
        let cursor = store.tokens().len();
        Self {
            store,
            cursor,
            selection: Selection::default(),
            derived: Derived::default(),
            commands: vec![],
            panel: S::default(),
        }
    }
}

/// 18 heads, budget 96, a few hundred tokens, lambda changed on the way.
pub fn run() -> TraceStore {
    plan().store()
}

pub fn plan() -> Synthetic {
    Synthetic {
        tokens: 520,
        settings: CacheSettings {
            budget: 96,
            buffer: 32,
            ..CacheSettings::default()
        },
        lambda_changes_at: Some(300),
        ..Synthetic::default()
    }
}

pub fn summary_only() -> TraceStore {
    Synthetic {
        level: RecordLevel::Summary,
        ..plan()
    }
    .store()
}

/// A run that has a header and nothing else.
pub fn empty() -> TraceStore {
    TraceStore::new(std::sync::Arc::new(plan().header()))
}

/// A window whose only content is the panel.
pub fn window<'a, S>(
    size: [f32; 2],
    theme: egui::Theme,
    stage: Stage<S>,
    mut show: impl FnMut(&mut egui::Ui, &mut Stage<S>) + 'a,
) -> Harness<'a, Stage<S>> {
    Harness::builder()
        .with_size(size)
        .with_theme(theme)
        .with_context_setup(theme::install)
        .build_ui_state(
            move |ui, stage: &mut Stage<S>| {
                let view = stage.store.view(stage.cursor);
                stage.derived.update(0, &view);
                let palette = theme::Palette::of(ui.ctx());
                let frame = egui::Frame::new().fill(palette.panel).inner_margin(14.0);
                egui::CentralPanel::default()
                    .frame(frame)
                    .show(ui, |ui| show(ui, stage));
            },
            stage,
        )
}
