//! Names of objects: segments that mean the same in a folder, a bucket and a log line.

use std::fmt;

use object_store::path::Path;

/// The longest key that every kind of store takes.
pub const KEY_BYTES_MAX: usize = 512;

/// Why a text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an object key: needs segments of letters, digits, `.`, `_` and `-`, none of them empty, `.` or `..`, 512 bytes at most")]
pub struct KeyError;

/// The name of an object, or the prefix of several: `prj_…/code/blobs/…`. A prefix ends at a segment: `a/b` is none of `a/bc`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Path);

impl Key {
    /// Puts a key together.
    ///
    /// # Errors
    /// A segment holds what a file name or a URL could misread.
    pub fn of(segments: &[&str]) -> Result<Self, KeyError> {
        let bytes = segments.iter().map(|segment| segment.len() + 1).sum::<usize>();
        if segments.is_empty() || bytes > KEY_BYTES_MAX + 1 || !segments.iter().all(|segment| is_segment(segment)) {
            return Err(KeyError);
        }
        Ok(Self(Path::from_iter(segments.iter().copied())))
    }

    /// A key below this one.
    ///
    /// # Errors
    /// As [`Key::of`].
    pub fn child(&self, segment: &str) -> Result<Self, KeyError> {
        Self::of(&self.as_str().split('/').chain([segment]).collect::<Vec<_>>())
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        self.0.as_ref()
    }

    /// What follows the last slash.
    pub fn name(&self) -> &str {
        self.as_str().rsplit('/').next().unwrap_or_default()
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn from_path(path: Path) -> Self {
        Self(path)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn is_segment(segment: &str) -> bool {
    let plain = segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    !segment.is_empty() && plain && segment != "." && segment != ".."
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_cannot_leave_its_place() {
        for hostile in ["", ".", "..", "a/b", "/", "a\\b", "a\0", "ä", "a b", "%2e%2e", "a#1", "~", &"a".repeat(513)] {
            assert_eq!(Key::of(&["prj_1", hostile]).unwrap_err(), KeyError, "{hostile:?} became a segment");
        }
        assert!(Key::of(&[]).is_err());
        let key = Key::of(&["prj_1", "code"]).unwrap().child(".space-1.json").unwrap();
        assert_eq!((key.as_str(), key.name()), ("prj_1/code/.space-1.json", ".space-1.json"));
        assert!(key.child("..").is_err());
    }
}
