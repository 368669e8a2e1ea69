//! Invitations: sent, sent again, taken back, accepted, declined.
//!
//! A link works for [`LINK_LIFE`], for an address that nobody is registered with: a mail that is read by others, or lies about for days,
//! opens nobody's account. The invitation itself stays until somebody ends it: who is registered, or comes late, signs in with the invited
//! address and accepts it from their list.

use chrono::{DateTime, TimeDelta, Utc};
use contract::{InviteAccepted, InviteCancelled, InviteId, InviteRenewed, MemberInvited, Role, UserId, WorkspaceKind};

use super::authority::Authority;
use super::sign_in::enter;
use super::{Fact, NewSession, on_workspace};
use crate::actor::Actor;
use crate::email::Email;
use crate::name::Name;
use crate::person::Person;
use crate::refusal::Refusal;
use crate::scope::MEMBERS_WRITE;
use crate::workspace::{Invite, MAILS_COUNTED_FOR, Workspace};

/// How long a link works.
pub(crate) const LINK_LIFE: TimeDelta = TimeDelta::days(7);
/// Pending invitations of one workspace.
pub(crate) const INVITES_MAX: usize = 100;
/// Members of one workspace.
pub(crate) const MEMBERS_MAX: usize = 200;
/// Invitations that one workspace mails within [`MAILS_COUNTED_FOR`].
pub(crate) const MAILS_PER_DAY_MAX: usize = 200;
/// Between two mails to the same address, whatever became of the first.
pub(crate) const RESEND_PAUSE: TimeDelta = TimeDelta::minutes(1);

/// A second invitation of a pending address renews the first, or replaces it if it is for another role.
pub(super) fn invite(
    workspace: &Workspace,
    by: Actor,
    id: InviteId,
    email: &Email,
    role: Role,
    now: DateTime<Utc>,
) -> Result<Vec<Fact>, Refusal> {
    let authority = Authority::of(workspace, by, MEMBERS_WRITE, now)?;
    if workspace.kind == WorkspaceKind::Personal {
        return Err(Refusal::Personal);
    }
    match role {
        Role::Member => {}
        Role::Admin if authority.owns() => {}
        Role::Admin | Role::Owner => return Err(Refusal::OwnerNeeded),
    }
    if workspace.members.contains_key(&email.user()) {
        return Err(Refusal::AlreadyMember);
    }
    mailable(workspace, email.as_str(), now)?;
    let mut facts = Vec::new();
    if let Some((pending, is)) = workspace.invites.iter().find(|(_, invite)| invite.email == email.as_str()) {
        if is.role == role {
            return Ok(vec![renewed(workspace, *pending, now)]);
        }
        changeable(authority, is)?;
        facts.push(on_workspace(workspace.id, InviteCancelled { invite: *pending }));
    } else {
        if workspace.invites.len() >= INVITES_MAX {
            return Err(Refusal::LimitReached { what: "pending invitations", max: INVITES_MAX });
        }
        room(workspace)?;
    }
    facts.push(on_workspace(
        workspace.id,
        MemberInvited { invite: id, email: email.as_str().to_owned(), role, expires_at: now + LINK_LIFE },
    ));
    Ok(facts)
}

pub(super) fn resend(workspace: &Workspace, by: Actor, id: InviteId, now: DateTime<Utc>) -> Result<Vec<Fact>, Refusal> {
    let authority = Authority::of(workspace, by, MEMBERS_WRITE, now)?;
    let invite = workspace.invites.get(&id).ok_or(Refusal::NoInvite)?;
    changeable(authority, invite)?;
    mailable(workspace, &invite.email, now)?;
    Ok(vec![renewed(workspace, id, now)])
}

pub(super) fn cancel(workspace: &Workspace, by: Actor, id: InviteId, now: DateTime<Utc>) -> Result<Vec<Fact>, Refusal> {
    let authority = Authority::of(workspace, by, MEMBERS_WRITE, now)?;
    let invite = workspace.invites.get(&id).ok_or(Refusal::NoInvite)?;
    changeable(authority, invite)?;
    Ok(vec![on_workspace(workspace.id, InviteCancelled { invite: id })])
}

pub(super) fn accept(workspace: &Workspace, id: InviteId, user: UserId) -> Result<Vec<Fact>, Refusal> {
    let invite = of_user(workspace, id, user)?;
    join(workspace, id, invite, user).map(|fact| vec![fact])
}

pub(super) fn decline(workspace: &Workspace, id: InviteId, user: UserId) -> Result<Vec<Fact>, Refusal> {
    of_user(workspace, id, user)?;
    Ok(vec![on_workspace(workspace.id, InviteCancelled { invite: id })])
}

/// `expires_at` is what the link says, sealed: a link of before a renewal says another time.
pub(super) fn accept_link(
    workspace: &Workspace,
    person: Option<&Person>,
    id: InviteId,
    expires_at: DateTime<Utc>,
    name: Option<&Name>,
    session: &NewSession,
    now: DateTime<Utc>,
) -> Result<Vec<Fact>, Refusal> {
    let invite = workspace.invites.get(&id).ok_or(Refusal::InviteEnded)?;
    if invite.expires_at != expires_at || now >= expires_at {
        return Err(Refusal::LinkExpired);
    }
    if person.is_some_and(Person::is_registered) {
        return Err(Refusal::SignInFirst);
    }
    let user = UserId::of_email(&invite.email);
    let joined = join(workspace, id, invite, user)?;
    let mut facts = enter(person, user, &invite.email, name, session, now);
    facts.push(joined);
    Ok(facts)
}

fn join(workspace: &Workspace, id: InviteId, invite: &Invite, user: UserId) -> Result<Fact, Refusal> {
    if workspace.members.contains_key(&user) {
        return Err(Refusal::AlreadyMember);
    }
    room(workspace)?;
    Ok(on_workspace(workspace.id, InviteAccepted { invite: id, user, role: invite.role }))
}

/// An invitation is its invitee's by its address; to anybody else there is none.
fn of_user(workspace: &Workspace, id: InviteId, user: UserId) -> Result<&Invite, Refusal> {
    workspace.invites.get(&id).filter(|invite| UserId::of_email(&invite.email) == user).ok_or(Refusal::NoInvite)
}

fn renewed(workspace: &Workspace, id: InviteId, now: DateTime<Utc>) -> Fact {
    on_workspace(workspace.id, InviteRenewed { invite: id, expires_at: now + LINK_LIFE })
}

/// Who may not make an admin may not touch the invitation of one either.
fn changeable(authority: Authority<'_>, invite: &Invite) -> Result<(), Refusal> {
    if invite.role == Role::Member || authority.owns() { Ok(()) } else { Err(Refusal::OwnerNeeded) }
}

fn room(workspace: &Workspace) -> Result<(), Refusal> {
    if workspace.members.len() < MEMBERS_MAX { Ok(()) } else { Err(Refusal::LimitReached { what: "members", max: MEMBERS_MAX }) }
}

/// Mails go to people who did not ask for them: seldom to one, and not too many in all.
fn mailable(workspace: &Workspace, to: &str, now: DateTime<Utc>) -> Result<(), Refusal> {
    let mailed = &workspace.mailed;
    let again = mailed.iter().rfind(|mailed| mailed.to == to).map(|last| last.at + RESEND_PAUSE);
    let counted = mailed.iter().filter(|mailed| mailed.at > now - MAILS_COUNTED_FOR);
    let room = if counted.count() < MAILS_PER_DAY_MAX { None } else { mailed.first().map(|first| first.at + MAILS_COUNTED_FOR) };
    match again.max(room).filter(|at| now < *at) {
        None => Ok(()),
        Some(at) => Err(Refusal::TooSoon { retry_after_s: u32::try_from((at - now).num_seconds() + 1).unwrap_or(u32::MAX) }),
    }
}
