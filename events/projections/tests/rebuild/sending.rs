//! What is sent by us, in every order in which it can come: one row, under the id that Meta gave it as soon as it gave one.

use contract::ConversationEvent;
use sqlx::Row;

use crate::fixture::{Fixture, another_project};
use crate::scenario::Person;
use crate::speech::Step;

/// What must be seen of a message: our number of it or none, wamid, status, code.
type Seen = (String, String, Option<String>, Option<i64>);

/// Applies the story one by one, two at a time, and all at once; each time the messages are as `expected`, and a rebuild agrees.
async fn check(story: impl Fn(&Person) -> Vec<ConversationEvent>, expected: impl Fn(&Person) -> Vec<Seen>) {
    let base = Fixture::start().await;
    for at_once in [1, 2, 3, 100] {
        let fixture = base.of(another_project(&base.databases).await);
        let person = Person::new(fixture.project, 1);
        for event in [person.first_seen(), person.opened()].into_iter().chain(story(&person)) {
            fixture.append(fixture.project, vec![(Some(person.contact), event)]).await;
        }
        fixture.project_in(at_once).await;
        let mut expected = expected(&person);
        expected.sort();
        assert_eq!(messages(&fixture).await, expected, "{at_once} at once");
        let live = fixture.dump().await;
        let verified = fixture.rebuild().verify(fixture.project).await.unwrap();
        assert!(verified.is_clean(), "{at_once} at once: {verified:#?}");
        fixture.execute(&format!("TRUNCATE {}", crate::fixture::TABLES.join(", "))).await;
        fixture.rebuild().rebuild(fixture.project).await.unwrap();
        assert_eq!(fixture.dump().await, live, "{at_once} at once, rebuilt");
    }
}

async fn messages(fixture: &Fixture) -> Vec<Seen> {
    let rows = sqlx::query("SELECT id, wamid, status, error_code FROM public.messages ORDER BY id COLLATE \"C\"")
        .fetch_all(&mut fixture.connection().await)
        .await
        .unwrap();
    let mut seen: Vec<Seen> = rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect();
    seen.sort();
    seen
}

/// Message number `index` that was asked for, by the id that it must have.
fn sent(person: &Person, index: u64, wamid: Option<u64>, status: &str, code: Option<i64>) -> Seen {
    let asked = person.asked(index).to_string();
    let wamid = wamid.map_or_else(|| asked.clone(), |wamid| person.wamid(wamid));
    (asked, wamid, Some(status.to_owned()), code)
}

fn said(person: &Person, index: u64, status: Option<&str>) -> Seen {
    (person.said(index, "text", None).message.to_string(), person.wamid(index), status.map(str::to_owned), None)
}

#[tokio::test]
async fn a_message_has_our_id_until_meta_gives_one() {
    check(|p| vec![p.requested(0, None)], |p| vec![sent(p, 0, None, "requested", None)]).await;
    check(
        |p| vec![p.requested(0, None), p.step_of(0, Step::Started), p.step_of(0, Step::Deferred)],
        |p| vec![sent(p, 0, None, "waiting", Some(131_056))],
    )
    .await;
    check(
        |p| {
            let steps = [Step::Started, Step::Deferred, Step::Started, Step::Unknown, Step::Abandoned];
            let steps = steps.map(|step| p.step_of(0, step));
            [p.requested(0, None)].into_iter().chain(steps).chain([p.accepted(0, &p.wamid(7)), p.status(7, "delivered")]).collect()
        },
        |p| vec![sent(p, 0, Some(7), "delivered", None)],
    )
    .await;
}

#[tokio::test]
async fn statuses_from_before_the_acceptance_count_at_once() {
    check(
        |p| {
            let before = [p.status(7, "read"), p.requested(0, None), p.step_of(0, Step::Started), p.status(7, "sent")];
            before.into_iter().chain([p.accepted(0, &p.wamid(7))]).collect()
        },
        |p| vec![sent(p, 0, Some(7), "read", None)],
    )
    .await;
}

#[tokio::test]
async fn a_failure_is_final_whoever_says_it() {
    check(
        |p| vec![p.requested(0, None), p.accepted(0, &p.wamid(7)), p.status(7, "failed"), p.status(7, "read")],
        |p| vec![sent(p, 0, Some(7), "failed", None)],
    )
    .await;
    check(
        |p| vec![p.requested(0, None), p.step_of(0, Step::Failed), p.step_of(0, Step::Unknown)],
        |p| vec![sent(p, 0, None, "failed", Some(131_047))],
    )
    .await;
}

#[tokio::test]
async fn an_id_that_another_row_has_stays_there() {
    // An echo of it came first: both are kept, and each has what was said of it.
    check(
        |p| vec![p.requested(0, None), p.echoed(3), p.status(3, "read"), p.accepted(0, &p.wamid(3))],
        |p| vec![said(p, 3, Some("read")), sent(p, 0, None, "accepted", None)],
    )
    .await;
    // It came afterwards: it adds nothing.
    check(
        |p| vec![p.requested(0, None), p.accepted(0, &p.wamid(3)), p.echoed(3), p.status(3, "read")],
        |p| vec![sent(p, 0, Some(3), "read", None)],
    )
    .await;
    // Two messages accepted under one id.
    check(
        |p| vec![p.requested(0, None), p.requested(1, None), p.accepted(1, &p.wamid(3)), p.accepted(0, &p.wamid(3))],
        |p| vec![sent(p, 0, None, "accepted", None), sent(p, 1, Some(3), "accepted", None)],
    )
    .await;
}

#[tokio::test]
async fn a_message_keeps_the_first_id_that_it_got() {
    check(
        |p| vec![p.requested(0, None), p.accepted(0, &p.wamid(3)), p.accepted(0, &p.wamid(4)), p.status(4, "read"), p.status(3, "sent")],
        |p| vec![sent(p, 0, Some(3), "sent", None)],
    )
    .await;
    check(
        |p| vec![p.requested(0, None), p.accepted(0, &p.wamid(3)), p.accepted(0, &p.wamid(3)), p.requested(0, None)],
        |p| vec![sent(p, 0, Some(3), "accepted", None)],
    )
    .await;
}

#[tokio::test]
async fn steps_of_what_nobody_asked_for_are_left_alone() {
    check(
        |p| {
            let steps = Step::ALL.map(|step| p.step_of(0, step));
            [p.accepted(0, &p.wamid(3))].into_iter().chain(steps).chain([p.received(3)]).collect()
        },
        |p| vec![said(p, 3, None)],
    )
    .await;
}

#[tokio::test]
async fn a_reaction_that_failed_is_none() {
    let shown = async |fixture: &Fixture| {
        let query = "SELECT business_reaction FROM public.messages WHERE direction = 'inbound'";
        sqlx::query_scalar::<_, Option<String>>(query).fetch_one(&mut fixture.connection().await).await.unwrap()
    };
    let base = Fixture::start().await;
    for at_once in [1, 2, 100] {
        let fixture = base.of(another_project(&base.databases).await);
        let person = Person::new(fixture.project, 1);
        let add = async |events: Vec<ConversationEvent>| {
            for event in events {
                fixture.append(fixture.project, vec![(Some(person.contact), event)]).await;
            }
            fixture.project_in(at_once).await;
        };
        add(vec![person.first_seen(), person.opened(), person.received(0), person.requested(1, Some(0))]).await;
        assert_eq!(shown(&fixture).await.as_deref(), Some("Answer 1"));
        add(vec![person.accepted(1, &person.wamid(5)), person.requested(2, Some(0))]).await;
        assert_eq!(shown(&fixture).await.as_deref(), Some("Answer 2"));
        add(vec![person.step_of(2, Step::Failed)]).await;
        assert_eq!(shown(&fixture).await.as_deref(), Some("Answer 1"), "the second one failed here");
        add(vec![person.status(5, "failed")]).await;
        assert_eq!(shown(&fixture).await, None, "the first one failed at Meta");
        assert!(fixture.rebuild().verify(fixture.project).await.unwrap().is_clean());
    }
}

#[tokio::test]
async fn a_message_counts_once_at_its_request_and_a_closed_conversation_goes_on() {
    let fixture = Fixture::start().await;
    let person = Person::new(fixture.project, 1);
    let closed = contract::ConversationClosed {
        conversation: person.conversation,
        reason: contract::CloseReason::Request,
        at: crate::scenario::start(),
    };
    let events = vec![
        person.first_seen(),
        person.opened(),
        person.requested(0, None),
        person.requested(0, None),
        person.step_of(0, Step::Started),
        person.accepted(0, &person.wamid(3)),
        person.echoed(3),
        closed.into(),
        person.reopened(),
        person.submitted(4),
        person.submitted(4),
    ];
    for event in events {
        fixture.append(fixture.project, vec![(Some(person.contact), event)]).await;
    }
    fixture.project_in(1).await;
    let query = "SELECT message_count, closed_at IS NULL AND close_reason IS NULL, last_inbound_at IS NULL, last_message_at = m.sent_at, m.content::text
                   FROM public.conversations, (SELECT sent_at, content FROM public.messages) AS m";
    let row: (i64, bool, bool, bool, String) = sqlx::query_as(query).fetch_one(&mut fixture.connection().await).await.unwrap();
    assert_eq!(row, (1, true, true, true, r#"{"type":"text", "index":0}"#.to_owned()));
    let ledger = "SELECT status FROM paige.statuses WHERE wamid = $1 ORDER BY sequence";
    let asked = person.asked(0).to_string();
    let steps: Vec<String> = sqlx::query_scalar(ledger).bind(asked).fetch_all(&mut fixture.connection().await).await.unwrap();
    assert_eq!(steps, ["requested", "sending", "accepted"]);
    let query = "SELECT flow_id, revision, response::text FROM paige.submissions";
    let submitted: Vec<(String, i64, String)> = sqlx::query_as(query).fetch_all(&mut fixture.connection().await).await.unwrap();
    assert_eq!(submitted, [("flw_00000000050000000000000005".to_owned(), 3, r#"{"size": 42.0}"#.to_owned())]);
    assert!(fixture.rebuild().verify(fixture.project).await.unwrap().is_clean());
}
