//! Who did what, when, from which request: one row for each event that somebody should be able to look up.
//!
//! A row names the event and never repeats what it says: no names, no addresses, no secrets, nothing of a bot's contacts. What was said
//! is in the log, for those who may read it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use contract::{BillingEvent, Event, KeyId, ProjectId, Recorded, SYSTEM_ACTOR, Stream, Subject, UserId, WorkspaceEvent, WorkspaceId};

use crate::Access;
use crate::actor::Actor;
use crate::command::{user_of, workspace_of};
use crate::error::Error;

/// Who acts, in kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ActorKind {
    Person,
    Key,
    Agent,
    System,
    /// Meta, or the payment provider.
    Provider,
}

impl ActorKind {
    pub(crate) const ALL: [Self; 5] = [Self::Person, Self::Key, Self::Agent, Self::System, Self::Provider];

    /// As in tables and answers.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Key => "key",
            Self::Agent => "agent",
            Self::System => "system",
            Self::Provider => "provider",
        }
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub stream: Stream,
    pub sequence: u64,
    pub event_id: String,
    pub at: DateTime<Utc>,
    pub actor_kind: ActorKind,
    pub actor_id: Option<String>,
    pub request_id: Option<String>,
    pub event_type: String,
    pub subject: String,
    /// The project that it is about.
    pub project: Option<ProjectId>,
    /// The workspace that said it; of a project's events none: that is whoever owns the project.
    pub workspace: Option<WorkspaceId>,
}

/// Where an event belongs.
#[derive(Debug, Default)]
struct About {
    project: Option<ProjectId>,
    workspace: Option<WorkspaceId>,
    /// A key that is for a project, perhaps, which the event does not name.
    key: Option<KeyId>,
}

/// The one project that each key is for, if it is for one: what was learned in a run of events, of which many can be about one workspace's keys.
pub(crate) type KeyProjects = HashMap<KeyId, Option<ProjectId>>;

impl Access {
    /// The row of an event; none if nobody would look it up.
    pub(crate) async fn entry(&self, recorded: &Recorded, known: &mut KeyProjects) -> Result<Option<Entry>, Error> {
        let Some(mut about) = About::of(recorded)? else { return Ok(None) };
        if let Some(key) = about.key {
            if !known.contains_key(&key) {
                self.learn_keys(&recorded.subject, known).await?;
            }
            about.project = *known.entry(key).or_default();
        }
        Ok(Some(Entry::of(recorded, &about)))
    }

    /// From the workspace's own events: the tables forget keys.
    async fn learn_keys(&self, workspace: &Subject, known: &mut KeyProjects) -> Result<(), Error> {
        for recorded in self.journal.entity(workspace).await? {
            if let WorkspaceEvent::KeyIssued(issued) = WorkspaceEvent::read(&recorded)? {
                known.insert(issued.key, issued.project);
            }
        }
        Ok(())
    }
}

impl Entry {
    fn of(recorded: &Recorded, about: &About) -> Self {
        let (actor_kind, actor_id) = actor(recorded.context.actor.as_deref());
        Self {
            stream: recorded.stream(),
            sequence: recorded.sequence,
            event_id: recorded.id.to_string(),
            at: recorded.time,
            actor_kind,
            actor_id,
            request_id: recorded.context.correlation.clone(),
            event_type: recorded.event_type.as_str().to_owned(),
            subject: recorded.subject.to_string(),
            project: about.project,
            workspace: about.workspace,
        }
    }
}

impl About {
    fn of(recorded: &Recorded) -> Result<Option<Self>, Error> {
        Ok(match recorded.stream() {
            Stream::Workspace => of_workspace(recorded)?,
            Stream::Billing => of_billing(recorded)?,
            Stream::Project | Stream::Database | Stream::Bot | Stream::Flow | Stream::Template | Stream::Media => {
                recorded.subject.project_id().map(Self::project)
            }
            // The use of credits is metering, at every answer of a bot, and would bury everything else here. So would what people and bots
            // write to each other: a message and a conversation's state name whoever they are of where they are read.
            Stream::Usage | Stream::Webhook | Stream::Conversation | Stream::Parked | Stream::Position => None,
        })
    }

    fn project(project: ProjectId) -> Self {
        Self { project: Some(project), ..Self::default() }
    }
}

/// What happens to a person is in the audit log of their own workspace.
fn of_workspace(recorded: &Recorded) -> Result<Option<About>, Error> {
    let workspace = user_of(&recorded.subject).map(WorkspaceId::personal).or_else(|| workspace_of(&recorded.subject));
    let (project, key) = match WorkspaceEvent::read(recorded)? {
        // Said by the checker of keys, again and again: not an act.
        WorkspaceEvent::KeyUsed(_) => return Ok(None),
        WorkspaceEvent::MemberPermissionsChanged(changed) => (Some(changed.project), None),
        WorkspaceEvent::KeyIssued(issued) => (issued.project, None),
        WorkspaceEvent::KeyExpirySet(set) => (None, Some(set.key)),
        WorkspaceEvent::KeyRevoked(revoked) => (None, Some(revoked.key)),
        WorkspaceEvent::SignInCodeIssued(_)
        | WorkspaceEvent::SignInFailed(_)
        | WorkspaceEvent::UserRegistered(_)
        | WorkspaceEvent::SessionStarted(_)
        | WorkspaceEvent::SessionEnded(_)
        | WorkspaceEvent::WorkspaceCreated(_)
        | WorkspaceEvent::WorkspaceRenamed(_)
        | WorkspaceEvent::WorkspaceDeleted(_)
        | WorkspaceEvent::MemberInvited(_)
        | WorkspaceEvent::InviteRenewed(_)
        | WorkspaceEvent::InviteCancelled(_)
        | WorkspaceEvent::InviteAccepted(_)
        | WorkspaceEvent::MemberRoleChanged(_)
        | WorkspaceEvent::MemberRemoved(_)
        | WorkspaceEvent::OwnershipTransferred(_) => (None, None),
    };
    Ok(workspace.map(|workspace| About { project, workspace: Some(workspace), key }))
}

/// Charges of used credits are metering too.
fn of_billing(recorded: &Recorded) -> Result<Option<About>, Error> {
    let act = match BillingEvent::read(recorded)? {
        BillingEvent::CreditsUsed(_) => false,
        BillingEvent::TrialStarted(_)
        | BillingEvent::PaymentRequested(_)
        | BillingEvent::PaymentSucceeded(_)
        | BillingEvent::PaymentFailed(_)
        | BillingEvent::PaymentMismatched(_)
        | BillingEvent::CycleStarted(_)
        | BillingEvent::CycleExtended(_)
        | BillingEvent::PauseScheduled(_)
        | BillingEvent::CancellationScheduled(_)
        | BillingEvent::ScheduleWithdrawn(_)
        | BillingEvent::SubscriptionPastDue(_)
        | BillingEvent::SubscriptionPaused(_)
        | BillingEvent::SubscriptionCancelled(_)
        | BillingEvent::SubscriptionExpired(_)
        | BillingEvent::ReminderDue(_)
        | BillingEvent::EntitlementChanged(_)
        | BillingEvent::CreditsAdded(_)
        | BillingEvent::SubscriptionClosed(_) => true,
    };
    Ok(recorded.subject.project_id().filter(|_| act).map(About::project))
}

/// Whoever is neither one of ours nor the platform itself is a provider who called.
fn actor(text: Option<&str>) -> (ActorKind, Option<String>) {
    match (text, text.and_then(Actor::parse)) {
        (None | Some(SYSTEM_ACTOR), _) => (ActorKind::System, None),
        (_, Some(Actor::Person(user))) => (ActorKind::Person, Some(user.to_string())),
        (_, Some(Actor::Key(key))) => (ActorKind::Key, Some(key.to_string())),
        (_, Some(Actor::Agent(key))) => (ActorKind::Agent, Some(key.to_string())),
        (_, Some(Actor::Platform)) => (ActorKind::Key, Some(Actor::Platform.to_string())),
        (Some(other), None) if other.parse::<UserId>().is_err() => (ActorKind::Provider, Some(other.to_owned())),
        (Some(_), None) => (ActorKind::System, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_actor_has_a_kind() {
        let (user, key) = ("usr_01M74XBVHR5MY3V435479NBTEA", "key_01M74XBVHR5MY3V435479NBTEA");
        for (text, kind, id) in [
            (None, ActorKind::System, None),
            (Some("system"), ActorKind::System, None),
            (Some(user), ActorKind::Person, Some(user)),
            (Some(key), ActorKind::Key, Some(key)),
            (Some("key_platform"), ActorKind::Key, Some("key_platform")),
            (Some("agent:key_01M74XBVHR5MY3V435479NBTEA"), ActorKind::Agent, Some(key)),
            (Some("meta"), ActorKind::Provider, Some("meta")),
            (Some("paystack"), ActorKind::Provider, Some("paystack")),
        ] {
            assert_eq!(actor(text), (kind, id.map(str::to_owned)), "{text:?}");
        }
    }
}
