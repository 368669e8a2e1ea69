//! What people call a person, a workspace or a key. Names are for people: two things may have the same one.

use std::str::FromStr;

/// Longest name, in characters.
pub(crate) const NAME_CHARS_MAX: usize = 100;

/// 1 to [`NAME_CHARS_MAX`] characters, none of them a control character, without white space at the ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name(String);

/// Why a text is not a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to {NAME_CHARS_MAX} characters and none that control or turn the text around it")]
pub(crate) struct NameError;

impl Name {
    /// The name.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        let fits = !text.is_empty() && text.chars().count() <= NAME_CHARS_MAX;
        let plain = !text.chars().any(|c| c.is_control() || turns_text(c));
        if fits && plain { Ok(Self(text.to_owned())) } else { Err(NameError) }
    }
}

/// Unicode's explicit direction marks (UAX #9) and its line and paragraph separators: with one of them a name could show itself as another.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_a_person_would_call_one() {
        assert_eq!("  Käse & 寿司 🍕\t".parse::<Name>().unwrap().as_str(), "Käse & 寿司 🍕");
        assert!("ä".repeat(100).parse::<Name>().is_ok());
        for hostile in ["", " \u{a0}\n ", "a\0b", "a\nb", "a\u{7f}b", "a\u{202e}b", "a\u{2028}b", "a\u{2066}b", &"ä".repeat(101)] {
            assert_eq!(hostile.parse::<Name>(), Err(NameError), "{hostile:?}");
        }
    }
}
