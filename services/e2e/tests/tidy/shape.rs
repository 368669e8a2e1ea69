//! The shape of a source file: it says what it is, it is short, its name means something.

use crate::nobody;
use crate::tree::{File, rust_files};

/// A file that is longer is two things.
const FILE_LINES_MAX: usize = 400;
/// Long already: printed, so that a reviewer sees it (`cargo test -p e2e --test tidy -- --nocapture`).
const FILE_LINES_LONG: usize = 300;
const FUNCTION_LINES_MAX: usize = 90;
const FUNCTION_LINES_LONG: usize = 70;
/// Names that say nothing.
const EMPTY_NAMES: [&str; 12] =
    ["util", "utils", "helper", "helpers", "common", "shared", "misc", "manager", "managers", "types", "impl", "impls"];

#[test]
fn every_file_says_what_it_is() {
    let silent = rust_files().into_iter().filter(|file| !file.text.starts_with("//! ") || file.text.starts_with("//! (to be"));
    nobody("a file opens with `//!`: what it is, why it exists, what it does not do", silent.map(|file| file.path).collect());
}

#[test]
fn no_file_and_no_function_is_too_long() {
    let (mut offenders, mut long) = (Vec::new(), Vec::new());
    for file in rust_files() {
        let lines = file.text.lines().count();
        let mut sort = |length: usize, long_from: usize, max: usize, what: String| {
            if length > max {
                offenders.push(format!("{what}: {length} lines, at most {max}"));
            } else if length > long_from {
                long.push(format!("{what}: {length} lines"));
            }
        };
        sort(lines, FILE_LINES_LONG, FILE_LINES_MAX, file.path.clone());
        for (name, length) in functions(&file) {
            sort(length, FUNCTION_LINES_LONG, FUNCTION_LINES_MAX, format!("{} fn {name}", file.path));
        }
    }
    if !long.is_empty() {
        println!("long:\n  {}", long.join("\n  "));
    }
    nobody("too long", offenders);
}

#[test]
fn every_name_means_something() {
    let empty = |file: &File| {
        let folders = file.path.rsplit_once('/').map_or("", |(folders, _)| folders);
        folders.split('/').chain([file.stem()]).any(|name| EMPTY_NAMES.contains(&name))
    };
    nobody("a name that says nothing", rust_files().into_iter().filter(empty).map(|file| file.path).collect());
}

#[test]
fn nothing_is_left_for_later() {
    // In two pieces, or this file would be the first offender.
    let marks = [concat!("#[ig", "nore"), concat!("to", "do!("), concat!("unimple", "mented!("), concat!("FIX", "ME"), concat!("TO", "DO")];
    let mut offenders = Vec::new();
    for file in rust_files() {
        for (number, line) in file.text.lines().enumerate() {
            offenders.extend(marks.iter().filter(|mark| line.contains(*mark)).map(|mark| format!("{}:{} {mark}", file.path, number + 1)));
        }
    }
    nobody("what is not done is not in the code, and no test is switched off", offenders);
}

/// `make test` runs none: they would need a compilation of every crate for themselves, and a test beside the code says more.
#[test]
fn no_test_hides_in_a_comment() {
    let mut offenders = Vec::new();
    for file in rust_files() {
        let fences = file.text.lines().enumerate().filter(|(_, line)| {
            let comment = line.trim_start().strip_prefix("///").or_else(|| line.trim_start().strip_prefix("//!"));
            comment.is_some_and(|comment| comment.trim_start().starts_with("```"))
        });
        let opening = fences.step_by(2).filter(|(_, line)| !line.ends_with("```text"));
        offenders.extend(opening.map(|(number, _)| format!("{}:{}", file.path, number + 1)));
    }
    nobody("an example in a comment is marked as text: nothing runs it", offenders);
}

/// Functions and their lengths. rustfmt puts the closing brace where the function began, so no parser is needed.
fn functions(file: &File) -> Vec<(&str, usize)> {
    let lines: Vec<&str> = file.text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let Some(name) = function_name(code) else { continue };
        let end = format!("{}}}", &line[..line.len() - code.len()]);
        let body = lines[start..].iter().position(|line| **line == end);
        let declared_only = lines[start..].iter().position(|line| line.ends_with(';') || line.ends_with('{') || line.ends_with('}'));
        if let (Some(length), Some(opens)) = (body, declared_only)
            && lines[start + opens].ends_with('{')
        {
            found.push((name, length + 1));
        }
    }
    found
}

fn function_name(code: &str) -> Option<&str> {
    let mut rest = code;
    while let Some((word, after)) = rest.split_once(' ') {
        match word {
            "fn" => return after.split(['(', '<']).next(),
            "async" | "const" | "unsafe" => rest = after,
            _ if word.starts_with("pub") => rest = after,
            _ => return None,
        }
    }
    None
}

#[test]
fn functions_are_measured() {
    let text = "impl A {\n    pub(crate) async fn one<T>(\n        a: T,\n    ) -> u8 {\n        let f = || {\n        };\n        1\n    }\n\n    fn two() {}\n    fn three();\n}\n";
    let file = File { path: "a.rs".into(), text: text.into() };
    assert_eq!(functions(&file), [("one", 7)]);
}
