//! What is built from the `conversation` stream: the tables `contacts`, `conversations` and `messages` of each project, with their
//! ledgers. One fold, two drivers: [`Projector`] applies live batches, the rebuild folds the whole log and compares.
//!
//! It does not read the tables for an API and does not decide what happens: it only says what the log has already decided.

pub mod checkpoint;
mod connection;
mod databases;
mod error;
mod flush;
mod fold;
mod held;
mod keys;
mod load;
pub mod lookup;
mod projector;
pub mod rebuild;
pub mod rows;
mod save;
mod save_usual;
mod schema;
mod summary;
mod table;

pub use connection::Connected;
pub use databases::{ProjectDatabases, database_name};
pub use error::Error;
pub use fold::fold;
pub use held::Rows;
pub use projector::{Applied, Projector};
pub use schema::{migrate, schema_version};
pub use table::Table;
