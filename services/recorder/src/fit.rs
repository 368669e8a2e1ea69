//! Words of Meta that become columns and keys: short enough for an index, without what Postgres cannot hold. The item's own bytes are
//! kept beside them as they came.

/// Names that Meta invents: types, statuses, categories, keys. The longest documented has 40 letters.
pub(crate) const NAME_CHARS_MAX: usize = 64;
/// What a person would read in a list; Meta's own limit on a message is 4,096.
pub(crate) const TEXT_CHARS_MAX: usize = 16_384;
/// How people call themselves; WhatsApp allows 25 and 30.
pub(crate) const PERSON_CHARS_MAX: usize = 256;

/// What a Flow was sent with; ours has 62.
pub(crate) const TOKEN_CHARS_MAX: usize = 1_024;

/// At most so many characters, and no NUL.
pub(crate) fn fit(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).map(|char| if char == '\0' { char::REPLACEMENT_CHARACTER } else { char }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_column_holds_does_not_get_there() {
        assert_eq!(fit("a\0b", 9), "a\u{fffd}b");
        assert_eq!(fit(&"ä".repeat(100), 64).chars().count(), 64);
    }
}
