//! What is refused rather than compared.

use contract::{Stream, Subject};
use journal::{Append, Expect};
use projections::Error;
use projections::rebuild::PROJECTOR;

use crate::fixture::{Fixture, another_project};
use crate::scenario::{Person, envelope};

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_ahead_of_the_log_is_refused() {
    let (fixture, _) = Fixture::with_people(2).await;
    let last = fixture.journal.state(Stream::Conversation).await.unwrap().last;
    fixture.execute("UPDATE paige.checkpoint SET sequence = sequence + 1, event_id = NULL").await;
    let before = fixture.dump_with_writers().await;
    let rebuild = fixture.rebuild();
    for result in [rebuild.verify(fixture.project).await, rebuild.repair(fixture.project).await, rebuild.rebuild(fixture.project).await] {
        assert!(matches!(result, Err(Error::AheadOfLog { checkpoint, last: end }) if checkpoint == last + 1 && end == last), "{result:?}");
    }
    assert_eq!(fixture.dump_with_writers().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_another_log_are_refused() {
    let (fixture, _) = Fixture::with_people(2).await;
    fixture.execute("UPDATE paige.checkpoint SET stream_created = stream_created - interval '1 day'").await;
    let before = fixture.dump_with_writers().await;
    let rebuild = fixture.rebuild();
    for result in [rebuild.verify(fixture.project).await, rebuild.repair(fixture.project).await, rebuild.rebuild(fixture.project).await] {
        assert!(matches!(result, Err(Error::OtherLog { .. })), "{result:?}");
    }
    assert_eq!(fixture.dump_with_writers().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_nobody_can_read_is_named_unless_it_was_skipped() {
    let (fixture, people) = Fixture::with_people(2).await;
    let right = fixture.dump().await;
    let sequence = append_strange(&fixture, &people[0]).await;
    let result = fixture.rebuild().rebuild(fixture.project).await;
    assert!(matches!(result, Err(Error::Event { sequence: named, .. }) if named == sequence), "{result:?}");
    let key = format!("conversation.{}", fixture.project);
    fixture.journal.skip(PROJECTOR, Stream::Conversation, &key, sequence, "a test").await.unwrap();
    fixture.rebuild().rebuild(fixture.project).await.unwrap();
    assert_eq!(fixture.dump().await, right);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_nobody_can_read_stops_the_comparison_of_no_other_project() {
    let (fixture, people) = Fixture::with_people(2).await;
    let other = fixture.of(another_project(&fixture.databases).await);
    other.add_people(0..2).await;
    other.project_all().await;
    let sequence = append_strange(&fixture, &people[0]).await;
    fixture.execute(&format!("UPDATE paige.checkpoint SET sequence = {sequence}, event_id = NULL")).await;
    for rebuild in [fixture.rebuild(), fixture.rebuild_in_parts()] {
        let mut reports = Vec::new();
        let told = |project, report| {
            reports.push((project, report));
            Ok::<(), Error>(())
        };
        rebuild.verify_all(&[fixture.project, other.project], told).await.unwrap();
        assert_eq!(reports.len(), 2);
        for (project, report) in reports {
            match report {
                Ok(report) => assert!(project == other.project && report.is_clean(), "{report:?}"),
                Err(Error::Event { sequence: named, .. }) => assert_eq!((project, named), (fixture.project, sequence)),
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// An event of a type that is not known here; its sequence.
async fn append_strange(fixture: &Fixture, person: &Person) -> u64 {
    let mut strange = envelope(person.state(2), 77_777_777);
    strange.event_type = "conversation.from_the_future.v1";
    let subject = Subject::conversation(fixture.project, person.contact);
    let append = Append { subject, expect: Expect::Any, events: vec![strange] };
    fixture.journal.append_all(vec![append]).await.unwrap()[0].sequence
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_went_on_differently_is_refused_until_the_tables_are_rebuilt() {
    let (fixture, _) = Fixture::with_people(2).await;
    let other = contract::EventId::derive("another", &["event"]);
    fixture.execute(&format!("UPDATE paige.checkpoint SET event_id = '{other}'")).await;
    for result in [fixture.rebuild().verify(fixture.project).await, fixture.rebuild().repair(fixture.project).await] {
        assert!(matches!(result, Err(Error::Forked { .. })), "{result:?}");
    }
    fixture.rebuild().rebuild(fixture.project).await.unwrap();
    assert!(fixture.rebuild().verify(fixture.project).await.unwrap().is_clean());
}
