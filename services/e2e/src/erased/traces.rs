//! Everything that can be read is read: every message of every stream with its headers, every row of every table of every database, every
//! object, every metric, every line that a process said.

use std::fs;
use std::path::Path;
use std::str::FromStr;

use contract::Stream;
use futures::{StreamExt, TryStreamExt};
use journal::{Filter, Journal, Range};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, PgPool};

use super::Search;
use super::marks::Place;

/// Every stream.
///
/// # Panics
/// One cannot be read.
pub async fn log(journal: &Journal, search: &mut Search<'_>) {
    for stream in Stream::ALL {
        let mut events = std::pin::pin!(journal.replay(stream, Range::ALL, Filter::all()));
        while let Some(event) = events.next().await {
            let event = event.expect("an event");
            let data = String::from_utf8_lossy(&event.data);
            let (id, source, context) = (&event.id, &event.source, &event.context);
            let text = format!("{} {id} {source} {context:?} {:?} {} {data}", event.subject, event.extensions, event.content_type);
            search.look(Place::Log, &format!("{} {}", event.subject, event.event_type.as_str()), &text);
        }
    }
}

/// Of a server, also the names of its databases and roles.
///
/// # Panics
/// The server does not answer, or a database that is there cannot be read.
pub async fn databases(admin_url: &str, search: &mut Search<'_>) {
    const NAMES: &str = "SELECT datname::text FROM pg_database UNION ALL SELECT rolname::text FROM pg_roles";
    const ALL: &str = "SELECT datname::text FROM pg_database WHERE datallowconn AND NOT datistemplate";
    const IS_THERE: &str = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)";
    let options = PgConnectOptions::from_str(admin_url).expect("a URL");
    let admin = pool(options.clone()).await.expect("the server answers");
    let names: Vec<String> = sqlx::query_scalar(NAMES).fetch_all(&admin).await.expect("names");
    names.iter().for_each(|name| search.look(Place::Databases, "databases and roles", name));
    let databases: Vec<String> = sqlx::query_scalar(ALL).fetch_all(&admin).await.expect("names");
    for database in databases {
        if let Err(error) = rows(options.clone().database(&database), &database, search).await {
            // One that is dropped meanwhile has nothing.
            let is_there: bool = sqlx::query_scalar(IS_THERE).bind(&database).fetch_one(&admin).await.expect("an answer");
            assert!(!is_there, "{database} cannot be read: {error}");
        }
    }
}

async fn pool(options: PgConnectOptions) -> Result<PgPool, sqlx::Error> {
    PgPoolOptions::new().max_connections(1).connect_with(options).await
}

async fn rows(options: PgConnectOptions, database: &str, search: &mut Search<'_>) -> Result<(), sqlx::Error> {
    // Bytes are shown as text: as hexadecimal digits nothing would be found in them.
    const TABLES: &str = "SELECT format('%I.%I', table_schema, table_name),
            coalesce(string_agg(format(' || '' '' || coalesce(encode(t.%I, ''escape''), '''')', column_name), '')
                     FILTER (WHERE data_type = 'bytea'), '')
        FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
        WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema') GROUP BY 1, table_schema, table_name";
    let pool = pool(options).await?;
    for (table, bytes) in sqlx::query_as::<_, (String, String)>(TABLES).fetch_all(&pool).await? {
        let at = format!("{database} {table}");
        let query = AssertSqlSafe(format!("SELECT row_to_json(t)::text{bytes} FROM {table} t"));
        let mut rows = sqlx::query_scalar::<_, String>(query).fetch(&pool);
        while let Some(row) = rows.try_next().await? {
            search.look(Place::Databases, &at, &row);
        }
    }
    Ok(())
}

/// Names and contents of what is below a folder.
///
/// # Panics
/// It cannot be listed.
pub fn files(place: Place, folder: &Path, search: &mut Search<'_>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.expect("an entry of a folder").path()) {
        search.look(place, "the name of a file", &path.display().to_string());
        if path.is_dir() { files(place, &path, search) } else { file(place, &path, search) }
    }
}

/// What a file holds.
pub fn file(place: Place, path: &Path, search: &mut Search<'_>) {
    // One that goes away meanwhile holds nothing.
    let bytes = fs::read(path).unwrap_or_default();
    search.look(place, &path.display().to_string(), &String::from_utf8_lossy(&bytes));
}

/// What a process counts.
///
/// # Panics
/// It does not tell.
pub async fn metrics(http: &reqwest::Client, service: &str, base: &str, search: &mut Search<'_>) {
    let text = http.get(format!("{base}/metrics")).send().await.expect("an answer").text().await.expect("text");
    assert!(text.contains("# TYPE"), "{service} has no metrics: {text}");
    search.look(Place::Metrics, service, &text);
}
