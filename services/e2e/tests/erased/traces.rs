//! Everything that can be read is read: every message of every stream with its headers, every row of every table of every database, every
//! object, every metric, every line that a process said.

use std::fs;
use std::path::Path;
use std::str::FromStr;

use contract::Stream;
use futures::StreamExt;
use journal::{Filter, Journal, Range};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, PgPool};

use crate::marks::Place;
use crate::server::Server;

/// A text and where it was read.
pub(crate) struct Read {
    pub(crate) place: Place,
    pub(crate) at: String,
    pub(crate) text: String,
}

impl Read {
    fn new(place: Place, at: impl Into<String>, text: impl Into<String>) -> Self {
        Self { place, at: at.into(), text: text.into() }
    }
}

pub(crate) async fn log(journal: &Journal) -> Vec<Read> {
    let mut read = Vec::new();
    for stream in Stream::ALL {
        let mut events = std::pin::pin!(journal.replay(stream, Range::ALL, Filter::all()));
        while let Some(event) = events.next().await {
            let event = event.unwrap();
            let data = String::from_utf8_lossy(&event.data);
            let (id, source, context) = (&event.id, &event.source, &event.context);
            let text = format!("{} {id} {source} {context:?} {:?} {} {data}", event.subject, event.extensions, event.content_type);
            read.push(Read::new(Place::Log, format!("{} {}", event.subject, event.event_type.as_str()), text));
        }
    }
    read
}

/// Of a server, also the names of its databases and roles.
pub(crate) async fn databases(admin_url: &str) -> Vec<Read> {
    const NAMES: &str = "SELECT datname::text FROM pg_database UNION ALL SELECT rolname::text FROM pg_roles";
    const ALL: &str = "SELECT datname::text FROM pg_database WHERE datallowconn AND NOT datistemplate";
    let options = PgConnectOptions::from_str(admin_url).unwrap();
    let admin = pool(options.clone()).await.unwrap();
    let names: Vec<String> = sqlx::query_scalar(NAMES).fetch_all(&admin).await.unwrap();
    let mut read: Vec<Read> = names.into_iter().map(|name| Read::new(Place::Databases, "databases and roles", name)).collect();
    let databases: Vec<String> = sqlx::query_scalar(ALL).fetch_all(&admin).await.unwrap();
    for database in databases {
        // One that is dropped meanwhile has nothing.
        if let Ok(pool) = pool(options.clone().database(&database)).await {
            read.extend(rows(&pool, &database).await.unwrap_or_default());
        }
    }
    read
}

async fn pool(options: PgConnectOptions) -> Result<PgPool, sqlx::Error> {
    PgPoolOptions::new().max_connections(1).connect_with(options).await
}

async fn rows(pool: &PgPool, database: &str) -> Result<Vec<Read>, sqlx::Error> {
    // Bytes are shown as text: as hexadecimal digits nothing would be found in them.
    const TABLES: &str = "SELECT format('%I.%I', table_schema, table_name),
            coalesce(string_agg(format(' || '' '' || coalesce(encode(t.%I, ''escape''), '''')', column_name), '')
                     FILTER (WHERE data_type = 'bytea'), '')
        FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
        WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema') GROUP BY 1, table_schema, table_name";
    let mut read = Vec::new();
    for (table, bytes) in sqlx::query_as::<_, (String, String)>(TABLES).fetch_all(pool).await? {
        let query = format!("SELECT row_to_json(t)::text{bytes} FROM {table} t");
        let rows: Vec<String> = sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(pool).await?;
        // A table without rows has been looked at too.
        read.push(Read::new(Place::Databases, format!("{database} {table}"), ""));
        read.extend(rows.into_iter().map(|row| Read::new(Place::Databases, format!("{database} {table}"), row)));
    }
    Ok(read)
}

/// Names and contents of what is below a folder.
pub(crate) fn files(place: Place, folder: &Path) -> Vec<Read> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut read = Vec::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        let name = path.display().to_string();
        read.push(Read::new(place, "the name of a file", name.clone()));
        match path.is_dir() {
            true => read.extend(files(place, &path)),
            false => read.push(file(place, &path)),
        }
    }
    read
}

/// Names and contents of what is in a bucket, also of uploads in parts that have not ended.
pub(crate) fn objects(bucket: &Server) -> Vec<Read> {
    let held = bucket.held();
    let parts = held.uploads.values().flat_map(|(key, parts)| parts.values().map(move |part| (key, part)));
    let all = held.objects.iter().chain(parts);
    all.map(|(key, bytes)| Read::new(Place::Objects, key.as_str(), format!("{key} {}", String::from_utf8_lossy(bytes)))).collect()
}

pub(crate) fn file(place: Place, path: &Path) -> Read {
    // One that goes away meanwhile holds nothing.
    Read::new(place, path.display().to_string(), String::from_utf8_lossy(&fs::read(path).unwrap_or_default()))
}

pub(crate) async fn metrics(http: &reqwest::Client, service: &str, base: &str) -> Read {
    let text = http.get(format!("{base}/metrics")).send().await.unwrap().text().await.unwrap();
    assert!(text.contains("# TYPE"), "{service} has no metrics: {text}");
    Read::new(Place::Metrics, service, text)
}
