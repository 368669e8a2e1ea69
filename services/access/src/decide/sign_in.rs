//! Signing in: codes, sessions, and the first time.
//!
//! A code works once, for [`CODE_LIFE`], and dies with its fifth wrong try; whoever signs in makes every other code useless. So a
//! guesser has at most [`TRIES_MAX`] × [`CODES_PER_DAY_MAX`] tries a day at one of 10^8 codes.

use chrono::{DateTime, TimeDelta, Utc};
use contract::{
    SessionEnded, SessionId, SessionStarted, SignInCodeIssued, SignInFailed, UserId, UserRegistered, WorkspaceCreated, WorkspaceId,
    WorkspaceKind,
};

use super::{Decision, Fact, on_user, on_workspace};
use crate::email::Email;
use crate::name::Name;
use crate::person::Person;
use crate::refusal::Refusal;

/// How long a code works.
pub(crate) const CODE_LIFE: TimeDelta = TimeDelta::minutes(10);
/// Codes for one address within an hour.
pub(crate) const CODES_PER_HOUR_MAX: usize = 5;
/// Codes for one address within a day, which also bounds how fast a stranger can make somebody's subject grow.
pub(crate) const CODES_PER_DAY_MAX: usize = 20;
/// Wrong tries that a code survives, and one more.
pub(crate) const TRIES_MAX: u32 = 5;
/// How long a session lasts.
pub(crate) const SESSION_LIFE: TimeDelta = TimeDelta::days(30);
/// Sessions of one person at a time; one more ends the oldest.
pub(crate) const SESSIONS_MAX: usize = 20;
/// What a personal workspace is called until its owner renames it.
const PERSONAL_NAME: &str = "Personal";

/// A session that may begin.
#[derive(Debug, Clone)]
pub(crate) struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// SHA-256 of its secret.
    pub hash: String,
}

pub(super) fn issue_code(person: Option<&Person>, user: UserId, hash: &str, now: DateTime<Utc>) -> Result<Vec<Fact>, Refusal> {
    let issued_since = |since: DateTime<Utc>| person.map_or(0, |person| person.issued.iter().filter(|at| **at > since).count());
    if issued_since(now - TimeDelta::hours(1)) >= CODES_PER_HOUR_MAX || issued_since(now - TimeDelta::hours(24)) >= CODES_PER_DAY_MAX {
        return Err(Refusal::TooManyCodes);
    }
    Ok(vec![on_user(user, SignInCodeIssued { hash: hash.to_owned(), expires_at: now + CODE_LIFE })])
}

/// A wrong code is counted only while there is a code that could be guessed: guesses at nothing leave no trace.
pub(super) fn sign_in(
    person: Option<&Person>,
    email: &Email,
    name: Option<&Name>,
    code_hash: &str,
    session: &NewSession,
    now: DateTime<Utc>,
) -> Result<Decision, Refusal> {
    let user = email.user();
    let person = person.ok_or(Refusal::WrongCode)?;
    let mut usable = person.codes.iter().filter(|code| now < code.expires_at && code.failures < TRIES_MAX).peekable();
    if usable.peek().is_none() {
        return Err(Refusal::WrongCode);
    }
    // Both are outputs of a keyed hash: who does not have the key learns nothing from how long this takes.
    if !usable.any(|code| code.hash == code_hash) {
        return Ok(Decision { facts: vec![on_user(user, SignInFailed {})], refusal: Some(Refusal::WrongCode) });
    }
    Ok(enter(Some(person), user, email.as_str(), name, session, now).into())
}

pub(super) fn sign_out(person: Option<&Person>, user: UserId, session: SessionId) -> Vec<Fact> {
    let open = person.is_some_and(|person| person.sessions.contains_key(&session));
    if open { vec![on_user(user, SessionEnded { session })] } else { Vec::new() }
}

/// A person who has proved their address is signed in; registered before, if this is the first time.
pub(super) fn enter(
    person: Option<&Person>,
    user: UserId,
    email: &str,
    name: Option<&Name>,
    session: &NewSession,
    now: DateTime<Utc>,
) -> Vec<Fact> {
    let mut facts = Vec::new();
    if !person.is_some_and(Person::is_registered) {
        facts.push(on_user(user, UserRegistered { email: email.to_owned(), name: name.map(|name| name.as_str().to_owned()) }));
        let own = WorkspaceCreated { name: PERSONAL_NAME.to_owned(), kind: WorkspaceKind::Personal, owner: user };
        facts.push(on_workspace(WorkspaceId::personal(user), own));
    }
    let mut open: Vec<_> = person.iter().flat_map(|person| &person.sessions).filter(|(_, session)| now < session.expires_at).collect();
    open.sort_by_key(|(id, session)| (session.started_at, **id));
    let too_many = (open.len() + 1).saturating_sub(SESSIONS_MAX);
    facts.extend(open.iter().take(too_many).map(|(id, _)| on_user(user, SessionEnded { session: **id })));
    let started = SessionStarted { session: session.id, hash: session.hash.clone(), expires_at: now + SESSION_LIFE };
    facts.push(on_user(user, started));
    facts
}
