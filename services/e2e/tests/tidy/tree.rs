//! The files of the project, read as text. Build output, packages and data folders are no part of it.

use std::path::{Path, PathBuf};

/// What is made, not written. Folders, but for `.git`, which is a file where a clone has several working trees.
const MADE: [&str; 4] = ["target", "node_modules", ".git", ".paige"];

/// One text file.
pub(crate) struct File {
    /// From the top of the project, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    /// Its name without folder and ending.
    pub(crate) fn stem(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.split('.').next().unwrap_or_default()
    }

    /// Runs only in tests: nobody depends on it.
    pub(crate) fn is_test(&self) -> bool {
        self.path.split('/').any(|part| matches!(part, "tests" | "benches" | "e2e"))
    }

    /// The lines before the unit tests, which are last in a file.
    pub(crate) fn lines_before_tests(&self) -> Vec<&str> {
        self.text.lines().take_while(|line| *line != "#[cfg(test)]").collect()
    }
}

/// The project's folder.
pub(crate) fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Every text file, sorted.
pub(crate) fn files() -> Vec<File> {
    let mut found = Vec::new();
    walk(&top(), "", &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(found.len() > 100, "the tree has {} files: this is not the project", found.len());
    found
}

/// Every Rust file.
pub(crate) fn rust_files() -> Vec<File> {
    files().into_iter().filter(|file| file.path.ends_with(".rs")).collect()
}

fn walk(folder: &Path, prefix: &str, found: &mut Vec<File>) {
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        let path = format!("{prefix}{name}");
        if MADE.contains(&name.as_str()) {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            walk(&entry.path(), &format!("{path}/"), found);
        } else if let Ok(text) = std::fs::read_to_string(entry.path()) {
            found.push(File { path, text });
        }
    }
}
