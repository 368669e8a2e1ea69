//! Gives the database processes that work for a rebuild a low priority where they share a machine with the services, so that reading and
//! recording come first.

use rustix::process::{Pid, getpriority_process, setpriority_process};
use sqlx::PgConnection;

use crate::Error;

/// Ten steps are a tenth of the processor beside one who does not give way, and all of it when nobody else wants it.
pub const GIVES_WAY: i32 = 10;

/// Lowers the priority of the server process behind a connection, if it runs on this machine and this user may. Otherwise nothing changes.
///
/// Every process of Postgres is a session of its own. Where Linux groups processes by session, a process' nice value counts only among
/// those of its session, and the session has one beside it (`man 7 sched`, "The autogroup feature").
pub(crate) async fn lower(connection: &mut PgConnection) -> Result<(), Error> {
    const WHO: &str = "SELECT pg_backend_pid(), current_database()::text";
    let (pid, database): (i32, String) = sqlx::query_as(WHO).fetch_one(connection).await?;
    let Some(process) = Pid::from_raw(pid).filter(|_| is_backend(pid, &database)) else { return Ok(()) };
    if getpriority_process(Some(process)).is_ok_and(|priority| priority < GIVES_WAY)
        && let Err(error) = setpriority_process(Some(process), GIVES_WAY)
    {
        tracing::debug!(%error, "the database server's process does not give way");
    }
    if let Err(error) = std::fs::write(autogroup(pid), GIVES_WAY.to_string()) {
        tracing::debug!(%error, "the database server's session does not give way");
    }
    Ok(())
}

/// Where Linux keeps the nice value of a process' session; not there where sessions are not grouped.
fn autogroup(pid: i32) -> String {
    format!("/proc/{pid}/autogroup")
}

/// Whether the process is a Postgres backend of this database. If the server is on another machine, its process number may belong to any
/// process here; the title that Postgres gives its processes tells them apart.
fn is_backend(pid: i32, database: &str) -> bool {
    let title = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let title = String::from_utf8_lossy(&title);
    title.starts_with("postgres: ") && title.split(' ').any(|word| word == database)
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use embedded::Postgres;
    use sqlx::Connection;

    use super::*;

    /// The nineteenth field; the second one, in parentheses, may hold anything.
    fn nice(pid: i32) -> i32 {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        stat.rsplit(')').next().unwrap().split_whitespace().nth(16).unwrap().parse().unwrap()
    }

    #[tokio::test]
    async fn a_database_process_of_this_machine_gives_way_and_no_other_does() {
        let url = Postgres::shared().await.unwrap().fresh_database().await.unwrap();
        let (mut ours, mut others) = (PgConnection::connect(&url).await.unwrap(), PgConnection::connect(&url).await.unwrap());
        let mut pids = Vec::new();
        for connection in [&mut ours, &mut others] {
            pids.push(sqlx::query_scalar::<_, i32>("SELECT pg_backend_pid()").fetch_one(connection).await.unwrap());
        }
        let before = nice(pids[1]);
        let session =
            |pid| std::fs::read_to_string(autogroup(pid)).ok().map(|text| text.trim_end().split(' ').next_back().unwrap().to_owned());
        let session_before = session(pids[1]);
        lower(&mut ours).await.unwrap();
        assert_eq!((nice(pids[0]), nice(pids[1])), (GIVES_WAY.max(before), before));
        assert_eq!((session(pids[0]), session(pids[1])), (session_before.as_ref().map(|_| GIVES_WAY.to_string()), session_before));
        assert!(!is_backend(i32::try_from(std::process::id()).unwrap(), "postgres"), "this test is no database");
    }
}
