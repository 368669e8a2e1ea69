//! A deleted project is nowhere: not in the log, not in a database, not among objects, not in metrics, not in what services say. And its
//! neighbour, on the same servers, has not lost a word.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

mod field;
mod late;
mod overwritten;
#[path = "../../../lib/storage/tests/s3/server.rs"]
mod server;
#[path = "../../../lib/storage/tests/s3/signature.rs"]
mod signature;

use e2e::erased::marks::{NAME, NUMBER, PHONE, WORDS};
use e2e::erased::{Search, WAIT_MAX, until};
use serde_json::Value;

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
    until("everything is planted", WAIT_MAX, async || {
        let unplanted = field.read(Search::new(gone, &marks)).await.unplanted();
        if unplanted.is_empty() { Ok(()) } else { Err(format!("{unplanted:#?}")) }
    })
    .await;

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
    let held = e2e::parked(&doors.journal).await;
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
