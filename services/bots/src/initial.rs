//! The code that every bot begins with, and comes back to when it is reset.

use bytes::Bytes;

use crate::files::{File, Files};
use crate::manifest::Mode;

const FILES: [(&str, &str); 3] = [
    ("README.md", include_str!("../initial/README.md")),
    ("index.js", include_str!("../initial/index.js")),
    ("package.json", include_str!("../initial/package.json")),
];

pub(crate) fn initial() -> Files {
    let file = |text: &'static str| File { bytes: Bytes::from_static(text.as_bytes()), mode: Mode::Plain };
    let files = FILES.into_iter().map(|(path, text)| (path.parse().expect("a plain name"), file(text)));
    Files::new(files.collect()).expect("three small files")
}

/// The version that every bot begins with.
pub fn initial_version() -> String {
    initial().manifest().version().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bot_begins_with_a_package_that_starts_what_is_there() {
        let package: serde_json::Value = serde_json::from_str(FILES[2].1).unwrap();
        assert_eq!(package["scripts"]["start"], "node index.js");
        assert!(package["dependencies"]["express"].is_string());
        assert_eq!(initial().manifest().files.len(), 3);
        assert_eq!(initial_version(), initial_version());
    }
}
