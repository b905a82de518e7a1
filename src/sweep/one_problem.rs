//! All runs of one problem: the full cache, and from its course every policy's.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use super::{ArmKey, Problem, ReplayRequest, RunOutcome, SweepError, ends_in_a_loop};
use crate::config::{CacheSettings, Sampling};
use crate::engine::EngineError;
use crate::engine::generation::{Advance, Generation, GenerationRequest, Snapshot, can_resume};
use crate::model::LanguageModel;
use crate::policy::find;
use crate::policy::schedule::Schedule;
use crate::trace::{
    FinishReason, RecordLevel, RunSummary, TraceRecord, TraceStore, same_answer,
    slots_read_decoding,
};

/// One problem and what is wanted of it.
pub(super) struct Task<'a> {
    pub index: u32,
    pub problem: &'a Problem,
    pub sampling: &'a Sampling,
    /// Settings of the full cache.
    pub full: &'a CacheSettings,
    /// Settings of the arms whose outcome is wanted.
    pub wanted: &'a [&'a CacheSettings],
}

/// The full cache's course: its moments at which a policy forks off, and how it ended.
struct Course {
    forks: BTreeMap<usize, (Snapshot, Vec<TraceRecord>)>,
    prompt_tokens: usize,
    longest: usize,
    end: RunOutcome,
}

/// Runs what is wanted, giving each outcome to `emit` as it comes; `false` if it was stopped.
pub(super) fn run(
    model: &mut dyn LanguageModel,
    task: &Task<'_>,
    stop: &AtomicBool,
    emit: &mut dyn FnMut(RunOutcome),
) -> Result<bool, SweepError> {
    let failed = |arm: &CacheSettings| {
        let arm = ArmKey::of(arm);
        move |source| SweepError::Run {
            problem: task.index,
            arm,
            source: Box::new(source),
        }
    };
    let Some(course) = full_course(model, task, stop).map_err(failed(task.full))? else {
        return Ok(false);
    };
    for &settings in task.wanted {
        let outcome = if ArmKey::of(settings).is_full() {
            Some(course.end.clone())
        } else {
            fork(model, task, &course, settings, stop).map_err(failed(settings))?
        };
        match outcome {
            Some(outcome) => emit(outcome),
            None => return Ok(false),
        }
    }
    Ok(true)
}

fn full_course(
    model: &mut dyn LanguageModel,
    task: &Task<'_>,
    stop: &AtomicBool,
) -> Result<Option<Course>, EngineError> {
    let mut run = Generation::begin(model, request(task, task.full.clone()))?;
    let header = run.header().clone();
    let prompt_tokens = header.prompt_tokens as usize;
    let longest = run.longest();
    let mut wanted: Vec<usize> = vec![];
    for settings in task.wanted {
        if can_resume(find(&settings.policy)?) {
            wanted.extend(Schedule::new(settings, prompt_tokens)?.first_due(settings, longest));
        }
    }
    let mut records = vec![];
    let mut forks = BTreeMap::new();
    let reason = loop {
        let advance = run.advance(stop)?;
        records.extend(run.take_records());
        match advance {
            Advance::Finished(reason) => break reason,
            Advance::Interrupted => return Ok(None),
            Advance::Prefilled | Advance::Decoded => {}
        }
        let seen = run.cache().seen();
        if wanted.contains(&seen)
            && let Some(snapshot) = run.snapshot()?
        {
            forks.insert(seen, (snapshot, records.clone()));
        }
    };
    drop(run);
    let mut store = TraceStore::new(header);
    apply(&mut store, records);
    Ok(Some(Course {
        forks,
        prompt_tokens,
        longest,
        end: outcome(task, task.full, &store, &reason),
    }))
}

/// A policy's run: the end of the full cache's if it is never compressed, else on from where it first is.
fn fork(
    model: &mut dyn LanguageModel,
    task: &Task<'_>,
    course: &Course,
    settings: &CacheSettings,
    stop: &AtomicBool,
) -> Result<Option<RunOutcome>, EngineError> {
    let info = find(&settings.policy)?;
    let schedule = Schedule::new(settings, course.prompt_tokens)?;
    let first = schedule.first_due(settings, course.longest);
    let ended = (course.end.prompt_tokens + course.end.tokens) as usize;
    let greedy = task.sampling.temperature <= 0.0;
    let never = schedule.prefill_room(settings, 0) >= course.prompt_tokens
        && first.is_none_or(|first| first > ended);
    if never && greedy {
        return Ok(Some(RunOutcome {
            arm: ArmKey::of(settings),
            ..course.end.clone()
        }));
    }
    let fork = first
        .filter(|_| can_resume(info))
        .and_then(|first| course.forks.get(&first));
    let (mut run, records) = match fork {
        Some((snapshot, records)) => (
            Generation::resume(model, snapshot, settings.clone())?,
            records.clone(),
        ),
        None => (
            Generation::begin(model, request(task, settings.clone()))?,
            vec![],
        ),
    };
    let mut store = TraceStore::new(run.header().clone());
    apply(&mut store, records);
    loop {
        apply(&mut store, run.take_records());
        match run.advance(stop)? {
            Advance::Prefilled | Advance::Decoded => {}
            Advance::Interrupted => return Ok(None),
            Advance::Finished(reason) => {
                apply(&mut store, run.take_records());
                return Ok(Some(outcome(task, settings, &store, &reason)));
            }
        }
    }
}

/// Does one run from its beginning, recording everything.
pub(super) fn record(
    model: &mut dyn LanguageModel,
    run: &ReplayRequest,
) -> Result<TraceStore, EngineError> {
    let request = GenerationRequest {
        problem: run.problem.text.clone(),
        settings: run.settings.clone(),
        sampling: sampling(&run.sampling, run.index),
        level: RecordLevel::Components,
    };
    let mut run = Generation::begin(model, request)?;
    let mut store = TraceStore::new(run.header().clone());
    let never = AtomicBool::new(false);
    while !matches!(run.advance(&never)?, Advance::Finished(_)) {
        apply(&mut store, run.take_records());
    }
    apply(&mut store, run.take_records());
    Ok(store)
}

fn request(task: &Task<'_>, settings: CacheSettings) -> GenerationRequest {
    GenerationRequest {
        problem: task.problem.text.clone(),
        settings,
        sampling: sampling(task.sampling, task.index),
        level: RecordLevel::Summary,
    }
}

/// Draws differ from problem to problem, and not with the number of problems.
fn sampling(sampling: &Sampling, index: u32) -> Sampling {
    Sampling {
        seed: sampling.seed.wrapping_add(u64::from(index)),
        ..sampling.clone()
    }
}

fn apply(store: &mut TraceStore, records: Vec<TraceRecord>) {
    for record in records {
        store
            .apply(record)
            .expect("a run's own records follow one another");
    }
}

fn outcome(
    task: &Task<'_>,
    settings: &CacheSettings,
    store: &TraceStore,
    reason: &FinishReason,
) -> RunOutcome {
    let summary = RunSummary::of(store);
    let prompt = summary.prompt_tokens as usize;
    let answer = store.answer();
    let capped = *reason != FinishReason::EndOfText;
    RunOutcome {
        problem: task.index,
        arm: ArmKey::of(settings),
        right: answer
            .as_deref()
            .is_some_and(|answer| same_answer(answer, &task.problem.answer)),
        answer,
        finish: reason.name().to_owned(),
        looped: capped && ends_in_a_loop(&store.tokens().ids()[prompt..]),
        prompt_tokens: summary.prompt_tokens,
        tokens: summary.tokens,
        compressions: summary.compressions,
        peak_slots: summary.peak_slots,
        // Six decimals survive any JSON reader unchanged.
        time_averaged_ratio: (summary.time_averaged_ratio * 1e6).round() / 1e6,
        slot_steps: slots_read_decoding(store)
            .map(|(_, slots)| slots)
            .sum::<f64>()
            .round() as u64,
    }
}
