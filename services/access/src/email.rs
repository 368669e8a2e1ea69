//! An e-mail address, which here is who a person is: one address, one person.
//!
//! Stricter than RFC 5321: ASCII only, no quotes, no comments, no address literals, a domain of at least two labels. What is refused
//! here could not be mailed by most servers, or could be read as two different addresses.

use std::fmt;
use std::str::FromStr;

use contract::UserId;

/// Longest address (RFC 5321 §4.5.3.1.3, without the brackets of a path).
pub(crate) const EMAIL_BYTES_MAX: usize = 254;
/// Longest part before the `@` (RFC 5321 §4.5.3.1.1).
const LOCAL_BYTES_MAX: usize = 64;
/// Longest label of a domain (RFC 1035 §2.3.4).
const LABEL_BYTES_MAX: usize = 63;

/// An address in lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Email(String);

/// A text is not an address that is taken here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address: needs name@domain in ASCII, at most {EMAIL_BYTES_MAX} bytes")]
pub(crate) struct EmailError;

impl Email {
    /// The address.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whose address it is.
    pub(crate) fn user(&self) -> UserId {
        UserId::of_email(&self.0)
    }
}

impl FromStr for Email {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        let (local, domain) = text.rsplit_once('@').ok_or(EmailError)?;
        let labels = || domain.split('.');
        let valid = text.len() <= EMAIL_BYTES_MAX
            && is_local(local)
            && labels().count() >= 2
            && labels().all(is_label)
            && labels().next_back().is_some_and(|last| last.bytes().any(|byte| byte.is_ascii_alphabetic()));
        if valid { Ok(Self(text.to_ascii_lowercase())) } else { Err(EmailError) }
    }
}

/// RFC 5322's dot-atom.
fn is_local(local: &str) -> bool {
    let atom =
        |atom: &str| !atom.is_empty() && atom.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte));
    local.len() <= LOCAL_BYTES_MAX && local.split('.').all(atom)
}

fn is_label(label: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=LABEL_BYTES_MAX).contains(&label.len()) && label.bytes().all(inside) && !label.starts_with('-') && !label.ends_with('-')
}

/// Never the address itself: it is personal.
impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[address of {}]", self.user())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_in_lower_case() {
        for (text, taken) in [
            ("ada@example.com", "ada@example.com"),
            ("Ada.Lovelace+paige@Mail.Example.COM", "ada.lovelace+paige@mail.example.com"),
            ("o'neil@xn--bcher-kva.example", "o'neil@xn--bcher-kva.example"),
            ("a@1.de", "a@1.de"),
        ] {
            assert_eq!(text.parse::<Email>().map(|email| email.as_str().to_owned()), Ok(taken.to_owned()), "{text}");
        }
        let [upper, lower] = ["ADA@example.com", "ada@EXAMPLE.com"].map(|text| text.parse::<Email>().unwrap().user());
        assert_eq!(upper, lower, "one address, one person");
    }

    #[test]
    fn what_could_be_read_as_another_address_or_another_header_is_refused() {
        let long_local = format!("{}@example.com", "a".repeat(65));
        let long_label = format!("a@{}.com", "b".repeat(64));
        let long = format!("a@{}com", "bcdefghi.".repeat(30));
        for hostile in [
            "",
            "@",
            "a",
            "a@",
            "@b.com",
            "a@b",
            "a@@b.com",
            "a@b@c.com",
            "a b@c.com",
            " a@b.com",
            "a@b.com ",
            "a@b.com\r\nBcc: c@d.com",
            "a@b.com,c@d.com",
            "a@b.com;c@d.com",
            "<a@b.com>",
            "Ada <a@b.com>",
            "\"a b\"@c.com",
            "a..b@c.com",
            ".a@b.com",
            "a.@b.com",
            "a@b..com",
            "a@.b.com",
            "a@b.com.",
            "a@-b.com",
            "a@b-.com",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@b.c_m",
            "ä@b.com",
            "a@ä.com",
            "a@b.com\0",
            "a\u{202e}@b.com",
            "a@b．com",
            "a(comment)@b.com",
            "mailto:a@b.com",
            "a\\@b.com",
            &long_local,
            &long_label,
            &long,
        ] {
            assert_eq!(hostile.parse::<Email>(), Err(EmailError), "{hostile:?}");
        }
    }

    #[test]
    fn an_address_does_not_get_into_a_log() {
        assert!(!format!("{:?}", "ada@example.com".parse::<Email>().unwrap()).contains("ada@"));
    }
}
