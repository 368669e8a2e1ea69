//! A person's WhatsApp username. Meta writes it with and without the leading `@`; here it is always without.

const CHARACTERS_MAX: usize = 64;

/// Non-empty, no white space or control characters, no leading `@`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Username(String);

impl Username {
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.trim().trim_start_matches('@');
        let fits = (1..=CHARACTERS_MAX).contains(&name.chars().count());
        let plain = !name.chars().any(|c| c.is_whitespace() || c.is_control());
        (fits && plain).then(|| Self(name.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

crate::ids::textual!(Username);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_at_sign_is_not_part_of_the_name() {
        assert_eq!(Username::parse("@tomokafor"), Username::parse("tomokafor"));
        assert_eq!(Username::parse(" @tom.okafor_1 ").unwrap().as_str(), "tom.okafor_1");
        for bad in ["", "@", "a b", "a\u{7}", &"x".repeat(65)] {
            assert!(Username::parse(bad).is_none(), "{bad:?}");
        }
    }
}
