//! People change their numbers and user ids, and Meta announces it, twice and late.

use crate::world::{announced, at, check, said, told};

#[test]
fn a_user_id_is_replaced_as_announced() {
    let known = [said("US.1 1", "w1", 0)];
    check(&known, announced("US.1", 5, "US.1>US.2"), &["a has US.2 after US.1"]);
    check(&known, told("US.1 1", "s1", 5, "US.1>US.2"), &["a says s1 in 1", "a has US.2 after US.1"]);
    check(&[known[0].clone(), announced("US.1", 5, "US.1>US.2")], said("US.2", "w2", 6), &["a says w2 in 1"]);
}

#[test]
fn what_whatsapp_says_itself_opens_no_window() {
    let world = check(&[said("US.1 1", "w1", 0)], told("US.1 1", "s1", 5, "US.1>US.2"), &["a says s1 in 1", "a has US.2 after US.1"]);
    let contact = world.rows.contacts.get(&world.id('a')).unwrap();
    assert_eq!((contact.last_message_at, contact.last_inbound_at), (Some(at(5)), Some(at(0))));
    let conversation = world.rows.conversations.iter().next().unwrap().1;
    assert_eq!((conversation.last_message_at, conversation.last_inbound_at), (Some(at(5)), Some(at(0))));
}

#[test]
fn the_id_towards_the_parent_portfolio_is_replaced_too() {
    let both = "US.1>US.2 US.ENT.1>US.ENT.2";
    let (known, moved) = (said("US.1 US.ENT.1", "w1", 0), announced("US.1 US.ENT.1", 5, both));
    let has_both = ["a has US.2 after US.1", "a has US.ENT.2 after US.ENT.1"];
    let world = check(std::slice::from_ref(&known), moved.clone(), &has_both);
    let row = world.rows.contacts.get(&world.id('a')).unwrap();
    assert_eq!((row.bsuid.as_deref(), row.parent_bsuid.as_deref()), (Some("US.2"), Some("US.ENT.2")));
    check(std::slice::from_ref(&known), announced("US.ENT.1", 5, "US.ENT.1>US.ENT.2"), &has_both[1..]);
    for person in ["US.2", "US.ENT.2", "US.2 US.ENT.2"] {
        check(&[known.clone(), moved.clone()], said(person, "w2", 6), &["a says w2 in 1"]);
    }
    // A message under the new ids came first.
    check(
        &[known, said("US.2 US.ENT.2", "w2", 6)],
        moved,
        &[
            "b loses US.2",
            "b loses US.ENT.2",
            "b closes 2 at 6",
            "b is a",
            "a absorbs b with US.2 US.ENT.2",
            "a has US.2 after US.1",
            "a has US.ENT.2 after US.ENT.1",
        ],
    );
}

#[test]
fn both_announcements_of_one_change_are_one_change() {
    let known = [said("US.1 1", "w1", 0), announced("US.1 1", 5, "US.1>US.2")];
    check(&known, told("US.1 1", "s1", 6, "US.1>US.2"), &["a says s1 in 1"]);
    let known = [said("US.1 1", "w1", 0), told("US.1 1", "s1", 6, "US.1>US.2")];
    check(&known, announced("US.1 1", 5, "US.1>US.2"), &[]);
}

#[test]
fn a_number_is_replaced_with_the_user_id() {
    let moved = told("US.1 1", "s1", 5, "1>2 US.1>US.2");
    check(
        &[said("US.1 1 name=Ann", "w1", 0)],
        moved.clone(),
        &["a says s1 in 1", "a has 2 after 1", "a shows name=Ann +2", "a has US.2 after US.1"],
    );
    check(&[said("US.1 1", "w1", 0), moved.clone()], said("US.2 2", "w2", 6), &["a says w2 in 1"]);
    // The old number is somebody else's now.
    check(&[said("US.1 1", "w1", 0), moved], said("US.9 1", "w3", 7), &["a loses 1", "b seen as US.9 1 +1", "b opens 2", "b says w3 in 2"]);
}

#[test]
fn an_announcement_that_the_first_message_overtook_unites_both() {
    let known = [said("US.1 1", "w1", 0), said("US.2 2", "w2", 6)];
    check(
        &known,
        told("US.1 1", "s1", 5, "1>2 US.1>US.2"),
        &[
            "a says s1 in 1",
            "b loses US.2",
            "b loses 2",
            "b closes 2 at 6",
            "b is a",
            "a absorbs b with US.2 2",
            "a has US.2 after US.1",
            "a has 2 after 1",
            "a shows +2",
        ],
    );
    check(
        &known,
        announced("US.1", 5, "US.1>US.2"),
        &[
            "b loses US.2",
            "b loses 2",
            "b closes 2 at 6",
            "b is a",
            "a absorbs b with US.2 2",
            "a has US.2 after US.1",
            "a has 2 after 1",
            "a shows +2",
        ],
    );
}

#[test]
fn announcements_out_of_order_end_where_they_should() {
    let known = [said("US.1", "w1", 0), announced("US.2", 9, "US.2>US.3")];
    let world = check(
        &known,
        announced("US.1", 5, "US.1>US.2"),
        &["b loses US.2", "b loses US.3", "b is a", "a absorbs b with US.2 US.3", "a has US.3 after US.1"],
    );
    assert_eq!(world.rows.contacts.get(&world.id('a')).unwrap().bsuid.as_deref(), Some("US.3"));
}

#[test]
fn a_number_that_was_somebody_elses_before_is_taken_not_shared() {
    check(
        &[said("2 name=Old", "w0", 0), said("US.1 1", "w1", 1)],
        told("US.1 1", "s1", 5, "1>2"),
        &["b says s1 in 2", "a loses 2", "a shows name=Old", "b has 2 after 1", "b shows +2"],
    );
}

#[test]
fn an_announcement_about_nobody_known_is_somebody() {
    check(&[], announced("US.1", 5, "US.1>US.2"), &["a seen as US.1", "a has US.2 after US.1"]);
    check(&[announced("US.1", 5, "US.1>US.2")], said("US.2", "w1", 6), &["a opens 1", "a says w1 in 1"]);
}

#[test]
fn only_the_person_itself_goes_back_to_an_old_id() {
    let known = [said("US.1 1", "w1", 0), announced("US.1", 5, "US.1>US.2")];
    check(&known, crate::world::status("US.1 1", "out", 9, "delivered"), &["a out delivered"]);
    check(&known, said("US.1 1", "w2", 9), &["a has US.1 after US.2", "a says w2 in 1"]);
}
