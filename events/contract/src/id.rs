//! Prefixed ULIDs: `prj_01J…`. One newtype per entity, so that a contact's id cannot be passed for a message's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ulid::Ulid;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id: expected {prefix}_ and 26 characters of Crockford base 32")]
pub struct IdError {
    /// The prefix that was expected.
    pub prefix: &'static str,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Ulid);

        impl $name {
            /// What every id of this kind starts with.
            pub const PREFIX: &'static str = $prefix;

            /// Gives a ULID this kind.
            pub const fn from_ulid(ulid: Ulid) -> Self {
                Self(ulid)
            }

            /// The id without its kind.
            pub const fn ulid(self) -> Ulid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut buffer = [0; ulid::ULID_LEN];
                write!(f, concat!($prefix, "_{}"), self.0.array_to_str(&mut buffer))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                parse(text, $prefix).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

ids! {
    /// A bot: one number, one code base, one database.
    ProjectId = "prj";
    /// A person (or account) who writes to a project's number.
    ContactId = "con";
    /// A stretch of messages between one contact and one project.
    ConversationId = "cnv";
    /// A message, in or out.
    MessageId = "msg";
    /// An event in the log; also the broker's message id.
    EventId = "evt";
    /// Work that goes on after its request was answered.
    OperationId = "op";
    /// A person, by their e-mail address.
    UserId = "usr";
    /// What projects belong to: a team's, or one person's own.
    WorkspaceId = "wsp";
    /// An API key.
    KeyId = "key";
    /// An invitation to a workspace.
    InviteId = "inv";
    /// A time during which a person is signed in.
    SessionId = "ses";
    /// An offer of a project to another workspace.
    TransferId = "trf";
    /// A payment; also its reference at the payment provider.
    PaymentId = "pay";
    /// A WhatsApp Flow.
    FlowId = "flw";
    /// A message template in one language.
    TemplateId = "tpl";
    /// A file that a contact sent, or that is kept to be sent.
    MediaId = "med";
}

/// Upper case only, as written: two texts never name the same id.
fn parse(text: &str, prefix: &'static str) -> Result<Ulid, IdError> {
    let error = IdError { prefix };
    let encoded = text.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('_')).ok_or(error.clone())?;
    let ulid = Ulid::from_string(encoded).map_err(|_| error.clone())?;
    let mut canonical = [0; ulid::ULID_LEN];
    if ulid.array_to_str(&mut canonical) == encoded { Ok(ulid) } else { Err(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text_form() {
        let id = ProjectId::from_ulid(Ulid::from_parts(1_794_992_403_000, 7));
        assert_eq!(id.to_string().parse::<ProjectId>(), Ok(id));
        assert!(id.to_string().starts_with("prj_01"));
        assert_eq!(serde_json::from_str::<ProjectId>(&serde_json::to_string(&id).unwrap()).unwrap(), id);
    }

    #[test]
    fn anything_else_is_refused() {
        let id = ProjectId::from_ulid(Ulid::from_parts(1_794_992_403_000, 7)).to_string();
        for text in [
            "",
            "prj_",
            "prj",
            "01J00000000000000000000000",
            &id.replace("prj", "con"),
            &id.to_lowercase(),
            &format!("{id}0"),
            &id.replace('0', "*"),
            "prj_8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
        ] {
            assert!(text.parse::<ProjectId>().is_err(), "{text} was accepted");
        }
    }
}
