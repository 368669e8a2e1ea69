//! A phone number as people read it: E.164 with its `+`.

/// Digits in a number, country code included (E.164 section 6).
const DIGITS_MAX: usize = 15;
const DIGITS_MIN: usize = 5;

/// `+` and 5 to 15 digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

impl Phone {
    /// Takes what people and Meta write: `+1 (650) 555-0142`, `16505550142`. `None` for letters or a wrong count of digits.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix('+').unwrap_or(text);
        if !text.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '(' | ')' | '\u{a0}')) {
            return None;
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        (DIGITS_MIN..=DIGITS_MAX).contains(&digits.len()).then(|| Self(format!("+{digits}")))
    }

    /// `+16505550142`
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `16505550142`
    pub fn digits(&self) -> &str {
        &self.0[1..]
    }
}

crate::ids::textual!(Phone);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for text in ["16505550142", "+16505550142", " +1 (650) 555-0142 ", "1.650.555.0142"] {
            assert_eq!(Phone::parse(text).unwrap().as_str(), "+16505550142", "{text}");
        }
        for text in ["", "+", "1234", "1234567890123456", "1650555O142", "++16505550142", "US.13491208655302741918"] {
            assert!(Phone::parse(text).is_none(), "{text}");
        }
    }
}
