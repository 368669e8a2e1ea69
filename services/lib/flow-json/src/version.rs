//! Versions of Flow JSON: which exist, which can still be published.

use std::fmt;

/// `6.0` as (6, 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    major: u8,
    minor: u8,
}

/// The version whose rules this crate has in full.
pub const JUDGED: Version = Version::of(6, 0);
/// The oldest that can be published.
pub(crate) const PUBLISHABLE_MIN: Version = Version::of(5, 1);
/// Every version that Meta has published, up to its changelog's entry of November 2025.
pub const KNOWN: [Version; 14] = [
    Version::of(2, 1),
    Version::of(3, 0),
    Version::of(3, 1),
    Version::of(4, 0),
    Version::of(5, 0),
    Version::of(5, 1),
    Version::of(6, 0),
    Version::of(6, 1),
    Version::of(6, 2),
    Version::of(6, 3),
    Version::of(7, 0),
    Version::of(7, 1),
    Version::of(7, 2),
    Version::of(7, 3),
];

impl Version {
    pub const fn of(major: u8, minor: u8) -> Self {
        Self { major, minor }
    }

    /// One that exists.
    pub fn parse(text: &str) -> Option<Self> {
        KNOWN.into_iter().find(|known| known.to_string() == text)
    }

    /// Whether a Flow of this version can be published; older ones can be sent, no more.
    pub(crate) fn is_publishable(self) -> bool {
        self >= PUBLISHABLE_MIN
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl serde::Serialize for Version {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_one_that_exists() {
        assert_eq!(Version::parse("6.0"), Some(JUDGED));
        for unknown in ["2024.0", "6", "6.00", " 6.0", "6.4", "", "٦.٠"] {
            assert_eq!(Version::parse(unknown), None, "{unknown}");
        }
        let publishable: Vec<String> =
            KNOWN.into_iter().filter(|version| version.is_publishable()).map(|version| version.to_string()).collect();
        assert_eq!(publishable, ["5.1", "6.0", "6.1", "6.2", "6.3", "7.0", "7.1", "7.2", "7.3"]);
    }
}
