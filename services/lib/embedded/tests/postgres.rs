//! Postgres as a child: starts, is killed, comes back with all data, refuses what it must.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use embedded::{Error, Postgres, PostgresOptions, Programs, Scratch};
use sqlx::{Connection, Executor, PgConnection};

/// A folder that other users may enter, as Postgres' own when the tests run as root.
fn open_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

async fn execute(url: &str, statement: &'static str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    connection.execute(statement).await.unwrap();
}

async fn value(url: &str, query: &'static str) -> String {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap()
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_kill_on_the_same_port() {
    let mut postgres = Postgres::scratch().await.unwrap();
    let url = postgres.fresh_database().await.unwrap();
    execute(&url, "CREATE TABLE kept AS SELECT 'committed' AS what").await;
    postgres.kill().await;
    assert!(postgres.exited().is_some());

    postgres.restart().await.unwrap();
    assert_eq!(value(&url, "SELECT what FROM kept").await, "committed");
}

#[tokio::test]
async fn a_second_start_on_the_folder_finds_data_and_url_again() {
    let folder = open_folder();
    let data = folder.path().join("data");
    let first = Postgres::start(PostgresOptions::new(&data)).await.unwrap();
    let url = first.create_database("own").await.unwrap();
    execute(&url, "CREATE TABLE kept AS SELECT 'committed' AS what").await;
    first.stop().await;

    let second = Postgres::start(PostgresOptions::new(&data)).await.unwrap();
    assert_eq!(second.create_database("own").await.unwrap(), url);
    assert_eq!(value(&url, "SELECT what FROM kept").await, "committed");
}

#[tokio::test]
async fn a_stale_process_number_that_is_somebody_elses_prevents_nothing() {
    let folder = open_folder();
    let data = folder.path().join("data");
    let mut first = Postgres::start(PostgresOptions::new(&data)).await.unwrap();
    first.kill().await;
    drop(first);
    // As after a restart of a container: the number in the file is alive, but another program.
    let stale = data.join("home/cluster/postmaster.pid");
    let left = std::fs::read_to_string(&stale).unwrap();
    let others = format!("{}\n{}", std::process::id(), left.split_once('\n').unwrap().1);
    std::fs::write(&stale, others).unwrap();

    let second = Postgres::start(PostgresOptions::new(&data)).await.unwrap();
    assert_eq!(value(&second.admin_url(), "SELECT 'answer'").await, "answer");
}

#[tokio::test]
async fn an_initdb_that_was_cut_off_is_begun_again() {
    let folder = open_folder();
    let data = folder.path().join("data");
    std::fs::create_dir_all(data.join("home/unfinished/base")).unwrap();
    if nix::unistd::geteuid().is_root() {
        let nobody = nix::unistd::User::from_name("nobody").unwrap().unwrap();
        std::os::unix::fs::chown(data.join("home"), Some(nobody.uid.as_raw()), Some(nobody.gid.as_raw())).unwrap();
    }
    let postgres = Postgres::start(PostgresOptions::new(&data)).await.unwrap();
    assert_eq!(value(&postgres.admin_url(), "SELECT 'answer'").await, "answer");
}

#[tokio::test]
async fn a_folder_in_use_is_refused() {
    let folder = open_folder();
    let _first = Postgres::start(PostgresOptions::new(folder.path())).await.unwrap();
    let second = Postgres::start(PostgresOptions::new(folder.path())).await;
    assert!(matches!(second, Err(Error::InUse { .. })), "{second:?}");
}

#[tokio::test]
async fn the_password_is_asked_for_and_kept_to_its_owner() {
    let folder = open_folder();
    let postgres = Postgres::start(PostgresOptions::new(folder.path())).await.unwrap();
    let mode = std::fs::metadata(folder.path().join("password")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let wrong = format!("postgres://postgres:wrong@127.0.0.1:{}/postgres", postgres.port());
    let refused = PgConnection::connect(&wrong).await.unwrap_err();
    let code = refused.as_database_error().and_then(|error| error.code().map(|code| code.into_owned()));
    assert_eq!(code.as_deref(), Some("28P01"), "{refused}");
}

#[tokio::test]
async fn durability_is_on_also_in_a_throwaway_one() {
    let url = Postgres::shared().await.unwrap().admin_url();
    for (setting, expected) in [("fsync", "on"), ("synchronous_commit", "on"), ("full_page_writes", "on"), ("max_connections", "400")] {
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let query = sqlx::query_scalar("SELECT current_setting($1)").bind(setting);
        let found: String = query.fetch_one(&mut connection).await.unwrap();
        assert_eq!(found, expected, "{setting}");
    }
}

#[tokio::test]
async fn the_shared_one_is_one_and_its_databases_are_many() {
    let (one, other) = (Postgres::shared().await.unwrap(), Postgres::shared().await.unwrap());
    assert_eq!(one.pid(), other.pid());
    assert_ne!(one.fresh_database().await.unwrap(), other.fresh_database().await.unwrap());
}

#[tokio::test]
async fn a_scratch_has_both_servers_and_takes_its_folders_along() {
    let scratch = Scratch::start().await.unwrap();
    assert_eq!(value(&scratch.postgres.admin_url(), "SELECT 'answer'").await, "answer");
    let logs = [scratch.nats.log_path(), scratch.postgres.log_path()];
    assert!(logs.iter().all(|log| log.exists()));
    drop(scratch);
    assert!(!logs.iter().any(|log| log.parent().is_some_and(Path::exists)));
}

#[tokio::test]
async fn one_that_is_too_old_is_refused_by_name_place_and_version() {
    let folder = open_folder();
    let bin = folder.path().canonicalize().unwrap();
    for name in ["postgres", "initdb"] {
        std::fs::write(bin.join(name), "#!/bin/sh\necho 'postgres (PostgreSQL) 14.9'\n").unwrap();
        std::fs::set_permissions(bin.join(name), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let programs = Programs { path: bin.clone().into(), cache: bin.join("cache"), places: Vec::new(), sources: Vec::new() };
    let error = Postgres::start(PostgresOptions { programs, ..PostgresOptions::new(bin.join("data")) }).await.unwrap_err();
    let expected = format!("postgres 14.9.0 at {} is too old, 15.0.0 or newer is needed", bin.join("postgres").display());
    assert!(error.to_string().starts_with(&expected), "{error}");
}

#[tokio::test]
async fn data_of_another_major_version_are_not_touched() {
    let folder = open_folder();
    let cluster = folder.path().join("home/cluster");
    std::fs::create_dir_all(&cluster).unwrap();
    std::fs::write(cluster.join("PG_VERSION"), "9\n").unwrap();
    let programs = Programs { sources: Vec::new(), ..Programs::default() };
    let error = Postgres::start(PostgresOptions { programs, ..PostgresOptions::new(folder.path()) }).await.unwrap_err();
    assert!(matches!(error, Error::OtherMajor { made_by: 9, .. }), "{error}");
}
