//! A sweep that a test plays: what the window asks of it is kept, what it answers is made up.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use crossbeam_channel::{Sender, unbounded};
use egui::Theme;
use egui_kittest::Harness;
use rkv_scope::app::{AppConfig, RunFolder, SweepFactory};
use rkv_scope::sweep::{
    ModelIdentity, Problem, ReplayRequest, RunOutcome, SweepEvent, SweepHandle, SweepPlan,
    SweepRequest,
};
use rkv_scope::trace::TraceStore;
use rkv_scope::trace::synthetic::Synthetic;

use super::stage::{Stage, window};

/// The other end of the sweep's channel.
pub struct Played {
    pub started: Arc<Mutex<Vec<SweepRequest>>>,
    pub replayed: Arc<Mutex<Vec<ReplayRequest>>>,
    events: Sender<SweepEvent>,
    pub stop: Arc<AtomicBool>,
}

impl Played {
    pub fn say(&self, event: SweepEvent) {
        self.events.send(event).expect("the window listens");
    }

    pub fn begin(&self) -> Arc<SweepPlan> {
        let request = self.started.lock().unwrap().last().unwrap().clone();
        let plan = Arc::new(plan(&request));
        self.say(SweepEvent::Begun {
            plan: Arc::clone(&plan),
            done: vec![],
            left_out: vec![],
            note: None,
        });
        plan
    }
}

pub fn plan(request: &SweepRequest) -> SweepPlan {
    SweepPlan {
        model: ModelIdentity {
            name: "reasoner".to_owned(),
            fingerprint: "0a1b2c3d".to_owned(),
        },
        sampling: request.sampling.clone(),
        arms: request.arms.clone(),
        origin: "made up".to_owned(),
        problems: (0..50)
            .map(|i| Problem {
                kind: ["chain", "shop", "travel"][i % 3].to_owned(),
                text: format!("Ivy has {i} shells and finds {i} more. How many shells are there?"),
                answer: (2 * i).to_string(),
            })
            .collect(),
    }
}

/// Made up, but of the shape that results have: the smaller the budget, the more is lost.
pub fn outcomes(plan: &SweepPlan) -> Vec<RunOutcome> {
    let mut all = vec![];
    for (index, problem) in plan.problems.iter().enumerate() {
        for (number, arm) in plan.keys().enumerate() {
            let noise = (index * 2_654_435_761 + number * 40_503) % 97;
            let full = (index * 7919) % 97 < 70;
            let policy = plan
                .policies()
                .iter()
                .position(|id| *id == arm.policy)
                .unwrap();
            let hard = arm
                .budget
                .map_or(0, |b| (2600 / b as usize) + 9 * (policy - 1));
            let right = if arm.is_full() {
                full
            } else {
                noise > hard && (full || noise > 93)
            };
            let budget = arm.budget.unwrap_or(400);
            let tokens = 300 + (noise as u32) * 2;
            let ratio = (f64::from(budget) * 1.4 / 500.0).min(1.0);
            all.push(RunOutcome {
                problem: index as u32,
                arm,
                answer: Some(if right {
                    problem.answer.clone()
                } else {
                    "7".to_owned()
                }),
                right,
                finish: "end-of-text".to_owned(),
                looped: false,
                prompt_tokens: 40,
                tokens,
                compressions: if budget < 400 { tokens / budget } else { 0 },
                peak_slots: budget + 32,
                time_averaged_ratio: ratio,
                slot_steps: (f64::from(40 * tokens + tokens * (tokens + 1) / 2) * ratio) as u64,
            });
        }
    }
    all
}

pub fn with_sweeps(size: [f32; 2], theme: Theme) -> (Harness<'static, Stage>, Played) {
    with_sweeps_that(size, theme, None, |request| Ok(made_up(request)))
}

pub fn made_up(request: &ReplayRequest) -> TraceStore {
    let plan = Synthetic {
        settings: request.settings.clone(),
        ..Synthetic::default()
    };
    plan.store()
}

/// A window whose sweeps do their runs again in some way, with a folder of runs or none.
pub fn with_sweeps_that(
    size: [f32; 2],
    theme: Theme,
    runs: Option<RunFolder>,
    run: impl Fn(&ReplayRequest) -> Result<TraceStore, String> + Send + Sync + 'static,
) -> (Harness<'static, Stage>, Played) {
    let (events, receiver) = unbounded();
    let stop = Arc::new(AtomicBool::new(false));
    let played = Played {
        started: Arc::default(),
        replayed: Arc::default(),
        events,
        stop: Arc::clone(&stop),
    };
    let (started, replayed) = (Arc::clone(&played.started), Arc::clone(&played.replayed));
    let sweeps = SweepFactory {
        start: Box::new(move |request, _waker| {
            started.lock().unwrap().push(request);
            Ok(SweepHandle::new(receiver.clone(), Arc::clone(&stop)))
        }),
        replay: Arc::new(move |request| {
            replayed.lock().unwrap().push(request.clone());
            run(request)
        }),
    };
    let config = AppConfig {
        sweeps: Some(sweeps),
        runs,
        ..AppConfig::default()
    };
    (window(size, theme, config), played)
}
