//! The pace towards one contact, by a clock that stands: Meta is never asked for more than it takes.

use chrono::TimeDelta;
use contract::{ConversationEvent, MessageId};

use crate::world::{Shop, World};

/// As many as go to one contact at once, and one more.
const MESSAGES: usize = 46;

/// Another contact's message, asked for after everything else, has gone: whoever might go before it had its turn.
pub(crate) async fn somebody_else_is_sent_to(world: &World, shop: &Shop) {
    let (other, message) = (world.contact(), world.message());
    world.ask(shop, other, message).await;
    assert!(matches!(world.until_ended(shop, other, message).await, ConversationEvent::MessageAccepted(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contact_is_sent_a_burst_and_the_next_message_six_seconds_later_and_nobody_else_waits() {
    let world = World::still().await;
    let shop = world.shop().await;
    let contact = world.contact();
    let messages: Vec<MessageId> = (0..MESSAGES).map(|_| world.message()).collect();
    for message in &messages {
        world.ask(&shop, contact, *message).await;
    }
    let running = world.sender().await;
    let (last, burst) = messages.split_last().expect("there are some");
    for message in burst {
        assert!(matches!(world.until_ended(&shop, contact, *message).await, ConversationEvent::MessageAccepted(_)));
    }
    for wait in [TimeDelta::zero(), TimeDelta::milliseconds(5_999)] {
        assert!(world.clock.advance(wait));
        somebody_else_is_sent_to(&world, &shop).await;
        assert!(world.said(&shop, contact, *last).await.is_empty() && world.meta.calls(last).is_empty(), "too early, {wait} later");
    }
    assert!(world.clock.advance(TimeDelta::milliseconds(1)));
    assert!(matches!(world.until_ended(&shop, contact, *last).await, ConversationEvent::MessageAccepted(_)));
    assert_eq!(world.meta.calls(last).len(), 1, "it was asked for once, when it could go");
    running.stop().await;
}
