//! Two contacts that turn out to be one.

use contract::ConversationStateChanged;

use crate::world::{HOUR, World, about, at, check, check_with, preference, said, status};

#[test]
fn two_contacts_named_together_are_one() {
    let known = [said("1 name=Ann", "w1", 0), said("US.1", "w2", 1)];
    check(
        &known,
        said("US.1 1", "w3", 2),
        &["a loses 1", "a closes 1 at 2", "a is b", "b absorbs a with 1", "b links 1", "b shows name=Ann +1", "b says w3 in 2"],
    );
    // Later messages of either, also of a recorder that has just started, go to the one that lives on.
    let known = [known[0].clone(), known[1].clone(), said("US.1 1", "w3", 2)];
    check(&known, said("1", "w4", 3), &["b says w4 in 2"]);
    check(&known, said("US.1", "w4", 3), &["b says w4 in 2"]);
    // One that was on its way while they were merged.
    check(&known, said("1", "w4", 1), &["b says w4 in 2"]);
}

#[test]
fn three_contacts_named_together_are_one() {
    let known = [said("US.ENT.1", "w1", 0), said("1", "w2", 1), said("US.1", "w3", 2)];
    let world = check(
        &known,
        said("US.1 1 US.ENT.1", "w4", 3),
        &[
            "b loses 1",
            "b closes 2 at 3",
            "b is c",
            "c absorbs b with 1",
            "c links 1",
            "c shows +1",
            "a loses US.ENT.1",
            "a closes 1 at 3",
            "a is c",
            "c absorbs a with US.ENT.1",
            "c links US.ENT.1",
            "c says w4 in 3",
        ],
    );
    let row = world.rows.contacts.get(&world.id('c')).unwrap();
    assert_eq!((row.bsuid.as_deref(), row.parent_bsuid.as_deref(), row.wa_id.as_deref()), (Some("US.1"), Some("US.ENT.1"), Some("1")));
}

#[test]
fn a_contact_that_holds_two_of_the_names_is_merged_once() {
    let known = [said("1 US.ENT.1", "w1", 0), said("US.1", "w2", 1)];
    check(
        &known,
        said("US.1 1 US.ENT.1", "w3", 2),
        &[
            "a loses 1",
            "a loses US.ENT.1",
            "a closes 1 at 2",
            "a is b",
            "b absorbs a with 1 US.ENT.1",
            "b links 1",
            "b links US.ENT.1",
            "b shows +1",
            "b says w3 in 2",
        ],
    );
}

#[test]
fn what_becomes_of_a_message_is_said_where_the_message_is() {
    let known = [said("1", "w1", 0), said("US.1", "w2", 1), said("US.1 1", "w3", 2)];
    check(&known, status("1", "w1", 3, "read"), &["a w1 read"]);
    let world = check(&known, about("US.1 1", "r1", 3, "revoke", "w1"), &["a says r1 in 1"]);
    assert_eq!(world.rows.messages.get("w1").unwrap().summary.revoked_at, Some(at(3)));
    check(&known, about("US.1 1", "r2", 3, "reaction", "w2"), &["b says r2 in 2"]);
    check(&known, about("US.1 1", "r2", 3, "reaction", "nobody knows it"), &["b says r2 in 2"]);
}

#[test]
fn what_the_merged_one_refused_stays_refused() {
    let known = [preference("1", 5, "stop"), preference("US.1", 3, "resume")];
    let world = check(
        &known,
        said("US.1 1", "w1", 6),
        &["a loses 1", "a is b", "b absorbs a with 1", "b links 1", "b shows +1", "b prefers stop", "b opens 1", "b says w1 in 1"],
    );
    assert_eq!(world.row(world.id('b')).preferences["marketing_messages"].value, "stop");
}

#[test]
fn the_talk_of_the_merged_one_goes_on_with_its_state() {
    let mut world = World::new(Some(24 * HOUR));
    world.hear(&said("1", "w1", 0));
    let contact = world.id('a');
    let conversation = world.row(contact).one_to_one().unwrap();
    let change =
        ConversationStateChanged { conversation, from: None, to: "paying".into(), version: 1, by: "bot".into(), why: None, at: at(1) };
    world.say(contact, change);
    check_with(
        world,
        &[preference("US.1", 3, "stop")],
        said("US.1 1", "w2", 6),
        &[
            "a loses 1",
            "a closes 1 at 6",
            "a is b",
            "b absorbs a with 1",
            "b links 1",
            "b shows +1",
            "b opens 2 as paying from 1",
            "b says w2 in 2",
        ],
    );
}
