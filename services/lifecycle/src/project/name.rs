//! The name of a project, as a person typed it. Names are for people: two projects may have the same one.

use std::str::FromStr;

/// Longest name, in characters.
pub(crate) const NAME_CHARS_MAX: usize = 100;

/// 1 to [`NAME_CHARS_MAX`] characters, none of them a control character, without white space at the ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProjectName(String);

/// Why a text is not a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NameError {
    /// Nothing is left without the white space.
    #[error("a name needs at least one character")]
    Empty,
    /// More than [`NAME_CHARS_MAX`] characters.
    #[error("a name has at most {NAME_CHARS_MAX} characters")]
    TooLong,
    /// A line break, a tab, a null or the like; or a character that only changes the direction of the text around it.
    #[error("a name has no control characters")]
    Control,
}

impl ProjectName {
    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProjectName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.chars().count() > NAME_CHARS_MAX {
            return Err(NameError::TooLong);
        }
        if text.chars().any(|c| c.is_control() || turns_text(c)) {
            return Err(NameError::Control);
        }
        Ok(Self(text.to_owned()))
    }
}

/// Unicode's explicit direction marks (UAX #9) and its line and paragraph separators: with one of them a name could show itself as another.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, NameError>) {
        assert_eq!(text.parse::<ProjectName>().as_ref().map(ProjectName::as_str).map_err(|e| *e), expected, "{text:?}");
    }

    #[test]
    fn a_name_is_what_a_person_would_call_one() {
        check("Pizza Bot", Ok("Pizza Bot"));
        check("  Käse & 寿司 🍕\t", Ok("Käse & 寿司 🍕"));
        check(&"ä".repeat(100), Ok(&"ä".repeat(100)));
        check("'; DROP TABLE lifecycle.projects; --", Ok("'; DROP TABLE lifecycle.projects; --"));
        check("", Err(NameError::Empty));
        check(" \u{a0}\n ", Err(NameError::Empty));
        check(&"ä".repeat(101), Err(NameError::TooLong));
        for hostile in ["a\0b", "a\nb", "a\u{7f}b", "a\u{85}b", "a\u{202e}b", "a\u{2028}b", "a\u{2066}b"] {
            check(hostile, Err(NameError::Control));
        }
    }
}
