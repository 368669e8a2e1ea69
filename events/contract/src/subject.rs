//! Where an event is kept: `<stream>.<project>.<entity>`. The type is a header, not a token, so that the last sequence
//! of a subject is its entity's optimistic-concurrency token.

use std::fmt;
use std::sync::Arc;

use crate::{ContactId, FlowId, KeyId, MediaId, ProjectId, Stream, TemplateId, UserId, WorkspaceId};

/// The longest token taken from outside, in bytes. Meta's ids have 15 to 17 digits, its field names at most 40 letters.
const TOKEN_BYTES_MAX: usize = 64;

/// Why a text cannot be (part of) a subject.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    /// A token is empty, too long, or holds something other than letters, digits, `_` and `-`.
    #[error("not a subject token: needs 1 to 64 letters, digits, _ or -")]
    Token,
    /// The first token names no stream.
    #[error("the first token names no stream")]
    Stream,
}

/// A subject of one of our streams, without wildcards.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    stream: Stream,
    text: Arc<str>,
}

impl Subject {
    /// One change of a webhook; `receiver` is the phone number id, else the WABA id, as Meta sent them.
    pub fn webhook(receiver: &str, field: &str) -> Result<Self, SubjectError> {
        Self::new(Stream::Webhook, &[receiver, field])
    }

    /// Bodies that Meta signed and nobody could split.
    pub fn webhook_unreadable() -> Self {
        Self { stream: Stream::Webhook, text: "webhook.unreadable.body".into() }
    }

    /// A project's life.
    pub fn project(project: ProjectId) -> Self {
        Self { stream: Stream::Project, text: format!("project.{project}").into() }
    }

    /// Who holds a number: one entity per phone number id, so that two projects cannot both claim it.
    pub fn number(phone_number_id: &str) -> Result<Self, SubjectError> {
        Self::new(Stream::Project, &["number", phone_number_id])
    }

    /// The key under which a project's secrets are sealed.
    pub fn data_key(project: ProjectId) -> Self {
        Self { stream: Stream::Project, text: format!("project.key.{project}").into() }
    }

    /// A workspace: its members, roles and keys.
    pub fn workspace(workspace: WorkspaceId) -> Self {
        Self { stream: Stream::Workspace, text: format!("workspace.{workspace}").into() }
    }

    /// A person: their registration and their sessions.
    pub fn user(user: UserId) -> Self {
        Self { stream: Stream::Workspace, text: format!("workspace.user.{user}").into() }
    }

    /// When a key was used last.
    pub fn key_use(key: KeyId) -> Self {
        Self { stream: Stream::Workspace, text: format!("workspace.used.{key}").into() }
    }

    /// A project's subscription and payments.
    pub fn billing(project: ProjectId) -> Self {
        Self { stream: Stream::Billing, text: format!("billing.{project}").into() }
    }

    /// What a project used of what is paid by use.
    pub fn usage(project: ProjectId) -> Self {
        Self { stream: Stream::Usage, text: format!("usage.{project}").into() }
    }

    /// The code of a project's bot.
    pub fn bot(project: ProjectId) -> Self {
        Self { stream: Stream::Bot, text: format!("bot.{project}").into() }
    }

    /// The place of a project's Flows.
    pub fn flow_space(project: ProjectId) -> Self {
        Self { stream: Stream::Flow, text: format!("flow.{project}.space").into() }
    }

    /// One Flow of a project.
    pub fn flow(project: ProjectId, flow: FlowId) -> Self {
        Self { stream: Stream::Flow, text: format!("flow.{project}.{flow}").into() }
    }

    /// One message template of a project, in one language.
    pub fn template(project: ProjectId, template: TemplateId) -> Self {
        Self { stream: Stream::Template, text: format!("template.{project}.{template}").into() }
    }

    /// The templates of a project as a whole.
    pub fn template_space(project: ProjectId) -> Self {
        Self { stream: Stream::Template, text: format!("template.{project}.space").into() }
    }

    /// One file of a project.
    pub fn media(project: ProjectId, media: MediaId) -> Self {
        Self { stream: Stream::Media, text: format!("media.{project}.{media}").into() }
    }

    /// The files of a project as a whole.
    pub fn media_space(project: ProjectId) -> Self {
        Self { stream: Stream::Media, text: format!("media.{project}.space").into() }
    }

    /// A project's database.
    pub fn database(project: ProjectId) -> Self {
        Self { stream: Stream::Database, text: format!("database.{project}").into() }
    }

    /// Everything about one contact of a project.
    pub fn conversation(project: ProjectId, contact: ContactId) -> Self {
        Self { stream: Stream::Conversation, text: format!("conversation.{project}.{contact}").into() }
    }

    /// Items of a project that name nobody.
    pub fn unassigned(project: ProjectId) -> Self {
        Self { stream: Stream::Conversation, text: format!("conversation.{project}.unassigned").into() }
    }

    /// What `service` holds back of `stream`.
    pub fn parked(service: &str, stream: Stream) -> Result<Self, SubjectError> {
        Self::new(Stream::Parked, &[service, stream.name()])
    }

    /// How far `service` has come in `stream`.
    pub fn position(service: &str, stream: Stream) -> Result<Self, SubjectError> {
        Self::new(Stream::Position, &[service, stream.name()])
    }

    /// A subject read from the log or from an operator. Tokens are checked.
    pub fn parse(text: &str) -> Result<Self, SubjectError> {
        let mut tokens = text.split('.');
        let stream = tokens.next().and_then(Stream::parse).ok_or(SubjectError::Stream)?;
        // The text is taken as it is: this runs once for every event that is read.
        let mut tokens = tokens.peekable();
        if tokens.peek().is_none() || !tokens.all(is_token) {
            return Err(SubjectError::Token);
        }
        Ok(Self { stream, text: text.into() })
    }

    /// The stream that keeps it.
    pub fn stream(&self) -> Stream {
        self.stream
    }

    /// As the broker writes it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The token at `index`; 0 is the stream.
    pub fn token(&self, index: usize) -> Option<&str> {
        self.text.split('.').nth(index)
    }

    /// The project named by the second token, if it names one.
    pub fn project_id(&self) -> Option<ProjectId> {
        self.token(1)?.parse().ok()
    }

    /// The Flow named by the third token, if it names one.
    pub fn flow_id(&self) -> Option<FlowId> {
        self.token(2)?.parse().ok()
    }

    /// The template named by the third token, if it names one.
    pub fn template_id(&self) -> Option<TemplateId> {
        self.token(2)?.parse().ok()
    }

    /// The file named by the third token, if it names one.
    pub fn media_id(&self) -> Option<MediaId> {
        self.token(2)?.parse().ok()
    }

    /// The contact named by the third token, if it names one.
    pub fn contact_id(&self) -> Option<ContactId> {
        self.token(2)?.parse().ok()
    }

    fn new(stream: Stream, tokens: &[&str]) -> Result<Self, SubjectError> {
        if !tokens.iter().all(|token| is_token(token)) {
            return Err(SubjectError::Token);
        }
        Ok(Self { stream, text: format!("{stream}.{}", tokens.join(".")).into() })
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn is_token(token: &str) -> bool {
    (1..=TOKEN_BYTES_MAX).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_outside_cannot_leave_its_place() {
        for hostile in ["", "*", ">", "a.b", "a b", "ä", "\n", "a\0", &"1".repeat(65)] {
            assert!(Subject::webhook(hostile, "messages").is_err(), "{hostile:?} became a token");
            assert!(Subject::webhook("1", hostile).is_err(), "{hostile:?} became a token");
        }
        assert_eq!(Subject::webhook("207358419203847", "messages").unwrap().as_str(), "webhook.207358419203847.messages");
    }

    #[test]
    fn a_subject_read_back_names_its_entity() {
        let project = ProjectId::from_ulid(ulid::Ulid::from_parts(1, 2));
        let contact = ContactId::from_ulid(ulid::Ulid::from_parts(3, 4));
        let subject = Subject::conversation(project, contact);
        let read = Subject::parse(subject.as_str()).unwrap();
        assert_eq!((read.stream(), read.project_id(), read.contact_id()), (Stream::Conversation, Some(project), Some(contact)));
        assert_eq!(Subject::parse("elsewhere.a"), Err(SubjectError::Stream));
        assert_eq!(Subject::parse("webhook"), Err(SubjectError::Token));
    }
}
