//! Real nats-server and real Postgres as child processes: for `standalone`, for tests and for benches.
//!
//! Why it exists: `make run` on a bare machine, and tests on real servers with the settings that run in production, without
//! anybody installing, configuring or stopping anything. Programs are found on the machine or fetched by package name into the
//! project's own cache folder; servers listen on loopback only, keep their data in a folder and end with their parent, also
//! when the parent is killed with -9.
//!
//! What it does not do: clusters, upgrades of a data folder to another Postgres version, backups, anything for production.
//!
//! Shapes: [`Nats`] and [`Postgres`] are one server each; [`Servers`] is both, or the external ones named by URL; [`Scratch`] is
//! both in a folder that goes away, and [`Postgres::shared`] one Postgres for all tests of a process.

mod account;
mod cache;
mod error;
mod fetch_nats;
mod fetch_postgres;
mod find;
mod lock;
mod nats;
mod package;
mod port;
mod postgres;
mod postgres_folder;
mod process;
mod run;
mod scratch;
mod servers;
mod settings;
mod staging;
mod system_packages;
mod template;
mod torn;
mod unclean;
mod version;

pub use cache::cache_folder;
pub use error::{Error, Result};
pub use find::{Programs, Source};
pub use nats::{Nats, NatsOptions};
pub use port::free_port;
pub use postgres::{Postgres, PostgresOptions};
pub use scratch::Scratch;
pub use servers::{Servers, ServersOptions};
pub use version::Version;

/// The oldest nats-server that has atomic batches, which the journal's group commit needs.
pub const NATS_MIN: Version = Version { major: 2, minor: 12, patch: 0 };

/// The oldest Postgres that the tables' SQL is written for.
pub const POSTGRES_MIN: Version = Version { major: 15, minor: 0, patch: 0 };
