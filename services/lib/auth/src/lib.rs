//! Who may call what: people, workspaces and keys, folded from the log, for the guard in front of every service.

pub mod credential;
