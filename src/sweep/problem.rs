//! Problems with known answers: the generator's, or those of a file with one JSON object a line.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::problems::Generator;

/// A problem whose answer is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The kind, such as `shop`; results are also told by kind.
    #[serde(default)]
    pub kind: String,
    /// The problem as the model gets it.
    #[serde(rename = "problem")]
    pub text: String,
    /// The exact answer.
    pub answer: String,
}

/// A line of a file of problems, with the names that such files use; of several the first here counts.
#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    kind: String,
    problem: Option<String>,
    question: Option<String>,
    text: Option<String>,
    prompt: Option<String>,
    answer: Option<serde_json::Value>,
}

impl Line {
    fn problem(self) -> Result<Problem, String> {
        let texts = [self.problem, self.question, self.text, self.prompt];
        let text = texts.into_iter().flatten().next();
        let text = text.ok_or("it has no `problem`")?;
        if text.trim().is_empty() {
            return Err("its problem is empty".to_owned());
        }
        let answer = match self.answer {
            Some(serde_json::Value::String(text)) => text,
            Some(serde_json::Value::Number(number)) => number.to_string(),
            Some(other) => {
                return Err(format!("the answer is {other}, neither text nor a number"));
            }
            None => return Err("it has no `answer`".to_owned()),
        };
        // GSM8K's answers are solutions, and end so.
        let answer = answer.rsplit("####").next().unwrap_or_default().trim();
        if answer.is_empty() || answer.contains('\n') {
            return Err(
                "its answer must be one line, or end in one behind `####` as GSM8K's do".to_owned(),
            );
        }
        Ok(Problem {
            kind: self.kind,
            text,
            answer: answer.to_owned(),
        })
    }
}

/// Where the problems of a sweep come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemSource {
    /// The first `count` that the generator draws from a seed.
    Generated {
        /// How many.
        count: u32,
        /// The seed.
        seed: u64,
    },
    /// The first `count` of a file of JSON lines, or all.
    File {
        /// The file.
        path: PathBuf,
        /// How many, from the top.
        count: Option<u32>,
    },
}

/// The problems cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ProblemsError {
    /// The file cannot be read.
    #[error("cannot read the problems in {path}: {source}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line that is no problem.
    #[error(
        "line {line} of {path} is not a problem: {reason}; a line looks like \
         {{\"kind\": \"sums\", \"problem\": \"What is 2 + 3?\", \"answer\": \"5\"}}",
        path = path.display()
    )]
    Line {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// Fewer than asked for.
    #[error("{path} holds {found} problems, but {asked} were asked for; ask for fewer", path = path.display())]
    TooFew {
        /// The file.
        path: PathBuf,
        /// Problems in it.
        found: usize,
        /// Problems wanted.
        asked: u32,
    },
    /// Nothing to ask.
    #[error("a sweep needs at least one problem")]
    None,
}

impl ProblemSource {
    /// Where they come from, in a few words: `seed 7`, `of problems.jsonl`.
    pub fn origin(&self) -> String {
        match self {
            Self::Generated { seed, .. } => format!("seed {seed}"),
            Self::File { path, .. } => {
                let name = path.file_name().unwrap_or(path.as_os_str());
                format!("of {}", name.to_string_lossy())
            }
        }
    }

    /// The problems.
    ///
    /// # Errors
    /// [`ProblemsError`], naming file and line.
    pub fn problems(&self) -> Result<Vec<Problem>, ProblemsError> {
        let problems = match self {
            Self::Generated { count, seed } => Generator::new(*seed)
                .problems(0..u64::from(*count))
                .map(|drawn| Problem {
                    kind: drawn.kind.to_owned(),
                    text: drawn.problem,
                    answer: drawn.answer.to_string(),
                })
                .collect(),
            Self::File { path, count } => read(path, *count)?,
        };
        if problems.is_empty() {
            return Err(ProblemsError::None);
        }
        Ok(problems)
    }
}

fn read(path: &Path, count: Option<u32>) -> Result<Vec<Problem>, ProblemsError> {
    let text = std::fs::read_to_string(path).map_err(|source| ProblemsError::Read {
        path: path.to_owned(),
        source,
    })?;
    // Windows editors begin a file with a byte order mark.
    let lines = text
        .trim_start_matches('\u{feff}')
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    let problems = lines
        .take(count.map_or(usize::MAX, |count| count as usize))
        .map(|(index, line)| {
            let read = serde_json::from_str(line).map_err(|error| error.to_string());
            read.and_then(Line::problem)
                .map_err(|reason| ProblemsError::Line {
                    path: path.to_owned(),
                    line: index + 1,
                    reason,
                })
        })
        .collect::<Result<Vec<Problem>, _>>()?;
    match count {
        Some(asked) if problems.len() < asked as usize => Err(ProblemsError::TooFew {
            path: path.to_owned(),
            found: problems.len(),
            asked,
        }),
        _ => Ok(problems),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    fn from(file: &tempfile::NamedTempFile, count: Option<u32>) -> Result<Vec<Problem>, String> {
        let path = file.path().to_owned();
        ProblemSource::File { path, count }
            .problems()
            .map_err(|error| error.to_string())
    }

    const TWO: &str = "{\"kind\":\"sums\",\"problem\":\"2 + 3?\",\"answer\":\"5\"}\n\n\
                       {\"text\":\"7 - 4?\",\"answer\":3,\"trace\":\"7 - 4 = 3\"}\n";

    #[test]
    fn a_line_is_a_problem_and_the_first_so_many_can_be_asked_for() {
        let file = file(TWO);
        let all = from(&file, None).unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!((all[1].kind.as_str(), all[1].text.as_str()), ("", "7 - 4?"));
        assert_eq!(all[1].answer, "3");
        assert_eq!(from(&file, Some(1)).unwrap(), all[..1]);
    }

    #[test]
    fn lines_of_known_collections_are_read() {
        let gsm8k =
            r#"{"question": "Half of 144?", "answer": "144 / 2 = <<144/2=72>>72\n#### 72"}"#;
        let both = r#"{"question": "2 + 3?", "prompt": "Solve: 2 + 3?", "answer": 5}"#;
        let file = file(&format!("{gsm8k}\n{both}\n"));
        let read = from(&file, None).unwrap();
        assert_eq!(
            (read[0].text.as_str(), read[0].answer.as_str()),
            ("Half of 144?", "72")
        );
        assert_eq!(
            (read[1].text.as_str(), read[1].answer.as_str()),
            ("2 + 3?", "5")
        );
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_line() {
        let file = file(&format!("\u{feff}{TWO}"));
        assert_eq!(from(&file, None).unwrap().len(), 2);
    }

    #[test]
    fn drawn_problems_do_not_depend_on_how_many_are_asked() {
        let drawn = |count, seed| ProblemSource::Generated { count, seed }.problems();
        let five = drawn(5, 3).unwrap();
        assert_eq!(drawn(9, 3).unwrap()[..5], five);
        assert_ne!(drawn(5, 4).unwrap(), five);
        assert!(five.iter().all(|p| p.answer.parse::<i64>().is_ok()));
        assert!(drawn(0, 3).is_err());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = from(&file(&format!("{TWO}{{\"problem\": 3}}")), None).unwrap_err();
        assert!(
            error.contains("line 4") && error.contains("answer"),
            "{error}"
        );
        let error = from(&file(TWO), Some(3)).unwrap_err();
        assert!(error.contains("holds 2") && error.contains('3'), "{error}");
        assert!(from(&file("\n"), None).is_err());
        for (line, said) in [
            (r#"{"problem": " ", "answer": 1}"#, "empty"),
            (r#"{"problem": "2 + 3?", "answer": "2 + 3\n= 5"}"#, "####"),
            (r#"{"answer": 1}"#, "no `problem`"),
        ] {
            let error = from(&file(line), None).unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
