//! What Postgres gives at most: rows that are in a project's tables already, written once more into empty copies of these tables, by
//! one set-based statement per table and one transaction per project. No log, no decision, no fold, no look at what is there.

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row};

/// The tables that a received message touches.
const TABLES: [(&str, &str); 4] = [
    ("public.contacts", "version"),
    ("public.conversations", "version"),
    ("public.messages", "sequence"),
    ("paige.identities", "sequence"),
];
const COLUMNS: &str = "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute
                        WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum";

/// The rows of one project, ready to be written.
pub struct Copy {
    connection: PgConnection,
    tables: Vec<Table>,
}

struct Table {
    statement: String,
    columns: Vec<Vec<Option<String>>>,
}

impl Copy {
    /// Reads the rows and makes the empty copies. Indexes and all else are the originals'.
    ///
    /// # Errors
    /// The database's.
    pub async fn prepare(mut connection: PgConnection) -> Result<Self, sqlx::Error> {
        let mut tables = Vec::new();
        sqlx::raw_sql("CREATE SCHEMA again").execute(&mut connection).await?;
        for (table, order) in TABLES {
            let copy = format!("again.{}", table.rsplit('.').next().unwrap_or(table));
            sqlx::raw_sql(AssertSqlSafe(format!("CREATE TABLE {copy} (LIKE {table} INCLUDING ALL)"))).execute(&mut connection).await?;
            let columns: Vec<(String, String)> = sqlx::query_as(COLUMNS).bind(table).fetch_all(&mut connection).await?;
            let list: Vec<String> = columns.iter().map(|(name, _)| format!("{name}::text")).collect();
            let query = format!("SELECT {} FROM {table} ORDER BY {order}", list.join(", "));
            let rows = sqlx::query(AssertSqlSafe(query)).fetch_all(&mut connection).await?;
            let column = |index| rows.iter().map(|row| row.try_get(index)).collect::<Result<Vec<Option<String>>, _>>();
            let values = (0..columns.len()).map(column).collect::<Result<_, _>>()?;
            let casts: Vec<String> = columns.iter().zip(1..).map(|((_, kind), index)| format!("${index}::text[]::{kind}[]")).collect();
            let statement = format!("INSERT INTO {copy} SELECT * FROM unnest({}) ON CONFLICT DO NOTHING", casts.join(", "));
            tables.push(Table { statement, columns: values });
        }
        Ok(Self { connection, tables })
    }

    /// Writes them, and answers how many messages these were.
    ///
    /// # Errors
    /// The database's.
    pub async fn write(self) -> Result<u64, sqlx::Error> {
        let Self { mut connection, tables } = self;
        let mut transaction = connection.begin().await?;
        let mut messages = 0;
        for Table { statement, columns } in tables {
            let is_messages = statement.contains("again.messages");
            let query = columns.into_iter().fold(sqlx::query(AssertSqlSafe(statement)), |query, column| query.bind(column));
            let written = query.execute(&mut *transaction).await?.rows_affected();
            messages += if is_messages { written } else { 0 };
        }
        transaction.commit().await?;
        connection.close().await?;
        Ok(messages)
    }
}
