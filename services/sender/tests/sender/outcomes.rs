//! What comes of a message: every kind of answer that Meta has.

use chrono::TimeDelta;
use contract::{Address, ConversationEvent, MessageRequested, ReadRequested, Subject};

use crate::meta::Act;
use crate::pairs::somebody_else_is_sent_to;
use crate::world::{World, names, wait_for};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_started_asked_for_and_accepted() {
    let world = World::new().await;
    let shop = world.shop().await;
    let running = world.sender().await;
    let (contact, message) = (world.contact(), world.message());
    world.ask(&shop, contact, message).await;
    let ended = world.until_ended(&shop, contact, message).await;
    let ConversationEvent::MessageAccepted(accepted) = ended else { panic!("{ended:?}") };
    let calls = world.meta.calls(message);
    assert_eq!(calls.len(), 1);
    assert_eq!(Some(&accepted.wamid), calls[0].wamid.as_ref());
    assert_eq!((accepted.attempt, accepted.settled_by_status), (1, false));
    assert_eq!((calls[0].body["to"].as_str(), calls[0].number.as_str()), (Some("+16505551234"), shop.number.as_str()));
    assert_eq!(names(&world.said(&shop, contact, message).await), ["send_started", "message_accepted"]);
    world.until_rows(0).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_no_number_is_named_by_the_user_id_alone() {
    let world = World::new().await;
    let shop = world.shop().await;
    let running = world.sender().await;
    for (user, is_one) in [("US.13491208655302741918", true), ("US.ENT.11815799212886844830", true), ("13491208655302741918", false)] {
        let (contact, message) = (world.contact(), world.message());
        world.ask_for(&shop, contact, MessageRequested { to: Address::UserId(user.to_owned()), ..world.request(message) }).await;
        let ended = world.until_ended(&shop, contact, message).await;
        let calls = world.meta.calls(message);
        if is_one {
            assert!(matches!(ended, ConversationEvent::MessageAccepted(_)), "{ended:?}");
            let [call] = &calls[..] else { panic!("{calls:?}") };
            assert_eq!((call.body["recipient"].as_str(), call.body.get("to")), (Some(user), None));
        } else {
            assert!(matches!(&ended, ConversationEvent::MessageFailed(failed) if failed.code == "cannot_be_sent"), "{ended:?}");
            assert!(calls.is_empty(), "Meta is not asked");
        }
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_refusal_ends_or_defers_as_metas_table_says() {
    let world = World::new().await;
    let shop = world.shop().await;
    let running = world.sender().await;
    let table: &[(u16, i64, Option<&str>)] = &[
        (401, 190, Some("access_lost")),
        (401, 0, Some("access_lost")),
        (500, 3, Some("access_lost")),
        (403, 10, Some("access_lost")),
        (403, 200, Some("access_lost")),
        (403, 299, Some("access_lost")),
        (400, 131_047, Some("refused_by_meta")),
        (400, 131_026, Some("refused_by_meta")),
        (400, 132_001, Some("refused_by_meta")),
        (400, 100, Some("refused_by_meta")),
        (503, 2, None),
        (400, 4, None),
        (400, 131_056, None),
        (500, 131_016, None),
        (400, 80_007, None),
        (400, 130_429, None),
    ];
    for (status, code, failure) in table {
        let (contact, message) = (world.contact(), world.message());
        world.meta.script(message, [Act::Refuse(*status, *code)]);
        world.ask(&shop, contact, message).await;
        let ended = world.until_ended(&shop, contact, message).await;
        let said = world.said(&shop, contact, message).await;
        match (failure, ended) {
            (Some(failure), ConversationEvent::MessageFailed(failed)) => {
                assert_eq!((failed.code.as_str(), failed.meta_code), (*failure, Some(*code)), "{code}");
                assert_eq!(names(&said), ["send_started", "message_failed"], "{code}");
                assert_eq!(world.meta.calls(message).len(), 1, "{code}");
            }
            (None, ConversationEvent::MessageAccepted(accepted)) => {
                assert_eq!(accepted.attempt, 2, "{code}");
                assert_eq!(names(&said), ["send_started", "send_deferred", "send_started", "message_accepted"], "{code}");
                assert_eq!(world.meta.taken(message).len(), 1, "{code}");
            }
            (_, ended) => panic!("{code}: {ended:?}"),
        }
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_not_worth_it_any_more_fails_as_expired() {
    let world = World::still().await;
    let shop = world.shop().await;
    let running = world.sender().await;
    let (contact, message, behind) = (world.contact(), world.message(), world.message());
    world.meta.script(message, [Act::Refuse(500, 131_057)]);
    let soon = world.now() + TimeDelta::milliseconds(700);
    world.ask_for(&shop, contact, MessageRequested { expires_at: soon, ..world.request(message) }).await;
    world.ask_for(&shop, contact, MessageRequested { expires_at: soon, ..world.request(behind) }).await;
    world.until(&shop, contact, message, "put off", |event| matches!(event, ConversationEvent::SendDeferred(_))).await;
    assert!(world.clock.set(soon));
    for (message, calls) in [(message, 1), (behind, 0)] {
        let ended = world.until_ended(&shop, contact, message).await;
        assert!(matches!(&ended, ConversationEvent::MessageFailed(failed) if failed.code == "expired"), "{ended:?}");
        assert_eq!(world.meta.calls(message).len(), calls);
    }
    world.until_rows(0).await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_of_a_contact_is_shown_as_read_and_old_typing_is_not() {
    let world = World::still().await;
    let shop = world.shop().await;
    let running = world.sender().await;
    let (contact, message) = (world.contact(), world.message());
    let subject = Subject::conversation(shop.project, contact);
    for (before, (age_ms, typing)) in [(0, true), (25_000, true), (25_001, false)].into_iter().enumerate() {
        let at = world.now() - TimeDelta::milliseconds(age_ms);
        let requested = ReadRequested { message, wamid: "wamid.IN".to_owned(), typing: true, at };
        world.append::<ConversationEvent>(&subject, requested.into()).await;
        wait_for("it is settled", async || world.said(&shop, contact, message).await.len() > before).await;
        let settled = world.said(&shop, contact, message).await.pop();
        assert!(matches!(settled, Some(ConversationEvent::ReadSettled(settled)) if settled.shown));
        let last = world.meta.book().reads.last().cloned().expect("Meta was asked");
        assert_eq!(last.get("typing_indicator").is_some(), typing, "{age_ms} ms later");
    }
    running.stop().await;
    let running = world.sender().await;
    let (contact, message) = (world.contact(), world.message());
    world.ask(&shop, contact, message).await;
    world.until_ended(&shop, contact, message).await;
    assert_eq!(world.meta.book().reads.len(), 3, "nothing is shown twice");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_meta_does_not_mark_as_read_is_asked_for_three_times_at_most_and_says_why() {
    let world = World::still().await;
    let shop = world.shop().await;
    let running = world.sender().await;
    let mut asked = 0;
    for (refusals, calls, shown) in [(&[(503, 2)][..], 2, true), (&[(503, 2); 4][..], 3, false), (&[(400, 100)][..], 1, false)] {
        let (contact, message) = (world.contact(), world.message());
        world.meta.book().read_refusals = refusals.iter().copied().collect();
        let requested = ReadRequested { message, wamid: "wamid.IN".to_owned(), typing: false, at: world.now() };
        world.append::<ConversationEvent>(&Subject::conversation(shop.project, contact), requested.into()).await;
        wait_for("it is settled", async || {
            assert!(world.clock.advance(TimeDelta::seconds(2)));
            !world.said(&shop, contact, message).await.is_empty()
        })
        .await;
        let said = world.said(&shop, contact, message).await;
        let [ConversationEvent::ReadSettled(settled)] = &said[..] else { panic!("{said:?}") };
        assert_eq!((settled.shown, settled.reason.is_none()), (shown, shown), "{settled:?}");
        asked += calls;
        assert_eq!(world.meta.book().reads.len(), asked, "{refusals:?}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pair_that_is_too_fast_holds_back_its_contact_alone() {
    let world = World::still().await;
    let shop = world.shop().await;
    let running = world.sender().await;
    let (contact, first, second) = (world.contact(), world.message(), world.message());
    world.meta.script(first, [Act::Refuse(400, 131_056), Act::Refuse(400, 131_056)]);
    world.ask(&shop, contact, first).await;
    world.ask(&shop, contact, second).await;
    for (times, seconds) in [(1, 1), (2, 4)] {
        let put_off = async || names(&world.said(&shop, contact, first).await).iter().filter(|name| **name == "send_deferred").count();
        wait_for("it is put off", async || put_off().await == times).await;
        assert!(world.clock.advance(TimeDelta::seconds(seconds) - TimeDelta::milliseconds(1)));
        somebody_else_is_sent_to(&world, &shop).await;
        assert_eq!(world.meta.calls(first).len(), times, "it waits {seconds} s");
        assert!(world.meta.calls(second).is_empty(), "it waits behind the first");
        assert!(world.clock.advance(TimeDelta::milliseconds(1)));
    }
    world.until_ended(&shop, contact, second).await;
    assert_eq!(world.meta.calls(first).len(), 3);
    assert!(world.meta.calls(second)[0].at > world.meta.calls(first)[2].at);
    running.stop().await;
}
