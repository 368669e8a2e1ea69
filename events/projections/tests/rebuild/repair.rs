//! Repair changes what differs and nothing else; a reader sees the tables before or after.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};

use crate::fixture::{Fixture, TABLES, counts};

/// Damages some rows in several ways; returns how many differ.
async fn damage(fixture: &Fixture, of: &contract::ContactId) -> u64 {
    let mut rows = 0;
    for statement in [
        format!("UPDATE public.contacts SET name = 'Mallory', version = 1 WHERE id = '{of}'"),
        format!("DELETE FROM paige.identities WHERE contact_id = '{of}' AND kind = 'phone'"),
        format!("DELETE FROM public.messages WHERE contact_id = '{of}' AND type = 'reaction'"),
        format!(
            "UPDATE public.messages SET id = 'msg_wrong' WHERE contact_id = '{of}' AND sequence = (SELECT min(sequence) FROM public.messages WHERE contact_id = '{of}')"
        ),
        format!("UPDATE paige.statuses SET status = 'played' WHERE contact_id = '{of}' AND status = 'read'"),
        "INSERT INTO paige.unassigned VALUES ('nonsense', 1, 'errors', now(), '{}')".to_owned(),
    ] {
        rows += fixture.execute(&statement).await;
    }
    rows + 1 // a status under another name is one row missing and one too many
}

#[tokio::test(flavor = "multi_thread")]
async fn repair_mends_exactly_what_differs() {
    let (fixture, people) = Fixture::with_people(12).await;
    let (right, writers) = (fixture.dump().await, fixture.dump_with_writers().await);
    for rebuild in [fixture.rebuild(), fixture.rebuild_in_parts()] {
        let damaged = damage(&fixture, &people[7].contact).await;
        let report = rebuild.repair(fixture.project).await.unwrap();
        assert_eq!(report.differing_rows(), damaged, "{report:?}");
        assert_eq!(fixture.dump().await, right);
        assert!(rebuild.verify(fixture.project).await.unwrap().is_clean());
        let untouched = fixture.dump_with_writers().await.iter().filter(|row| writers.contains(row)).count();
        let mended = usize::try_from(damaged).unwrap() - 2; // two of the damaged rows were not to be there at all
        assert!(untouched >= right.len() - 2 * mended, "{untouched} of {} rows were left alone", right.len());
        assert!(untouched >= right.len() - mended, "{untouched} of {} rows were left alone, {mended} needed mending", right.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn repair_of_many_contacts_reads_the_log_once_more_and_mends_them_all() {
    let (fixture, _) = Fixture::with_people(90).await;
    let (right, writers) = (fixture.dump().await, fixture.dump_with_writers().await);
    for rebuild in [fixture.rebuild(), fixture.rebuild_in_parts()] {
        let changed = fixture.execute("UPDATE public.messages SET text = 'x' WHERE type = 'reaction'").await;
        assert_eq!(counts(&rebuild.repair(fixture.project).await.unwrap()), [("public.messages", 0, 0, changed)]);
        assert_eq!(fixture.dump().await, right);
        let touched = fixture.dump_with_writers().await.iter().filter(|row| !writers.contains(row)).count();
        assert_eq!(touched as u64, changed);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn repair_of_right_tables_writes_nothing() {
    let (fixture, _) = Fixture::with_people(5).await;
    let before = fixture.dump_with_writers().await;
    assert!(fixture.rebuild().repair(fixture.project).await.unwrap().is_clean());
    assert!(fixture.rebuild().rebuild(fixture.project).await.unwrap().is_clean());
    assert_eq!(fixture.dump_with_writers().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_swapped_their_keys_find_back() {
    let (fixture, people) = Fixture::with_people(6).await;
    let right = fixture.dump().await;
    let (a, b) = (people[1].contact, people[4].contact);
    for rebuild in [fixture.rebuild(), fixture.rebuild_in_parts()] {
        fixture.execute(&format!("UPDATE public.messages SET contact_id = CASE contact_id WHEN '{a}' THEN '{b}' ELSE '{a}' END WHERE contact_id IN ('{a}', '{b}')")).await;
        let (one, other) = (people[1].wamid(3), people[4].wamid(3));
        fixture.execute(&format!("UPDATE public.messages SET wamid = 'between' WHERE wamid = '{one}'")).await;
        fixture.execute(&format!("UPDATE public.messages SET wamid = '{one}' WHERE wamid = '{other}'")).await;
        fixture.execute(&format!("UPDATE public.messages SET wamid = '{other}' WHERE wamid = 'between'")).await;
        rebuild.repair(fixture.project).await.unwrap();
        assert_eq!(fixture.dump().await, right);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn truncated_tables_are_rebuilt_also_without_a_checkpoint() {
    let (fixture, people) = Fixture::with_people(40).await;
    let right = fixture.dump().await;
    for (rebuild, tables) in
        [(fixture.rebuild(), TABLES.join(", ")), (fixture.rebuild_in_parts(), format!("{}, paige.checkpoint", TABLES.join(", ")))]
    {
        fixture.execute(&format!("TRUNCATE {tables}")).await;
        let report = rebuild.rebuild(fixture.project).await.unwrap();
        assert_eq!(report.events, 20 * people.len() as u64);
        assert_eq!(fixture.dump().await, right);
        let verified = rebuild.verify(fixture.project).await.unwrap();
        assert!(verified.is_clean() && verified.events == report.events, "{verified:?}");
    }
    // The projector goes on from there.
    fixture.add_people(50..52).await;
    fixture.project_all().await;
    assert!(fixture.rebuild().verify(fixture.project).await.unwrap().is_clean());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_never_sees_a_gap() {
    let (fixture, people) = Fixture::with_people(40).await;
    let fixture = Arc::new(fixture);
    // What is there before, is there after: some rows are wrong, none is missing.
    fixture.execute("UPDATE public.messages SET text = 'wrong'").await;
    fixture.execute("UPDATE paige.statuses SET wamid = wamid || 'wrong'").await;
    let expected: Vec<i64> =
        vec![people.len() as i64, people.len() as i64, people.len() as i64 * 11, people.len() as i64 * 2, people.len() as i64 * 6];
    let stop = Arc::new(AtomicBool::new(false));
    let mut readers = Vec::new();
    for isolation in ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"] {
        let (fixture, stop, expected) = (fixture.clone(), stop.clone(), expected.clone());
        readers.push(tokio::spawn(async move {
            let mut connection = fixture.connection().await;
            let mut reads = 0;
            while !stop.load(Ordering::Relaxed) {
                let mut transaction = connection.begin_with(AssertSqlSafe(format!("BEGIN ISOLATION LEVEL {isolation}"))).await.unwrap();
                let first = content(&mut transaction).await;
                assert_eq!(first.0, expected, "{isolation}");
                if isolation != "READ COMMITTED" {
                    assert_eq!(content(&mut transaction).await, first, "{isolation}: the snapshot moved");
                }
                transaction.rollback().await.unwrap();
                reads += 1;
            }
            reads
        }));
    }
    for round in 0..6 {
        let rebuild = if round % 2 == 0 { fixture.rebuild() } else { fixture.rebuild_in_parts() };
        let report = if round < 3 { rebuild.rebuild(fixture.project).await } else { rebuild.repair(fixture.project).await };
        assert!(!report.unwrap().is_clean());
        fixture.execute("UPDATE public.messages SET text = 'wrong'").await;
        fixture.execute("UPDATE paige.statuses SET wamid = wamid || 'wrong'").await;
    }
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        assert!(reader.await.unwrap() > 3, "a reader was held up");
    }
}

/// Rows per table, and one text of them all.
async fn content(connection: &mut PgConnection) -> (Vec<i64>, Option<String>) {
    let mut counts = Vec::new();
    for table in TABLES.iter().take(5) {
        counts.push(sqlx::query_scalar(AssertSqlSafe(format!("SELECT count(*) FROM {table}"))).fetch_one(&mut *connection).await.unwrap());
    }
    connection.execute("SELECT 1").await.unwrap();
    let texts = "SELECT md5(string_agg(wamid || text, '' ORDER BY wamid)) FROM public.messages";
    (counts, sqlx::query_scalar(texts).fetch_one(connection).await.unwrap())
}
