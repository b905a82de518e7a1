//! Where the access token for a hub comes from. Known models need none; with one the hub allows more requests.

use std::fmt;
use std::path::PathBuf;

use super::fetch::FetchError;

/// The place of a token. Shown, it names the place and keeps the token to itself.
#[derive(Clone)]
pub(super) enum TokenSource {
    /// There is none.
    Nowhere,
    /// The token itself, from `HF_TOKEN`.
    Variable(String),
    /// A file, which need not exist.
    File(PathBuf),
}

impl TokenSource {
    /// The token, if there is one.
    pub(super) fn read(&self) -> Result<Option<String>, FetchError> {
        let token = match self {
            Self::Nowhere => return Ok(None),
            Self::Variable(token) => token.clone(),
            Self::File(path) => match std::fs::read_to_string(path) {
                Ok(token) => token,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
                Err(source) => {
                    return Err(FetchError::Disk {
                        path: path.clone(),
                        source,
                    });
                }
            },
        };
        let token = token.trim();
        if token.is_empty() {
            return Ok(None);
        }
        if !token.chars().all(|char| char.is_ascii_graphic()) {
            return Err(FetchError::Token {
                place: self.to_string(),
                detail: "has a character that no token has".to_owned(),
            });
        }
        Ok(Some(token.to_owned()))
    }
}

impl fmt::Display for TokenSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere => formatter.write_str("nowhere"),
            Self::Variable(_) => formatter.write_str("HF_TOKEN"),
            Self::File(path) => write!(formatter, "{}", path.display()),
        }
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TokenSource({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_without_its_line_end_and_a_missing_file_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let source = TokenSource::File(path.clone());
        assert_eq!(source.read().unwrap(), None);
        std::fs::write(&path, "hf_secret\n").unwrap();
        assert_eq!(source.read().unwrap().as_deref(), Some("hf_secret"));
        std::fs::write(&path, " \n").unwrap();
        assert_eq!(source.read().unwrap(), None);
    }

    #[test]
    fn a_broken_token_is_told_by_its_place_and_never_shown() {
        let source = TokenSource::Variable("hf_secret and more".to_owned());
        let error = source.read().unwrap_err().to_string();
        for text in [error.clone(), format!("{source:?}")] {
            assert!(
                text.contains("HF_TOKEN") && !text.contains("hf_secret"),
                "{text}"
            );
        }
        assert!(error.contains("remove it"), "{error}");
    }
}
