//! A sender that is killed between any two steps, one that is told to stop, and one that cannot go on.

use std::time::Duration;

use contract::{Context, ConversationEvent, Event, EventId, NewEvent, SendStarted, Subject};
use journal::Expect;

use crate::meta::Act;
use crate::world::{World, limits, names, wait_for};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_asked_for_while_nobody_ran_is_sent_once() {
    let world = World::new().await;
    let shop = world.shop().await;
    let (contact, message) = (world.contact(), world.message());
    world.ask(&shop, contact, message).await;
    let running = world.sender().await;
    world.until_ended(&shop, contact, message).await;
    running.kill().await;
    let running = world.sender().await;
    let after = world.message();
    world.ask(&shop, contact, after).await;
    world.until_ended(&shop, contact, after).await;
    assert_eq!(world.meta.taken(message).len(), 1);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_without_an_outcome_is_unknown_and_never_asked_for_again() {
    let world = World::still().await;
    let shop = world.shop().await;
    let (contact, message, behind) = (world.contact(), world.message(), world.message());
    world.ask(&shop, contact, message).await;
    let started = SendStarted { message, attempt: 1, phone_number_id: shop.number.clone(), at: world.now() };
    world.append::<ConversationEvent>(&Subject::conversation(shop.project, contact), started.into()).await;
    world.ask(&shop, contact, behind).await;
    let running = world.sender().await;
    world.until(&shop, contact, message, "unknown", |event| matches!(event, ConversationEvent::SendOutcomeUnknown(_))).await;
    assert!(world.clock.advance(chrono::TimeDelta::seconds(10)));
    let ended = world.until_ended(&shop, contact, message).await;
    assert!(matches!(ended, ConversationEvent::MessageAbandoned(_)));
    assert_eq!(names(&world.said(&shop, contact, message).await), ["send_started", "send_outcome_unknown", "message_abandoned"]);
    assert!(world.meta.calls(message).is_empty(), "nobody knows whether it was sent");
    world.until_ended(&shop, contact, behind).await;
    assert_eq!(world.meta.taken(behind).len(), 1, "whoever waits behind it goes on");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_killed_while_meta_is_asked_leaves_an_unknown_outcome_that_a_status_settles() {
    let world = World::new().await;
    let shop = world.shop().await;
    for rows_written in [false, true] {
        let running = world.sender().await;
        let (contact, message) = (world.contact(), world.message());
        world.meta.script(message, [Act::AcceptInSilence]);
        world.ask(&shop, contact, message).await;
        wait_for("Meta is asked", async || !world.meta.calls(message).is_empty()).await;
        if rows_written {
            world.until_rows(1).await;
        }
        running.kill().await;
        let wamid = world.meta.taken(message).remove(0);
        world.status(&shop, contact, message, &wamid).await;
        let running = world.sender().await;
        let ended = world.until_ended(&shop, contact, message).await;
        assert!(matches!(ended, ConversationEvent::MessageAccepted(accepted) if accepted.settled_by_status));
        assert_eq!(world.meta.calls(message).len(), 1);
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deferred_message_and_those_behind_it_survive_a_crash() {
    // What is put off waits for whoever starts next.
    let world = World::still().await;
    let shop = world.shop().await;
    let running = world.sender().await;
    let (contact, message, behind) = (world.contact(), world.message(), world.message());
    world.meta.script(message, [Act::Refuse(503, 2), Act::Refuse(503, 2)]);
    world.ask(&shop, contact, message).await;
    world.ask(&shop, contact, behind).await;
    world.until(&shop, contact, message, "deferred", |event| matches!(event, ConversationEvent::SendDeferred(_))).await;
    world.until_rows(2).await;
    running.kill().await;
    let running = world.sender().await;
    for times in [1, 2] {
        let put_off = async || names(&world.said(&shop, contact, message).await).iter().filter(|name| **name == "send_deferred").count();
        wait_for("it is put off", async || put_off().await == times).await;
        assert!(world.clock.advance(chrono::TimeDelta::seconds(10)));
    }
    let ended = world.until_ended(&shop, contact, behind).await;
    assert!(matches!(ended, ConversationEvent::MessageAccepted(_)), "its content is read from the log");
    assert_eq!((world.meta.calls(message).len(), world.meta.taken(message).len()), (3, 1));
    assert!(world.meta.calls(behind)[0].at > world.meta.calls(message)[2].at);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_that_is_told_to_stop_lets_calls_end_and_starts_none() {
    let world = World::new().await;
    let shop = world.shop().await;
    let running = world.sender().await;
    let (contact, message, behind) = (world.contact(), world.message(), world.message());
    world.meta.script(message, [Act::Slow(300)]);
    world.ask(&shop, contact, message).await;
    world.ask(&shop, contact, behind).await;
    wait_for("Meta is asked", async || !world.meta.calls(message).is_empty()).await;
    running.stop().await;
    assert_eq!(names(&world.said(&shop, contact, message).await), ["send_started", "message_accepted"]);
    assert!(world.said(&shop, contact, behind).await.is_empty());
    let running = world.sender().await;
    world.until_ended(&shop, contact, behind).await;
    assert_eq!(world.meta.calls(message).len(), 1);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_that_cannot_go_on_lets_calls_end_too() {
    let world = World::new().await;
    let shop = world.shop().await;
    let running = world.sender_within(limits(), Duration::from_secs(30)).await;
    let (contact, message) = (world.contact(), world.message());
    world.meta.script(message, [Act::Slow(300)]);
    world.ask(&shop, contact, message).await;
    wait_for("Meta is asked", async || !world.meta.calls(message).is_empty()).await;
    world.write_no_event(&Subject::conversation(shop.project, world.contact()));
    let ended = running.ended().await;
    assert!(matches!(ended, Err(sender::Error::Log(journal::Error::NotAnEvent { .. }))), "{ended:?}");
    assert_eq!(names(&world.said(&shop, contact, message).await), ["send_started", "message_accepted"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_of_a_message_names_who_asked_for_it_also_after_a_crash() {
    // What is put off waits for whoever starts next.
    let world = World::still().await;
    let shop = world.shop().await;
    let (contact, message) = (world.contact(), world.message());
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let from = Context { traceparent: Some(trace.to_owned()), correlation: Some("req-17".to_owned()), ..Context::default() };
    world.meta.script(message, [Act::Refuse(503, 2)]);
    let running = world.sender().await;
    let asked = EventId::from_ulid(world.ids.ulid());
    let request = ConversationEvent::from(world.request(message)).into_new(asked, "/test", world.now(), from.clone());
    world.journal.append(&Subject::conversation(shop.project, contact), Expect::Any, vec![request]).await.expect("appended");
    world.until(&shop, contact, message, "deferred", |event| matches!(event, ConversationEvent::SendDeferred(_))).await;
    world.until_rows(1).await;
    running.kill().await;
    // It has read the request no more, only the row.
    let running = world.sender().await;
    assert!(world.clock.advance(chrono::TimeDelta::seconds(10)));
    world.until_ended(&shop, contact, message).await;
    assert_eq!(names(&world.said(&shop, contact, message).await), ["send_started", "send_deferred", "send_started", "message_accepted"]);
    let expected = Context { causation: Some(asked), actor: Some("system".to_owned()), ..from };
    let events = world.journal.entity(&Subject::conversation(shop.project, contact)).await.expect("the log answers");
    for event in &events[1..] {
        assert_eq!(event.context, expected, "{}", event.event_type.as_str());
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_a_newer_program_can_read_is_not_passed_over_for_good() {
    let world = World::new().await;
    let shop = world.shop().await;
    let running = world.sender().await;
    let of_tomorrow = ConversationEvent::from(world.request(world.message()));
    let of_tomorrow = of_tomorrow.into_new(EventId::from_ulid(world.ids.ulid()), "/test", world.now(), Context::default());
    let of_tomorrow = NewEvent { event_type: "conversation.message_requested.v9", ..of_tomorrow };
    let elsewhere = Subject::conversation(shop.project, world.contact());
    let unreadable = world.journal.append(&elsewhere, Expect::Any, vec![of_tomorrow]).await.expect("appended").sequence;
    let (contact, message) = (world.contact(), world.message());
    world.ask(&shop, contact, message).await;
    assert!(matches!(world.until_ended(&shop, contact, message).await, ConversationEvent::MessageAccepted(_)), "the others go on");
    running.stop().await;
    let position = async || {
        let sequence: i64 = sqlx::query_scalar("SELECT sequence FROM sender.position").fetch_one(&world.pool).await.expect("read");
        u64::try_from(sequence).expect("positive")
    };
    assert_eq!(position().await, unreadable - 1);
    let running = world.sender().await;
    let behind = world.message();
    world.ask(&shop, contact, behind).await;
    world.until_ended(&shop, contact, behind).await;
    assert_eq!((world.meta.calls(message).len(), world.meta.calls(behind).len()), (1, 1), "what is read again is not sent again");
    running.stop().await;
    assert_eq!(position().await, unreadable - 1);
}
