//! Projects that are suspended, restored, without a number, or deleted.

use chrono::TimeDelta;
use contract::{
    ConversationEvent, MediaId, MessageRequested, OperationId, OperationKind, OperationStarted, ProjectRestored, ProjectSuspended, RawJson,
    ReadRequested, Subject, TemplateUse,
};

use crate::files::with_file;
use crate::meta::Act;
use crate::world::{Shop, World, wait_for};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_project_sends_nothing_until_it_is_restored_or_time_is_up() {
    let world = World::new().await;
    let shop = world.shop().await;
    world.tell(shop.project, ProjectSuspended { at: world.now(), billing_sequence: 1 }).await;
    let running = world.sender().await;
    let (contact, waits, expires, read) = (world.contact(), world.message(), world.message(), world.message());
    world.ask(&shop, contact, waits).await;
    let soon = world.now() + TimeDelta::milliseconds(300);
    world.ask_for(&shop, world.contact(), world.request(world.message())).await;
    let other = world.contact();
    world.ask_for(&shop, other, MessageRequested { expires_at: soon, ..world.request(expires) }).await;
    let requested = ReadRequested { message: read, wamid: "wamid.IN".to_owned(), typing: false, at: world.now() };
    world.append::<ConversationEvent>(&Subject::conversation(shop.project, contact), requested.into()).await;
    let ended = world.until_ended(&shop, other, expires).await;
    assert!(matches!(&ended, ConversationEvent::MessageFailed(failed) if failed.code == "expired"), "{ended:?}");
    wait_for("what was read is settled", async || !world.said(&shop, contact, read).await.is_empty()).await;
    assert!(world.meta.book().calls.is_empty() && world.meta.book().reads.is_empty());
    world.tell(shop.project, ProjectRestored { at: world.now(), billing_sequence: 2 }).await;
    assert!(matches!(world.until_ended(&shop, contact, waits).await, ConversationEvent::MessageAccepted(_)));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_project_without_a_number_fails_its_messages_until_it_has_one() {
    let world = World::new().await;
    let project = world.project().await;
    let mut shop = Shop { project, number: String::new() };
    let running = world.sender().await;
    let (contact, message) = (world.contact(), world.message());
    world.ask(&shop, contact, message).await;
    let ended = world.until_ended(&shop, contact, message).await;
    assert!(matches!(&ended, ConversationEvent::MessageFailed(failed) if failed.code == "number_not_connected"), "{ended:?}");
    for _ in 0..10 {
        let other = world.project().await;
        let message = world.message();
        shop = Shop { project: other, number: world.connect_number(other).await };
        world.ask(&shop, contact, message).await;
        let ended = world.until_ended(&shop, contact, message).await;
        assert!(matches!(ended, ConversationEvent::MessageAccepted(_)), "what was connected a moment ago sends: {ended:?}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_asked_for_under_another_number_is_not_sent_whatever_it_is() {
    let world = World::new().await;
    let shop = world.shop().await;
    world.tell(shop.project, ProjectSuspended { at: world.now(), billing_sequence: 1 }).await;
    let running = world.sender().await;
    let before = world.now() - TimeDelta::seconds(1);
    let text = MessageRequested { at: before, ..world.request(world.message()) };
    let template = MessageRequested {
        kind: "template".to_owned(),
        template: Some(TemplateUse { name: "hello_world".to_owned(), language: "en_US".to_owned(), template: None }),
        content: RawJson::parse(r#"{"type":"template","template":{"name":"hello_world","language":{"code":"en_US"}}}"#).expect("JSON"),
        at: before,
        ..world.request(world.message())
    };
    // Its file is stored nowhere: whoever sought it would say so.
    let nowhere = MediaId::from_ulid(world.ids.ulid());
    let image = MessageRequested { at: before, ..with_file(world.request(world.message()), nowhere) };
    let asked = [text, template, image].map(|request| (world.contact(), request));
    for (contact, request) in &asked {
        world.ask_for(&shop, *contact, request.clone()).await;
    }
    let number = world.connect_number(shop.project).await;
    world.tell(shop.project, ProjectRestored { at: world.now(), billing_sequence: 2 }).await;
    for (contact, request) in &asked {
        let ended = world.until_ended(&shop, *contact, request.message).await;
        assert!(matches!(&ended, ConversationEvent::MessageFailed(failed) if failed.code == "number_changed"), "{ended:?}");
        let after = world.message();
        world.ask(&shop, *contact, after).await;
        world.until_ended(&shop, *contact, after).await;
        let numbers: Vec<String> = world.meta.calls(after).into_iter().map(|call| call.number).collect();
        assert_eq!(numbers, [number.as_str()], "what is asked for since goes out by the number that is connected");
        assert!(world.meta.calls(request.message).is_empty());
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_project_that_is_deleted_is_forgotten_and_sends_nothing_more() {
    let world = World::new().await;
    let (shop, other) = (world.shop().await, world.shop().await);
    let running = world.sender().await;
    let (contact, message, behind) = (world.contact(), world.message(), world.message());
    world.meta.script(message, [Act::AcceptInSilence]);
    world.ask(&shop, contact, message).await;
    world.ask(&shop, contact, behind).await;
    wait_for("Meta is asked", async || !world.meta.calls(message).is_empty()).await;
    let operation = OperationId::from_ulid(world.ids.ulid());
    let deadline = world.now() + TimeDelta::days(3);
    world.tell(shop.project, OperationStarted { operation, kind: OperationKind::DeleteProject, deadline, overwrite: false }).await;
    world.until_rows(0).await;
    let late = world.message();
    world.ask(&shop, world.contact(), late).await;
    world.until_rows(0).await;
    let (elsewhere, control) = (world.contact(), world.message());
    world.ask(&other, elsewhere, control).await;
    world.until_ended(&other, elsewhere, control).await;
    running.stop().await;
    assert!(world.meta.calls(behind).is_empty() && world.meta.calls(late).is_empty());
    assert_eq!(world.said(&shop, contact, message).await.len(), 1, "nothing is said any more but that it was started");
}
