//! Who reads and records comes first: what works for a rebuild has a low priority where it shares a machine with them.

use sqlx::PgConnection;

use crate::Error;

/// Ten steps are a tenth of the processor beside one who does not give way, and all of it when nobody else wants it.
pub const GIVES_WAY: i32 = 10;

/// Lowers the priority of the server process behind a connection, if it runs on this machine and this user may. Otherwise nothing changes.
pub(crate) async fn lower(connection: &mut PgConnection) -> Result<(), Error> {
    const WHO: &str = "SELECT pg_backend_pid(), current_database()::text";
    let (pid, database): (i32, String) = sqlx::query_as(WHO).fetch_one(connection).await?;
    if is_backend(pid, &database)
        && let Some(process) = rustix::process::Pid::from_raw(pid)
        && let Err(error) = rustix::process::setpriority_process(Some(process), GIVES_WAY)
    {
        tracing::debug!(%error, "the database server's process does not give way");
    }
    Ok(())
}

/// Another machine's process has the same number as some process here; what Postgres calls itself tells which it is.
fn is_backend(pid: i32, database: &str) -> bool {
    let title = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let title = String::from_utf8_lossy(&title);
    title.starts_with("postgres: ") && title.split(' ').any(|word| word == database)
}
