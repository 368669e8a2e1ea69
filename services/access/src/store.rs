//! The tables of access. Writes are guarded by sequence: an older state never covers a newer one, whoever comes first.

pub(crate) mod audit;
pub(crate) mod keys;
pub(crate) mod log;
pub(crate) mod people;
pub(crate) mod projects;
pub(crate) mod reminders;
pub(crate) mod workspaces;

#[cfg(test)]
mod order;

use contract::{KeyHolder, Role, WorkspaceKind};

/// Sequences start at 1 and rise by 1: none will ever reach 2^63.
pub(crate) fn signed(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}

pub(crate) fn unsigned(sequence: i64) -> u64 {
    u64::try_from(sequence).unwrap_or_default()
}

/// As written in tables and answers.
pub(crate) fn role_name(role: Role) -> &'static str {
    match role {
        Role::Owner => "owner",
        Role::Admin => "admin",
        Role::Member => "member",
    }
}

pub(crate) fn kind_name(kind: WorkspaceKind) -> &'static str {
    match kind {
        WorkspaceKind::Personal => "personal",
        WorkspaceKind::Team => "team",
    }
}

pub(crate) fn holder_name(holder: KeyHolder) -> &'static str {
    match holder {
        KeyHolder::Program => "program",
        KeyHolder::Agent => "agent",
    }
}
