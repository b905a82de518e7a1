//! Scores travel to the host beside the next step: nothing waits for them too early, nothing of them is lost.

use std::sync::Arc;

use rkv_scope::config::Sampling;
use rkv_scope::engine::generation::{Advance, Generation, GenerationRequest};
use rkv_scope::kernels::cuda::{Accelerator, Element};
use rkv_scope::model::{LanguageModel, load_on_accelerator};
use rkv_scope::trace::{FinishReason, RecordLevel, TraceRecord};

use super::accelerators::{Deed, Watched, on_each_device};
use super::checkpoint::GO;
use super::decoder::settings;

on_each_device!(
    recording_does_not_hold_up_the_next_step,
    a_pause_shows_the_last_compression,
    a_device_that_fails_in_between_leaves_the_evictions,
);

fn begin(model: &mut dyn LanguageModel) -> Generation<'_> {
    let request = GenerationRequest {
        problem: "Ivy has 46 shells. Ivy finds 38 more. How many shells are there?".to_owned(),
        settings: settings(),
        sampling: Sampling {
            max_tokens: 70,
            ..Sampling::default()
        },
        level: RecordLevel::Components,
    };
    Generation::begin(model, request).unwrap()
}

/// Steps until a compression has just been done.
fn to_a_compression(run: &mut Generation<'_>) {
    let mut before = 0;
    while run.cache().longest() >= before {
        before = run.cache().longest();
        assert_eq!(run.advance(&GO).unwrap(), Advance::Decoded);
    }
}

fn compressions(records: &[TraceRecord]) -> usize {
    let is_one = |record: &&TraceRecord| matches!(record, TraceRecord::Compression(_));
    records.iter().filter(is_one).count()
}

fn recording_does_not_hold_up_the_next_step<A: Accelerator + 'static>(accelerator: Arc<A>) {
    let watched = Watched::new(accelerator);
    let mut model = load_on_accelerator("reasoner", Arc::clone(&watched), Element::F32).unwrap();
    let mut run = begin(model.as_mut());
    while !matches!(run.advance(&GO).unwrap(), Advance::Finished(_)) {}
    let records = run.take_records();
    let journal = watched.journal();
    let sent = journal.iter().filter(|deed| **deed == Deed::Sent).count();
    assert!(sent >= 2, "{sent} compressions");
    assert_eq!(compressions(&records), sent);
    for (at, _) in journal
        .iter()
        .enumerate()
        .filter(|(_, deed)| **deed == Deed::Arrived)
    {
        assert_eq!(
            journal[at - 1],
            Deed::Appended,
            "it was waited for before the next step was under way"
        );
    }
    // In the trace a compression comes right behind the token that made it due.
    let mut tokens = 0;
    for record in &records {
        match record {
            TraceRecord::Tokens(batch) => tokens += batch.len(),
            TraceRecord::Compression(record) => {
                assert_eq!(record.seen as usize, tokens);
                assert!(!record.scores.is_empty());
            }
            _ => {}
        }
    }
}

fn a_pause_shows_the_last_compression<A: Accelerator + 'static>(accelerator: Arc<A>) {
    let mut model = load_on_accelerator("reasoner", accelerator, Element::F32).unwrap();
    let mut run = begin(model.as_mut());
    while !run.is_decoding() {
        run.advance(&GO).unwrap();
    }
    run.take_records();
    to_a_compression(&mut run);
    assert_eq!(compressions(&run.take_records()), 0, "it is on its way");
    run.settle().unwrap();
    assert_eq!(compressions(&run.take_records()), 1);
}

fn a_device_that_fails_in_between_leaves_the_evictions<A: Accelerator + 'static>(
    accelerator: Arc<A>,
) {
    let watched = Watched::new(accelerator);
    let mut model = load_on_accelerator("reasoner", Arc::clone(&watched), Element::F32).unwrap();
    for stopped in [false, true] {
        watched.unplug(false);
        let mut run = begin(model.as_mut());
        while !run.is_decoding() {
            run.advance(&GO).unwrap();
        }
        to_a_compression(&mut run);
        watched.unplug(true);
        let ended = if stopped {
            run.finish(FinishReason::Stopped)
        } else {
            let error = run.advance(&GO).unwrap_err();
            run.finish(FinishReason::Failed(error.to_string()))
        };
        assert!(
            matches!(&ended, FinishReason::Failed(why) if why.contains("unplugged")),
            "{ended:?}"
        );
        let records = run.take_records();
        let Some(TraceRecord::Compression(last)) = records
            .iter()
            .rev()
            .find(|record| matches!(record, TraceRecord::Compression(_)))
        else {
            panic!("the compression is lost");
        };
        assert!(last.evicted.iter().all(|gone| !gone.is_empty()));
        assert!(last.scores.is_empty());
        let Some(TraceRecord::End { reason, .. }) = records.last() else {
            panic!("the trace has no end");
        };
        assert_eq!(reason, &ended);
    }
}
