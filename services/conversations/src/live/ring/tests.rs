//! A ring is filled beyond its limits, and read from everywhere.

use chrono::DateTime;
use contract::{ContactId, Context, EventId, EventType, Subject};
use ulid::Ulid;

use super::*;

const MANY: Limits = Limits { events: 100, bytes: 1_000_000 };

fn project(n: u64) -> ProjectId {
    ProjectId::from_ulid(Ulid::from_parts(1, n.into()))
}

fn event(sequence: u64, of: u64, bytes: usize) -> Recorded {
    Recorded {
        sequence,
        subject: Subject::conversation(project(of), ContactId::from_ulid(Ulid::from_parts(1, 1))),
        id: EventId::derive("t", &[&sequence.to_string()]),
        event_type: EventType::new("conversation.message_received.v1"),
        source: "/t".into(),
        time: DateTime::from_timestamp(1_794_992_403, 0).unwrap(),
        context: Context::default(),
        extensions: Vec::new(),
        content_type: "application/json".into(),
        data: Bytes::from(vec![b'1'; bytes]),
    }
}

fn filled(limits: Limits, through: u64) -> Ring {
    let mut ring = Ring::new(limits, 0);
    (1..=through).for_each(|sequence| ring.push(event(sequence, sequence % 2, 10)));
    ring
}

fn sequences(found: &Found) -> Vec<u64> {
    match found {
        Found::Events(events, _) => events.iter().map(|event| event.sequence).collect(),
        Found::Lost(_) => panic!("events were lost"),
    }
}

fn at(ring: &Ring, sequence: u64) -> Position {
    Position { epoch: ring.epoch, sequence }
}

#[test]
fn a_reader_finds_its_projects_events_and_no_others() {
    let ring = filled(MANY, 10);
    let found = ring.read(project(1), at(&ring, 2), MANY);
    assert_eq!(sequences(&found), [3, 5, 7, 9]);
    assert!(matches!(found, Found::Events(_, position) if position.sequence == 10), "nothing is left up to the end");
    assert!(sequences(&ring.read(project(7), at(&ring, 0), MANY)).is_empty());
}

#[test]
fn a_full_hand_goes_on_where_it_stopped() {
    let ring = filled(MANY, 10);
    let mut position = at(&ring, 0);
    let mut seen = Vec::new();
    loop {
        let Found::Events(events, next) = ring.read(project(0), position, Limits { events: 2, bytes: 1 }) else { panic!("lost") };
        if events.is_empty() {
            break;
        }
        seen.extend(events.iter().map(|event| event.sequence));
        position = next;
    }
    assert_eq!(seen, [2, 4, 6, 8, 10]);
}

#[test]
fn what_is_forgotten_is_lost_only_for_its_own_project() {
    let mut ring = Ring::new(Limits { events: 3, bytes: 1_000_000 }, 0);
    let _listener = ring.listen(project(0));
    ring.push(event(1, 0, 1));
    (2..=9).for_each(|sequence| ring.push(event(sequence, 1, 1)));
    assert!(matches!(ring.read(project(0), at(&ring, 0), MANY), Found::Lost(position) if position.sequence == 9));
    assert!(sequences(&ring.read(project(0), at(&ring, 1), MANY)).is_empty(), "it had read the only event of its project");
    assert!(!ring.holds_all_behind(5) && ring.holds_all_behind(6));
}

#[test]
fn bytes_are_bounded_as_well() {
    let mut ring = Ring::new(Limits { events: 1_000, bytes: 10_000 }, 0);
    for sequence in 1..=50 {
        ring.push(event(sequence, sequence % 5, 1_000));
        assert!(ring.bytes <= 10_000);
    }
    assert_eq!(ring.order.len(), 7);
    ring.push(event(51, 1, 50_000));
    assert_eq!((ring.order.len(), ring.bytes, ring.topics.len()), (0, 0, 0), "one that is too large for all is not kept");
    assert_eq!(ring.floor, 51);
}

#[test]
fn what_is_read_anew_is_there_all_at_once_and_loses_every_position() {
    let mut ring = filled(MANY, 10);
    let position = at(&ring, 10);
    let listener = ring.listen(project(1));
    ring.renew(filled(MANY, 20));
    assert!(listener.has_changed().unwrap());
    assert!(matches!(ring.read(project(1), position, MANY), Found::Lost(position) if position == at(&ring, 20)));
    ring.push(event(21, 1, 10));
    assert_eq!(sequences(&ring.read(project(1), at(&ring, 20), MANY)), [21]);
}

#[test]
fn listeners_hear_their_project_and_leave_nothing_behind() {
    let mut ring = filled(MANY, 0);
    let mut listener = ring.listen(project(0));
    ring.push(event(1, 1, 1));
    assert!(!listener.has_changed().unwrap());
    ring.push(event(2, 0, 1));
    assert!(listener.has_changed().unwrap());
    listener.mark_unchanged();
    drop(listener);
    ring.listen(project(9));
    ring.tidy(project(9));
    ring.tidy(project(0));
    assert_eq!(ring.topics.len(), 2, "only those with events");
}
