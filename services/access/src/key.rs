//! An API key as its workspace's events leave it. Its secret is nowhere; its hash is for those who check keys, not for this service.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use contract::{KeyHolder, KeyId, KeyIssued, ProjectId, UserId};

use crate::said::Said;

/// One key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    /// What it is for.
    pub name: String,
    /// Who holds it.
    pub holder: KeyHolder,
    /// What it may do, sorted.
    pub scopes: Vec<String>,
    /// The one project that it works for; none: all of the workspace.
    pub project: Option<ProjectId>,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// Who issued it.
    pub issued_by: Option<String>,
    /// The people without whom it would not be there: who issued it, or made the key that did, and whose key it took over from.
    pub makers: BTreeSet<UserId>,
    /// When it stops working; none: never.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
    /// The key that it took over from.
    pub replaces: Option<KeyId>,
    /// The key that took over from it.
    pub replaced_by: Option<KeyId>,
}

impl Key {
    pub(crate) fn of(issued: &KeyIssued, makers: BTreeSet<UserId>, said: Said<'_>) -> Self {
        Self {
            name: issued.name.clone(),
            holder: issued.holder,
            scopes: issued.scopes.clone(),
            project: issued.project,
            issued_at: said.at,
            issued_by: said.actor.map(str::to_owned),
            makers,
            expires_at: issued.expires_at,
            revoked_at: None,
            replaces: issued.replaces,
            replaced_by: None,
        }
    }

    /// Whether it works at `now`: up to the instant of its expiry, and not at it.
    pub(crate) fn works(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|expires_at| now < expires_at)
    }
}
