//! The sample bodies, in the two forms a receiver must read: as the files hold them and as Meta escapes them.

use std::path::PathBuf;

pub(crate) fn all() -> Vec<(String, String)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../schemas/meta/webhooks");
    let mut samples: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    samples.sort();
    samples
}

/// Non-ASCII as `\u00e4`, lower-case hex, and `/` as `\/`, as Meta sends and signs it.
pub(crate) fn escaped(body: &str) -> String {
    let mut out = String::new();
    for c in body.chars() {
        match c {
            '/' => out.push_str("\\/"),
            c if c.is_ascii() => out.push(c),
            c => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    out
}
