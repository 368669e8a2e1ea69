//! Meta's ids as types: what cannot be one cannot be made into one.
//!
//! All are opaque; the checks keep out only what would be harmful as a key, a subject token or a line of a log. None is a key of ours.

/// Text that cannot be what it is given as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a {0}")]
pub struct Invalid(pub(crate) &'static str);

/// Serde and the standard conversions of a type that is `parse`d from text and shown with `as_str`.
macro_rules! textual {
    ($name:ident) => {
        impl TryFrom<String> for $name {
            type Error = $crate::Invalid;
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text).ok_or($crate::Invalid(stringify!($name)))
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::Invalid;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text).ok_or($crate::Invalid(stringify!($name)))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }
    };
}
pub(crate) use textual;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
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

        textual!($name);
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
