//! A machine with nothing on it: the programs come by package name into an empty cache, and run.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use embedded::{Error, Nats, NatsOptions, Postgres, PostgresOptions, Programs, Source};

/// A cache that Postgres' user may enter when the tests run as root.
fn empty_cache() -> tempfile::TempDir {
    let cache = tempfile::tempdir().unwrap();
    std::fs::set_permissions(cache.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    cache
}

fn nothing_but(cache: &Path, source: Source) -> Programs {
    Programs { path: Default::default(), places: Vec::new(), cache: cache.to_path_buf(), sources: vec![source] }
}

/// The names in the cache: nothing half done may stay behind.
fn names(cache: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn nats_server_comes_from_its_wheel_once() {
    let cache = empty_cache();
    let start = |name: &str| {
        let programs = nothing_but(cache.path(), Source::Wheel);
        Nats::start(NatsOptions { programs, ..NatsOptions::new(cache.path().join("data").join(name)) })
    };
    // Two at once: one fetches, the other waits for it.
    let (one, other) = tokio::join!(start("one"), start("other"));
    let _running = (one.unwrap(), other.unwrap());
    let found = names(cache.path());
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[2].starts_with("nats-server-2."), "{found:?}");
}

async fn postgres_comes_from(source: Source, ending: &str) {
    let cache = empty_cache();
    let programs = nothing_but(cache.path(), source);
    let options = PostgresOptions { programs, ..PostgresOptions::new(cache.path().join("data")) };
    let postgres = Postgres::start(options).await.unwrap();
    postgres.fresh_database().await.unwrap();
    let found = names(cache.path());
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(found[2].starts_with("postgres-1") && found[2].ends_with(ending), "{found:?}");
}

#[tokio::test]
async fn postgres_comes_from_npm_with_its_libraries_links() {
    postgres_comes_from(Source::Npm, "-npm").await;
}

#[tokio::test]
async fn postgres_comes_from_its_wheel() {
    postgres_comes_from(Source::Wheel, "-wheel").await;
}

#[tokio::test]
async fn what_cannot_be_had_says_what_was_tried() {
    let cache = empty_cache();
    let programs = nothing_but(cache.path(), Source::Npm);
    let nats = Nats::start(NatsOptions { programs, ..NatsOptions::new(cache.path().join("data")) }).await;
    let error = nats.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
    assert!(error.to_string().contains("no nats-server of version 2.12.0 or newer found"), "{error}");
}
