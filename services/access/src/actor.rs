//! Who asks for something: the platform's key, a person, a program's key, or an agent with a key.

use std::fmt;

use axum::http::StatusCode;
use chassis::{Caller, Problem};
use contract::{KeyId, UserId};

/// The key that the process was started with, as events and callers name it.
const PLATFORM: &str = "key_platform";
/// What precedes the key of an agent.
const AGENT: &str = "agent:";

/// Whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Actor {
    /// The holder of the platform's key.
    Platform,
    /// A person who is signed in.
    Person(UserId),
    /// A program.
    Key(KeyId),
    /// An agent.
    Agent(KeyId),
}

impl Actor {
    /// The caller of a request.
    pub(crate) fn of(caller: &Caller) -> Result<Self, Problem> {
        Self::parse(caller.actor()).ok_or_else(|| Problem::internal("a caller is neither a person nor a key"))
    }

    /// A person: what only people can do is refused to keys.
    pub(crate) fn person(caller: &Caller) -> Result<UserId, Problem> {
        match Self::of(caller)? {
            Self::Person(user) => Ok(user),
            Self::Platform | Self::Key(_) | Self::Agent(_) => {
                Err(Problem::new(StatusCode::FORBIDDEN, "person_needed").detail("sign in as a person; a key cannot do this"))
            }
        }
    }

    /// As events name it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text == PLATFORM {
            return Some(Self::Platform);
        }
        if let Some(key) = text.strip_prefix(AGENT) {
            return key.parse().ok().map(Self::Agent);
        }
        text.parse().map(Self::Person).or_else(|_| text.parse().map(Self::Key)).ok()
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Platform => f.write_str(PLATFORM),
            Self::Person(user) => write!(f, "{user}"),
            Self::Key(key) => write!(f, "{key}"),
            Self::Agent(key) => write!(f, "{AGENT}{key}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_actor_survives_its_text_form() {
        let ulid = "01M74XBVHR5MY3V435479NBTEA";
        for text in ["key_platform".to_owned(), format!("usr_{ulid}"), format!("key_{ulid}"), format!("agent:key_{ulid}")] {
            assert_eq!(Actor::parse(&text).unwrap().to_string(), text);
        }
        for other in [
            "",
            "system",
            "meta",
            "agent:",
            "agent:key_platform",
            "agent:usr_01M74XBVHR5MY3V435479NBTEA",
            "usr_",
            "prj_01M74XBVHR5MY3V435479NBTEA",
        ] {
            assert_eq!(Actor::parse(other), None, "{other}");
        }
    }
}
