//! Empty tables are filled contact by contact, and hold in the end what any other way would have given.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use projections::Error;
use projections::rebuild::Step;
use sqlx::{AssertSqlSafe, Connection};

use crate::fixture::{Fixture, TABLES};

async fn truncate(fixture: &Fixture) {
    fixture.execute(&format!("TRUNCATE {}", TABLES.join(", "))).await;
}

/// Rebuilds, and says how often rows of a part were written.
async fn rebuild(fixture: &Fixture) -> usize {
    let filled = Arc::new(AtomicUsize::new(0));
    let seen = filled.clone();
    let rebuild = fixture.rebuild().watched(move |step| {
        if matches!(step, Step::Filling { .. }) {
            seen.fetch_add(1, Ordering::Relaxed);
        }
    });
    rebuild.rebuild(fixture.project).await.unwrap();
    filled.load(Ordering::Relaxed)
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_tables_are_filled_in_parts_and_others_are_not() {
    let (fixture, people) = Fixture::with_people(40).await;
    let right = fixture.dump().await;
    truncate(&fixture).await;
    let report = fixture.rebuild().rebuild(fixture.project).await.unwrap();
    assert_eq!((report.events, report.passes, report.tables.len()), (20 * people.len() as u64, 1, TABLES.len()));
    assert_eq!(report.differing_rows(), right.len() as u64);
    assert_eq!(report.tables.iter().map(|table| table.missing).sum::<u64>(), right.len() as u64);
    assert_eq!(report.tables[0].differences.len(), people.len(), "rows are named");
    assert_eq!(fixture.dump().await, right);
    assert!(fixture.rebuild().verify(fixture.project).await.unwrap().is_clean());
    truncate(&fixture).await;
    assert!(rebuild(&fixture).await > 1, "one part after another");
    fixture.execute("DELETE FROM paige.statuses").await;
    assert_eq!(rebuild(&fixture).await, 0, "tables that hold something are compared");
    assert_eq!(fixture.dump().await, right);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_several_contacts_claim_is_the_first_ones() {
    let (fixture, people) = Fixture::with_people(20).await;
    // Everybody says again what their neighbour has said.
    let stolen = people.iter().zip(people.iter().cycle().skip(1));
    let events = stolen.map(|(thief, owner)| {
        let mut message = owner.said(3, "text", None);
        message.conversation = thief.conversation;
        (Some(thief.contact), contract::MessageReceived(message).into())
    });
    fixture.append(fixture.project, events.collect()).await;
    fixture.project_all().await;
    let right = fixture.dump().await;
    truncate(&fixture).await;
    rebuild(&fixture).await;
    assert_eq!(fixture.dump().await, right);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_sees_nothing_or_everything() {
    let (fixture, people) = Fixture::with_people(40).await;
    let people = i64::try_from(people.len()).unwrap();
    truncate(&fixture).await;
    let (fixture, stop) = (Arc::new(fixture), Arc::new(AtomicBool::new(false)));
    let mut readers = Vec::new();
    for isolation in ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"] {
        let (fixture, stop) = (fixture.clone(), stop.clone());
        readers.push(tokio::spawn(async move {
            let mut connection = fixture.connection().await;
            let mut reads = 0;
            while !stop.load(Ordering::Relaxed) {
                let mut transaction = connection.begin_with(AssertSqlSafe(format!("BEGIN ISOLATION LEVEL {isolation}"))).await.unwrap();
                let query = "SELECT (SELECT count(*) FROM public.contacts), (SELECT count(*) FROM public.messages)";
                let seen: (i64, i64) = sqlx::query_as(query).fetch_one(&mut *transaction).await.unwrap();
                assert!(seen == (0, 0) || seen == (people, people * 11), "{isolation}: {seen:?}");
                if isolation != "READ COMMITTED" {
                    let again: (i64, i64) = sqlx::query_as(query).fetch_one(&mut *transaction).await.unwrap();
                    assert_eq!(again, seen, "{isolation}: the snapshot moved");
                }
                transaction.rollback().await.unwrap();
                reads += 1;
            }
            reads
        }));
    }
    for _ in 0..4 {
        assert!(rebuild(&fixture).await > 0);
        fixture.execute("DO $$ BEGIN DELETE FROM public.contacts; DELETE FROM public.conversations; DELETE FROM public.messages; DELETE FROM paige.identities; DELETE FROM paige.statuses; DELETE FROM paige.state_changes; END $$").await;
    }
    stop.store(true, Ordering::Relaxed);
    for reader in readers {
        assert!(reader.await.unwrap() > 3, "a reader was held up");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_table_does_not_keep_as_it_was_written_is_found_and_nothing_stays() {
    let (fixture, _) = Fixture::with_people(5).await;
    truncate(&fixture).await;
    fixture
        .execute("CREATE FUNCTION public.spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.text := 'x'; RETURN NEW; END $$")
        .await;
    fixture.execute("CREATE TRIGGER spoil BEFORE INSERT ON public.messages FOR EACH ROW EXECUTE FUNCTION public.spoil()").await;
    let refused = fixture.rebuild().rebuild(fixture.project).await.unwrap_err();
    assert!(matches!(refused, Error::StillDiffers("public.messages")), "{refused:?}");
    assert_eq!(fixture.dump().await, Vec::<String>::new());
}
