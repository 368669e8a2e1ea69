//! A deleted project is nowhere: not in the log, not in a database, not among objects, not in metrics, not in what services say. And its
//! neighbour, on the same servers, has not lost a word.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

mod field;
mod keys;
mod late;
mod marks;
#[path = "../../../lib/storage/tests/s3/server.rs"]
mod server;
#[path = "../../../lib/storage/tests/s3/signature.rs"]
mod signature;
mod traces;

use std::time::{Duration, Instant};

use contract::ProjectId;
use e2e::{Stage, bodies};
use reqwest::Method;
use serde_json::json;

use field::Field;
use marks::{Mark, NAME, NUMBER, PHONE, Place, WORDS};
use traces::Read;

const NEIGHBOUR: &str = "207358419203847";
const MESSAGES: u32 = 40;
const WAIT_MAX: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(50);

/// Where the id of a project that is gone is read ever after, each with a reason. Anywhere else it is a trace. Nothing else stays: no name,
/// no text, no number, no address, no secret.
const ID_STAYS: [(Place, &str); 12] = [
    // The one fact.
    (Place::Log, "project.project_erased.v1"),
    // What a workspace says of itself: it had a key for the project, and granted a member something in it. Both are nothing from now on. What
    // the key was called and who the member is are the workspace's.
    (Place::Log, "workspace.key_issued.v1"),
    (Place::Log, "workspace.member_permissions_changed.v1"),
    (Place::Databases, "access.keys"),
    (Place::Databases, "access.members"),
    // So that nothing that comes late makes a row of it again, in each service that has rows.
    (Place::Databases, "lifecycle.erased"),
    (Place::Databases, "billing.erased"),
    (Place::Databases, "flow_sync.erased"),
    (Place::Databases, "media.erased"),
    (Place::Databases, "access.projects"),
    // That, and when, it was erased.
    (Place::Databases, "access.audit"),
    // What any process says of a project names it by its id, and says nothing else of it.
    (Place::Said, ""),
];

pub(crate) async fn until(what: &str, condition: impl AsyncFn() -> Result<(), String>) {
    let started = Instant::now();
    while let Err(state) = condition().await {
        assert!(started.elapsed() < WAIT_MAX, "waited in vain until {what}: {state}");
        tokio::time::sleep(POLL).await;
    }
}

/// The marks in what was read.
fn traces(read: &[Read], marks: &[Mark]) -> Vec<String> {
    let found = |read: &Read, mark: &Mark| read.text.contains(&mark.text).then(|| format!("{}: {:?} {}", mark.what, read.place, read.at));
    read.iter().flat_map(|read| marks.iter().filter_map(move |mark| found(read, mark))).collect()
}

/// Whether the project's id was read there. Names of databases and roles have it in small letters.
fn names(read: &Read, project: ProjectId) -> bool {
    let id = project.ulid().to_string();
    read.text.contains(&id) || read.text.contains(&id.to_lowercase())
}

/// Where the project's id was read and may not be.
fn ids(read: &[Read], project: ProjectId) -> Vec<String> {
    let stays = |read: &Read| ID_STAYS.iter().any(|(place, at)| read.place == *place && read.at.contains(at));
    let traces = read.iter().filter(|read| names(read, project) && !stays(read));
    traces.map(|read| format!("the id: {:?} {}", read.place, read.at)).collect()
}

/// Where the project's id is said to stay and does not: what is said of it would be wrong.
fn ids_missing(read: &[Read], project: ProjectId) -> Vec<String> {
    let stays = |(place, at): &(Place, &str)| read.iter().any(|read| read.place == *place && read.at.contains(at) && names(read, project));
    ID_STAYS.iter().filter(|place| !stays(place)).map(|(place, at)| format!("not the id: {place:?} {at}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_project_is_found_nowhere_and_its_neighbour_is_whole() {
    let field = Field::start().await;
    let (gone, kept) = (field.project(NAME).await, field.project("Corner shop").await);
    field.sign_up(gone).await;
    field.connect(kept, NEIGHBOUR).await;
    for n in 0..MESSAGES {
        field.receive(NUMBER, PHONE, n, WORDS).await;
        field.receive(NEIGHBOUR, "16505550142", n, "hello").await;
    }
    field.until_recorded(gone, MESSAGES).await;
    field.until_recorded(kept, MESSAGES).await;
    field.plant(gone).await;
    let key = field.hand_out(gone).await;
    let (secrets, token) = field.secrets(gone).await;
    let marks = [marks::known(), secrets].concat();
    let nobody = |what, text| Mark { what, text, kept_in: &[] };
    let nobody_keeps = [nobody("the token", token), nobody("who pays", marks::PAYER.to_owned()), nobody("a key", key.clone())];
    let before = field.read().await;
    for mark in &marks {
        for place in mark.kept_in {
            let kept = before.iter().any(|read| read.place == *place && read.text.contains(&mark.text));
            assert!(kept, "{} was never in {place:?}, so not finding it there proves nothing: {:?}", mark.what, traces(&before, &marks));
        }
    }
    assert_eq!(traces(&before, &nobody_keeps), [""; 0], "in the clear");
    assert!(!ids(&before, gone).is_empty());

    let confirm = Some(json!({ "confirm": NAME }));
    let operation = field.call("lifecycle", Method::DELETE, &format!("/v1/projects/{gone}"), confirm).await;
    // What comes after that, while it goes, is nobody's.
    for n in MESSAGES..MESSAGES + 5 {
        field.receive(NEIGHBOUR, "16505550142", n, "still here").await;
    }
    let operation = format!("/v1/operations/{}", operation["id"].as_str().unwrap());
    field.until_shown("lifecycle", &operation, "the deletion has succeeded", |shown| shown["status"] == "succeeded").await;
    until("nothing is left, but where it is said to be", async || {
        let read = field.read().await;
        let left = [traces(&read, &marks), traces(&read, &nobody_keeps), ids(&read, gone), ids_missing(&read, gone)].concat();
        if left.is_empty() { Ok(()) } else { Err(format!("{left:#?}")) }
    })
    .await;
    assert_eq!(field.subjects_of(gone).await, [format!("project.{gone} 1")], "one fact is left");
    field.until_answered(&key, gone, 401).await;
    field.until_recorded(kept, MESSAGES + 5).await;
    let held = field.journal.parked().await.unwrap();
    assert!(held.is_empty(), "{held:?}");

    // Its number is free, also for somebody else, who begins with nothing.
    let next = field.project("Next tenant").await;
    field.connect(next, NUMBER).await;
    field.receive(NUMBER, "16505550177", 900, "good morning").await;
    field.until_recorded(next, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_overwritten_is_not_even_on_the_brokers_disk() {
    const SENT: usize = 10;
    let stage = Stage::start().await;
    let gone = stage.connected(NAME, NUMBER).await;
    for n in 0..SENT {
        let body = bodies::text(NUMBER, PHONE, &format!("wamid.{n}"), 1_794_992_403, WORDS);
        assert_eq!(stage.webhook(body).await, 200);
    }
    stage.settle().await;
    assert_eq!(stage.count(gone, "SELECT count(*) FROM public.messages").await, i64::try_from(SENT).unwrap());
    let log = stage.nats.log_path();
    let marks: Vec<Mark> = marks::known().into_iter().filter(|mark| [NAME, WORDS, PHONE, NUMBER].contains(&&*mark.text)).collect();
    let on_disk = || traces(&traces::files(Place::Log, log.parent().unwrap()), &marks);
    assert!(!on_disk().is_empty(), "looked in the wrong place");

    let confirm = Some(json!({ "confirm": NAME, "overwrite": true }));
    let operation = stage.call(Method::DELETE, &format!("/v1/projects/{gone}"), confirm).await;
    let operation = format!("/v1/operations/{}", operation["id"].as_str().unwrap());
    until("the deletion has succeeded", async || {
        let shown = stage.call(Method::GET, &operation, None).await;
        if shown["status"] == "succeeded" { Ok(()) } else { Err(shown.to_string()) }
    })
    .await;
    until("nothing is left", async || match on_disk() {
        traces if traces.is_empty() => Ok(()),
        traces => Err(format!("{traces:#?}")),
    })
    .await;

    // Somebody who stood still all the time says something of it. What is found then is overwritten as well.
    late::speak(&stage, gone).await;
    until("it is said", async || if on_disk().is_empty() { Err("it is not on the disk".to_owned()) } else { Ok(()) }).await;
    stage.call(Method::POST, "/v1/dev/clock", Some(json!({ "advance_seconds": late::LOOK_SECONDS }))).await;
    until("late words are gone too", async || match on_disk() {
        traces if traces.is_empty() => Ok(()),
        traces => Err(format!("{traces:#?}")),
    })
    .await;
    assert_eq!(late::heard(&stage, gone).await, 0);
    stage.finish(0).await;
}
