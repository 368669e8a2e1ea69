//! Who is who.

use crate::world::{check, said};

#[test]
fn a_contact_is_first_seen_under_whatever_it_is_named_by() {
    check(&[], said("1", "w1", 0), &["a seen as 1 +1", "a opens 1", "a says w1 in 1"]);
    check(&[], said("US.1", "w1", 0), &["a seen as US.1", "a opens 1", "a says w1 in 1"]);
    check(&[], said("US.ENT.1", "w1", 0), &["a seen as US.ENT.1", "a opens 1", "a says w1 in 1"]);
    check(&[], said("US.1 1 US.ENT.1 name=Ann", "w1", 0), &["a seen as US.1 1 US.ENT.1 name=Ann +1", "a opens 1", "a says w1 in 1"]);
}

#[test]
fn what_a_contact_is_not_known_by_yet_is_linked_in_every_order() {
    check(&[said("1", "w1", 0)], said("US.1 1", "w2", 1), &["a links US.1", "a says w2 in 1"]);
    check(&[said("US.1", "w1", 0)], said("US.1 1", "w2", 1), &["a links 1", "a shows +1", "a says w2 in 1"]);
    check(&[said("US.1 1", "w1", 0)], said("1", "w2", 1), &["a says w2 in 1"]);
    check(&[said("US.1 1", "w1", 0)], said("US.1", "w2", 1), &["a says w2 in 1"]);
    check(&[said("1", "w1", 0), said("US.1 1", "w2", 1)], said("US.1", "w3", 2), &["a says w3 in 1"]);
    check(&[said("US.ENT.1", "w1", 0)], said("US.1 US.ENT.1", "w2", 1), &["a links US.1", "a says w2 in 1"]);
    check(&[said("US.1 US.ENT.1", "w1", 0)], said("1 US.ENT.1", "w2", 1), &["a links 1", "a shows +1", "a says w2 in 1"]);
}

#[test]
fn a_number_with_another_user_id_is_another_person() {
    let world = check(
        &[said("US.1 1 name=Ann", "w1", 0)],
        said("US.2 1 name=Bob", "w2", 9),
        &["a loses 1", "a shows name=Ann", "b seen as US.2 1 name=Bob +1", "b opens 2", "b says w2 in 2"],
    );
    // An answer to the first person must not reach the second.
    let ann = world.rows.contacts.get(&world.id('a')).unwrap();
    assert_eq!((&ann.wa_id, &ann.phone), (&None, &None));
    check(&[said("US.1 1", "w1", 0), said("US.2 1", "w2", 9)], said("1", "w3", 10), &["b says w3 in 2"]);
    check(&[said("US.1 1", "w1", 0), said("US.2 1", "w2", 9)], said("US.1", "w3", 10), &["a says w3 in 1"]);
}

#[test]
fn a_late_message_does_not_take_a_number_back() {
    check(&[said("US.1 1", "w1", 0), said("US.2 1", "w2", 9)], said("US.1 1 name=Ann", "w3", 5), &["a shows name=Ann", "a says w3 in 1"]);
    check(&[said("US.2 1", "w2", 9)], said("US.1 1", "w3", 5), &["b seen as US.1", "b opens 2", "b says w3 in 2"]);
}

#[test]
fn a_contact_that_writes_from_another_number_has_that_number() {
    check(&[said("US.1 1", "w1", 0)], said("US.1 2", "w2", 1), &["a has 2 after 1", "a shows +2", "a says w2 in 1"]);
    // And again from the first one.
    check(
        &[said("US.1 1", "w1", 0), said("US.1 2", "w2", 1)],
        said("US.1 1", "w3", 2),
        &["a has 1 after 2", "a shows +1", "a says w3 in 1"],
    );
    // The message from the old number comes late.
    check(&[said("US.1 2", "w2", 5)], said("US.1 1", "w1", 1), &["a has 2 after 1", "a says w1 in 1"]);
}

#[test]
fn what_an_older_webhook_says_of_a_profile_only_fills_gaps() {
    check(&[said("US.1 name=New", "w1", 9)], said("US.1 1 name=Old", "w2", 5), &["a links 1", "a shows name=New +1", "a says w2 in 1"]);
    check(&[said("US.1 name=Old", "w1", 5)], said("US.1 name=New", "w2", 9), &["a shows name=New", "a says w2 in 1"]);
    check(&[said("US.1 name=Ann", "w1", 5)], said("US.1", "w2", 9), &["a says w2 in 1"]);
}
