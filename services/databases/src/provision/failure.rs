//! Why a step did not succeed, by what can be done about it.

use sqlx::migrate::MigrateError;

/// Classes of SQLSTATE that go away by themselves: connection, rollback (deadlock), insufficient resources, object in use, operator
/// intervention, and what only superusers can mend: invalid authorization. <https://www.postgresql.org/docs/current/errcodes-appendix.html>
const PASSING_CLASSES: [&str; 6] = ["08", "40", "53", "55", "57", "28"];
/// Two sessions changed one row of a catalog, created the same thing, or one dropped what the other looked at.
const PASSING_CODES: [&str; 6] = ["XX000", "42710", "42P04", "23505", "3D000", "42704"];
/// The platform's login may not do this: an operator must grant it.
const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// Why a step did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The server is down or busy. Trying again helps.
    #[error("the database server does not do it now")]
    Passing(#[source] sqlx::Error),
    /// An operator must change something on the server; then trying again helps.
    #[error("{0}")]
    Operator(String),
    /// Trying again does not help. The text is for the project's owner and holds no secret.
    #[error("{0}")]
    Final(String),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(refusal) => {
                let code = refusal.code().unwrap_or_default().into_owned();
                if code == INSUFFICIENT_PRIVILEGE {
                    return Self::Operator(format!("the platform's database login lacks a privilege: {}", refusal.message()));
                }
                if PASSING_CODES.contains(&code.as_str()) || PASSING_CLASSES.iter().any(|class| code.starts_with(class)) {
                    return Self::Passing(error);
                }
                Self::Final(format!("the database server refused a statement (SQLSTATE {code})"))
            }
            sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::Decode(_)
            | sqlx::Error::TypeNotFound { .. } => Self::Final("the database server answered something else than asked".to_owned()),
            _ => Self::Passing(error),
        }
    }
}

impl From<MigrateError> for Failure {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
            other => Self::Final(format!("the system tables cannot be made: {other}")),
        }
    }
}
