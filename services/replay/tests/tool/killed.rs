//! The process is killed in the middle of its work: the tables are as they were, nothing is locked, and the next run does all of it.

use nix::sys::signal::Signal;
use replay::Exit;
use sqlx::{AssertSqlSafe, Executor, PgConnection};

use crate::bench::{Bench, TABLES};
use crate::process::{ended, signal};

/// How it is ended: killed, or told to stop.
const ENDS: [(Signal, Option<i32>); 2] = [(Signal::SIGKILL, None), (Signal::SIGINT, Some(130))];
/// A session that waits for a lock of ours is in the middle of what it does.
pub(crate) const BLOCKED: &str = "wait_event_type = 'Lock'";
/// Locks that others hold in the database; the server's own workers may have some at any time.
const LOCKS: &str = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND datname = current_database()";

/// Begins a rebuild that will wait for what `holder` has done in its transaction, ends it there, and lets go.
async fn end_in_the_middle(bench: &Bench, holder: &mut PgConnection, how: (Signal, Option<i32>), before: &[String], place: &str) {
    let process = bench.begin("rebuild --yes");
    bench.until_sessions(1, BLOCKED).await;
    assert_eq!(bench.dump().await, before, "{place}: a reader sees half of it");
    signal(&process, how.0);
    assert_eq!(ended(place, process).await.code, how.1, "{place}");
    assert_eq!(bench.dump().await, before, "{place}: something of it stayed");
    holder.execute("ROLLBACK").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_of_empty_tables_that_is_killed_in_any_of_them_leaves_nothing() {
    let bench = Bench::start(30).await;
    bench.alone().await;
    let right = bench.dump().await;
    let mut holder = bench.connection().await;
    let filled: Vec<&str> = TABLES.into_iter().filter(|table| right.iter().any(|row| row.starts_with(&format!("{table} ")))).collect();
    assert_eq!(filled, ["public.contacts", "public.conversations", "public.messages", "paige.identities", "paige.statuses"]);
    for (number, table) in filled.iter().enumerate() {
        let copy = format!("CREATE TEMPORARY TABLE row_{number} AS SELECT * FROM {table} LIMIT 1");
        holder.execute(AssertSqlSafe(copy)).await.unwrap();
    }
    for (number, table) in filled.iter().enumerate() {
        for how in ENDS {
            bench.execute(&format!("TRUNCATE {}", TABLES.join(", "))).await;
            // A row that nobody sees yet: whoever writes the same one waits for what becomes of it.
            holder.execute("BEGIN").await.unwrap();
            holder.execute(AssertSqlSafe(format!("INSERT INTO {table} SELECT * FROM pg_temp.row_{number}"))).await.unwrap();
            end_in_the_middle(&bench, &mut holder, how, &[], &format!("{table}, {}", how.0)).await;
            // At once: the server may not even have noticed that the other one is gone.
            let next = bench.process("rebuild --yes").await;
            assert_eq!(next.code, Some(0), "{table}: {}{}", next.out, next.err);
            assert_eq!(bench.dump().await, right, "{table}");
        }
    }
    assert_eq!(bench.process("verify").await.code, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebuild_of_damaged_tables_that_is_killed_leaves_them_as_damaged_as_they_were_and_no_lock() {
    let bench = Bench::start(31).await;
    bench.alone().await;
    let right = bench.dump().await;
    let mut holder = bench.connection().await;
    for how in ENDS {
        // Contacts are mended first, and then it waits for the messages.
        bench.execute("UPDATE public.contacts SET name = 'Mallory'").await;
        bench.execute("UPDATE public.messages SET text = 'x'").await;
        bench.execute("DELETE FROM paige.statuses").await;
        let damaged = bench.dump().await;
        holder.execute("BEGIN").await.unwrap();
        holder.execute("SELECT FROM public.messages FOR UPDATE").await.unwrap();
        end_in_the_middle(&bench, &mut holder, how, &damaged, how.0.as_str()).await;
        bench.until_sessions(0, "true").await;
        let locks: i64 = sqlx::query_scalar(LOCKS).fetch_one(&mut holder).await.unwrap();
        assert_eq!(locks, 0, "{}: a lock is held", how.0);
        assert_eq!(bench.dump().await, damaged, "{}", how.0);
        let next = bench.process("rebuild --yes").await;
        assert_eq!(next.code, Some(0), "{}: {}{}", how.0, next.out, next.err);
        assert_eq!(bench.dump().await, right, "{}", how.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_killed_while_it_reads_has_touched_nothing() {
    let bench = Bench::start(32).await;
    bench.alone().await;
    let right = bench.dump().await;
    for line in ["verify --rate 1", "repair --yes --rate 1", "rebuild --yes --rate 1"] {
        let process = bench.begin(line);
        bench.until_sessions(1, "true").await;
        signal(&process, Signal::SIGKILL);
        assert_eq!(ended(line, process).await.code, None, "{line}");
        bench.until_sessions(0, "true").await;
        assert_eq!(bench.dump().await, right, "{line}");
    }
    let next = bench.process("rebuild --yes").await;
    assert_eq!(next.code, Some(0), "{}{}", next.out, next.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_behind_the_project_that_was_told_last_is_all_that_is_done() {
    let bench = Bench::start(33).await;
    let right = bench.dump().await;
    bench.execute("UPDATE public.contacts SET name = 'Mallory'").await;
    let damaged = bench.dump().await;
    for verb in ["repair", "rebuild"] {
        // It is the only one: behind it is none.
        let told = bench.run(&format!("{verb} --yes --after {}", bench.project)).await;
        assert_eq!(told, (Exit::Fine, String::new()), "{verb}");
        assert_eq!(bench.run(&format!("{verb} --yes --after prj_00000000010000000000000001")).await.0, Exit::Refused, "{verb}");
        assert_eq!(bench.dump().await, damaged, "{verb}");
        assert_eq!(bench.process(&format!("{verb} --after {}", bench.project)).await.code, Some(2), "{verb}: only of what is done");
    }
    assert_eq!(bench.run("repair --yes").await.0, Exit::Fine);
    assert_eq!(bench.dump().await, right);
}
