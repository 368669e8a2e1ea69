//! Several that write to the same tables: whoever comes second reads again.

use std::time::Duration;

use projections::{Projector, checkpoint};
use sqlx::{Connection, PgConnection};

use crate::fixture::Fixture;

/// How often, and how many times, it is looked whether somebody waits.
const LOOK_EVERY: Duration = Duration::from_millis(5);
const LOOKS_MAX: usize = 2_000;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_before_a_repair_is_not_written_after_it() {
    let (fixture, people) = Fixture::with_people(2).await;
    // The usual rows alone, and with a kind that takes a statement more.
    for (event, name) in [(people[0].received(100), "first"), (people[0].state(2), "second")] {
        fixture.execute("UPDATE public.contacts SET name = 'damaged'").await;
        fixture.append(fixture.project, vec![(Some(people[0].contact), event)]).await;
        let (mut connection, mut watch) = (fixture.connection().await, fixture.connection().await);
        let mut repair = connection.begin().await.unwrap();
        let created = fixture.journal.state(contract::Stream::Conversation).await.unwrap().created;
        checkpoint::lock(&mut repair, created).await.unwrap();
        sqlx::query("UPDATE public.contacts SET name = $1").bind(name).execute(&mut *repair).await.unwrap();
        let all = fixture.project_all();
        let waited = async {
            until_one_waits(&mut watch).await;
            repair.commit().await.unwrap();
        };
        tokio::join!(all, waited);
        let names: Vec<String> = sqlx::query_scalar("SELECT DISTINCT name FROM public.contacts").fetch_all(&mut watch).await.unwrap();
        assert_eq!(names, [name], "the rows of before are not written over those that were mended");
    }
    let found: i64 = sqlx::query_scalar("SELECT count(*) FROM public.messages WHERE wamid = $1")
        .bind(people[0].wamid(100))
        .fetch_one(&mut fixture.connection().await)
        .await
        .unwrap();
    assert_eq!(found, 1, "and the event is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn projectors_of_one_project_are_not_in_each_others_way() {
    let fixture = Fixture::start().await;
    fixture.add_people(0..6).await;
    let created = fixture.journal.state(contract::Stream::Conversation).await.unwrap().created;
    let log = fixture.log().await;
    let racers = [3, 5, 7].map(|at_once| {
        let (projector, project, log) = (Projector::new(fixture.databases.clone(), created), fixture.project, log.clone());
        tokio::spawn(async move {
            let mut from = 0;
            while from < log.len() {
                let through = log.len().min(from + at_once);
                let applied = projector.apply(project, &log[from..through]).await.unwrap();
                assert!(applied.stopped.is_none(), "{applied:?}");
                from = through;
            }
        })
    });
    for racer in racers {
        racer.await.unwrap();
    }
    let report = fixture.rebuild().verify(fixture.project).await.unwrap();
    assert!(report.is_clean(), "{report:?}");
}

/// Until somebody waits for a row that another transaction has.
async fn until_one_waits(connection: &mut PgConnection) {
    const QUERY: &str = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    for _ in 0..LOOKS_MAX {
        let waiting: i64 = sqlx::query_scalar(QUERY).fetch_one(&mut *connection).await.unwrap();
        if waiting > 0 {
            return;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    panic!("nobody waits for the row after {LOOKS_MAX} looks");
}
