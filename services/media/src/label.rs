//! What a file is called and said to be, by people whom nobody trusts: cut, cleaned, and written so that a header stays a header.

/// Longest name of a file, in characters: what file systems take.
const NAME_CHARS_MAX: usize = 255;
/// Longest type, in bytes.
const TYPE_BYTES_MAX: usize = 127;
/// What a file is said to be when nothing usable is said.
pub(crate) const TYPE_UNKNOWN: &str = "application/octet-stream";

/// The last part of what may look like a path, without what cannot be seen or turns the writing round; `None`: nothing is left.
pub(crate) fn name(text: &str) -> Option<String> {
    let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible = |c: &char| {
        !c.is_control() && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let name: String = last.chars().filter(visible).take(NAME_CHARS_MAX).collect();
    let name = name.trim();
    (!name.is_empty() && name.chars().any(|c| c != '.')).then(|| name.to_owned())
}

/// A type with its parameters, if it can stand in a header: `image/jpeg`, `audio/ogg; codecs=opus`.
pub(crate) fn mime_type(text: &str) -> Option<String> {
    let text = text.trim();
    let fits = text.len() <= TYPE_BYTES_MAX && text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    let (main, sub) = essence(text).split_once('/')?;
    (fits && is_token(main) && is_token(sub)).then(|| text.to_owned())
}

/// The type without its parameters.
pub(crate) fn essence(text: &str) -> &str {
    text.split(';').next().unwrap_or_default().trim()
}

/// RFC 9110 §5.6.2.
fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// `Content-Disposition` of a file that is to be saved and never shown (RFC 6266, RFC 8187).
pub(crate) fn attachment(name: Option<&str>) -> String {
    let Some(name) = name else { return "attachment".to_owned() };
    let mut text = "attachment; filename*=UTF-8''".to_owned();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_and_shows_what_it_is() {
        for (given, kept) in [
            ("Vertrag 2026 – März (final).pdf", Some("Vertrag 2026 – März (final).pdf")),
            ("../../etc/passwd", Some("passwd")),
            ("C:\\temp\\a.txt", Some("a.txt")),
            ("a\r\nSet-Cookie: x=1.pdf", Some("aSet-Cookie: x=1.pdf")),
            ("invoice\u{202e}fdp.exe", Some("invoicefdp.exe")),
            ("\0\u{7f}", None),
            ("..", None),
            ("/", None),
            ("", None),
        ] {
            assert_eq!(name(given).as_deref(), kept, "{given:?}");
        }
        assert_eq!(name(&"ä".repeat(999)).unwrap().chars().count(), 255);
    }

    #[test]
    fn a_type_is_one_or_none() {
        for good in ["image/jpeg", "audio/ogg; codecs=opus", "application/vnd.ms-excel", "x/y"] {
            assert_eq!(mime_type(good).as_deref(), Some(good));
        }
        for bad in
            ["", "image", "/", "image/", "/jpeg", "a b/c", "image/jpeg\r\nX: y", "text/html\0", "ä/b", &format!("a/{}", "b".repeat(200))]
        {
            assert_eq!(mime_type(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_name_stays_inside_its_header() {
        assert_eq!(attachment(None), "attachment");
        assert_eq!(attachment(Some("a\"; x=\"b")), "attachment; filename*=UTF-8''a%22%3B%20x%3D%22b");
        assert_eq!(attachment(Some("März.pdf")), "attachment; filename*=UTF-8''M%C3%A4rz.pdf");
    }
}
