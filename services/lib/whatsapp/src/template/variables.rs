//! Variables in a template's text: `{{1}}` or `{{first_name}}`.

use super::category::Format;
use crate::field_error::Code;
use crate::strict::Node;

/// One place in the text where something is filled in.
pub(super) struct Variable<'a> {
    pub(super) name: &'a str,
    start: usize,
    end: usize,
}

/// All variables in their order, or what is wrong with the braces.
pub(super) fn find(text: &str) -> Result<Vec<Variable<'_>>, &'static str> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(opened) = text[at..].find("{{").map(|offset| at + offset) {
        let Some(closed) = text[opened..].find("}}").map(|offset| opened + offset) else {
            return Err("must close every {{ with }}");
        };
        let name = &text[opened + 2..closed];
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
            return Err("must have nothing but a number, or lower-case letters and underscores, between {{ and }}");
        }
        if text[at..opened].contains("}}") {
            break;
        }
        at = closed + 2;
        found.push(Variable { name, start: opened, end: at });
    }
    if text[at..].contains("}}") { Err("must open every }} with {{") } else { Ok(found) }
}

/// The names of a text's variables, each once, in their order. Nothing from a text that is none.
pub(super) fn names(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for variable in find(text).unwrap_or_default() {
        if !names.contains(&variable.name) {
            names.push(variable.name);
        }
    }
    names
}

/// How many characters the text has once each of its variables has as many as `width` says of its name.
pub(super) fn filled_length(text: &str, width: impl Fn(&str) -> usize) -> usize {
    let found = find(text).unwrap_or_default();
    // a variable is ASCII with its braces: as many characters as bytes
    found.iter().fold(text.chars().count(), |length, variable| length - (variable.end - variable.start) + width(variable.name))
}

/// Written as `{{1}}`.
pub(super) fn is_position(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_digit())
}

/// Says what is wrong with braces, names and numbers. `None` then.
pub(super) fn check<'a>(node: &Node<'_>, text: &'a str, format: Option<Format>) -> Option<Vec<Variable<'a>>> {
    let found = match find(text) {
        Ok(found) => found,
        Err(detail) => {
            node.refuse(Code::Format, detail);
            return None;
        }
    };
    let format = format.or_else(|| found.first().map(|first| if is_position(first.name) { Format::Positional } else { Format::Named }));
    let fits = match format {
        Some(Format::Positional) => are_numbered(&found),
        Some(Format::Named) => found.iter().all(|variable| is_name(variable.name)),
        None => true,
    };
    if !fits {
        let detail = match format {
            Some(Format::Positional) | None => "must number its variables from {{1}} without a gap",
            Some(Format::Named) => "must name its variables in lower-case letters and underscores, beginning with a letter",
        };
        node.refuse(Code::Value, detail);
    }
    fits.then_some(found)
}

/// Written as `{{first_name}}`.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase()) && !name.contains(|c: char| c.is_ascii_digit())
}

/// Every number from 1 to the highest is there, in whatever order.
fn are_numbered(found: &[Variable<'_>]) -> bool {
    let is_there = |number: usize| found.iter().any(|variable| variable.name == number.to_string());
    let mut distinct: Vec<_> = found.iter().map(|variable| variable.name).collect();
    distinct.sort_unstable();
    distinct.dedup();
    (1..=distinct.len()).all(is_there)
}

/// Says where variables stand badly in a running text: at its edges, beside each other, too close together.
pub(super) fn check_places(node: &Node<'_>, text: &str, found: &[Variable<'_>]) {
    let (Some(first), Some(last)) = (found.first(), found.last()) else { return };
    if text[..first.start].trim().is_empty() || text[last.end..].trim().is_empty() {
        node.refuse(Code::NotAllowed, "must not start or end with a variable");
    }
    if found.windows(2).any(|pair| text[pair[0].end..pair[1].start].trim().is_empty()) {
        node.refuse(Code::NotAllowed, "must have words between two variables");
    }
    let (words, needed) = (words_around(text, found), 2 * found.len() + 1);
    if words < needed {
        node.refuse(Code::TooMany, format!("must have at least {needed} words for its variables, {} of them, has {words}", found.len()));
    }
}

fn words_around(text: &str, found: &[Variable<'_>]) -> usize {
    let starts = std::iter::once(0).chain(found.iter().map(|variable| variable.end));
    let ends = found.iter().map(|variable| variable.start).chain(std::iter::once(text.len()));
    starts.zip(ends).flat_map(|(start, end)| text[start..end].split_whitespace()).map(words_in).sum()
}

/// One, unless it is of a script that puts no space between words: there each character counts.
fn words_in(token: &str) -> usize {
    let unspaced = token.chars().filter(|c| is_unspaced(*c)).count();
    unspaced.max(usize::from(token.contains(char::is_alphanumeric)))
}

/// Thai, Lao, Burmese, Khmer, Japanese, Chinese.
fn is_unspaced(c: char) -> bool {
    matches!(
        u32::from(c),
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x2FA1F
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found_and_broken_braces_told() {
        for (text, expected) in
            [("none", vec![]), ("a {1} b", vec![]), ("a {{1}} b {{2}} c {{1}}", vec!["1", "2"]), ("{{first_name}}", vec!["first_name"])]
        {
            assert_eq!(names(text), expected, "{text}");
        }
        for broken in ["{{", "}}", "a {{1}", "{{}}", "{{ 1 }}", "{{A}}", "{{{1}}}", "}} {{1}}", "{{1}} }}", "{{ä}}", "{{1{{2}}"] {
            assert!(find(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn words_are_counted_in_every_script() {
        let words = |text: &str| words_around(text, &find(text).unwrap());
        assert_eq!(words("Hi {{1}}, order #{{2}} - shipped."), 3);
        assert_eq!(words("您好{{1}}，订单已发货"), 7);
        assert_eq!(words("{{1}}"), 0);
    }
}
