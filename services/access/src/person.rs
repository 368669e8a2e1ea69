//! A person as their events leave them: who they are, the codes that were mailed to them, where they are signed in.
//!
//! Before a person has signed in for the first time there are codes and no person: then [`Person::email`] is none.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use contract::{SessionId, UserId, WorkspaceEvent};

use crate::said::Said;

/// The time in which codes are counted.
pub(crate) const CODES_COUNTED_FOR: TimeDelta = TimeDelta::hours(24);

/// One person, or one address to which a code was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// Follows from the address.
    pub id: UserId,
    /// The address; none until the first time that they signed in.
    pub email: Option<String>,
    /// What to call them.
    pub name: Option<String>,
    /// When they signed in first.
    pub registered_at: Option<DateTime<Utc>>,
    /// Codes that could still be used, as far as the fold can know: time is for the rules.
    pub codes: Vec<Code>,
    /// When codes were issued, the youngest last; none older than [`CODES_COUNTED_FOR`] before the youngest.
    pub issued: Vec<DateTime<Utc>>,
    /// Sessions that were started and not ended. Some may have run out.
    pub sessions: BTreeMap<SessionId, Session>,
    /// The sequence of the last event.
    pub version: u64,
}

/// A code that was mailed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Code {
    /// Keyed hash.
    pub hash: String,
    /// When it stops working.
    pub expires_at: DateTime<Utc>,
    /// Wrong codes that were tried while it worked.
    pub failures: u32,
}

/// A time of being signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    /// SHA-256 of its secret.
    pub hash: String,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ends by itself.
    pub expires_at: DateTime<Utc>,
}

impl Person {
    /// Whether they ever signed in. If not, codes were sent to their address, and no more.
    pub(crate) fn is_registered(&self) -> bool {
        self.email.is_some()
    }

    /// Nobody yet.
    fn unknown(id: UserId) -> Self {
        Self {
            id,
            email: None,
            name: None,
            registered_at: None,
            codes: Vec::new(),
            issued: Vec::new(),
            sessions: BTreeMap::new(),
            version: 0,
        }
    }

    /// Applies one event of `workspace.user.<id>`.
    pub(crate) fn fold(state: Option<Self>, id: UserId, said: Said<'_>) -> Option<Self> {
        let mut person = state.unwrap_or_else(|| Self::unknown(id));
        match said.event {
            WorkspaceEvent::SignInCodeIssued(issued) => {
                person.issued.push(said.at);
                person.issued.retain(|at| *at > said.at - CODES_COUNTED_FOR);
                person.codes.retain(|code| code.expires_at > said.at);
                person.codes.push(Code { hash: issued.hash.clone(), expires_at: issued.expires_at, failures: 0 });
            }
            WorkspaceEvent::SignInFailed(_) => {
                person.codes.retain(|code| code.expires_at > said.at);
                person.codes.iter_mut().for_each(|code| code.failures += 1);
            }
            WorkspaceEvent::UserRegistered(registered) => {
                person.email = Some(registered.email.clone());
                person.name.clone_from(&registered.name);
                person.registered_at = Some(said.at);
            }
            WorkspaceEvent::SessionStarted(started) => {
                // Whoever got in has proved the address: no code that was mailed before is needed any more.
                person.codes.clear();
                person.sessions.retain(|_, session| session.expires_at > said.at);
                let session = Session { hash: started.hash.clone(), started_at: said.at, expires_at: started.expires_at };
                person.sessions.insert(started.session, session);
            }
            WorkspaceEvent::SessionEnded(ended) => {
                person.sessions.remove(&ended.session);
            }
            // Of workspaces and of keys: not on this subject.
            WorkspaceEvent::WorkspaceCreated(_)
            | WorkspaceEvent::WorkspaceRenamed(_)
            | WorkspaceEvent::WorkspaceDeleted(_)
            | WorkspaceEvent::MemberInvited(_)
            | WorkspaceEvent::InviteRenewed(_)
            | WorkspaceEvent::InviteCancelled(_)
            | WorkspaceEvent::InviteAccepted(_)
            | WorkspaceEvent::MemberRoleChanged(_)
            | WorkspaceEvent::MemberPermissionsChanged(_)
            | WorkspaceEvent::MemberRemoved(_)
            | WorkspaceEvent::OwnershipTransferred(_)
            | WorkspaceEvent::KeyIssued(_)
            | WorkspaceEvent::KeyExpirySet(_)
            | WorkspaceEvent::KeyRevoked(_)
            | WorkspaceEvent::KeyUsed(_) => {}
        }
        person.version = said.sequence;
        Some(person)
    }
}
