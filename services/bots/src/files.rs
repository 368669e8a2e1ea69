//! A set of files in memory, within its limits: what is about to become a version.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::file_path::FilePath;
use crate::manifest::{Digest, Entry, Manifest, Mode};

/// Most files of a version.
pub(crate) const FILES_MAX: usize = 1_000;
/// Largest file.
pub(crate) const FILE_BYTES_MAX: u64 = 1024 * 1024;
/// All files of a version together.
pub(crate) const VERSION_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) bytes: Bytes,
    pub(crate) mode: Mode,
}

/// Files by path; at least one, no path is also a folder of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Files(BTreeMap<FilePath, File>);

/// Why files are no version: one of them, or all together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FilesError {
    #[error("a bot has 1 to {FILES_MAX} files")]
    Count,
    #[error("all files together have at most {VERSION_BYTES_MAX} bytes")]
    TooMuch,
    #[error("a file has at most {FILE_BYTES_MAX} bytes")]
    TooLarge(FilePath),
    #[error("a file cannot be where another path has a folder")]
    IsFolder(FilePath),
}

impl Files {
    /// Checks a set as a whole. All that is wrong is told.
    pub(crate) fn new(files: BTreeMap<FilePath, File>) -> Result<Self, Vec<FilesError>> {
        let mut wrong = Vec::new();
        if files.is_empty() || files.len() > FILES_MAX {
            wrong.push(FilesError::Count);
        }
        if files.values().map(|file| file.bytes.len() as u64).sum::<u64>() > VERSION_BYTES_MAX {
            wrong.push(FilesError::TooMuch);
        }
        for (path, file) in &files {
            if file.bytes.len() as u64 > FILE_BYTES_MAX {
                wrong.push(FilesError::TooLarge(path.clone()));
            }
            let folders = path.folders().filter_map(|folder| folder.parse().ok());
            wrong.extend(folders.filter(|folder| files.contains_key(folder)).map(FilesError::IsFolder));
        }
        if wrong.is_empty() { Ok(Self(files)) } else { Err(wrong) }
    }

    pub(crate) fn manifest(&self) -> Manifest {
        let entry = |file: &File| Entry { sha256: Digest::of(&file.bytes), size: file.bytes.len() as u64, mode: file.mode };
        Manifest { files: self.0.iter().map(|(path, file)| (path.clone(), entry(file))).collect() }
    }

    pub(crate) fn get(&self, path: &FilePath) -> Option<&File> {
        self.0.get(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(files: &[(&str, usize)]) -> Result<Files, Vec<FilesError>> {
        let file = |size: usize| File { bytes: vec![b'x'; size].into(), mode: Mode::Plain };
        Files::new(files.iter().map(|(path, size)| (path.parse().unwrap(), file(*size))).collect())
    }

    #[test]
    fn everything_that_is_wrong_with_a_set_is_told() {
        let mb = FILE_BYTES_MAX as usize;
        assert!(files(&[("a", mb), ("b/c", 0)]).is_ok());
        assert_eq!(files(&[]), Err(vec![FilesError::Count]));
        assert_eq!(files(&[("a", mb + 1)]), Err(vec![FilesError::TooLarge("a".parse().unwrap())]));
        assert_eq!(files(&[("a", 1), ("a/b/c", 1)]), Err(vec![FilesError::IsFolder("a".parse().unwrap())]));
        let many: Vec<_> = (0..9).map(|n| format!("f{n}")).collect();
        assert_eq!(files(&many.iter().map(|path| (path.as_str(), mb)).collect::<Vec<_>>()), Err(vec![FilesError::TooMuch]));
        let many: Vec<_> = (0..=FILES_MAX).map(|n| format!("f{n}")).collect();
        assert_eq!(files(&many.iter().map(|path| (path.as_str(), 0)).collect::<Vec<_>>()), Err(vec![FilesError::Count]));
    }
}
