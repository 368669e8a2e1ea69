//! What is said of a project after its end, by a process that stood still meanwhile.

use std::time::{Duration, Instant};

use chassis::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use contract::{
    AiUsageReported, ContactId, ConversationEvent, HoldKind, KeyHeld, MessageId, ParkedEvent, ProjectId, ReadSettled, Stream, Subject,
    UsageEvent,
};

use crate::deletion::assert_gone;
use crate::others::{UNMAKING, operation_of};
use crate::world::{PATIENCE, World};

/// Credits are used, Meta has answered a sender, and its projector could not follow.
async fn speak(world: &World, id: ProjectId) {
    let used = AiUsageReported { usage: world.ids.ulid().to_string(), credits: 1, what: "answer".into() };
    world.say(&Subject::usage(id), UsageEvent::from(used)).await;
    let settled = ReadSettled { message: MessageId::from_ulid(world.ids.ulid()), shown: true, reason: None, at: world.clock.now() };
    let contact = ContactId::from_ulid(world.ids.ulid());
    world.say(&Subject::conversation(id, contact), ConversationEvent::from(settled)).await;
    let held =
        KeyHeld { key: format!("conversation.{id}"), from_sequence: 1, kind: HoldKind::Parked, cause: "no database".into(), attempts: 1 };
    world.say(&Subject::parked("test", Stream::Conversation).unwrap(), ParkedEvent::from(held)).await;
}

/// How much of that is in the log: of the project, and of all that was held.
async fn spoken(world: &World, id: ProjectId) -> [u64; 3] {
    let of = async |stream: Stream, pattern: String| world.journal.subjects(stream, &pattern).await.unwrap().values().sum::<u64>();
    let held = world.journal.state(Stream::Parked).await.unwrap().messages;
    [of(Stream::Usage, format!("usage.{id}")).await, of(Stream::Conversation, format!("conversation.{id}.>")).await, held]
}

async fn until_silent(world: &World, id: ProjectId) {
    let began = Instant::now();
    loop {
        let spoken = spoken(world, id).await;
        if spoken == [0, 0, 0] {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "late words stay: {spoken:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn what_is_said_after_the_end_in_streams_that_nobody_follows_is_erased_too() {
    let mut world = World::at(Clock::manual(Clock::System.now())).await;
    let (id, neighbour) = (world.ready("Pizza").await, world.ready("Pasta").await);
    let answer = world.delete(id, "Pizza").await;
    for step in UNMAKING {
        world.say_gone(id, operation_of(&answer.body), step).await;
    }
    let location = answer.headers["location"].to_str().unwrap();
    assert_gone(&world, id, location).await;
    let used = AiUsageReported { usage: "u".into(), credits: 1, what: "answer".into() };
    world.say(&Subject::usage(neighbour), UsageEvent::from(used)).await;

    speak(&world, id).await;
    assert_eq!(spoken(&world, id).await, [1, 1, 1]);
    world.clock.advance(TimeDelta::minutes(1));
    until_silent(&world, id).await;
    // Later again; and while lifecycle is stopped over all the other looks, which one makes up for.
    speak(&world, id).await;
    world.clock.advance(TimeDelta::minutes(9));
    until_silent(&world, id).await;
    world.stop().await;
    speak(&world, id).await;
    world.clock.advance(TimeDelta::days(2));
    world.restart().await;
    until_silent(&world, id).await;

    assert_gone(&world, id, location).await;
    assert_eq!(spoken(&world, neighbour).await, [1, 0, 0], "of nobody else");
    let began = Instant::now();
    let look_at = "SELECT look_at FROM lifecycle.erased WHERE project_id = $1";
    while sqlx::query_scalar::<_, Option<DateTime<Utc>>>(look_at).bind(id.to_string()).fetch_one(&world.pool).await.unwrap().is_some() {
        assert!(began.elapsed() < PATIENCE, "it is looked for ever");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    world.end().await;
}
