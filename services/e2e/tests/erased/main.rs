//! A deleted project is nowhere: not in the log, not in a database, not among objects, not in metrics, not in what services say. And its
//! neighbour, on the same servers, has not lost a word.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

mod field;
mod late;
#[path = "../../../lib/storage/tests/s3/server.rs"]
mod server;
#[path = "../../../lib/storage/tests/s3/signature.rs"]
mod signature;

use e2e::erased::marks::{self, Mark, NAME, NUMBER, PHONE, Place, WORDS};
use e2e::erased::{Search, WAIT_MAX, traces, until};
use e2e::{Stage, bodies};
use reqwest::Method;
use serde_json::{Value, json};

use field::Field;

const NEIGHBOUR: &str = "207358419203847";
const MESSAGES: u32 = 40;
/// Who writes to whoever has the number next.
const NEXT_PHONE: &str = "16505550177";

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_project_is_found_nowhere_and_its_neighbour_is_whole() {
    let mut field = Field::start().await;
    let doors = &field.doors;
    let (gone, kept) = (doors.project(NAME).await, doors.project("Corner shop").await);
    // What comes before anybody has the number is held, and whoever holds it says so without the number.
    doors.receive(NUMBER, PHONE, MESSAGES, WORDS).await;
    until("it is held", WAIT_MAX, async || match doors.journal.parked().await.unwrap().len() {
        1 => Ok(()),
        held => Err(held.to_string()),
    })
    .await;
    doors.sign_up(gone).await;
    doors.connect(kept, NEIGHBOUR).await;
    for n in 0..MESSAGES {
        doors.receive(NUMBER, PHONE, n, WORDS).await;
        doors.receive(NEIGHBOUR, "16505550142", n, "hello").await;
    }
    doors.until_recorded(gone, MESSAGES + 1).await;
    doors.until_recorded(kept, MESSAGES).await;
    let (marks, key) = doors.plant(gone).await;
    assert!(field.bucket.held().objects.len() >= 2, "both files are in the bucket");
    assert_eq!(field.read(Search::new(gone, &marks)).await.unplanted(), [""; 0]);

    let operation = doors.delete(gone, NAME, false).await;
    // What comes after that, while it goes, is nobody's.
    for n in MESSAGES..MESSAGES + 5 {
        doors.receive(NEIGHBOUR, "16505550142", n, "still here").await;
    }
    doors.until_shown("lifecycle", &operation, "the deletion has succeeded", |shown| shown["status"] == "succeeded").await;
    until("nothing is left, but where it is said to be", WAIT_MAX, async || {
        let left = field.read(Search::new(gone, &marks)).await.left();
        if left.is_empty() { Ok(()) } else { Err(format!("{left:#?}")) }
    })
    .await;
    assert_eq!(doors.subjects_of(gone).await, [format!("project.{gone} 1")], "one fact is left");
    doors.until_answered(&key, gone, 401).await;
    doors.until_recorded(kept, MESSAGES + 5).await;
    let held = doors.journal.parked().await.unwrap();
    assert!(held.is_empty(), "{held:?}");

    // Its number is free, also for somebody else, who begins with nothing: not even with what its customers wrote since, when nobody remembers
    // whose customers they are.
    field.without("recorder", async |doors| doors.receive(NUMBER, PHONE, 800, WORDS).await).await;
    let doors = &field.doors;
    let next = doors.project("Next tenant").await;
    doors.connect(next, NUMBER).await;
    doors.receive(NUMBER, NEXT_PHONE, 900, "good morning").await;
    let contacts = format!("/v1/projects/{next}/contacts");
    let alone = |shown: &Value| shown["data"].as_array().is_some_and(|all| all.len() == 1) && shown.to_string().contains(NEXT_PHONE);
    doors.until_shown("conversations", &contacts, "its own customer is its only one", alone).await;
    doors.until_recorded(next, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_overwritten_is_not_even_on_the_brokers_disk() {
    const SENT: usize = 10;
    let mut stage = Stage::start().await;
    let gone = stage.connected(NAME, NUMBER).await;
    for n in 0..SENT {
        let body = bodies::text(NUMBER, PHONE, &format!("wamid.{n}"), 1_794_992_403, WORDS);
        assert_eq!(stage.webhook(body).await, 200);
    }
    stage.settle().await;
    assert_eq!(stage.count(gone, "SELECT count(*) FROM public.messages").await, i64::try_from(SENT).unwrap());
    let log = stage.nats.log_path();
    let marks: Vec<Mark> = marks::known().into_iter().filter(|mark| [NAME, WORDS, PHONE, NUMBER].contains(&&*mark.text)).collect();
    let on_disk = || {
        let mut search = Search::new(gone, &marks);
        traces::files(Place::Log, log.parent().unwrap(), &mut search);
        search.found()
    };
    assert!(!on_disk().is_empty(), "looked in the wrong place");

    let confirm = Some(json!({ "confirm": NAME, "overwrite": true }));
    let operation = stage.call(Method::DELETE, &format!("/v1/projects/{gone}"), confirm).await;
    let operation = format!("/v1/operations/{}", operation["id"].as_str().unwrap());
    until("the deletion has succeeded", WAIT_MAX, async || {
        let shown = stage.call(Method::GET, &operation, None).await;
        if shown["status"] == "succeeded" { Ok(()) } else { Err(shown.to_string()) }
    })
    .await;
    until("nothing is left", WAIT_MAX, async || match on_disk() {
        traces if traces.is_empty() => Ok(()),
        traces => Err(format!("{traces:#?}")),
    })
    .await;

    // Somebody who stood still all the time says something of it, and a customer writes to it, which a recorder holds back that starts now and
    // does not know whose the number was. What is found then is overwritten as well.
    stage.restart().await;
    late::speak(&stage, gone).await;
    assert_eq!(stage.webhook(bodies::text(NUMBER, PHONE, "wamid.late", 1_794_992_403, WORDS)).await, 200);
    stage.until("it is held", async || stage.journal.parked().await.unwrap().iter().any(|held| held.key.contains(NUMBER))).await;
    until("it is said", WAIT_MAX, async || if on_disk().is_empty() { Err("it is not on the disk".to_owned()) } else { Ok(()) }).await;
    stage.call(Method::POST, "/v1/dev/clock", Some(json!({ "advance_seconds": late::LOOK_SECONDS }))).await;
    until("late words are gone too", WAIT_MAX, async || match on_disk() {
        traces if traces.is_empty() => Ok(()),
        traces => Err(format!("{traces:#?}")),
    })
    .await;
    assert_eq!(late::heard(&stage, gone).await, 0);
    stage.finish(0).await;
}
