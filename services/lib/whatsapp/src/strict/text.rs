//! Text in its lengths. Lengths are in characters (Unicode scalar values).

use super::{Node, counted};
use crate::field_error::Code;

/// Longest link. What phones and servers are known to take.
pub(crate) const LINK_MAX: usize = 2048;

impl<'a> Node<'a> {
    pub(crate) fn string(&self) -> Option<&'a str> {
        let text = self.value.as_str();
        if text.is_none() {
            self.refuse(Code::Type, "must be text");
        }
        text
    }

    /// Text of several lines, not blank.
    pub(crate) fn prose(&self, length_max: usize) -> Option<&'a str> {
        let text = self.string()?;
        let fits = [self.is_short(text, length_max), self.is_filled(text), self.is_clean(text, |c| matches!(c, '\n' | '\r' | '\t'))];
        fits.iter().all(|fits| *fits).then_some(text)
    }

    /// Text of one line, not blank.
    pub(crate) fn line(&self, length_max: usize) -> Option<&'a str> {
        let text = self.string()?;
        let fits = [self.is_short(text, length_max), self.is_filled(text), self.is_clean(text, |_| false)];
        fits.iter().all(|fits| *fits).then_some(text)
    }

    /// A line without space around it: it will be compared.
    pub(crate) fn id(&self, length_max: usize) -> Option<&'a str> {
        let text = self.line(length_max)?;
        let fits = text.trim() == text;
        if !fits {
            self.refuse(Code::Format, "must not start or end with a space");
        }
        fits.then_some(text)
    }

    /// An id that somebody else made: printable ASCII without spaces.
    pub(crate) fn token(&self, length_max: usize) -> Option<&'a str> {
        let text = self.line(length_max)?;
        self.matches(text, text.bytes().all(|byte| byte.is_ascii_graphic()), "must be printable ASCII without spaces")
    }

    pub(crate) fn digits(&self, length_max: usize) -> Option<&'a str> {
        let text = self.line(length_max)?;
        self.matches(text, text.bytes().all(|byte| byte.is_ascii_digit()), "must be digits")
    }

    /// An absolute `http` or `https` URL.
    pub(crate) fn link(&self, length_max: usize) -> Option<&'a str> {
        let text = self.line(length_max)?;
        self.matches(text, is_link(text), "must be a link that starts with https:// or http:// and names a host")
    }

    /// Says `detail` unless it is so.
    pub(crate) fn matches(&self, text: &'a str, is_so: bool, detail: &str) -> Option<&'a str> {
        if !is_so {
            self.refuse(Code::Format, detail);
        }
        is_so.then_some(text)
    }

    fn is_short(&self, text: &str, length_max: usize) -> bool {
        let length = text.chars().count();
        if length > length_max {
            self.refuse(Code::TooLong, format!("must have at most {}, has {length}", counted(length_max, "character")));
        }
        length <= length_max
    }

    fn is_filled(&self, text: &str) -> bool {
        let filled = !text.trim().is_empty();
        if !filled {
            self.refuse(Code::TooShort, "must not be empty: at least 1 character that is no space");
        }
        filled
    }

    fn is_clean(&self, text: &str, allowed: fn(char) -> bool) -> bool {
        let clean = !text.chars().any(|c| c.is_control() && !allowed(c) && !c.is_whitespace());
        let one_line = !text.chars().any(|c| c.is_control() && !allowed(c) && c.is_whitespace());
        if !clean {
            self.refuse(Code::Format, "must not have control characters");
        } else if !one_line {
            self.refuse(Code::Format, "must be one line, without line breaks and tabs");
        }
        clean && one_line
    }
}

fn is_link(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    if !(scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")) {
        return false;
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = authority.split_once(':').unwrap_or((authority, "443"));
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '_');
    let harmful = |c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '\\' | '`');
    host.chars().all(is_name)
        && host.starts_with(char::is_alphanumeric)
        && port.bytes().all(|byte| byte.is_ascii_digit())
        && port.parse::<u16>().is_ok_and(|port| port > 0)
        && !rest.contains(harmful)
}

#[cfg(test)]
mod tests {
    use super::is_link;

    #[test]
    fn a_link_has_a_scheme_and_a_host() {
        for good in ["https://example.com", "http://example.com/a?b=c#d", "HTTPS://bücher.example:8443/ä", "https://a.example/{{1}}"] {
            assert!(is_link(good), "{good}");
        }
        for bad in [
            "",
            "example.com",
            "//example.com",
            "ftp://example.com",
            "javascript:alert(1)",
            "javascript://example.com",
            "https://",
            "https:///path",
            "https://?q",
            "https://user:password@example.com",
            "https://user@example.com",
            "https://exa mple.com",
            "https://example.com/a b",
            "https://example.com:0",
            "https://example.com:70000",
            "https://example.com:+1",
            "https://.example.com",
            "https://example.com\\@evil.example",
        ] {
            assert!(!is_link(bad), "{bad}");
        }
    }
}
