//! Meta's ids as types: what cannot be one cannot be made into one.
//!
//! All are opaque; the checks keep out only what would be harmful as a key, a subject token or a line of a log. None is a key of ours.

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// `None` if the text cannot be such an id.
            pub fn parse(text: &str) -> Option<Self> {
                let check: fn(&str) -> bool = $check;
                check(text).then(|| Self(text.to_owned()))
            }

            /// As Meta wrote it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}

id!(
    /// A message's id, `wamid.` and base64, though Meta also shows ids without the prefix. 1 to 512 printable ASCII characters.
    Wamid,
    |text| opaque(text, 512)
);
id!(
    /// A group's id: opaque base64. 1 to 256 printable ASCII characters.
    GroupId,
    |text| opaque(text, 256)
);
id!(
    /// The id of a business phone number (not the number): 1 to 32 digits.
    PhoneNumberId,
    |text| digits(text, 32)
);
id!(
    /// The id of a WhatsApp Business Account: 1 to 32 digits.
    WabaId,
    |text| digits(text, 32)
);
id!(
    /// Business-scoped user id: `^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$`. One person towards one business portfolio; changes when
    /// the person's phone number does. The parent form, with `ENT.`, is that of a managed portfolio.
    Bsuid,
    is_bsuid
);

impl Bsuid {
    /// Whether it is the parent form.
    pub fn is_parent(&self) -> bool {
        self.0[3..].starts_with("ENT.")
    }
}

fn opaque(text: &str, length_max: usize) -> bool {
    (1..=length_max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn digits(text: &str, length_max: usize) -> bool {
    (1..=length_max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_bsuid(text: &str) -> bool {
    let [country_1, country_2, b'.', rest @ ..] = text.as_bytes() else { return false };
    let user = rest.strip_prefix(b"ENT.").unwrap_or(rest);
    country_1.is_ascii_uppercase()
        && country_2.is_ascii_uppercase()
        && (1..=128).contains(&user.len())
        && user.iter().all(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bsuid_is_a_country_and_an_alphanumeric() {
        let long = "A".repeat(128);
        for good in ["US.13491208655302741918", "US.ENT.11815799212886844830", "DE.a", &format!("BR.{long}"), "US.ENT"] {
            assert!(Bsuid::parse(good).is_some(), "{good}");
        }
        for bad in
            ["", "US", "US.", "us.1", "USA.1", "U1.1", "US.1.2", "US.ENT.", "US.ENT.ENT.1", "US.é", "US.1 ", "éé.1", &format!("BR.{long}1")]
        {
            assert!(Bsuid::parse(bad).is_none(), "{bad}");
        }
        assert!(Bsuid::parse("US.ENT.1").unwrap().is_parent());
        assert!(!Bsuid::parse("US.ENT").unwrap().is_parent());
    }

    #[test]
    fn a_wamid_is_short_and_printable() {
        for good in ["wamid.HBgLMTY1MA==", "M0", &"x".repeat(512)] {
            assert!(Wamid::parse(good).is_some(), "{good}");
        }
        for bad in ["", "a b", "a\n", "a\0", "ä", &"x".repeat(513)] {
            assert!(Wamid::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn a_phone_number_id_is_digits() {
        assert!(PhoneNumberId::parse("207358419203847").is_some());
        for bad in ["", "-1", "1.5", "webhook.>", "1e5", &"1".repeat(33)] {
            assert!(PhoneNumberId::parse(bad).is_none(), "{bad}");
        }
    }
}
