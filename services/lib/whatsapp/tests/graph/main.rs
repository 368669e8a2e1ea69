//! The client of the Graph API against a server that answers as it is told: what is asked, byte for byte, and what becomes of each answer.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod flows;
mod logs;
mod media;
mod messages;
mod stub;
mod templates;
