//! Statuses and preferences.

use recorder::decide::unassigned;
use recorder::items::How;

use crate::world::{World, check, preference, said, status, with};

#[test]
fn a_status_goes_where_its_message_is() {
    let echo = with(said("US.1 1", "out", 0), |said| said.how = How::Echoed);
    check(std::slice::from_ref(&echo), status("US.1 1", "out", 1, "delivered"), &["a out delivered"]);
    check(std::slice::from_ref(&echo), status("", "out", 1, "delivered"), &["a out delivered"]);
    check(&[echo, said("US.2", "w1", 1)], status("US.2", "out", 2, "read"), &["a out read"]);
}

#[test]
fn a_status_before_its_message_waits_with_the_one_it_names() {
    let echo = with(said("US.1 1", "out", 5), |said| said.how = How::Echoed);
    let world = check(&[status("1", "out", 6, "sent")], echo, &["a links US.1", "a opens 1", "a is told out in 1"]);
    assert_eq!(world.rows.messages.get("out").unwrap().summary.status.as_deref(), Some("sent"));
}

#[test]
fn a_status_of_nobody_is_kept_unassigned_as_long_as_its_message_is_not_known() {
    let mut world = World::new(None);
    let item = status("", "out", 6, "sent");
    assert_eq!(unassigned(&world.view, &item).map(|(key, _)| key), Some("statuses"));
    assert_eq!(world.hear(&item), [""; 0]);
    world.hear(&with(said("US.1", "out", 5), |said| said.how = How::Echoed));
    assert_eq!(unassigned(&world.view, &item), None);
    assert_eq!(world.hear(&item), ["a out sent"]);
}

#[test]
fn the_newest_preference_wins_in_every_order() {
    check(&[preference("US.1", 1, "stop")], preference("US.1", 5, "resume"), &["a prefers resume"]);
    check(&[preference("US.1", 5, "resume")], preference("US.1", 1, "stop"), &[]);
    // Said again later, it also outweighs what was said between.
    check(&[preference("US.1", 1, "stop"), preference("US.1", 5, "stop")], preference("US.1", 3, "resume"), &[]);
    check(&[preference("US.1", 1, "stop")], preference("US.1", 5, "stop"), &["a prefers stop"]);
    // In the same second the order of arrival does not decide.
    check(&[preference("US.1", 1, "stop")], preference("US.1", 1, "resume"), &[]);
    check(&[preference("US.1", 1, "resume")], preference("US.1", 1, "stop"), &["a prefers stop"]);
}

#[test]
fn a_preference_is_enough_to_be_somebody() {
    check(&[], preference("US.1 1", 1, "stop"), &["a seen as US.1 1 +1", "a prefers stop"]);
}
