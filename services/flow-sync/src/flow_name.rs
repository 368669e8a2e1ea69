//! What a Flow is called: here, as a file, and at Meta.

use std::fmt;
use std::str::FromStr;

use contract::{FlowId, flow_name_at_meta};
use serde::{Deserialize, Serialize};

/// Longest name, in characters. With an id behind it, it is well below what Meta shows of a name.
const CHARACTERS_MAX: usize = 64;
/// Its file is another one's.
const RESERVED: &str = "space";

/// A name such as `booking`: letters, digits, `_` and `-`, the first a letter or a digit. Also the name of its file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct FlowName(String);

/// A text that is no name of a Flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to {CHARACTERS_MAX} letters of a to z, digits, _ and -, begins with a letter or a digit, and is not `{RESERVED}`")]
pub(crate) struct FlowNameError;

impl FlowName {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// As Meta knows it.
    pub(crate) fn at_meta(&self, flow: FlowId) -> String {
        flow_name_at_meta(&self.0, flow)
    }
}

impl FromStr for FlowName {
    type Err = FlowNameError;

    fn from_str(text: &str) -> Result<Self, FlowNameError> {
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        let fits = plain && begins && text.len() <= CHARACTERS_MAX && !text.eq_ignore_ascii_case(RESERVED);
        if fits { Ok(Self(text.to_owned())) } else { Err(FlowNameError) }
    }
}

impl TryFrom<String> for FlowName {
    type Error = FlowNameError;

    fn try_from(text: String) -> Result<Self, FlowNameError> {
        text.parse()
    }
}

impl From<FlowName> for String {
    fn from(name: FlowName) -> Self {
        name.0
    }
}

impl fmt::Display for FlowName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use contract::ProjectId;

    use super::*;

    #[test]
    fn a_name_is_a_file_and_cannot_leave_its_folder() {
        for good in ["booking", "Book-ing_2", "7", &"a".repeat(64)] {
            assert_eq!(good.parse::<FlowName>().map(String::from).as_deref(), Ok(good));
        }
        for bad in ["", "-a", "_a", "a.b", "..", "a/b", "a b", "ä", "a\0", "a\n", "space", "Space", &"a".repeat(65)] {
            assert_eq!(bad.parse::<FlowName>(), Err(FlowNameError), "{bad:?}");
        }
    }

    #[test]
    fn the_same_name_in_two_projects_is_two_names_at_meta() {
        let name: FlowName = "booking".parse().unwrap();
        let at_meta = |n: u128| name.at_meta(FlowId::of_name(ProjectId::from_ulid(n.into()), name.as_str()));
        assert_ne!(at_meta(1), at_meta(2));
        assert!(at_meta(1).starts_with("booking flw_"));
    }
}
