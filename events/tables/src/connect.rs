//! A service's connections to the platform database, and what is said where there are none.

use std::str::FromStr;

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

/// The oldest Postgres that tables are written for, as Postgres counts.
const VERSION_MIN: u32 = 150_000;
/// One major version.
const MAJOR: u32 = 10_000;

/// Why there are no connections. What may hold a password is not told.
#[derive(Debug, thiserror::Error)]
pub enum NotConnected {
    /// The URL is none.
    #[error("read the URL of the platform database (not shown)")]
    Url(#[source] sqlx::Error),
    /// Nobody is there, or lets nobody in.
    #[error("connect to the platform database at {place}")]
    Server {
        /// Host, port and database.
        place: String,
        /// Why.
        source: sqlx::Error,
    },
    /// A Postgres from before the one that tables are written for.
    #[error("the platform database at {place} is of Postgres {}, {} or newer is needed", .version / MAJOR, VERSION_MIN / MAJOR)]
    TooOld {
        /// Host, port and database.
        place: String,
        /// As Postgres counts.
        version: u32,
    },
}

/// Connects, as `application`, with so many connections at most.
///
/// # Errors
/// See [`NotConnected`].
pub async fn connect(url: &str, application: &str, connections_max: u32) -> Result<PgPool, NotConnected> {
    let options = PgConnectOptions::from_str(url).map_err(NotConnected::Url)?.application_name(application);
    let place = place(&options);
    let failed = |source| NotConnected::Server { place: place.clone(), source };
    let pool = PgPoolOptions::new().max_connections(connections_max).connect_with(options).await.map_err(failed)?;
    let version = pool.acquire().await.map_err(failed)?.server_version_num();
    new_enough(&place, version)?;
    Ok(pool)
}

fn place(options: &PgConnectOptions) -> String {
    format!("{}:{}/{}", options.get_host(), options.get_port(), options.get_database().unwrap_or_default())
}

/// A server that does not say what it is is tried.
fn new_enough(place: &str, version: Option<u32>) -> Result<(), NotConnected> {
    match version {
        Some(version) if version < VERSION_MIN => Err(NotConnected::TooOld { place: place.to_owned(), version }),
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_database_is_is_told_and_who_connects_is_not() {
        let options = PgConnectOptions::from_str("postgres://paige:hunter2@db.internal:5433/platform").unwrap();
        assert_eq!(place(&options), "db.internal:5433/platform");
        let source = PgConnectOptions::from_str("postgres://paige:hunter2@db.internal:nowhere/platform").unwrap_err();
        let error = NotConnected::Url(source);
        assert_eq!(error.to_string(), "read the URL of the platform database (not shown)");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }

    #[test]
    fn an_older_postgres_is_refused_by_its_version() {
        assert!(new_enough("here", Some(150_000)).is_ok() && new_enough("here", Some(180_001)).is_ok() && new_enough("here", None).is_ok());
        let error = new_enough("here", Some(140_009)).unwrap_err();
        assert_eq!(error.to_string(), "the platform database at here is of Postgres 14, 15 or newer is needed");
    }
}
