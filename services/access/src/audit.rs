//! Who did what, when, from which request: one row for each event that somebody should be able to look up.
//!
//! A row names the event and never repeats what it says: no names, no addresses, no secrets, nothing of a bot's contacts. What was said
//! is in the log, for those who may read it.

use chrono::{DateTime, Utc};
use contract::{BillingEvent, Event, ProjectId, Recorded, Stream, UserId, WorkspaceEvent, WorkspaceId};

use crate::actor::Actor;
use crate::command::{user_of, workspace_of};
use crate::error::Error;
use crate::said;

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

impl Entry {
    /// The row of an event; none if nobody would look it up.
    pub(crate) fn of(recorded: &Recorded) -> Result<Option<Self>, Error> {
        let about = match recorded.stream() {
            Stream::Workspace => of_workspace(recorded)?,
            Stream::Billing => of_billing(recorded)?,
            Stream::Project | Stream::Database | Stream::Bot | Stream::Flow | Stream::Template | Stream::Media => {
                recorded.subject.project_id().map(|project| (Some(project), None))
            }
            // The use of credits is metering, at every answer of a bot, and would bury everything else here.
            Stream::Usage | Stream::Webhook | Stream::Conversation | Stream::Parked | Stream::Position => None,
        };
        let Some((project, workspace)) = about else { return Ok(None) };
        let (actor_kind, actor_id) = actor(recorded.context.actor.as_deref());
        Ok(Some(Self {
            stream: recorded.stream(),
            sequence: recorded.sequence,
            event_id: recorded.id.to_string(),
            at: recorded.time,
            actor_kind,
            actor_id,
            request_id: recorded.context.correlation.clone(),
            event_type: recorded.event_type.as_str().to_owned(),
            subject: recorded.subject.to_string(),
            project,
            workspace,
        }))
    }
}

type About = (Option<ProjectId>, Option<WorkspaceId>);

/// What happens to a person is in the audit log of their own workspace.
fn of_workspace(recorded: &Recorded) -> Result<Option<About>, Error> {
    let workspace = user_of(&recorded.subject).map(WorkspaceId::personal).or_else(|| workspace_of(&recorded.subject));
    let project = match said::decode(recorded)? {
        // Said by the checker of keys, again and again: not an act.
        WorkspaceEvent::KeyUsed(_) => return Ok(None),
        WorkspaceEvent::MemberPermissionsChanged(changed) => Some(changed.project),
        WorkspaceEvent::KeyIssued(issued) => issued.project,
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
        | WorkspaceEvent::OwnershipTransferred(_)
        | WorkspaceEvent::KeyExpirySet(_)
        | WorkspaceEvent::KeyRevoked(_) => None,
    };
    Ok(workspace.map(|workspace| (project, Some(workspace))))
}

/// Charges of used credits are metering too.
fn of_billing(recorded: &Recorded) -> Result<Option<About>, Error> {
    let act = match BillingEvent::decode(recorded).map_err(|source| Error::decode(recorded, source))? {
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
    Ok(recorded.subject.project_id().filter(|_| act).map(|project| (Some(project), None)))
}

/// Whoever is neither one of ours nor the platform itself is a provider who called.
fn actor(text: Option<&str>) -> (ActorKind, Option<String>) {
    match (text, text.and_then(Actor::parse)) {
        (None | Some("system"), _) => (ActorKind::System, None),
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
