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
