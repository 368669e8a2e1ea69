//! A million messages of a project, as they come to be: raw webhooks in the log, of which the recorder makes conversations and rows.
//!
//! They are put into the log where ingress would have put them, because nobody waits for how long a million requests take.

use std::time::Duration;

use contract::{NewEvent, ProjectId, Subject};
use e2e::bodies;
use e2e::erased::marks::{Mark, NUMBER, Place};
use e2e::report;
use e2e::webhooks::{self, FIRST_SECOND};
use sqlx::{Connection, PgConnection};
use tokio::time::{Instant, sleep, timeout};

use super::house::House;

const MESSAGES: u64 = 1_000_000;
/// So many that the recorder has them all in memory: how it finds people is not what is measured.
const PEOPLE: u64 = 1_000;
/// In every one of them, and in nothing else.
const WORDS: &str = "mulberd-trannock-5083";
const WAMID: &str = "THRELMOX";
/// The recorder makes thousands a second of them.
const FILL_MAX: Duration = Duration::from_secs(1_800);
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What all of them have.
pub(crate) fn marks() -> [Mark; 2] {
    [("what a million messages say", WORDS), ("how Meta calls them", WAMID)].map(|(what, text)| Mark {
        what,
        text: text.to_owned(),
        kept_in: &[Place::Log, Place::Databases],
    })
}

/// Short ones: they must not make a stream so large that it is not purged in parts any more, with what comes of the neighbour meanwhile.
fn event(index: u64) -> (Subject, NewEvent) {
    let (from, wamid) = (format!("1958777{:04}", index % PEOPLE), format!("wamid.{WAMID}{index:07}"));
    let second = FIRST_SECOND + i64::try_from(index / PEOPLE).expect("a second");
    webhooks::taken_in(NUMBER, bodies::text(NUMBER, &from, &wamid, second, &format!("{WORDS} {index}: two rye rolls, at eight")))
}

/// Fills the project that has [`NUMBER`], and sees that it has them all in the log, twice, and in its tables.
pub(crate) async fn fill(house: &House, project: ProjectId) {
    let began = Instant::now();
    let stored = timeout(FILL_MAX, webhooks::store(&house.doors.journal, (0..MESSAGES).map(event))).await;
    stored.expect("a million webhooks are in the log in time");
    let stored = began.elapsed();
    let mut tables = house.tables(project).await;
    loop {
        let rows = count(&mut tables).await;
        if rows == MESSAGES {
            break;
        }
        assert!(began.elapsed() < FILL_MAX, "{rows} rows of {MESSAGES} after {FILL_MAX:?}");
        sleep(LOOK_EVERY).await;
    }
    let recorded = began.elapsed();
    let in_log = house.held(project).await.expect("the log answers");
    assert!(in_log.iter().all(|(events, _)| *events >= MESSAGES), "webhooks and conversation events: {in_log:?}");
    // As autovacuum and the next checkpoint leave it: they would come while something else is measured.
    for statement in ["VACUUM ANALYZE", "CHECKPOINT"] {
        sqlx::raw_sql(statement).execute(&mut tables).await.expect(statement);
    }
    tables.close().await.expect("the database is let go");
    report::note(format!(
        "{MESSAGES} webhooks in the log after {:.0} s, as many rows after {:.0} s",
        stored.as_secs_f64(),
        recorded.as_secs_f64()
    ));
}

async fn count(tables: &mut PgConnection) -> u64 {
    let query = sqlx::query_scalar("SELECT count(*) FROM public.messages WHERE starts_with(text, $1)").bind(WORDS);
    let rows: i64 = query.fetch_one(tables).await.expect("a count");
    rows.unsigned_abs()
}
