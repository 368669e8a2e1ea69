//! A program's version: read from what `--version` prints, compared field by field.

use std::fmt;
use std::path::Path;

use crate::error::{Error, Result};
use crate::run::{QUICK_MAX, Run};

/// `major.minor.patch`. Postgres has no patch: 15.4 is `15.4.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    pub major: u32,
    pub minor: u32,
    pub patch: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl Version {
    /// The first version in a program's line: `nats-server: v2.15.1`, `postgres (PostgreSQL) 15.18 (Debian 15.18-0)`,
    /// `postgres (PostgreSQL) 18beta1`. `None` when the text names none.
    pub fn parse(text: &str) -> Option<Version> {
        text.split_whitespace().find_map(|word| {
            let word = word.strip_prefix('v').unwrap_or(word);
            let mut fields = word.split('.').map(leading_number);
            let major = fields.next().flatten()?;
            let mut rest = || fields.next().flatten().unwrap_or(0);
            Some(Version { major, minor: rest(), patch: rest() })
        })
    }

    /// Asks the program.
    pub(crate) async fn of(program: &Path) -> Result<Version> {
        let said = Run::new(program).arg("--version").output(QUICK_MAX).await?;
        Version::parse(&said).ok_or_else(|| Error::Failed {
            program: program.display().to_string(),
            status: "no version in its output".to_owned(),
            output: said,
        })
    }
}

fn leading_number(field: &str) -> Option<u32> {
    let digits = field.find(|c: char| !c.is_ascii_digit()).unwrap_or(field.len());
    field[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_what_programs_print() {
        let check = |text: &str, expected: Option<(u32, u32, u32)>| {
            let read = Version::parse(text).map(|v| (v.major, v.minor, v.patch));
            assert_eq!(read, expected, "{text}");
        };
        check("nats-server: v2.15.1", Some((2, 15, 1)));
        check("nats-server: v2.12.0-RC.3", Some((2, 12, 0)));
        check("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", Some((15, 18, 0)));
        check("postgres (PostgreSQL) 18beta1", Some((18, 0, 0)));
        check("nats-server: unknown", None);
        check("", None);
    }

    #[test]
    fn a_later_field_counts_less_than_an_earlier_one() {
        let version = |text| Version::parse(text).unwrap();
        assert!(version("v2.9.25") < version("v2.12.0"));
        assert!(version("v2.12.1") > version("v2.12.0"));
        assert!(version("14.99") < version("15.0"));
    }
}
