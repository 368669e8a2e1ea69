//! What others say on a contact's subject, and Flows that come back.

use contract::{
    Address, CloseReason, ConversationClosed, ConversationReopened, FlowId, FlowToken, MessageAccepted, MessageId, MessageRequested,
    RawJson,
};
use recorder::decide::unassigned;
use recorder::items::{Item, Submitted, What};
use ulid::Ulid;

use crate::world::{HOUR, World, at, check, said, status, with};

const DAY: i64 = 24 * HOUR;

fn asked() -> MessageId {
    MessageId::from_ulid(Ulid::from_parts(7, 7))
}

/// The contact wrote at once, and a message to it is asked for at `second`.
fn world_with_request(second: i64) -> World {
    let mut world = World::new(Some(DAY));
    world.hear(&said("US.1 1", "w1", 0));
    let conversation = world.row(world.id('a')).one_to_one().unwrap();
    let requested = MessageRequested {
        message: asked(),
        conversation,
        kind: "text".into(),
        text: None,
        reply_to: None,
        target: None,
        to: Address::WaId("1".into()),
        template: None,
        flow: None,
        files: Vec::new(),
        digest: "00".into(),
        content: RawJson::parse("{}").unwrap(),
        at: at(second),
        expires_at: at(second + DAY),
    };
    world.say(world.id('a'), requested);
    world
}

fn accepted(wamid: &str) -> MessageAccepted {
    MessageAccepted { message: asked(), wamid: wamid.into(), attempt: 1, held_as: None, settled_by_status: false, at: at(1) }
}

/// A status that carries our id of the message.
fn ours(person: &str, wamid: &str, second: i64) -> Item {
    let mut item = status(person, wamid, second, "sent");
    if let What::Status { asked: carried, .. } = &mut item.what {
        *carried = Some(asked());
    }
    item
}

/// With the recorder's own memory, and as one that has just started.
fn hear_both(mut world: World, item: &Item, then: &[&str]) {
    let (view, rows) = (world.view_of_rows(), world.row(world.id('a')));
    assert_eq!(world.view.contact(world.id('a')), Some(&rows), "evolved on the left, rows on the right");
    assert_eq!(world.hear(item), then, "by memory");
    let mut fresh = view;
    assert_eq!(unassigned(&fresh, item), None);
    assert_eq!(recorder::decide::decide(world.project, &mut fresh, item).len(), then.len(), "by the tables");
}

#[test]
fn what_is_asked_for_keeps_the_conversation_going() {
    hear_both(world_with_request(DAY - 1), &said("US.1", "w2", 2 * DAY - 2), &["a says w2 in 1"]);
    hear_both(world_with_request(1), &said("US.1", "w2", DAY + 2), &["a closes 1 at 86401", "a opens 2", "a says w2 in 2"]);
}

#[test]
fn a_conversation_that_was_reopened_goes_on() {
    let mut world = world_with_request(1);
    let (contact, conversation) = (world.id('a'), world.row(world.id('a')).one_to_one().unwrap());
    world.say(contact, ConversationClosed { conversation, reason: CloseReason::Request, at: at(2) });
    // Its idle time begins anew, however long nobody had written.
    world.say(contact, ConversationReopened { conversation, by: "key_1".into(), at: at(2 * DAY) });
    hear_both(world, &said("US.1", "w2", 3 * DAY), &["a says w2 in 1"]);
}

#[test]
fn a_status_goes_where_its_message_was_sent_whoever_it_names() {
    for person in ["", "1", "US.99"] {
        let mut world = world_with_request(1);
        world.say(world.id('a'), accepted("out"));
        hear_both(world, &status(person, "out", 5, "sent"), &["a out sent"]);
        // Not accepted yet, as far as anybody knows.
        hear_both(world_with_request(1), &ours(person, "out", 5), &["a out sent"]);
    }
    // Somebody else's word for an id is none of ours.
    let mut world = World::new(None);
    assert_eq!(world.hear(&ours("US.5", "out", 5)), ["a seen as US.5", "a out sent"]);
    assert!(unassigned(&world.view, &ours("", "other", 5)).is_some());
}

#[test]
fn a_flow_comes_back_beside_its_message() {
    let flow = |token: Option<String>| {
        let response = RawJson::parse(r#"{"size":42}"#).unwrap();
        with(said("US.1", "w1", 0), |said| said.submitted = Some(Submitted { flow_token: token, response }))
    };
    let seen = ["a seen as US.1", "a opens 1", "a says w1 in 1"];
    let token = FlowToken { flow: FlowId::from_ulid(Ulid::from_parts(1, 1)), revision: 3, request: asked() };
    let world = check(&[], flow(Some(token.to_string())), &[&seen[..], &[r#"a fills in {"size":42} of revision 3"#]].concat());
    let (_, row) = world.rows.submissions.iter().next().unwrap();
    assert_eq!((row.flow_id, row.request_id, row.flow_token.as_deref()), (Some(token.flow), Some(asked()), Some(&*token.to_string())));
    check(&[], flow(Some("theirs".into())), &[&seen[..], &[r#"a fills in {"size":42}"#]].concat());
    check(&[], flow(None), &[&seen[..], &[r#"a fills in {"size":42}"#]].concat());
}
