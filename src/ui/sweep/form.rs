//! What is to be swept: problems, budgets, policies. Stands where the settings of a run stand in other tabs.

use egui::{
    Align, Button, DragValue, Frame, Id, Label, Layout, Margin, Panel, RichText, ScrollArea,
    TextEdit, Ui,
};

use super::{Phase, Refusal, SweepShown};
use crate::config::Sampling;
use crate::export::series;
use crate::policy::{POLICIES, shown_name};
use crate::sweep::{ArmKey, FULL, ProblemSource, SweepRequest, arms, instruction_for};
use crate::ui::command::{SweepCommand, UiCommand};
use crate::ui::overwrite::fresh;
use crate::ui::seed_field::seed_field;
use crate::ui::theme::{Palette, caption};
use crate::ui::typed_path::typed_path;

/// The sweep that a person puts together, as typed.
#[derive(Clone, Debug)]
pub struct SweepForm {
    /// Problems to ask.
    pub problems: u32,
    /// File of problems; empty for the generator's.
    pub problems_file: String,
    /// Seed of the problems and draws.
    pub seed: u64,
    /// Budgets, separated by commas or blanks.
    pub budgets: String,
    /// Ids of the policies that are chosen.
    pub policies: Vec<&'static str>,
    /// Tokens that gather before a compression.
    pub buffer: u32,
    /// Tokens generated at most.
    pub max_tokens: u32,
    /// Results file; empty keeps the results in memory only.
    pub results: String,
}

impl Default for SweepForm {
    fn default() -> Self {
        Self {
            problems: 50,
            problems_file: String::new(),
            seed: 0,
            budgets: "32, 48, 64, 96, 128, 192, 256".to_owned(),
            policies: POLICIES
                .iter()
                .map(|info| info.id)
                .filter(|id| ["rkv", "snapkv", "streamingllm"].contains(id))
                .collect(),
            buffer: crate::config::CacheSettings::default().buffer,
            max_tokens: Sampling::default().max_tokens,
            results: "sweep.jsonl".to_owned(),
        }
    }
}

impl SweepForm {
    /// The sweep that is asked for.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn request(&self, model: &str) -> Result<SweepRequest, String> {
        let mut budgets = vec![];
        for word in self.budgets.split([',', ' ']).filter(|w| !w.is_empty()) {
            let budget = word
                .parse::<u32>()
                .map_err(|_not_a_count| format!("the budget {word:?} is not a whole number"))?;
            budgets.push(budget);
        }
        if budgets.is_empty() {
            return Err("no budget is given; type some, such as 32, 64, 128".to_owned());
        }
        if self.policies.is_empty() {
            return Err("no policy is chosen".to_owned());
        }
        let policies: Vec<String> = self.policies.iter().map(|&id| id.to_owned()).collect();
        let arms = arms(&policies, &budgets, |settings| {
            settings.buffer = self.buffer;
        })
        .map_err(|error| error.to_string())?;
        let sampling = Sampling {
            seed: self.seed,
            max_tokens: self.max_tokens,
            ..Sampling::default()
        };
        sampling.check().map_err(|error| error.to_string())?;
        let file = self.problems_file.trim();
        let problems = if file.is_empty() {
            ProblemSource::Generated {
                count: self.problems,
                seed: self.seed,
            }
        } else {
            ProblemSource::File {
                path: typed_path(file),
                count: Some(self.problems),
            }
        };
        // The window and a run of its own need a processor too.
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let results = self.results.trim();
        Ok(SweepRequest {
            model: model.to_owned(),
            problems,
            instruction: instruction_for(model),
            arms,
            sampling,
            threads: (processors - 1).max(1),
            out: (!results.is_empty()).then(|| typed_path(results)),
        })
    }
}

/// What the form must know of the program.
#[derive(Clone, Copy, Debug)]
pub struct FormContext<'a> {
    /// Model that a sweep would use.
    pub model: &'a str,
    /// Whether this build can run one at all.
    pub can_run: bool,
    /// Whether the results in a file are being read, which then take the place of what is shown.
    pub reading: bool,
}

/// Draws the form, and the button that starts or stops.
pub fn show(
    ui: &mut Ui,
    form: &mut SweepForm,
    sweep: &SweepShown,
    context: FormContext<'_>,
    commands: &mut Vec<UiCommand>,
) {
    let palette = Palette::of(ui.ctx());
    // Always in sight, however many policies there are.
    Panel::bottom("sweep start")
        .frame(Frame::new().inner_margin(Margin {
            right: 6,
            ..Margin::ZERO
        }))
        .resizable(false)
        .show_separator_line(false)
        .show(ui, |ui| {
            ui.add_space(8.0);
            results(ui, form, sweep, context.reading, commands);
            if context.can_run {
                ui.add_space(6.0);
                let request = form.request(context.model);
                start(ui, sweep, form, request, context.reading, commands);
                if !sweep.busy() {
                    refused(ui, sweep, form);
                }
            }
        });
    if !context.can_run {
        let text = "This build has no model: it shows the results of sweeps.";
        ui.add(Label::new(RichText::new(text).color(palette.weak)).wrap());
        return;
    }
    ScrollArea::vertical()
        .id_salt("sweep form")
        .auto_shrink(false)
        .show(ui, |ui| {
            ui.add_enabled_ui(!sweep.busy(), |ui| fields(ui, form));
        });
}

fn results(
    ui: &mut Ui,
    form: &mut SweepForm,
    sweep: &SweepShown,
    reading: bool,
    commands: &mut Vec<UiCommand>,
) {
    let label = caption(ui, "Results file");
    let mut hint = "Each result is written as it comes, and a sweep that was cut off goes on from it. Empty: kept in \
                    memory only."
        .to_owned();
    if let Ok(whole) = std::path::absolute(typed_path(&form.results)) {
        hint = format!("{hint}\n{}", whole.display());
    }
    ui.horizontal(|ui| {
        let path = typed_path(&form.results);
        let open = Button::new("Show");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if ui
                .add_enabled(
                    !sweep.busy() && !reading && !path.as_os_str().is_empty(),
                    open,
                )
                .on_hover_text("Shows the results in the file without running anything")
                .clicked()
            {
                let open = SweepCommand::Open(path);
                commands.push(UiCommand::Sweep(open));
            }
            let field = TextEdit::singleline(&mut form.results)
                .hint_text("in memory only")
                .desired_width(f32::INFINITY);
            ui.add_enabled(!sweep.busy(), field)
                .labelled_by(label.id)
                .on_hover_text(hint);
        });
    });
}

fn fields(ui: &mut Ui, form: &mut SweepForm) {
    let palette = Palette::of(ui.ctx());
    caption(ui, "Problems");
    number(ui, "Number of problems", &mut form.problems, 1..=100_000);
    seed(ui, palette, &mut form.seed);
    let label = ui.label("From a file of JSON lines");
    ui.add(
        TextEdit::singleline(&mut form.problems_file)
            .hint_text("generated")
            .desired_width(f32::INFINITY),
    )
    .labelled_by(label.id)
    .on_hover_text("One object a line: {\"kind\": .., \"problem\": .., \"answer\": ..}");
    ui.add_space(6.0);
    caption(ui, "Cache");
    let label = ui.label("Budgets");
    ui.add(TextEdit::singleline(&mut form.budgets).desired_width(f32::INFINITY))
        .labelled_by(label.id);
    number(ui, "Buffer", &mut form.buffer, 1..=1 << 20);
    number(ui, "Tokens at most", &mut form.max_tokens, 1..=1 << 20);
    ui.add_space(6.0);
    caption(ui, "Policies");
    for info in POLICIES.iter().filter(|info| info.compresses) {
        let mut chosen = form.policies.contains(&info.id);
        ui.spacing_mut().interact_size.y = 20.0;
        let tick = ui.checkbox(&mut chosen, info.name);
        if tick.on_hover_text(info.summary).changed() {
            form.policies.retain(|id| *id != info.id);
            if chosen {
                form.policies.push(info.id);
                // In the order of the table, whatever the order of the clicks.
                form.policies
                    .sort_by_key(|id| POLICIES.iter().position(|p| p.id == *id));
            }
        }
    }
    let text = format!(
        "{} is always run: the others are held against it.",
        shown_name(FULL)
    );
    ui.add(Label::new(RichText::new(text).size(12.0).color(palette.faint)).wrap());
}

fn number<N: egui::emath::Numeric>(
    ui: &mut Ui,
    name: &str,
    value: &mut N,
    range: std::ops::RangeInclusive<N>,
) {
    ui.horizontal(|ui| {
        let label = ui.label(name);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add(
                DragValue::new(value)
                    .range(range)
                    .update_while_editing(false),
            )
            .labelled_by(label.id);
        });
    });
}

fn seed(ui: &mut Ui, palette: &Palette, seed: &mut u64) {
    let field = ui.horizontal(|ui| {
        let label = ui.label("Seed");
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            seed_field(ui, Id::unique("seed of a sweep"), label.id, seed)
        })
        .inner
    });
    if let Some(why) = field.inner {
        ui.add(Label::new(RichText::new(why).size(12.5).color(palette.error)).wrap());
    }
}

fn start(
    ui: &mut Ui,
    sweep: &SweepShown,
    form: &SweepForm,
    request: Result<SweepRequest, String>,
    reading: bool,
    commands: &mut Vec<UiCommand>,
) {
    let palette = Palette::of(ui.ctx());
    if sweep.busy() {
        let stopping = sweep.phase == Phase::Stopping;
        let label = if stopping {
            "Stopping…"
        } else {
            "Stop the sweep"
        };
        if ui.add_enabled(!stopping, Button::new(label)).clicked() {
            commands.push(UiCommand::Sweep(SweepCommand::Stop));
        }
        return;
    }
    let name = if !sweep.kept && !sweep.outcomes.is_empty() {
        "Start anew: these results go"
    } else {
        "Start the sweep"
    };
    let text = RichText::new(name).color(palette.text_on(palette.amber));
    let button = Button::new(text).fill(palette.amber);
    let mut button = ui.add_enabled(request.is_ok() && !reading, button);
    if reading {
        button = button.on_disabled_hover_text("The results in a file are being read");
    }
    let clicked = button.clicked();
    match request {
        Ok(request) => {
            let (room, none): (Vec<_>, Vec<_>) =
                request.arms.iter().partition(|arm| arm.check().is_ok());
            let runs = room.len() as u64 * u64::from(form.problems);
            let mut text = format!(
                "{} runs on {}",
                crate::ui::quantity::count(runs),
                request.model
            );
            if !none.is_empty() {
                let names: Vec<String> =
                    none.iter().map(|arm| ArmKey::of(arm).to_string()).collect();
                text = format!("{text}; without room, and left out: {}", names.join(", "));
            }
            ui.add(Label::new(RichText::new(text).size(12.0).color(palette.faint)).wrap());
            if let Some(instruction) = &request.instruction {
                let text = format!("each told: {instruction}");
                ui.add(Label::new(RichText::new(text).size(12.0).color(palette.faint)).wrap());
            }
            if clicked {
                let start = SweepCommand::Start(Box::new(request));
                commands.push(UiCommand::Sweep(start));
            }
        }
        Err(why) => {
            ui.add(Label::new(RichText::new(why).size(12.5).color(palette.error)).wrap());
        }
    }
}

/// Why the sweep that was asked for did not begin, and a name that no file has if its file stood in the way.
fn refused(ui: &mut Ui, sweep: &SweepShown, form: &mut SweepForm) {
    let path = typed_path(&form.results);
    let still = |refusal: &&Refusal| refusal.file.as_ref().is_none_or(|file| *file == path);
    let Some(refusal) = sweep.refused.as_ref().filter(still) else {
        return;
    };
    let palette = Palette::of(ui.ctx());
    let text = RichText::new(&refusal.why).size(12.5).color(palette.error);
    ui.add(Label::new(text).wrap());
    if refusal.file.is_some() {
        let free = fresh(path).display().to_string();
        if ui.button(format!("Write to {free} instead")).clicked() {
            form.results = free;
        }
    }
}

/// Colour of a policy's curve in this theme; `index` counts the policies of the sweep.
pub(super) fn colour(ui: &Ui, index: usize) -> egui::Color32 {
    let style = series::style(index);
    let rgb = if ui.ctx().theme() == egui::Theme::Dark {
        style.dark
    } else {
        style.light
    };
    egui::Color32::from_rgb(rgb.0, rgb.1, rgb.2)
}
