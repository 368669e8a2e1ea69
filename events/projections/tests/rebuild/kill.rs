//! A rebuild that is cut off anywhere leaves nothing, and the next one completes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use projections::rebuild::{Rebuild, Step};
use tokio::sync::Notify;

use crate::fixture::{Fixture, TABLES};

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_rebuild_leaves_nothing_and_the_next_one_completes() {
    let (fixture, _) = Fixture::with_people(40).await;
    cut_off_until_it_completes(&fixture, fixture.rebuild()).await;
    cut_off_until_it_completes(&fixture, fixture.rebuild_in_parts()).await;
}

async fn cut_off_until_it_completes(fixture: &Fixture, rebuild: Rebuild) {
    let right = fixture.dump().await;
    fixture.execute(&format!("TRUNCATE {}", TABLES.join(", "))).await;
    let objects = objects(fixture).await;
    // Cut off at the first, second, … sign of life, until one comes through before.
    let (mut cut, mut cut_off) = (1, 0);
    loop {
        let (seen, reached) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let (counted, notify) = (seen.clone(), reached.clone());
        let rebuild = rebuild.clone().watched(move |step| {
            let counts = !matches!(step, Step::Reading { sequence, through } if sequence < through);
            if counts && counted.fetch_add(1, Ordering::Relaxed) + 1 >= cut {
                notify.notify_one();
            }
        });
        let project = fixture.project;
        let mut running = tokio::spawn(async move { rebuild.rebuild(project).await });
        let ended = tokio::select! {
            ended = &mut running => Some(ended.unwrap()),
            () = reached.notified() => { running.abort(); running.await.ok() }
        };
        if let Some(ended) = ended {
            ended.expect("rebuilds");
        }
        if seen.load(Ordering::Relaxed) < cut {
            break;
        }
        // Cut off while the commit was on its way it is whole, all or nothing; and so it is if it was faster than whoever cut it off.
        let left = fixture.dump().await;
        if left.is_empty() {
            cut_off += 1;
        } else {
            assert!(left == right, "cut off at step {cut} it left {} rows", left.len());
            fixture.execute(&format!("TRUNCATE {}", TABLES.join(", "))).await;
        }
        cut += cut.div_ceil(2);
    }
    assert!(cut_off > 3, "it was hardly ever cut off in the middle: {cut_off} times");
    assert_eq!(fixture.dump().await, right);
    assert_eq!(self::objects(fixture).await, objects);
}

/// Every table and schema that exists. Temporary ones of a connection that was cut off go a moment after it.
async fn objects(fixture: &Fixture) -> Vec<String> {
    let query = "SELECT nspname || '.' || relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('r', 'i') AND nspname <> 'pg_toast' ORDER BY 1";
    let mut connection = fixture.connection().await;
    let wait = async {
        loop {
            let found: Vec<String> = sqlx::query_scalar(query).fetch_all(&mut connection).await.unwrap();
            if !found.iter().any(|name| name.contains("paige_gone") || name.contains("paige_changed")) {
                return found;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait).await.expect("temporary tables went away")
}
