//! Order within a contact, fairness between projects, and the pace of a number.

use std::time::Duration;

use chrono::TimeDelta;
use contract::{ConversationEvent, ReadRequested, Subject};
use sender::Limits;

use crate::files::{keep, with_file};
use crate::meta::Act;
use crate::pairs::somebody_else_is_sent_to;
use crate::world::{World, limits, wait_for};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_of_a_contact_go_one_after_the_other_in_order() {
    let world = World::new().await;
    let shop = world.shop().await;
    let running = world.sender().await;
    let contact = world.contact();
    let messages: Vec<_> = (0..12).map(|_| world.message()).collect();
    for (index, message) in messages.iter().enumerate() {
        let act = [Act::Slow(20), Act::Accept, Act::Refuse(503, 2), Act::Refuse(400, 131_047)][index % 4];
        world.meta.script(message, [act]);
        world.ask(&shop, contact, *message).await;
    }
    for message in &messages {
        world.until_ended(&shop, contact, *message).await;
    }
    let order: Vec<String> = world.meta.book().calls.iter().map(|call| call.message.clone()).collect();
    let mut deduplicated = order.clone();
    deduplicated.dedup();
    assert_eq!(deduplicated, messages.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(world.meta.book().running_max.get(&shop.number), Some(&1), "one at a time");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_project_with_much_to_send_holds_up_nobody() {
    let world = World::new().await;
    let (slow, quick) = (world.shop().await, world.shop().await);
    // None of its calls ends while this lasts.
    world.meta.script_number(&slow.number, Act::Silence);
    for _ in 0..60 {
        world.ask(&slow, world.contact(), world.message()).await;
    }
    let limits = Limits { calls_max: 12, project_calls_max: 8, ..limits() };
    let running = world.sender_within(limits, Duration::from_secs(600)).await;
    let asked = || world.meta.book().calls.iter().filter(|call| call.number == slow.number).count();
    wait_for("its share of calls runs", async || asked() == 8).await;
    for _ in 0..20 {
        let (contact, message) = (world.contact(), world.message());
        world.ask(&quick, contact, message).await;
        let ended = world.until_ended(&quick, contact, message).await;
        assert!(matches!(ended, ConversationEvent::MessageAccepted(_)));
    }
    assert_eq!(asked(), 8, "its share and no more");
    running.kill().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_do_not_get_through_hold_up_no_text_and_no_other_project() {
    let world = World::new().await;
    let (stuck, other) = (world.shop().await, world.shop().await);
    world.meta.book().silent_uploads.insert(stuck.number.clone(), 0);
    let shared = keep(&world, &stuck).await;
    for _ in 0..10 {
        // One of its own, and one that others bring too.
        for media in [keep(&world, &stuck).await, shared] {
            world.ask_for(&stuck, world.contact(), with_file(world.request(world.message()), media)).await;
        }
    }
    // Fewer places and far less of a pace than there are messages with files.
    let limits = Limits { calls_max: 6, project_calls_max: 3, number_rate: 5, ..limits() };
    let running = world.sender_with(limits).await;
    wait_for("its share of uploads runs", async || world.meta.book().silent_uploads[&stuck.number] == 2).await;
    let texts: Vec<_> = (0..3).map(|_| (world.contact(), world.message())).collect();
    for (contact, message) in &texts {
        world.ask(&stuck, *contact, *message).await;
    }
    for (contact, message) in &texts {
        assert!(matches!(world.until_ended(&stuck, *contact, *message).await, ConversationEvent::MessageAccepted(_)));
    }
    let (contact, message) = (world.contact(), world.message());
    let media = keep(&world, &other).await;
    world.ask_for(&other, contact, with_file(world.request(message), media)).await;
    assert!(matches!(world.until_ended(&other, contact, message).await, ConversationEvent::MessageAccepted(_)));
    assert_eq!((world.meta.calls(message).len(), world.meta.book().uploads), (1, 1));
    assert_eq!(world.meta.book().silent_uploads[&stuck.number], 2, "its share and no more");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_shown_as_read_waits_for_no_messages_that_may_not_go_yet() {
    let world = World::new().await;
    let shop = world.shop().await;
    for _ in 0..20 {
        world.ask(&shop, world.contact(), world.message()).await;
    }
    let running = world.sender_with(Limits { number_rate: 1, ..limits() }).await;
    wait_for("the first has gone", async || !world.meta.book().calls.is_empty()).await;
    let (contact, message) = (world.contact(), world.message());
    let requested = ReadRequested { message, wamid: "wamid.IN".to_owned(), typing: true, at: world.now() };
    world.append::<ConversationEvent>(&Subject::conversation(shop.project, contact), requested.into()).await;
    wait_for("it is shown", async || !world.meta.book().reads.is_empty()).await;
    let gone = world.meta.book().calls.len();
    assert!(gone < 20, "it was shown after all messages had gone");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_sends_no_faster_than_it_may_and_slower_when_meta_says_so() {
    let world = World::still().await;
    let (shop, other) = (world.shop().await, world.shop().await);
    let running = world.sender_with(Limits { number_rate: 40, ..limits() }).await;
    let each = TimeDelta::milliseconds(25);
    let messages: Vec<_> = (0..60).map(|_| (world.contact(), world.message())).collect();
    let (contact, refused) = messages[30];
    world.meta.script(refused, [Act::Refuse(400, 130_429)]);
    for (contact, message) in &messages {
        world.ask(&shop, *contact, *message).await;
    }
    let gone = || world.meta.book().calls.iter().filter(|call| call.number == shop.number).count();
    let mut count = 5;
    wait_for("the burst has gone", async || gone() == count).await;
    for wait in [TimeDelta::zero(), each - TimeDelta::microseconds(1)] {
        assert!(world.clock.advance(wait));
        somebody_else_is_sent_to(&world, &other).await;
        assert_eq!(gone(), count, "too early, {wait} later");
    }
    assert!(world.clock.advance(TimeDelta::microseconds(1)));
    while world.meta.calls(refused).is_empty() {
        count += 1;
        wait_for("the next has gone", async || gone() == count).await;
        assert!(world.clock.advance(each));
    }
    world.until(&shop, contact, refused, "put off", |event| matches!(event, ConversationEvent::SendDeferred(_))).await;
    let before = gone();
    for _ in 0..20 {
        assert!(world.clock.advance(each));
        somebody_else_is_sent_to(&world, &other).await;
    }
    let after = gone() - before;
    assert!((6..=13).contains(&after), "in half a second half of the 20 that it may, and a little: {after}");
    running.stop().await;
}
