//! Days as Flow JSON writes them.

use chrono::NaiveDate;

/// `YYYY-MM-DD`, zeros included, of a day that exists.
pub(crate) fn parse(text: &str) -> Option<NaiveDate> {
    let shaped = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    if shaped { NaiveDate::parse_from_str(text, "%Y-%m-%d").ok() } else { None }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_day_exists_and_is_written_in_full() {
        for (text, exists) in [
            ("2026-11-23", true),
            ("2024-02-29", true),
            ("2026-02-29", false),
            ("2026-1-2", false),
            ("+026-11-23", false),
            ("2026-11-2٣", false),
            ("", false),
        ] {
            assert_eq!(super::parse(text).is_some(), exists, "{text}");
        }
    }
}
