//! Provisioning of the database that each project has for itself.

use serde::{Deserialize, Serialize};

use crate::OperationId;
use crate::event::events;

events! {
    /// What databases says, on `database.<prj>`.
    DatabaseEvent {
        DatabaseStepCompleted = "database.step_completed.v1",
        DatabaseReady = "database.database_ready.v1",
        DatabaseFailed = "database.database_failed.v1",
        DatabaseDropped = "database.database_dropped.v1",
        DatabasePasswordRotated = "database.database_password_rotated.v1",
    }
}

/// The steps, in order. Each can be repeated without harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatabaseStep {
    /// The owner's and the bot's roles exist.
    Roles,
    /// The database exists and only its own roles may connect.
    Database,
    /// The system tables exist in their current version.
    Tables,
    /// The bot may read the system tables, own everything else, and nothing more.
    Privileges,
}

impl DatabaseStep {
    /// Every step, in order.
    pub const ALL: [Self; 4] = [Self::Roles, Self::Database, Self::Tables, Self::Privileges];

    /// As written in events and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Roles => "roles",
            Self::Database => "database",
            Self::Tables => "tables",
            Self::Privileges => "privileges",
        }
    }
}

/// One step is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseStepCompleted {
    /// Which.
    pub step: DatabaseStep,
}

/// The database can be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseReady {
    /// Its name on the server.
    pub database: String,
    /// The role that the bot logs in with.
    pub bot_role: String,
    /// The version of the system tables.
    pub schema_version: u32,
}

/// A step failed for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseFailed {
    /// Which.
    pub step: DatabaseStep,
    /// Why, without secrets.
    pub reason: String,
}

/// The database, its roles and everything in it are gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseDropped {
    /// The operation that asked for it.
    pub operation: OperationId,
}

/// The bot's role has another password from here on. It follows from the id of this event, among others; the fact carries nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabasePasswordRotated {}
