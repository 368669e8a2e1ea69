//! A WhatsApp id: a person's number as Meta writes it, and the one key for the several ways it writes the same number.

use std::fmt;

use crate::Phone;

const DIGITS_MAX: usize = 20;

/// 1 to 20 digits, no `+`. Answers go to the id as it was received, so it is kept as it was received.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WaId(String);

/// What is the same for all spellings of one number. For comparing and for unique keys, never for sending or showing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PhoneKey(String);

impl WaId {
    /// Takes a leading `+` off; `None` for anything but digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+').unwrap_or(text);
        let fits = (1..=DIGITS_MAX).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| Self(digits.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number in E.164, unless it has a length that no phone number has.
    pub fn phone(&self) -> Option<Phone> {
        Phone::parse(&self.0)
    }

    /// One key for the spellings that Meta mixes:
    ///
    /// - Brazil: mobile numbers with and without their ninth digit, `55 DD 9XXXXXXXX` and `55 DD XXXXXXXX`. Only where the eight
    ///   digits start with 6 to 9, the mobile range: `55 11 9 3…` and the landline `55 11 3…` are two people.
    /// - Mexico: `52 1` and ten digits, or `52` and ten digits.
    /// - Argentina: `54 9` and ten digits, or `54` and ten digits.
    pub fn canonical(&self) -> PhoneKey {
        let id = self.0.as_str();
        PhoneKey(match (id.as_bytes(), id.len()) {
            ([b'5', b'5', _, _, b'9', b'6'..=b'9', ..], 13) => format!("{}{}", &id[..4], &id[5..]),
            ([b'5', b'2', b'1', ..] | [b'5', b'4', b'9', ..], 13) => format!("{}{}", &id[..2], &id[3..]),
            _ => id.to_owned(),
        })
    }
}

impl PhoneKey {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

crate::ids::textual!(WaId);

impl fmt::Display for PhoneKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<PhoneKey> for String {
    fn from(key: PhoneKey) -> String {
        key.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) -> bool {
        WaId::parse(a).unwrap().canonical() == WaId::parse(b).unwrap().canonical()
    }

    #[test]
    fn the_spellings_of_one_number_have_one_key() {
        assert!(same("5511987654321", "551187654321"));
        assert!(same("5215512345678", "525512345678"));
        assert!(same("5491123456789", "541123456789"));
    }

    #[test]
    fn two_people_never_share_a_key() {
        assert!(!same("5511987654321", "551287654321"), "another area");
        assert!(!same("5511934567890", "551134567890"), "a mobile and a landline");
        assert!(!same("5215512345678", "5215512345679"), "another number");
        assert!(!same("15512345678", "5512345678"), "another country");
        assert!(!same("5219", "529"), "too short to be either");
        assert!(!same("4915112345678", "495112345678"), "no such rule in Germany");
    }

    #[test]
    fn a_wa_id_is_up_to_twenty_digits() {
        assert_eq!(WaId::parse("+16505550142"), WaId::parse("16505550142"));
        for bad in ["", "+", "1 650", "1650a", "१२३", &"1".repeat(21)] {
            assert!(WaId::parse(bad).is_none(), "{bad}");
        }
        assert_eq!(WaId::parse("16505550142").unwrap().phone().unwrap().as_str(), "+16505550142");
        assert!(WaId::parse("12345678901234567890").unwrap().phone().is_none());
    }
}
