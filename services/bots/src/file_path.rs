//! The path of a file in a bot's code: relative, plain, and the same on every machine that it is unpacked on.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest path.
const PATH_BYTES_MAX: usize = 255;
/// Longest name of a file or folder.
const NAME_BYTES_MAX: usize = 100;
/// Deepest nesting.
const NAMES_MAX: usize = 16;
/// Folders that are made on the machine that runs the bot and are no part of its code.
const MADE_ELSEWHERE: [&str; 2] = ["node_modules", ".git"];

/// A path such as `src/greet.js`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct FilePath(String);

/// Why a text is no path of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PathError {
    #[error("a path has 1 to 255 bytes, at most 16 names of at most 100 bytes each")]
    Length,
    #[error("a path is relative, its names separated by single slashes")]
    Names,
    #[error("a path leads nowhere else: no name is `.` or `..`")]
    Dots,
    #[error("a path has no control character, backslash or colon")]
    Characters,
    #[error("node_modules and .git are no part of a bot's code")]
    MadeElsewhere,
}

impl FilePath {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The folders that it is in, from the top.
    pub(crate) fn folders(&self) -> impl Iterator<Item = &str> {
        self.0.match_indices('/').map(|(end, _)| &self.0[..end])
    }
}

impl FromStr for FilePath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        if text.is_empty() || text.len() > PATH_BYTES_MAX || text.split('/').count() > NAMES_MAX {
            return Err(PathError::Length);
        }
        if text.chars().any(|c| c.is_control() || c == '\\' || c == ':') {
            return Err(PathError::Characters);
        }
        for name in text.split('/') {
            match name {
                "" => return Err(PathError::Names),
                "." | ".." => return Err(PathError::Dots),
                name if name.len() > NAME_BYTES_MAX => return Err(PathError::Length),
                name if MADE_ELSEWHERE.iter().any(|made| name.eq_ignore_ascii_case(made)) => return Err(PathError::MadeElsewhere),
                _ => {}
            }
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for FilePath {
    type Error = PathError;

    fn try_from(text: String) -> Result<Self, PathError> {
        text.parse()
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(), PathError>) {
        assert_eq!(text.parse::<FilePath>().map(drop), expected, "{text:?}");
    }

    #[test]
    fn a_path_stays_where_it_belongs() {
        for good in
            ["index.js", "src/a/b.js", ".env.example", "größe.txt", "a b", "...", "..a", &"a/".repeat(15).replace("//", "/") as &str]
                .map(|text| text.trim_end_matches('/').to_owned())
        {
            check(&good, Ok(()));
        }
        for (bad, error) in [
            ("", PathError::Length),
            ("/etc/passwd", PathError::Names),
            ("a//b", PathError::Names),
            ("a/", PathError::Names),
            ("..", PathError::Dots),
            ("a/../b", PathError::Dots),
            ("./a", PathError::Dots),
            ("a\0b", PathError::Characters),
            ("a\nb", PathError::Characters),
            ("a\\..\\b", PathError::Characters),
            ("C:/a", PathError::Characters),
            ("node_modules/x/index.js", PathError::MadeElsewhere),
            ("sub/.GIT/config", PathError::MadeElsewhere),
        ] {
            check(bad, Err(error));
        }
        check(&"a".repeat(101), Err(PathError::Length));
        check(&["a"; 17].join("/"), Err(PathError::Length));
        check(&["a".repeat(100), "b".repeat(100), "c".repeat(100)].join("/"), Err(PathError::Length));
    }

    #[test]
    fn a_path_knows_the_folders_around_it() {
        let path: FilePath = "a/b/c.js".parse().unwrap();
        assert_eq!(path.folders().collect::<Vec<_>>(), ["a", "a/b"]);
    }
}
