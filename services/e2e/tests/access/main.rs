//! Who may call what, of the whole house: every route that it describes, asked by everybody who must be refused.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

mod cast;
mod ends;
mod every_route;
mod hostile;
mod processes;
mod route;
mod senders;
mod unreadable;
