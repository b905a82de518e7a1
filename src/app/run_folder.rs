//! Where the window keeps its runs: each is recorded there as it goes, so that neither the next run nor a crash loses it.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::trace::{
    FileError, TraceHeader, TraceReader, TraceStore, WriteError, is_free, numbered,
};
use crate::ui::file_menu::{EarlierRun, LISTED};
use crate::ui::settings_words::brief;

/// Runs that stay; older ones make room.
const KEPT: usize = 100;

/// A recording that has not grown for so long is of a run that broke off. One under way grows several times a second, but
/// not while it is held.
const BROKEN_OFF: Duration = Duration::from_hours(1);

/// Longest part of a problem in a file's name, in characters.
const LONGEST: usize = 48;

/// A folder of traces, named after the second in which they began and their problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFolder {
    folder: PathBuf,
}

impl RunFolder {
    /// The runs in `folder`, which need not be there yet.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// The usual place: `rkv-scope/runs` where the system keeps the state of programs. `None` if the system does not say.
    pub fn of_system(variable: impl Fn(&str) -> Option<OsString>) -> Option<Self> {
        let path = |name: &str| {
            variable(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        let state = if cfg!(windows) {
            path("LOCALAPPDATA")
        } else if cfg!(target_os = "macos") {
            path("HOME").map(|home| home.join("Library/Application Support"))
        } else {
            path("XDG_STATE_HOME").or_else(|| Some(path("HOME")?.join(".local/state")))
        };
        Some(Self::new(state?.join("rkv-scope").join("runs")))
    }

    /// A file for a run that begins now. Runs beyond the newest hundred are removed, as far as they can be, but for those
    /// that another window may be recording.
    ///
    /// # Errors
    /// The folder cannot be made, or holds 999 runs of this second and problem.
    pub fn file_for(&self, problem: &str, now: SystemTime) -> Result<PathBuf, FileError> {
        let failed = |source| FileError::writing(&self.folder, source);
        std::fs::create_dir_all(&self.folder).map_err(failed)?;
        let runs = self.names().into_iter();
        for old in runs.skip(KEPT - 1).filter(|old| !may_grow(old, now)) {
            // Another window may have removed it first, and one that cannot be removed is no reason to lose the new one.
            let _ = std::fs::remove_file(&old.path);
        }
        let since_1970 = |time: SystemTime| {
            time.duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default()
                .as_secs()
        };
        // With a clock that was set back, a new run would be the oldest, and the next to make room.
        let newest = self.names().first().map_or(0, |run| since_1970(run.began));
        let second = match since_1970(now) {
            now if now < newest => newest + 1,
            now => now,
        };
        let first = (self.folder).join(format!("{second}-{}.rkvt", slug(problem)));
        if is_free(&first) {
            return Ok(first);
        }
        numbered(&first).find(|path| is_free(path)).ok_or_else(|| {
            let why = "every name for a run of this second is taken";
            FileError::writing(&first, io::Error::new(io::ErrorKind::AlreadyExists, why))
        })
    }

    /// Keeps a run that is over already.
    ///
    /// # Errors
    /// The folder cannot be made, or the run not be written.
    pub fn keep(&self, run: &TraceStore, now: SystemTime) -> Result<(), WriteError> {
        let path = self.file_for(&run.header().problem, now)?;
        crate::trace::save(&path, run)
    }

    /// The newest runs for the menu; none if the folder is not there.
    pub fn runs(&self) -> Vec<EarlierRun> {
        let mut runs = self.names();
        runs.truncate(LISTED);
        for run in &mut runs {
            // What the file's name says of the problem is all there is of a run that was cut off before its first frame.
            if let Some(header) = header_of(&run.path) {
                run.settings = brief(&header.settings);
                run.problem = header.problem;
            }
        }
        runs
    }

    /// All runs as the names of their files tell, newest first.
    fn names(&self) -> Vec<EarlierRun> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else {
            return vec![];
        };
        let mut runs: Vec<EarlierRun> = entries
            .filter_map(|entry| run_of(&entry.ok()?.path()))
            .collect();
        runs.sort_by(|a, b| (b.began, &b.path).cmp(&(a.began, &a.path)));
        runs
    }
}

/// What a file's name tells; `None` if the window has not named it.
fn run_of(path: &Path) -> Option<EarlierRun> {
    let name = path.file_name()?.to_str()?;
    let (whole, finished) = match name.strip_suffix(".part") {
        Some(whole) => (whole, false),
        None => (name, true),
    };
    let (second, slug) = whole.strip_suffix(".rkvt")?.split_once('-')?;
    Some(EarlierRun {
        problem: slug.replace('-', " "),
        settings: String::new(),
        began: SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(second.parse().ok()?))?,
        finished,
        path: path.to_owned(),
    })
}

/// Whether a window, this one or another, may still be recording the run.
fn may_grow(run: &EarlierRun, now: SystemTime) -> bool {
    let grown = || std::fs::metadata(&run.path)?.modified();
    // A clock that was set back makes recordings of the future.
    !run.finished
        && grown().is_ok_and(|grown| {
            now.duration_since(grown)
                .map_or(true, |ago| ago < BROKEN_OFF)
        })
}

/// What a trace began with; `None` if it cannot be read, which opening it will explain.
fn header_of(path: &Path) -> Option<TraceHeader> {
    let file = BufReader::new(File::open(path).ok()?);
    Some(TraceReader::open(file).ok()?.1)
}

/// The words of a problem, as far as they fit, in a form that every file system takes.
fn slug(problem: &str) -> String {
    let words = problem
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let mut slug = String::new();
    for word in words {
        let length = slug.chars().count() + word.chars().count() + 1;
        if !slug.is_empty() {
            if length > LONGEST {
                break;
            }
            slug.push('-');
        }
        slug.extend(word.chars().take(LONGEST));
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::synthetic::Synthetic;
    use crate::trace::unfinished;

    fn at(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(second)
    }

    #[test]
    fn runs_are_listed_newest_first_and_the_oldest_make_room() {
        let place = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(place.path().join("not/there/yet"));
        assert_eq!(folder.runs(), []);
        for second in 0..KEPT as u64 + 5 {
            let path = folder
                .file_for("What is 2 + 3?", at(1000 + second))
                .unwrap();
            std::fs::write(path, "").unwrap();
        }
        let own = place.path().join("not/there/yet/notes.rkvt");
        std::fs::write(&own, "").unwrap();
        assert_eq!(folder.names().len(), KEPT);
        let runs = folder.runs();
        assert_eq!(runs.len(), LISTED);
        assert_eq!(runs[0].began, at(1000 + KEPT as u64 + 4));
        assert_eq!(runs[0].problem, "What is 2 3");
        folder.file_for("x", at(9000)).unwrap();
        assert!(own.exists(), "a file that the window has not named stays");
    }

    #[test]
    fn an_old_run_that_cannot_be_removed_does_not_stop_the_next_one() {
        let place = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(place.path().to_owned());
        // Not even the one who may do everything removes a folder as a file.
        let stuck = place.path().join("1-stuck.rkvt");
        std::fs::create_dir(&stuck).unwrap();
        let old = place.path().join("2-old.rkvt");
        std::fs::write(&old, "").unwrap();
        for second in 0..KEPT as u64 {
            let name = format!("{}-x.rkvt", 1000 + second);
            std::fs::write(place.path().join(name), "").unwrap();
        }
        let path = folder.file_for("What is 2 + 3?", at(9000)).unwrap();
        assert!(!path.exists() && stuck.exists() && !old.exists());
    }

    #[test]
    fn a_recording_that_may_be_under_way_does_not_make_room() {
        let place = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(place.path().to_owned());
        let part = unfinished(&place.path().join("1-old.rkvt"));
        std::fs::write(&part, "").unwrap();
        for second in 0..KEPT as u64 {
            let name = format!("{}-x.rkvt", 1000 + second);
            std::fs::write(place.path().join(name), "").unwrap();
        }
        let now = SystemTime::now();
        folder.file_for("What is 2 + 3?", now).unwrap();
        assert!(part.exists());
        let later = now + BROKEN_OFF + Duration::from_mins(1);
        folder.file_for("What is 2 + 3?", later).unwrap();
        assert!(!part.exists());
    }

    #[test]
    fn two_runs_of_one_second_have_two_files_and_a_part_is_a_run() {
        let place = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(place.path().to_owned());
        let first = folder.file_for("½ + 时间?", at(7)).unwrap();
        std::fs::write(unfinished(&first), "").unwrap();
        let second = folder.file_for("½ + 时间?", at(7)).unwrap();
        assert_ne!(first, second);
        let runs = folder.runs();
        assert_eq!((runs.len(), runs[0].finished), (1, false));
    }

    #[test]
    fn a_run_never_takes_the_name_of_another() {
        let place = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(place.path().to_owned());
        let first = place.path().join("7-x.rkvt");
        for path in numbered(&first).chain([first.clone()]) {
            std::fs::write(unfinished(&path), "").unwrap();
        }
        let error = folder.file_for("x", at(7)).unwrap_err().to_string();
        assert!(
            error.contains("7-x.rkvt") && error.contains("taken"),
            "{error}"
        );
        assert!(folder.file_for("y", at(7)).is_ok());
    }

    #[test]
    fn a_run_is_listed_with_its_problem_and_its_settings() {
        let place = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(place.path().to_owned());
        let store = Synthetic::default().store();
        let header = store.header();
        for _ in 0..2 {
            folder.keep(&store, at(7)).unwrap();
        }
        assert_eq!(folder.runs().len(), 2);
        let run = folder.runs().remove(0);
        assert_eq!(run.problem, header.problem);
        assert_eq!(run.settings, brief(&header.settings));
        assert!(run.settings.contains("budget"));
    }

    #[test]
    fn a_long_problem_has_a_short_name() {
        assert_eq!(slug("(12 + 7) * 3"), "12-7-3");
        assert!(slug(&"word ".repeat(50)).chars().count() <= LONGEST);
        assert_eq!(slug(&"x".repeat(300)).chars().count(), LONGEST);
        assert_eq!(slug("?!"), "");
    }

    #[cfg(not(any(windows, target_os = "macos")))]
    #[test]
    fn the_place_is_the_system_s() {
        let with = |known: &'static [(&str, &str)]| {
            RunFolder::of_system(move |name| {
                let value = known.iter().find(|(known, _)| *known == name)?.1;
                Some(value.into())
            })
        };
        let home = with(&[("HOME", "/home/a")]).unwrap();
        assert_eq!(
            home.folder,
            Path::new("/home/a/.local/state/rkv-scope/runs")
        );
        let state = with(&[("HOME", "/home/a"), ("XDG_STATE_HOME", "/s")]).unwrap();
        assert_eq!(state.folder, Path::new("/s/rkv-scope/runs"));
        assert_eq!(with(&[("HOME", "relative")]), None);
    }

    #[test]
    fn with_a_clock_that_was_set_back_a_new_run_is_the_newest() {
        let place = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(place.path().to_owned());
        for second in 0..KEPT as u64 {
            let path = folder.file_for("tomorrow", at(90_000 + second)).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        for _ in 0..3 {
            let path = folder.file_for("today", at(7)).unwrap();
            std::fs::write(&path, "x").unwrap();
            assert_eq!(folder.names()[0].path, path);
        }
        assert_eq!(folder.names().len(), KEPT);
    }

    #[test]
    fn a_name_of_no_time_is_no_run() {
        let place = tempfile::tempdir().unwrap();
        let folder = RunFolder::new(place.path().to_owned());
        std::fs::write(folder.folder.join(format!("{}-x.rkvt", u64::MAX)), "x").unwrap();
        assert!(folder.names().is_empty());
    }
}
