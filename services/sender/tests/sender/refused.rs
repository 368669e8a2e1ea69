//! What the log does not take of one project keeps nobody else from being sent.

use contract::{Context, ConversationEvent, Event, EventId, MessageRequested, Subject};
use journal::{AppendError, Expect};

use crate::world::{Shop, World};

/// The longest headers that the broker takes, in bytes.
const HEADERS_MAX: usize = 65_535;
/// Far less than what an answer's headers hold beside those of its request: the event that it answers, and who says it.
const STEP: usize = 20;

/// Asks for a message with a correlation as long as the log takes it, so that it takes nothing that follows from the request.
async fn ask_to_the_brim(world: &World, shop: &Shop, request: MessageRequested) {
    let contact = world.contact();
    for length in (0..HEADERS_MAX).rev().step_by(STEP) {
        let context = Context { correlation: Some("x".repeat(length)), ..Context::default() };
        let id = EventId::from_ulid(world.ids.ulid());
        let event = ConversationEvent::from(request.clone()).into_new(id, "/test", world.now(), context);
        match world.journal.append(&Subject::conversation(shop.project, contact), Expect::Any, vec![event]).await {
            Ok(_) => return,
            Err(AppendError::Refused(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    panic!("the log takes no request at all");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_log_does_not_take_of_one_project_keeps_nobody_else_from_being_sent() {
    let world = World::new().await;
    let (shop, other) = (world.shop().await, world.shop().await);
    let running = world.sender().await;
    // Of one the start is refused, of the other that its time is up.
    let (unstarted, expired) = (world.message(), world.message());
    ask_to_the_brim(&world, &shop, world.request(unstarted)).await;
    ask_to_the_brim(&world, &shop, MessageRequested { expires_at: world.now(), ..world.request(expired) }).await;
    for shop in [&shop, &other] {
        let (contact, message) = (world.contact(), world.message());
        world.ask(shop, contact, message).await;
        let ended = world.until_ended(shop, contact, message).await;
        assert!(matches!(ended, ConversationEvent::MessageAccepted(_)), "{ended:?}");
    }
    assert!(world.meta.calls(unstarted).is_empty(), "nothing is sent that is not written down before");
    running.stop().await;
}
