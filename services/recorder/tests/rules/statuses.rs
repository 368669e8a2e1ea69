//! Statuses and preferences.

use recorder::decide::unassigned;
use recorder::items::{How, What};

use crate::world::{World, at, check, failed, preference, said, status, with};

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
fn who_meta_says_has_stopped_advertising_prefers_so_until_they_say_otherwise() {
    let echo = with(said("US.1 1", "out", 0), |said| said.how = How::Echoed);
    let mut world = check(std::slice::from_ref(&echo), failed("", "out", 5, 131_050), &["a out failed", "a prefers stop"]);
    assert_eq!(world.hear(&failed("US.1", "out", 5, 131_050)), [""; 0], "a second delivery");
    let row = world.row(world.id('a'));
    let known = &row.preferences["marketing_messages"];
    assert_eq!((known.value.as_str(), known.at), ("stop", at(5)));
    let resumed = [echo.clone(), preference("US.1", 6, "resume")];
    check(&resumed, failed("US.1", "out", 5, 131_050), &["a out failed"]);
    let to_number = with(said("1", "out", 0), |said| said.how = How::Echoed);
    let merged = [to_number, said("US.1", "w1", 1), said("US.1 1", "w2", 2)];
    check(&merged, failed("1", "out", 5, 131_050), &["a out failed", "b prefers stop"]);
    for code in [131_026, 131_049] {
        check(std::slice::from_ref(&echo), failed("US.1", "out", 5, code), &["a out failed"]);
    }
    let mut of_group = failed("US.2", "out", 5, 131_050);
    if let What::Status { participant, .. } = &mut of_group.what {
        *participant = Some("US.2".to_owned());
    }
    check(&[echo], of_group, &["a out failed"]);
}

#[test]
fn a_preference_is_enough_to_be_somebody() {
    check(&[], preference("US.1 1", 1, "stop"), &["a seen as US.1 1 +1", "a prefers stop"]);
}
