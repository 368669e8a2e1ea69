//! Ids that follow from what they name: two racing recorders, a redelivery or a second run of the log arrive at the
//! same id without asking anybody.

use sha2::{Digest, Sha256};
use ulid::Ulid;

use crate::{ContactId, ConversationId, EventId, FlowId, Identity, MediaId, MessageId, ProjectId, TemplateId, UserId, WorkspaceId};

impl ContactId {
    /// The id of a contact first seen under `identity`. It carries no time, because racing creators may have seen
    /// different messages first.
    pub fn derive(project: ProjectId, identity: &Identity) -> Self {
        Self::from_ulid(Ulid::from_bytes(digest("contact", &[&project.to_string(), identity.kind.as_str(), &identity.value])))
    }
}

impl MessageId {
    /// The id of the message `wamid`. Sorts by the time at which it was sent (milliseconds since 1970), which keeps index pages
    /// together; a message without a time has 0 there, so that its redelivery has the same id.
    pub fn derive(project: ProjectId, wamid: &str, sent_at_ms: u64) -> Self {
        Self::from_ulid(timed(sent_at_ms, digest("message", &[&project.to_string(), wamid])))
    }
}

impl MessageId {
    /// The id of the message that was asked for under an idempotency key. It carries no time, because whoever asks again does so later.
    pub fn of_request(project: ProjectId, contact: ContactId, key: &str) -> Self {
        Self::from_ulid(Ulid::from_bytes(digest("message_request", &[&project.to_string(), &contact.to_string(), key])))
    }
}

impl FlowId {
    /// The id of the Flow with this name. A name belongs to one Flow for ever, so two callers who create it at the same time create one
    /// Flow. The name of a deleted Flow can be given again.
    pub fn of_name(project: ProjectId, name: &str) -> Self {
        Self::from_ulid(Ulid::from_bytes(digest("flow", &[&project.to_string(), name])))
    }
}

impl TemplateId {
    /// The template of that name and language. Meta has one of each in an account.
    pub fn of_name(project: ProjectId, waba_id: &str, name: &str, language: &str) -> Self {
        Self::from_ulid(Ulid::from_bytes(digest("template", &[&project.to_string(), waba_id, name, language])))
    }
}

impl MediaId {
    /// The file that Meta names `media_id` in a message of a contact.
    pub fn of_message(project: ProjectId, message: MessageId, media_id: &str) -> Self {
        Self::from_ulid(Ulid::from_bytes(digest("media", &[&project.to_string(), &message.to_string(), media_id])))
    }

    /// The file that was uploaded under an idempotency key.
    pub fn of_upload(project: ProjectId, key: &str) -> Self {
        Self::from_ulid(Ulid::from_bytes(digest("media_upload", &[&project.to_string(), key])))
    }
}

impl ConversationId {
    /// The id of the conversation that `message` opened with `contact`.
    pub fn derive(contact: ContactId, message: MessageId) -> Self {
        Self::from_ulid(timed(message.ulid().timestamp_ms(), digest("conversation", &[&contact.to_string(), &message.to_string()])))
    }
}

impl UserId {
    /// The person with this e-mail address, written in lower case: one address, one person, without asking anybody.
    pub fn of_email(lowercase: &str) -> Self {
        Self::from_ulid(Ulid::from_bytes(digest("user", &[lowercase])))
    }
}

impl WorkspaceId {
    /// The workspace that is there from the beginning: projects that were made without an owner belong to it.
    pub const INSTALLATION: Self = Self::from_ulid(Ulid::from_parts(0, 1));

    /// A person's own workspace.
    pub fn personal(user: UserId) -> Self {
        Self::from_ulid(user.ulid())
    }
}

impl EventId {
    /// The id of the event of type `event_type` that follows from `parts`. Equal parts, equal id: the broker drops the second one.
    pub fn derive(event_type: &str, parts: &[&str]) -> Self {
        Self::from_ulid(Ulid::from_bytes(digest(event_type, parts)))
    }

    /// The id of an event that follows from raw bytes.
    pub fn derive_from_bytes(event_type: &str, parts: &[&str], bytes: &[u8]) -> Self {
        let mut hasher = hasher(event_type, parts);
        hasher.update(bytes);
        Self::from_ulid(Ulid::from_bytes(truncate(hasher)))
    }
}

fn digest(domain: &str, parts: &[&str]) -> [u8; 16] {
    truncate(hasher(domain, parts))
}

/// Every part is preceded by its length: ("ab", "c") and ("a", "bc") differ.
fn hasher(domain: &str, parts: &[&str]) -> Sha256 {
    let mut hasher = Sha256::new();
    for part in std::iter::once(&domain).chain(parts) {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher
}

fn truncate(hasher: Sha256) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize()[..16]);
    bytes
}

fn timed(ms: u64, bytes: [u8; 16]) -> Ulid {
    const MS_MAX: u64 = (1 << 48) - 1;
    Ulid::from_parts(ms.min(MS_MAX), u128::from_be_bytes(bytes) & ((1 << 80) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_wamid_in_two_projects_is_two_messages() {
        let (a, b) = (ProjectId::from_ulid(Ulid::from_parts(1, 1)), ProjectId::from_ulid(Ulid::from_parts(1, 2)));
        assert_eq!(MessageId::derive(a, "wamid.X", 5), MessageId::derive(a, "wamid.X", 5));
        assert_ne!(MessageId::derive(a, "wamid.X", 5), MessageId::derive(b, "wamid.X", 5));
        assert!(MessageId::derive(a, "wamid.X", 5) < MessageId::derive(a, "wamid.A", 6), "ids sort by time");
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(EventId::derive("t", &["ab", "c"]), EventId::derive("t", &["a", "bc"]));
        assert_ne!(EventId::derive("t", &["a"]), EventId::derive("t", &["a", ""]));
    }
}
