//! Conversations: when one opens, when it ends, what the next one inherits.

use contract::{CloseReason, ConversationClosed, ConversationStateChanged};
use recorder::items::How;

use crate::world::{HOUR, World, about, at, check, check_with, said, told, with};

const DAY: i64 = 24 * HOUR;

#[test]
fn a_conversation_lasts_until_nobody_spoke_for_longer_than_the_limit() {
    let known = [said("US.1", "w1", 0)];
    check(&known, said("US.1", "w2", DAY - 1), &["a says w2 in 1"]);
    check(&known, said("US.1", "w2", DAY), &["a says w2 in 1"]);
    check(&known, said("US.1", "w2", DAY + 1), &["a closes 1 at 86400", "a opens 2", "a says w2 in 2"]);
    check_with(World::new(None), &known, said("US.1", "w2", 1_000 * DAY), &["a says w2 in 1"]);
    // The last message counts, not the first, and what the business says counts as well.
    check(&[known[0].clone(), said("US.1", "w2", HOUR)], said("US.1", "w3", DAY + HOUR), &["a says w3 in 1"]);
    let echo = with(said("US.1", "out", HOUR), |said| said.how = How::Echoed);
    check(&[known[0].clone(), echo], said("US.1", "w3", DAY + HOUR), &["a says w3 in 1"]);
    // A late message does not make the conversation older.
    check(&[said("US.1", "w1", DAY), said("US.1", "w2", 0)], said("US.1", "w3", DAY + HOUR), &["a says w3 in 1"]);
}

fn world_with_state(state: &str) -> World {
    let mut world = World::new(Some(DAY));
    world.hear(&said("US.1", "w1", 0));
    let conversation = world.row(world.id('a')).one_to_one().unwrap();
    let change =
        ConversationStateChanged { conversation, from: None, to: state.into(), version: 1, by: "bot".into(), why: None, at: at(1) };
    world.say(world.id('a'), change);
    world
}

#[test]
fn the_next_conversation_inherits_the_state() {
    let next = ["a closes 1 at 86400", "a opens 2 as paying from 1", "a says w2 in 2"];
    check_with(world_with_state("paying"), &[], said("US.1", "w2", 2 * DAY), &next);

    let mut closed = world_with_state("paying");
    let conversation = closed.row(closed.id('a')).one_to_one().unwrap();
    closed.say(closed.id('a'), ConversationClosed { conversation, reason: CloseReason::Request, at: at(2) });
    check_with(closed, &[], said("US.1", "w2", 3), &["a opens 2 as paying from 1", "a says w2 in 2"]);
}

#[test]
fn a_change_of_an_older_conversation_does_not_make_it_the_latest() {
    let mut world = world_with_state("paying");
    let first = world.row(world.id('a')).one_to_one().unwrap();
    world.hear(&said("US.1", "w2", 2 * DAY));
    let change = ConversationStateChanged {
        conversation: first,
        from: None,
        to: "paid".into(),
        version: 2,
        by: "api".into(),
        why: None,
        at: at(3 * DAY),
    };
    world.say(world.id('a'), change);
    world.view = world.view_of_rows();
    assert_eq!(world.hear(&said("US.1", "w3", 2 * DAY + 1)), ["a says w3 in 2"]);
}

#[test]
fn a_group_is_a_place_of_its_own() {
    let in_group = |wamid: &str, second: i64| with(said("US.1", wamid, second), |said| said.group = Some("g".to_owned()));
    check(&[said("US.1", "w1", 0)], in_group("g1", 1), &["a opens 2 in group g", "a says g1 in 2"]);
    check(&[said("US.1", "w1", 0), in_group("g1", 1)], said("US.1", "w2", 2), &["a says w2 in 1"]);
    check(&[said("US.1", "w1", 0), in_group("g1", 1)], in_group("g2", 2), &["a says g2 in 2"]);
    // A talk in the group does not keep the other one alive.
    check(
        &[said("US.1", "w1", 0), in_group("g1", DAY)],
        said("US.1", "w2", DAY + 1),
        &["a closes 1 at 86400", "a opens 3", "a says w2 in 3"],
    );
}

#[test]
fn what_is_about_another_message_never_opens_a_second_conversation() {
    for kind in ["reaction", "edit", "revoke"] {
        check(&[said("US.1", "w1", 0)], about("US.1", "r", 3 * DAY, kind, "w1"), &["a says r in 1"]);
        check(&[], about("US.1", "r", 0, kind, "w1"), &["a seen as US.1", "a opens 1", "a says r in 1"]);
    }
    check(&[said("US.1", "w1", 0)], told("US.1", "s", 3 * DAY, "US.1>US.2"), &["a says s in 1", "a has US.2 after US.1"]);
    let mut closed = world_with_state("paying");
    let conversation = closed.row(closed.id('a')).one_to_one().unwrap();
    closed.say(closed.id('a'), ConversationClosed { conversation, reason: CloseReason::Request, at: at(2) });
    check_with(closed, &[], about("US.1", "r", 3, "reaction", "w1"), &["a says r in 1"]);
}

#[test]
fn what_the_business_types_in_its_app_opens_a_conversation_too() {
    let echo = with(said("US.1 1", "out", 0), |said| said.how = How::Echoed);
    check(&[], echo.clone(), &["a seen as US.1 1 +1", "a opens 1", "a is told out in 1"]);
    check(&[echo], said("1", "w1", 1), &["a says w1 in 1"]);
}

#[test]
fn history_is_one_conversation_in_whatever_order_it_comes() {
    let imported =
        |wamid: &str, second: i64| with(said("1", wamid, second), |said| said.how = How::Imported { inbound: true, status: None });
    let days = [0, 40 * DAY, 3 * DAY, 90 * DAY, 2 * DAY];
    for turn in 0..days.len() {
        let mut world = World::new(Some(DAY));
        for index in 0..days.len() {
            let day = days[(index + turn) % days.len()];
            world.hear(&imported(&format!("h{day}"), day));
        }
        assert_eq!(world.rows.conversations.len(), 1, "turned by {turn}");
        assert_eq!(world.hear(&said("1", "w1", 90 * DAY + 5)), ["a says w1 in 1"], "turned by {turn}");
        assert_eq!(world.hear(&said("1", "w2", 92 * DAY)), ["a closes 1 at 7862405", "a opens 2", "a says w2 in 2"], "turned by {turn}");
        assert_eq!(world.hear(&imported("h", DAY)), ["a inbound h in 2"], "turned by {turn}");
    }
}
