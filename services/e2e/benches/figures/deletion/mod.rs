//! The deletion of a project with a million messages in a whole house, from the typed name until nothing is left, and what another project's
//! webhooks feel of it all the time. Then everything that the project had is sought wherever anything can be read.
//!
//! Erasing rests while others write, so this takes half an hour or more, and is run when it is asked for. What is found of the project ends it
//! with an error.
//!
//! A stream is erased so as long as it has less than 2 GiB; event by event, as it goes beyond, a million would take days. What the neighbour
//! adds meanwhile is part of that, so it is not much: a hundred webhooks a second.

mod bulk;
mod house;
mod neighbour;

use std::cell::Cell;
use std::time::Duration;

use contract::ProjectId;
use e2e::erased::marks::{self, Mark, NAME, NUMBER, PHONE};
use e2e::erased::{Search, until};
use e2e::report;
use reqwest::Method;
use tokio::time::{Instant, sleep};

use crate::windows::compare;
use house::House;
use neighbour::Neighbour;

/// Three minutes before, and as long after.
const QUIET_WINDOWS: usize = 18;
/// What is written to the project by somebody, before all else is planted.
const WRITTEN: u32 = 40;
/// It takes half an hour or more; what has not come to its end by then does not.
const DELETION_MAX: Duration = Duration::from_secs(4 * 3_600);
const LOOK_EVERY: Duration = Duration::from_secs(1);
const TELL_EVERY: Duration = Duration::from_secs(300);
/// Reading everything takes a minute.
const SEEK_MAX: Duration = Duration::from_secs(600);

/// A small project that is overwritten.
const SMALL_NAME: &str = "Small bakery";
const SMALL_NUMBER: &str = "667788990011223";
const SMALL_WORDS: &str = "grelpin-staunder-7716";

pub(crate) async fn run() {
    report::title("A project with a million messages is deleted, while webhooks of another come");
    let house = House::start().await;
    let neighbour = Neighbour::move_in(&house).await;
    let gone = house.doors.project(NAME).await;
    house.doors.sign_up(gone).await;
    for n in 0..WRITTEN {
        house.doors.receive(NUMBER, PHONE, n, marks::WORDS).await;
    }
    house.doors.until_recorded(gone, WRITTEN).await;
    let (mut marks, _) = house.doors.plant(gone).await;
    let unplanted = house.read(Search::new(gone, &marks)).await.unplanted();
    assert!(unplanted.is_empty(), "{unplanted:#?}");
    bulk::fill(&house, gone).await;
    marks.extend(bulk::marks());
    house.rest().await;

    neighbour.windows("warm", |count| count < 1).await;
    let mut quiet = neighbour.windows("before", |count| count < QUIET_WINDOWS).await;
    tell(&house, gone, Duration::ZERO).await;
    let is_deleted = Cell::new(false);
    let deleted = async {
        let took = delete(&house, gone).await;
        is_deleted.set(true);
        took
    };
    let (took, busy) = tokio::join!(deleted, neighbour.windows("meanwhile", |_| !is_deleted.get()));
    quiet.extend(neighbour.windows("after", |count| count < QUIET_WINDOWS).await);

    report::note(format!("deleted after {:.1} minutes, {}", minutes(took), neighbour.came()));
    report::note(format!(
        "the middle of {} windows of {} s, and of {} quiet ones; then all together",
        busy.len(),
        neighbour.seconds(),
        quiet.len()
    ));
    compare("acknowledged while it is deleted", &busy, &quiet);
    neighbour.is_whole().await;
    seek(&house, gone, &marks).await;
    overwrite(&house).await;
    house.stop().await;
}

/// Until nothing is left of it, as its operation says; how long that took.
async fn delete(house: &House, project: ProjectId) -> Duration {
    let (began, operation) = (Instant::now(), house.doors.delete(project, NAME, false).await);
    let mut told = began;
    loop {
        match house.doors.ask("lifecycle", Method::GET, &operation, None).await {
            Ok(shown) if shown["status"] == "succeeded" => return began.elapsed(),
            Ok(shown) => assert!(shown["status"] == "running", "the deletion was given up: {shown}"),
            // One answer that is late is no reason to end here.
            Err(came) => report::note(came),
        }
        assert!(began.elapsed() < DELETION_MAX, "not deleted after {DELETION_MAX:?}");
        if told.elapsed() > TELL_EVERY {
            tell(house, project, began.elapsed()).await;
            told = Instant::now();
        }
        sleep(LOOK_EVERY).await;
    }
}

/// How far it is.
async fn tell(house: &House, project: ProjectId, after: Duration) {
    let minutes = minutes(after);
    report::note(match house.held(project).await {
        Ok([(webhooks, of_mib), (conversation, of_mib_too)]) => format!(
            "after {minutes:.0} minutes: {webhooks} of its webhooks in a stream of {of_mib} MiB, {conversation} of its conversation events in one of \
             {of_mib_too} MiB"
        ),
        Err(error) => format!("after {minutes:.0} minutes the log does not say how far it is: {error}"),
    });
}

/// Wherever anything can be read; and, which is told and no fault, in what the broker has not given back to the disk.
async fn seek(house: &House, project: ProjectId, marks: &[Mark]) {
    until("nothing is left of it, but where it is said to be", SEEK_MAX, async || {
        let left = house.read(Search::new(project, marks)).await.left();
        if left.is_empty() { Ok(()) } else { Err(format!("{left:#?}")) }
    })
    .await;
    report::note(format!("{} marks of it were sought in streams, databases, objects, metrics and logs, and none was found", marks.len()));
    let [words, _] = bulk::marks();
    let files = house.on_disk(Search::new(project, &[words])).len();
    report::note(format!("files of the broker that still have words of it, until their blocks are compacted: {files}"));
}

/// The operator deletes a small project, and nobody reads it from the disk either. It is asked for with the deletion: afterwards it is too late.
async fn overwrite(house: &House) {
    let project = house.doors.project(SMALL_NAME).await;
    house.doors.connect(project, SMALL_NUMBER).await;
    for n in 0..WRITTEN {
        house.doors.receive(SMALL_NUMBER, PHONE, n, SMALL_WORDS).await;
    }
    house.doors.until_recorded(project, WRITTEN).await;
    let marks = [("its name", SMALL_NAME), ("its number", SMALL_NUMBER), ("its words", SMALL_WORDS)];
    let marks = marks.map(|(what, text)| Mark { what, text: text.to_owned(), kept_in: &[] });
    assert!(!house.on_disk(Search::new(project, &marks)).is_empty(), "looked in the wrong place");
    let (began, operation) = (Instant::now(), house.doors.delete(project, SMALL_NAME, true).await);
    house.doors.until_shown("lifecycle", &operation, "it is overwritten", |shown| shown["status"] == "succeeded").await;
    let took = began.elapsed();
    until("nothing of it is on the broker's disk", SEEK_MAX, async || {
        let left = house.on_disk(Search::new(project, &marks));
        if left.is_empty() { Ok(()) } else { Err(format!("{left:#?}")) }
    })
    .await;
    report::note(format!(
        "a project with {WRITTEN} messages, overwritten after {:.0} s: nothing of it is on the broker's disk",
        took.as_secs_f64()
    ));
}

fn minutes(duration: Duration) -> f64 {
    duration.as_secs_f64() / 60.0
}
