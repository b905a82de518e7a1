//! The files that a command reads and writes, checked before it does anything: an output must not replace an input,
//! a trace must not count twice, and a name must not promise another format than the file gets.

use std::path::{Path, PathBuf};

use super::args::Command;
use crate::export::Format;
use crate::trace::is_same_file;

/// Files that would be destroyed, counted twice or misnamed; the message names them and the way out.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// An output that is an input.
    #[error(
        "{output} would replace {input}, which this command reads; give {option} another name",
        output = output.display(), input = input.display()
    )]
    Replaces {
        /// The option that names the output.
        option: &'static str,
        /// The output.
        output: PathBuf,
        /// The input.
        input: PathBuf,
    },
    /// One input named twice.
    #[error(
        "{first} and {again} are one file, which would count twice; name it once",
        first = first.display(), again = again.display()
    )]
    Repeated {
        /// As it was named first.
        first: PathBuf,
        /// As it was named again.
        again: PathBuf,
    },
    /// A name that says something else than what would be in the file.
    #[error(
        "{path} would hold {holds}, whatever its name says; {way_out}",
        path = path.display()
    )]
    Misnamed {
        /// The file.
        path: PathBuf,
        /// What would be in it.
        holds: &'static str,
        /// What to do.
        way_out: String,
    },
}

/// What a command writes into a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Contents {
    /// A picture or table in the format that `--format` asks for.
    Asked(Format),
    /// A picture in the format that the file's name speaks of.
    Named,
    #[cfg(feature = "gui")]
    Screenshot,
    #[cfg(feature = "infer")]
    Trace,
    #[cfg(feature = "infer")]
    Results,
    #[cfg(feature = "infer")]
    Calibration,
}

/// Holds a command's files against each other.
///
/// # Errors
/// [`FilesError`], before anything is read or written.
pub(super) fn check(command: &Command) -> Result<(), FilesError> {
    match command {
        #[cfg(feature = "gui")]
        Command::View(args) => {
            let mut read = args.files.clone();
            read.extend(model(args.model.as_deref()));
            writes(
                "--screenshot-to",
                args.screenshot_to.as_deref(),
                Contents::Screenshot,
                &read,
            )
        }
        Command::Export(args) => {
            let mut read = vec![args.file.clone()];
            read.extend(args.cues.clone());
            writes(
                "--out",
                Some(&args.out),
                Contents::Asked(args.format),
                &read,
            )
        }
        Command::Compare(args) => {
            let contents = match args.format {
                Some(format @ (Format::Png | Format::Svg)) => Contents::Asked(format),
                // A comparison is no table, whatever the file is called.
                Some(Format::Csv | Format::Json) | None => Contents::Named,
            };
            writes("--out", args.out.as_deref(), contents, &args.files)
        }
        Command::Analyze(args) => once(&args.files),
        #[cfg(feature = "infer")]
        Command::Record(args) => {
            let mut read = model(args.model.as_deref());
            read.extend(args.calibration.clone());
            writes("--out", args.out.as_deref(), Contents::Trace, &read)
        }
        #[cfg(feature = "infer")]
        Command::Calibrate(args) => {
            let read = model(args.model.as_deref());
            writes("--out", Some(&args.out), Contents::Calibration, &read)
        }
        #[cfg(feature = "infer")]
        Command::Sweep(args) => {
            let mut read = model(Some(&args.model));
            read.extend(args.problems_file.clone());
            let results = args.out.as_deref().map(crate::sweep::ResultsFile::at);
            writes("--out", results.as_deref(), Contents::Results, &read)?;
            // Earlier results are read before the plot is drawn.
            read.extend(results);
            writes("--plot", args.plot.as_deref(), Contents::Named, &read)
        }
        #[cfg(not(feature = "gui"))]
        Command::View(_) => Ok(()),
        Command::Info(_) | Command::Policies { .. } | Command::Problems(_) => Ok(()),
        #[cfg(feature = "infer")]
        Command::Models(_) | Command::Bench(_) => Ok(()),
    }
}

/// Refuses an output that is one of the files read, or that is named after another format.
fn writes(
    option: &'static str,
    output: Option<&Path>,
    contents: Contents,
    read: &[PathBuf],
) -> Result<(), FilesError> {
    let Some(output) = output.filter(|path| *path != Path::new("-")) else {
        return Ok(());
    };
    if let Some(input) = read.iter().find(|input| is_same_file(input, output)) {
        return Err(FilesError::Replaces {
            option,
            output: output.to_owned(),
            input: input.clone(),
        });
    }
    let extension = output
        .extension()
        .map(|extension| extension.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    let says = Format::from_name(&extension);
    let fits = match says {
        Some(says) => contents.fits(says),
        None if extension == TRACE => contents.is_trace(),
        None => extension.is_empty() || contents.takes_other_names(),
    };
    if !fits {
        let better = output.with_extension(contents.extension());
        let rename = format!("name it {}", better.display());
        return Err(FilesError::Misnamed {
            path: output.to_owned(),
            holds: contents.in_words(),
            way_out: match (contents, says) {
                (Contents::Asked(_), Some(says)) => format!("{rename}, or choose --format {says}"),
                _ => rename,
            },
        });
    }
    Ok(())
}

/// Refuses a file that is named twice.
fn once(files: &[PathBuf]) -> Result<(), FilesError> {
    for (i, again) in files.iter().enumerate() {
        if let Some(first) = files[..i].iter().find(|first| is_same_file(first, again)) {
            return Err(FilesError::Repeated {
                first: first.clone(),
                again: again.clone(),
            });
        }
    }
    Ok(())
}

/// The extension of traces.
const TRACE: &str = "rkvt";

impl Contents {
    fn is_trace(self) -> bool {
        self.extension() == TRACE
    }

    /// Whether a file that is named after `format` may hold this.
    fn fits(self, format: Format) -> bool {
        match self {
            Self::Asked(asked) => asked == format,
            // Whether it can be drawn in that format its command says.
            Self::Named => true,
            #[cfg(feature = "gui")]
            Self::Screenshot => format == Format::Png,
            #[cfg(feature = "infer")]
            Self::Trace => false,
            #[cfg(feature = "infer")]
            Self::Results | Self::Calibration => format == Format::Json,
        }
    }

    /// Whether a file with this in it may be named as no format of the program is.
    fn takes_other_names(self) -> bool {
        match self {
            #[cfg(feature = "gui")]
            Self::Screenshot => false,
            _ => true,
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Asked(format) => format.name(),
            Self::Named => "png",
            #[cfg(feature = "gui")]
            Self::Screenshot => "png",
            #[cfg(feature = "infer")]
            Self::Trace => TRACE,
            #[cfg(feature = "infer")]
            Self::Results => "jsonl",
            #[cfg(feature = "infer")]
            Self::Calibration => "json",
        }
    }

    fn in_words(self) -> &'static str {
        match self {
            Self::Asked(format) => format.name(),
            Self::Named => "a picture",
            #[cfg(feature = "gui")]
            Self::Screenshot => "a picture of the window",
            #[cfg(feature = "infer")]
            Self::Trace => "a trace",
            #[cfg(feature = "infer")]
            Self::Results => "the results of a sweep",
            #[cfg(feature = "infer")]
            Self::Calibration => "query statistics",
        }
    }
}

/// The files of a model by its name or path; none if it is built in or cannot be found, which loading it tells.
#[cfg(feature = "infer")]
fn model(name: Option<&str>) -> Vec<PathBuf> {
    use crate::model::ModelSource;
    name.and_then(|name| ModelSource::resolve(name).ok()?.files().ok())
        .map(|files| files.paths())
        .unwrap_or_default()
}

/// A program without models reads none.
#[cfg(all(feature = "gui", not(feature = "infer")))]
fn model(_name: Option<&str>) -> Vec<PathBuf> {
    vec![]
}
