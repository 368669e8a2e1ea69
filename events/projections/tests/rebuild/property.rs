//! Whatever happens in whatever batches: folded live, afresh, in one pass or many, once or twice, the tables are the same.

use contract::{ConversationEvent, Identity, IdentityKind, MessageImported, ProjectId};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::fixture::{Fixture, TABLES};
use crate::scenario::{Person, start};
use crate::speech::Step;

/// Cases; each is some tens of events and several rebuilds.
const CASES: u32 = 10;
const PEOPLE: u64 = 12;

/// Something that happens to somebody.
#[derive(Debug, Clone)]
enum Happening {
    FirstSeen,
    Opened,
    Closed,
    Received {
        index: u64,
    },
    Echoed {
        index: u64,
    },
    Reacted {
        index: u64,
        to: u64,
    },
    Changed {
        index: u64,
        to: u64,
        kind: &'static str,
    },
    Imported {
        index: u64,
        status: Option<&'static str>,
    },
    Status {
        of: u64,
        status: &'static str,
    },
    State {
        version: u32,
    },
    Linked,
    Unlinked,
    /// A message that somebody else may have had before.
    Stolen {
        from: u64,
        index: u64,
    },
    Unassigned,
    Requested {
        index: u64,
        to: Option<u64>,
    },
    Stepped {
        index: u64,
        step: Step,
    },
    /// By an id that something else may have had before.
    Accepted {
        index: u64,
        by: u64,
    },
    /// Of what somebody else asked for, or by an id that somebody else may have.
    AcceptedOfAnother {
        from: u64,
        index: u64,
        theirs: bool,
    },
    RequestedOfAnother {
        from: u64,
        index: u64,
    },
    Reopened,
    Submitted {
        index: u64,
    },
}

fn happening() -> impl Strategy<Value = Happening> {
    use Happening::*;
    let status = prop::sample::select(vec!["sent", "delivered", "read", "failed", "brand_new"]);
    let index = 0..6_u64;
    prop_oneof![
        3 => Just(FirstSeen),
        3 => Just(Opened),
        1 => Just(Closed),
        6 => index.clone().prop_map(|index| Received { index }),
        3 => index.clone().prop_map(|index| Echoed { index }),
        2 => (10..14_u64, index.clone()).prop_map(|(index, to)| Reacted { index, to }),
        2 => (14..18_u64, index.clone(), prop::sample::select(vec!["edit", "revoke"])).prop_map(|(index, to, kind)| Changed { index, to, kind }),
        1 => (index.clone(), prop::option::of(status.clone())).prop_map(|(index, status)| Imported { index, status }),
        5 => (0..9_u64, status).prop_map(|(of, status)| Status { of, status }),
        2 => (1..5_u32).prop_map(|version| State { version }),
        1 => Just(Linked),
        1 => Just(Unlinked),
        2 => (0..PEOPLE, index.clone()).prop_map(|(from, index)| Stolen { from, index }),
        1 => Just(Unassigned),
        5 => (0..3_u64, prop::option::weighted(0.3, index.clone())).prop_map(|(index, to)| Requested { index, to }),
        9 => (0..3_u64, prop::sample::select(Step::ALL.to_vec())).prop_map(|(index, step)| Stepped { index, step }),
        5 => (0..3_u64, 0..9_u64).prop_map(|(index, by)| Accepted { index, by }),
        1 => (0..PEOPLE, 0..3_u64, any::<bool>()).prop_map(|(from, index, theirs)| AcceptedOfAnother { from, index, theirs }),
        1 => (0..PEOPLE, 0..3_u64).prop_map(|(from, index)| RequestedOfAnother { from, index }),
        1 => Just(Reopened),
        1 => index.prop_map(|index| Submitted { index }),
    ]
}

fn event(project: ProjectId, person: &Person, happening: &Happening) -> ConversationEvent {
    let parent = || Identity { kind: IdentityKind::ParentBsuid, value: format!("US.ENT.{}", person.contact) };
    match *happening {
        Happening::FirstSeen => person.first_seen(),
        Happening::Opened => person.opened(),
        Happening::Closed => {
            contract::ConversationClosed { conversation: person.conversation, reason: contract::CloseReason::Idle, at: start() }.into()
        }
        Happening::Received { index } => person.received(index),
        Happening::Echoed { index } => person.echoed(index),
        Happening::Reacted { index, to } => person.reacted(index, to),
        Happening::Changed { index, to, kind } => contract::MessageReceived(person.said(index, kind, Some(to))).into(),
        Happening::Imported { index, status } => MessageImported {
            direction: contract::Direction::Outbound,
            status: status.map(str::to_owned),
            message: person.said(index, "text", None),
        }
        .into(),
        Happening::Status { of, status } => person.status(of, status),
        Happening::State { version } => person.state(version),
        Happening::Linked => contract::ContactIdentityLinked { identity: parent(), at: start() }.into(),
        Happening::Unlinked => {
            contract::ContactIdentityUnlinked { identity: parent(), reason: contract::UnlinkReason::Reassigned, at: start() }.into()
        }
        Happening::Stolen { from, index } => {
            let mut said = Person::new(project, from).said(index, "text", None);
            said.conversation = person.conversation;
            contract::MessageReceived(said).into()
        }
        Happening::Requested { index, to } => person.requested(index, to),
        Happening::Stepped { index, step } => person.step_of(index, step),
        Happening::Accepted { index, by } => person.accepted(index, &person.wamid(by)),
        Happening::AcceptedOfAnother { from, index, theirs } => {
            let from = Person::new(project, from);
            if theirs { from.accepted(index, &person.wamid(index)) } else { person.accepted(index, &from.wamid(index)) }
        }
        Happening::RequestedOfAnother { from, index } => {
            let mut requested = Person::new(project, from).request(index, None);
            requested.conversation = person.conversation;
            requested.into()
        }
        Happening::Reopened => person.reopened(),
        Happening::Submitted { index } => person.submitted(index),
        Happening::Unassigned => {
            contract::UnassignedItemReceived { key: "errors".to_owned(), raw: contract::RawJson::parse(r#"{"code":1}"#).unwrap() }.into()
        }
    }
}

async fn check(fixture: &Fixture, story: &[(u64, Happening)], splits: &[usize]) {
    let project = fixture.project;
    for (number, happening) in story {
        let person = Person::new(project, *number);
        let contact = (!matches!(happening, Happening::Unassigned)).then_some(person.contact);
        fixture.append(project, vec![(contact, event(project, &person, happening))]).await;
    }
    let log: Vec<_> = fixture.log().await.into_iter().filter(|event| event.subject.project_id() == Some(project)).collect();
    let (mut rest, mut splits) = (&log[..], splits.iter().cycle());
    while !rest.is_empty() {
        let (some, later) = rest.split_at((*splits.next().unwrap()).min(rest.len()));
        assert!(fixture.projector.apply(project, some).await.unwrap().stopped.is_none());
        rest = later;
    }
    let live = fixture.dump().await;
    let with = |memory_bytes_max| fixture.rebuild_with(projections::rebuild::Options { memory_bytes_max, ..Default::default() });
    for memory in [usize::MAX, 40_000] {
        let report = with(memory).verify(project).await;
        let report = match report {
            Err(projections::Error::TooLarge { .. }) => continue, // one contact alone needs more than that
            report => report.unwrap(),
        };
        assert!(report.is_clean(), "live differs from a fold in {} passes: {report:#?}", report.passes);
        fixture.execute(&format!("TRUNCATE {}", TABLES.join(", "))).await;
        with(memory).rebuild(project).await.unwrap();
        assert_eq!(fixture.dump().await, live, "rebuilt in {} passes", report.passes);
        assert!(with(memory).rebuild(project).await.unwrap().is_clean(), "a second rebuild found something");
    }
    // Delivered again, nothing happens.
    assert!(fixture.projector.apply(project, &log).await.unwrap().stopped.is_none());
    assert_eq!(fixture.dump().await, live);
    // Any part of it by hand, and repaired.
    fixture.execute("DELETE FROM public.messages WHERE sequence % 3 = 0").await;
    fixture.execute("UPDATE public.contacts SET name = 'x' WHERE version % 2 = 0").await;
    fixture.execute("DELETE FROM paige.statuses WHERE sequence % 2 = 0").await;
    fixture.execute("UPDATE public.messages SET wamid = id WHERE origin = 'api' AND sequence % 2 = 0").await;
    fixture.execute("DELETE FROM paige.submissions WHERE sequence % 2 = 0").await;
    with(usize::MAX).repair(project).await.unwrap();
    assert_eq!(fixture.dump().await, live, "repaired");
}

#[test]
fn every_way_of_folding_gives_the_same_tables() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let base = runtime.block_on(Fixture::start());
    let mut runner = TestRunner::new(Config { cases: CASES, max_shrink_iters: 60, failure_persistence: None, ..Config::default() });
    let story = prop::collection::vec((0..PEOPLE, happening()), 20..120);
    let splits = prop::collection::vec(1..40_usize, 1..8);
    let result = runner.run(&(story, splits), |(story, splits)| {
        runtime.block_on(async {
            let project = crate::fixture::another_project(&base.databases).await;
            let fixture = base.of(project);
            check(&fixture, &story, &splits).await;
        });
        Ok(())
    });
    result.unwrap();
    drop(base);
}
