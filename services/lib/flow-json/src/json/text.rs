//! A JSON string read out of its quotes. It refuses what no text can hold: half a surrogate pair, and NUL, which neither a screen nor a
//! table can keep.

/// Reads from behind the opening quote. The string and the place behind the closing quote, or the place and reason of a refusal.
pub(super) fn unescape(text: &str, start: usize) -> Result<(String, usize), (usize, &'static str)> {
    let bytes = text.as_bytes();
    let mut string = String::new();
    let mut at = start;
    loop {
        let plain = at;
        while bytes.get(at).is_some_and(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20)) {
            at += 1;
        }
        string.push_str(&text[plain..at]);
        match bytes.get(at) {
            Some(b'"') => return Ok((string, at + 1)),
            Some(b'\\') => {
                let (character, end) = escape(bytes, at)?;
                string.push(character);
                at = end;
            }
            Some(_) => return Err((at, "a control character in a string must be escaped")),
            None => return Err((at, "a string has no closing quote")),
        }
    }
}

fn escape(bytes: &[u8], at: usize) -> Result<(char, usize), (usize, &'static str)> {
    let character = match bytes.get(at + 1) {
        Some(b'"') => '"',
        Some(b'\\') => '\\',
        Some(b'/') => '/',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode(bytes, at),
        _ => return Err((at, "an escape that JSON does not know")),
    };
    Ok((character, at + 2))
}

fn unicode(bytes: &[u8], at: usize) -> Result<(char, usize), (usize, &'static str)> {
    const LONE: &str = "half a surrogate pair";
    let first = hex(bytes, at + 2).ok_or((at, "\\u needs four hexadecimal digits"))?;
    let (code, end) = match first {
        0xd800..0xdc00 if bytes.get(at + 6..at + 8) == Some(b"\\u") => {
            let second = hex(bytes, at + 8).filter(|second| (0xdc00..0xe000).contains(second)).ok_or((at, LONE))?;
            (0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00), at + 12)
        }
        0 => return Err((at, "NUL cannot be shown")),
        code => (code, at + 6),
    };
    char::from_u32(code).map(|character| (character, end)).ok_or((at, LONE))
}

fn hex(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 4)?;
    digits.iter().try_fold(0, |code, digit| Some(code * 16 + char::from(*digit).to_digit(16)?))
}
