//! A log and a database for each test, on real servers.

use contract::Stream;
use embedded::{Nats, Postgres};
use journal::{ConnectOptions, Journal};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

/// A broker of its own, and its log with these streams.
pub async fn fresh_log(streams: &[Stream]) -> (Nats, Journal) {
    let nats = Nats::scratch().await.expect("nats starts");
    let journal = Journal::connect(ConnectOptions::new(nats.url(), "test")).await.expect("nats answers");
    journal.open(streams).await.expect("streams open");
    (nats, journal)
}

/// The URL of a database of its own, on the one Postgres of the tests' process.
pub async fn fresh_database() -> String {
    Postgres::shared().await.expect("postgres starts").fresh_database().await.expect("a database")
}

/// Connections to a database of its own.
pub async fn fresh_pool() -> PgPool {
    PgPoolOptions::new().max_connections(8).connect(&fresh_database().await).await.expect("postgres answers")
}
