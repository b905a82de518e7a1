//! Trace files as people meet them: good, cut off, damaged, from elsewhere, not there.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops at what it does not expect"
)]

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use rkv_scope::config::CacheSettings;
use rkv_scope::trace::synthetic::Synthetic;
use rkv_scope::trace::{
    Component, DamageCause, EventIndex, FinishReason, HeadId, LoadError, Position, ReadError,
    RecordLevel, RunSummary, TraceReader, TraceRecord, TraceWriter, load, load_from, save,
};

/// Magic and version.
const PREAMBLE: usize = 12;

fn small() -> Synthetic {
    Synthetic {
        seed: 7,
        layers: 2,
        kv_heads: 2,
        tokens: 200,
        settings: CacheSettings {
            budget: 32,
            buffer: 24,
            ..CacheSettings::default()
        },
        level: RecordLevel::Components,
        lambda_changes_at: Some(120),
        ..Synthetic::default()
    }
}

fn bytes_of(plan: &Synthetic) -> Vec<u8> {
    let mut writer = TraceWriter::create(vec![], &plan.header()).unwrap();
    for record in plan.records() {
        writer.write(&record).unwrap();
    }
    writer.finish().unwrap()
}

fn read_all(bytes: &[u8]) -> (Vec<TraceRecord>, Option<ReadError>) {
    let (mut reader, _) = match TraceReader::open(bytes) {
        Ok(opened) => opened,
        Err(error) => return (vec![], Some(error)),
    };
    let mut records = vec![];
    loop {
        match reader.next_record() {
            Ok(Some(record)) => records.push(record),
            Ok(None) => return (records, None),
            Err(error) => {
                assert!(
                    reader.next_record().unwrap().is_none(),
                    "nothing follows an error"
                );
                return (records, Some(error));
            }
        }
    }
}

/// Where a file can be cut and leave whole records alone: behind the header, and behind each record.
fn boundaries(bytes: &[u8]) -> Vec<usize> {
    let (mut reader, _) = TraceReader::open(bytes).unwrap();
    let mut found = vec![reader.offset() as usize];
    while reader.next_record().unwrap().is_some() {
        found.push(reader.offset() as usize);
    }
    found
}

#[test]
fn a_file_cut_within_a_frame_says_where_it_ends_and_one_cut_between_frames_lacks_its_end() {
    let plan = small();
    let (bytes, records) = (bytes_of(&plan), plan.records());
    let boundaries = boundaries(&bytes);
    assert_eq!(boundaries.len(), records.len() + 1);
    assert_eq!(boundaries.last(), Some(&bytes.len()));
    for cut in 0..bytes.len() {
        let whole = boundaries.partition_point(|boundary| *boundary <= cut);
        let between = boundaries.contains(&cut);
        let begun = match boundaries[..whole].last() {
            Some(boundary) => *boundary,
            None if cut < PREAMBLE => 0,
            None => PREAMBLE,
        };
        let (prefix, error) = read_all(&bytes[..cut]);
        assert_eq!(prefix, records[..whole.saturating_sub(1)], "cut at {cut}");
        match error {
            None => assert!(between, "nothing is told of the cut at {cut}"),
            Some(ReadError::Empty) => assert_eq!(cut, 0),
            Some(ReadError::Truncated { offset }) => {
                assert!(!between, "cut at {cut}");
                assert_eq!(offset, begun as u64, "cut at {cut}");
            }
            Some(other) => panic!("cut at {cut}: {other}"),
        }
        let Ok(loaded) = load_from(&bytes[..cut]) else {
            assert_eq!(whole, 0, "the cut at {cut} leaves the header");
            continue;
        };
        if let Some(problem) = &loaded.problem {
            assert!(!between, "cut at {cut}");
            assert_eq!(problem.offset, begun as u64, "cut at {cut}");
            let message = problem.to_string();
            assert!(message.contains(&begun.to_string()), "{message}");
        } else {
            assert!(between, "nothing is told of the cut at {cut}");
        }
        // Of a cut between two frames this is all there is to see.
        assert!(loaded.store.end().is_none(), "cut at {cut}");
    }
    assert_eq!(read_all(&bytes).0, records);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn flipped_bytes_never_pass_for_what_was_written(
        flips in prop::collection::vec((any::<prop::sample::Index>(), 1u8..=255), 1..4),
    ) {
        let plan = small();
        let (good, records) = (bytes_of(&plan), plan.records());
        let mut bytes = good.clone();
        for (at, mask) in &flips {
            bytes[at.index(good.len())] ^= mask;
        }
        let (prefix, error) = read_all(&bytes);
        prop_assert_eq!(&prefix[..], &records[..prefix.len()]);
        prop_assert!(error.is_some() || bytes == good);
        if let Ok(loaded) = load_from(bytes.as_slice()) {
            prop_assert!(loaded.problem.is_some() || bytes == good);
        }
    }

    #[test]
    fn noise_after_a_good_start_is_told_and_what_came_before_is_kept(
        tail in prop::collection::vec(any::<u8>(), 1..300),
        keep in any::<prop::sample::Index>(),
    ) {
        let plan = small();
        let (good, records) = (bytes_of(&plan), plan.records());
        let keep = PREAMBLE + keep.index(good.len() - PREAMBLE + 1);
        let bytes = [&good[..keep], &tail[..]].concat();
        // A short tail may happen to be what was cut off.
        prop_assume!(!good.starts_with(&bytes));
        let (prefix, error) = read_all(&bytes);
        prop_assert!(error.is_some());
        let whole = boundaries(&good).partition_point(|boundary| *boundary <= keep);
        prop_assert!(prefix.len() + 1 >= whole);
        prop_assert_eq!(&prefix[..], &records[..prefix.len()]);
        if let Ok(loaded) = load_from(bytes.as_slice()) {
            prop_assert!(loaded.problem.is_some());
        } else {
            prop_assert_eq!(whole, 0, "the header was there");
        }
    }
}

#[test]
fn lost_doubled_and_swapped_frames_show() {
    let plan = small();
    let bytes = bytes_of(&plan);
    let starts = boundaries(&bytes);
    let (a, b, c) = (starts[3], starts[4], starts[5]);
    let lost = [&bytes[..a], &bytes[b..]].concat();
    let doubled = [&bytes[..b], &bytes[a..]].concat();
    let swapped = [&bytes[..a], &bytes[b..c], &bytes[a..b], &bytes[c..]].concat();
    for (name, bytes, offset) in [
        ("lost", lost, a),
        ("doubled", doubled, b),
        ("swapped", swapped, a),
    ] {
        let (_, error) = read_all(&bytes);
        let Some(ReadError::Damaged { offset: at, .. }) = error else {
            panic!("{name}: {error:?}")
        };
        assert_eq!(at, offset as u64, "{name}");
    }
}

#[test]
fn a_frame_that_claims_gigabytes_is_refused_before_memory_is_taken() {
    let plan = small();
    let bytes = TraceWriter::create(vec![], &plan.header())
        .unwrap()
        .finish()
        .unwrap();
    for (packed, raw) in [
        (u32::MAX, u32::MAX),
        (1 << 20, 1 << 31),
        (100, 1 << 23),
        (0, 0),
    ] {
        let mut bytes = bytes.clone();
        bytes.extend(packed.to_le_bytes());
        bytes.extend(raw.to_le_bytes());
        bytes.extend([0; 40]);
        let (_, error) = read_all(&bytes);
        assert!(
            matches!(error, Some(ReadError::Damaged { .. })),
            "{packed} {raw}: {error:?}"
        );
    }
}

#[test]
fn a_header_of_impossible_shape_is_refused_on_both_sides() {
    let mut header = small().header();
    header.model.layers = u32::MAX;
    let error = TraceWriter::create(vec![], &header)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("synthetic-reasoner") && error.contains("layers"),
        "{error}"
    );
}

#[test]
fn a_newer_format_says_so() {
    let mut bytes = bytes_of(&small());
    bytes[8] = 9;
    let error = load_from(bytes.as_slice()).unwrap_err().to_string();
    assert!(
        error.contains("version 9") && error.contains("newer rkv-scope"),
        "{error}"
    );
}

#[test]
fn a_compression_that_does_not_fit_keeps_what_came_before() {
    let plan = small();
    let mut records = plan.records();
    let last = records
        .iter()
        .rposition(|r| matches!(r, TraceRecord::Compression(_)))
        .unwrap();
    if let TraceRecord::Compression(record) = &mut records[last] {
        record.evicted[0][0] = 0;
        record.evicted[0].sort_unstable();
        record.evicted[0][1] = 0;
    }
    let mut writer = TraceWriter::create(vec![], &plan.header()).unwrap();
    for record in &records {
        writer.write(record).unwrap();
    }
    let loaded = load_from(writer.finish().unwrap().as_slice()).unwrap();
    let problem = loaded.problem.unwrap();
    assert!(matches!(problem.cause, DamageCause::Apply(_)), "{problem}");
    assert!(loaded.store.events().len() >= 2);
    assert!(!loaded.store.tokens().is_empty());
}

#[test]
fn files_that_are_no_traces_are_named_with_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| -> PathBuf {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let message = |path: &Path| load(path).unwrap_err().to_string();

    let empty = message(&file("empty.rkvt", b""));
    assert!(
        empty.contains("empty.rkvt") && empty.contains("is empty"),
        "{empty}"
    );
    let other = message(&file("notes.txt", b"My shopping list\n"));
    assert!(
        other.contains("notes.txt") && other.contains("not an rkv-scope trace"),
        "{other}"
    );
    let short = message(&file("short.rkvt", b"\x89RKVT"));
    assert!(short.contains("ends within"), "{short}");
    let missing = message(&folder.path().join("gone.rkvt"));
    assert!(
        missing.contains("gone.rkvt") && missing.contains("check the name"),
        "{missing}"
    );
    let error = load(folder.path()).unwrap_err();
    assert!(matches!(error, LoadError::Folder { .. }), "{error}");
}

#[test]
fn saving_replaces_a_file_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.rkvt");
    let (first, second) = (small().store(), Synthetic { seed: 8, ..small() }.store());
    save(&path, &first).unwrap();
    assert_eq!(load(&path).unwrap().store, first);
    save(&path, &second).unwrap();
    assert_eq!(load(&path).unwrap().store, second);
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 1, "no temporary file is left: {names:?}");

    let error = save(folder.path(), &first).unwrap_err().to_string();
    assert!(error.contains("file name"), "{error}");
    let error = save(&folder.path().join("none/run.rkvt"), &first)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("none/run.rkvt: its folder is not there; create the folder"),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn a_saved_trace_has_the_rights_of_any_new_file_and_links_stay_links() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (
        folder.path().join("run.rkvt"),
        folder.path().join("latest.rkvt"),
    );
    std::fs::write(folder.path().join("plain"), b"").unwrap();
    std::fs::write(&path, b"old").unwrap();
    std::os::unix::fs::symlink(&path, &link).unwrap();
    save(&link, &small().store()).unwrap();
    assert!(link.is_symlink());
    let mode = |name: &str| {
        std::fs::metadata(folder.path().join(name))
            .unwrap()
            .permissions()
            .mode()
    };
    assert_eq!(mode("run.rkvt"), mode("plain"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_one_clear_error() {
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let mut writer = TraceWriter::create(std::io::BufWriter::new(full), &small().header()).unwrap();
    let error = writer.flush().unwrap_err().to_string();
    assert!(error.contains("No space left"), "{error}");
}

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/version-1.rkvt");

/// The numbers are those of the run when version 1 was fixed, not what the generator gives today.
#[test]
fn a_file_of_version_1_opens() {
    let loaded = load(Path::new(FIXTURE)).unwrap();
    assert!(loaded.problem.is_none(), "{:?}", loaded.problem);
    let store = loaded.store;
    let header = store.header();
    assert_eq!(header.model.name, "synthetic-reasoner");
    assert_eq!(header.model.fingerprint, None);
    assert_eq!(
        (
            header.model.layers,
            header.model.kv_heads,
            header.prompt_tokens
        ),
        (2, 2, 59)
    );
    assert_eq!((header.settings.budget, header.settings.buffer), (32, 24));
    assert_eq!(store.end().unwrap().1, FinishReason::EndOfText);
    assert_eq!(store.settings_of(1).lambda, 0.6);
    let summary = RunSummary::of(&store);
    assert_eq!((summary.compressions, summary.peak_slots), (7, 56));
    assert_eq!(store.tokens().text_of(3..6), "A rectangle has");
    let head = HeadId { layer: 1, head: 1 };
    let rows = store.latest().head_rows(EventIndex(2), head).unwrap();
    assert_eq!(rows.len(), 48);
    assert_eq!(rows.iter().filter(|row| row.evicted).count(), 24);
    assert!(store.events()[0].block(Component::Importance).is_some());
    assert!(rows.iter().any(|row| row.duplicate_of.is_some()));
    assert_eq!(rows[0].position, Position(0));
}

/// Recorded by the program when version 2 was the newest.
#[test]
fn a_file_of_version_2_opens() {
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/version-2.rkvt");
    let loaded = load(Path::new(fixture)).unwrap();
    assert!(loaded.problem.is_none(), "{:?}", loaded.problem);
    let header = loaded.store.header();
    assert_eq!(header.settings.policy, "triattention");
    assert_eq!(header.level, RecordLevel::Summary);
    assert!(header.model.fingerprint.is_some() && header.calibration.is_none());
    assert!(loaded.store.end().is_some() && !loaded.store.events().is_empty());
}

#[test]
fn the_model_s_fingerprint_survives_the_file() {
    let (_, header) = TraceReader::open(bytes_of(&small()).as_slice()).unwrap();
    assert_eq!(header, small().header());
    assert!(header.model.fingerprint.is_some());
}
