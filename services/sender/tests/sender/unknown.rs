//! What becomes of a message of which nobody knows whether Meta took it: a status tells, or the project's policy decides.

use std::time::Duration;

use chrono::TimeDelta;
use contract::{ConversationEvent, Subject, UnassignedItemReceived, UnknownOutcome};

use crate::meta::Act;
use crate::pairs::somebody_else_is_sent_to;
use crate::world::{World, ends, limits, names, wait_for};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_meta_cannot_explain_is_asked_about_once_unless_the_project_wants_it_again() {
    let world = World::new().await;
    let shop = world.shop().await;
    let running = world.sender().await;
    for act in [Act::RefuseAfter(500, 131_000), Act::RefuseAfter(400, 1)] {
        let (contact, message) = (world.contact(), world.message());
        world.meta.script(message, [act]);
        world.ask(&shop, contact, message).await;
        world.until(&shop, contact, message, "unknown", |event| matches!(event, ConversationEvent::SendOutcomeUnknown(_))).await;
        let wamid = world.meta.taken(message).remove(0);
        world.status(&shop, contact, message, &wamid).await;
        let accepted = |event: &ConversationEvent| matches!(event, ConversationEvent::MessageAccepted(event) if event.settled_by_status);
        world.until(&shop, contact, message, "accepted", accepted).await;
        assert_eq!(world.meta.calls(message).len(), 1, "{act:?}");
    }
    running.stop().await;
    let running = world.impatient_sender().await;
    for act in [Act::Refuse(500, 131_000), Act::Refuse(400, 1)] {
        let (contact, message) = (world.contact(), world.message());
        world.meta.script(message, [act]);
        world.ask(&shop, contact, message).await;
        let ended = world.until_ended(&shop, contact, message).await;
        assert!(matches!(&ended, ConversationEvent::MessageAbandoned(abandoned) if !abandoned.reason.is_empty()), "{ended:?}");
        assert_eq!(names(&world.said(&shop, contact, message).await), ["send_started", "send_outcome_unknown", "message_abandoned"]);
        assert_eq!(world.meta.calls(message).len(), 1, "{act:?}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_meta_cannot_explain_is_tried_three_times_whatever_else_put_it_off() {
    let world = World::still().await;
    let shop = world.shop().await;
    world.policy(&shop, UnknownOutcome::SendAgain).await;
    let running = world.sender().await;
    let (contact, message) = (world.contact(), world.message());
    let unclear = Act::Refuse(500, 131_000);
    world.meta.script(message, [Act::Refuse(503, 2), unclear, unclear, unclear, unclear]);
    world.ask(&shop, contact, message).await;
    world.until(&shop, contact, message, "put off", |event| matches!(event, ConversationEvent::SendDeferred(_))).await;
    assert!(world.clock.advance(TimeDelta::seconds(10)));
    world.until(&shop, contact, message, "unknown", |event| matches!(event, ConversationEvent::SendOutcomeUnknown(_))).await;
    // The rows count it too.
    running.stop().await;
    let running = world.sender().await;
    for calls in [2, 3] {
        let unknown = async || {
            let said = world.said(&shop, contact, message).await;
            said.iter().filter(|event| matches!(event, ConversationEvent::SendOutcomeUnknown(_))).count()
        };
        wait_for("its outcome is unknown", async || unknown().await == calls - 1).await;
        somebody_else_is_sent_to(&world, &shop).await;
        assert_eq!(world.meta.calls(message).len(), calls, "a status is waited for first");
        assert!(world.clock.advance(TimeDelta::seconds(10)));
    }
    let ended = world.until_ended(&shop, contact, message).await;
    assert!(matches!(ended, ConversationEvent::MessageAbandoned(_)), "{ended:?}");
    assert_eq!(world.meta.calls(message).len(), 4);
    // It may be on the phone after all: a status tells, also one that comes late.
    world.until_rows(1).await;
    world.status(&shop, contact, message, "wamid.late").await;
    let accepted = |event: &ConversationEvent| matches!(event, ConversationEvent::MessageAccepted(event) if event.settled_by_status);
    world.until(&shop, contact, message, "accepted", accepted).await;
    world.until_rows(0).await;
    assert_eq!(world.meta.calls(message).len(), 4);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_outcome_is_settled_by_a_status_and_not_asked_about_again() {
    let world = World::new().await;
    let shop = world.shop().await;
    let running = world.sender().await;
    let answers = [200, 302, 401, 404, 408, 425, 429, 499, 500, 502].map(Act::BreakAfter);
    for act in answers.into_iter().chain([Act::AcceptInSilence]) {
        let (contact, message) = (world.contact(), world.message());
        world.meta.script(message, [act]);
        world.ask(&shop, contact, message).await;
        world.until(&shop, contact, message, "unknown", |event| matches!(event, ConversationEvent::SendOutcomeUnknown(_))).await;
        let wamid = world.meta.taken(message).remove(0);
        world.status(&shop, contact, message, &wamid).await;
        let ended = world.until_ended(&shop, contact, message).await;
        let ConversationEvent::MessageAccepted(accepted) = ended else { panic!("{act:?}: {ended:?}") };
        assert!(accepted.settled_by_status && accepted.wamid == wamid, "{act:?}");
        assert_eq!(world.meta.calls(message).len(), 1, "{act:?}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_may_be_faster_than_the_answer_and_may_name_nobody() {
    let world = World::new().await;
    let shop = world.shop().await;
    let running = world.sender().await;
    let (contact, message) = (world.contact(), world.message());
    world.meta.script(message, [Act::Slow(300)]);
    world.ask(&shop, contact, message).await;
    wait_for("Meta is asked", async || !world.meta.calls(message).is_empty()).await;
    let wamid = world.meta.taken(message).remove(0);
    world.status(&shop, contact, message, &wamid).await;
    let said = world.until(&shop, contact, message, "accepted", |event| matches!(event, ConversationEvent::MessageAccepted(_))).await;
    assert_eq!(names(&said), ["send_started", "message_accepted"]);

    let (contact, other) = (world.contact(), world.message());
    world.meta.script(other, [Act::AcceptInSilence]);
    world.ask(&shop, contact, other).await;
    wait_for("Meta is asked", async || !world.meta.calls(other).is_empty()).await;
    let raw = format!(r#"{{"id":"wamid.Z","status":"sent","biz_opaque_callback_data":"{other}"}}"#);
    let item = UnassignedItemReceived { key: "statuses".to_owned(), raw: contract::RawJson::parse(&raw).expect("JSON") };
    world.append::<ConversationEvent>(&Subject::unassigned(shop.project), item.into()).await;
    let ended = world.until_ended(&shop, contact, other).await;
    assert!(matches!(ended, ConversationEvent::MessageAccepted(accepted) if accepted.wamid == "wamid.Z" && accepted.settled_by_status));
    world.until_rows(0).await;
    let said = world.said(&shop, world.contact(), message).await;
    assert!(said.is_empty());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_of_another_project_settles_nothing_whatever_it_names() {
    let world = World::new().await;
    let (ours, theirs) = (world.shop().await, world.shop().await);
    let running = world.sender().await;
    let (waiting, unknown) = ((world.contact(), world.message()), (world.contact(), world.message()));
    world.meta.script(unknown.1, [Act::AcceptInSilence]);
    // Put off again and again, so that it waits however long this takes.
    world.meta.script(waiting.1, [Act::Refuse(503, 2); 12]);
    for (contact, message) in [waiting, unknown] {
        world.ask(&ours, contact, message).await;
    }
    let deferred = |event: &ConversationEvent| matches!(event, ConversationEvent::SendDeferred(_));
    world.until(&ours, waiting.0, waiting.1, "deferred", deferred).await;
    wait_for("Meta is asked", async || !world.meta.calls(unknown.1).is_empty()).await;
    for (_, message) in [waiting, unknown] {
        world.status(&theirs, world.contact(), message, "wamid.THEIRS").await;
        let raw = format!(r#"{{"id":"wamid.THEIRS","status":"sent","biz_opaque_callback_data":"{message}"}}"#);
        let item = UnassignedItemReceived { key: "statuses".to_owned(), raw: contract::RawJson::parse(&raw).expect("JSON") };
        world.append::<ConversationEvent>(&Subject::unassigned(theirs.project), item.into()).await;
    }
    // Whoever asks later is answered later: everything before was read.
    let (contact, after) = (world.contact(), world.message());
    world.ask(&theirs, contact, after).await;
    world.until_ended(&theirs, contact, after).await;
    let wamid = world.meta.taken(unknown.1).remove(0);
    world.status(&ours, unknown.0, unknown.1, &wamid).await;
    let accepted = |event: &ConversationEvent| matches!(event, ConversationEvent::MessageAccepted(_));
    let said = world.until(&ours, unknown.0, unknown.1, "accepted", accepted).await;
    let right = |event: &ConversationEvent| matches!(event, ConversationEvent::MessageAccepted(accepted) if accepted.wamid == wamid);
    assert!(said.iter().filter(|event| accepted(event)).all(right), "{said:#?}");
    let said = world.said(&ours, waiting.0, waiting.1).await;
    assert!(!said.iter().any(ends), "it still waits: {said:#?}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_outcome_without_a_status_is_abandoned_and_a_late_status_still_counts() {
    let world = World::new().await;
    let shop = world.shop().await;
    let running = world.impatient_sender().await;
    let (contact, message) = (world.contact(), world.message());
    world.meta.script(message, [Act::AcceptInSilence]);
    world.ask(&shop, contact, message).await;
    let ended = world.until_ended(&shop, contact, message).await;
    assert!(matches!(ended, ConversationEvent::MessageAbandoned(_)), "{ended:?}");
    assert_eq!(names(&world.said(&shop, contact, message).await), ["send_started", "send_outcome_unknown", "message_abandoned"]);
    world.until_rows(1).await;
    running.kill().await;
    let running = world.impatient_sender().await;
    let wamid = world.meta.taken(message).remove(0);
    world.status(&shop, contact, message, &wamid).await;
    let said = world.until(&shop, contact, message, "accepted", |event| matches!(event, ConversationEvent::MessageAccepted(_))).await;
    assert_eq!(names(&said).last(), Some(&"message_accepted"));
    assert_eq!(world.meta.calls(message).len(), 1);
    world.until_rows(0).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_project_that_wants_it_has_an_unknown_message_sent_again() {
    let world = World::still().await;
    let shop = world.shop().await;
    world.policy(&shop, UnknownOutcome::SendAgain).await;
    let running = world.sender().await;
    let (contact, message) = (world.contact(), world.message());
    world.meta.script(message, [Act::Silence]);
    world.ask(&shop, contact, message).await;
    world.until(&shop, contact, message, "unknown", |event| matches!(event, ConversationEvent::SendOutcomeUnknown(_))).await;
    assert!(world.clock.advance(TimeDelta::seconds(10)));
    let ended = world.until_ended(&shop, contact, message).await;
    assert!(matches!(ended, ConversationEvent::MessageAccepted(accepted) if accepted.attempt == 2));
    let said = world.said(&shop, contact, message).await;
    assert_eq!(names(&said), ["send_started", "send_outcome_unknown", "send_deferred", "send_started", "message_accepted"]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_sender_took_for_unknown_is_in_no_doubt_once_meta_has_answered() {
    let world = World::new().await;
    let shop = world.shop().await;
    let patient = Duration::from_secs(30);
    let one = world.sender_within(limits(), patient).await;
    let refused = Act::Refuse(400, 131_047);
    let scripts = [vec![Act::RefuseOnceFreed(400, 131_047)], vec![Act::RefuseOnceFreed(503, 2), refused]];
    let messages = scripts.map(|script| (world.contact(), world.message(), script));
    for (contact, message, script) in &messages {
        world.meta.script(message, script.clone());
        world.ask(&shop, *contact, *message).await;
        wait_for("Meta is asked", async || !world.meta.calls(message).is_empty()).await;
    }
    let other = world.sender_within(limits(), patient).await;
    for (contact, message, _) in &messages {
        world.until(&shop, *contact, *message, "unknown", |event| matches!(event, ConversationEvent::SendOutcomeUnknown(_))).await;
    }
    world.meta.freed.cancel();
    let (at_once, again): (&[&str], &[&str]) = (&[], &["send_deferred", "send_started"]);
    for ((contact, message, _), between) in messages.iter().zip([at_once, again]) {
        world.until_ended(&shop, *contact, *message).await;
        let said = names(&world.said(&shop, *contact, *message).await);
        assert_eq!(said, [&["send_started", "send_outcome_unknown"][..], between, &["message_failed"]].concat());
    }
    one.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_may_have_been_taken_three_times_is_given_up_whoever_answered() {
    let world = World::new().await;
    let shop = world.shop().await;
    world.policy(&shop, UnknownOutcome::SendAgain).await;
    let running = world.impatient_sender().await;
    let (contact, message) = (world.contact(), world.message());
    // The pages of somebody on the way, and nothing at all.
    world.meta.script(message, [Act::BreakBefore(502), Act::BreakAfter(404), Act::Silence]);
    world.ask(&shop, contact, message).await;
    let ended = world.until_ended(&shop, contact, message).await;
    assert!(matches!(ended, ConversationEvent::MessageAbandoned(_)), "{ended:?}");
    let again = ["send_started", "send_outcome_unknown", "send_deferred"];
    let said = world.said(&shop, contact, message).await;
    assert_eq!(names(&said), [&again[..], &again, &["send_started", "send_outcome_unknown", "message_abandoned"]].concat());
    assert_eq!(world.meta.calls(message).len(), 3);
    running.stop().await;
}
