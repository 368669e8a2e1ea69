//! The recorder on a real broker and a real Postgres: raced, killed, without its database, without a project, from the start.

mod race;
mod setbacks;
mod world;
