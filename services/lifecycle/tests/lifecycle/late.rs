//! What is said of a project after its end, by a process that stood still meanwhile.

use axum::http::Method;
use chassis::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use contract::{
    AiUsageReported, ContactId, ConversationEvent, HoldKind, KeyHeld, KeyReleased, MessageId, ParkedEvent, ProjectId, ReadSettled, Stream,
    Subject, UsageEvent,
};
use serde_json::json;

use crate::deletion::{ACCOUNT, NUMBER, assert_gone, hear, heard};
use crate::others::{UNMAKING, operation_of};
use crate::world::World;

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
    testbed::found("late words go", async || spoken(world, id).await, |spoken: &[u64; 3]| *spoken == [0, 0, 0]).await;
}

/// Until the time of the next look is as it is wanted.
async fn until_looked(world: &World, id: ProjectId, wanted: impl Fn(Option<DateTime<Utc>>) -> bool) -> Option<DateTime<Utc>> {
    let look_at = "SELECT look_at FROM lifecycle.erased WHERE project_id = $1";
    let next = async || -> Option<Option<DateTime<Utc>>> {
        sqlx::query_scalar(look_at).bind(id.to_string()).fetch_optional(&world.pool).await.unwrap()
    };
    let fits = |next: &Option<Option<DateTime<Utc>>>| next.is_some_and(&wanted);
    testbed::found("the time of the next look", next, fits).await.flatten()
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
    until_looked(&world, id, |next| next.is_none()).await;
    world.end().await;
}

async fn connect(world: &World, id: ProjectId) {
    let body = json!({"phone_number_id": NUMBER, "waba_id": ACCOUNT});
    let answer = world.send(Method::PUT, &format!("/v1/projects/{id}/number"), &[], Some(body)).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn what_reaches_a_number_after_its_projects_end_is_erased_as_long_as_nobody_else_has_it() {
    let mut world = World::at(Clock::manual(Clock::System.now())).await;
    let (id, next) = (world.ready("Pizza").await, world.ready("Pasta").await);
    connect(&world, id).await;
    let answer = world.delete(id, "Pizza").await;
    for step in UNMAKING {
        world.say_gone(id, operation_of(&answer.body), step).await;
    }
    assert_gone(&world, id, answer.headers["location"].to_str().unwrap()).await;
    let rows = async || -> Vec<String> {
        sqlx::query_scalar("SELECT row_to_json(n)::text FROM lifecycle.erased_numbers n").fetch_all(&world.pool).await.unwrap()
    };
    let kept = rows().await;
    assert!(kept.len() == 1 && !kept[0].contains(NUMBER) && !kept[0].contains(ACCOUNT), "{kept:?}");

    // Webhooks, and a follower that holds them back: it does not run, so it needs its note. It was asked to look again.
    hear(&world).await;
    assert_eq!(heard(&world).await, [2, 1]);
    let first = until_looked(&world, id, |next| next.is_some()).await;
    world.clock.advance(TimeDelta::minutes(1));
    let second = until_looked(&world, id, |next| next > first).await;
    assert_eq!(heard(&world).await, [0, 2]);
    assert!(world.journal.parked().await.unwrap()[0].retry_requested);
    // Now it has let go, and nothing is left by which the number could be known.
    let released = KeyReleased { key: format!("webhook.{NUMBER}"), through_sequence: 1 };
    world.say(&Subject::parked("test", Stream::Webhook).unwrap(), ParkedEvent::from(released)).await;
    world.clock.advance(TimeDelta::minutes(9));
    let third = until_looked(&world, id, |next| next > second).await;
    assert_eq!(heard(&world).await, [0, 0]);

    // What comes when somebody else has it is theirs.
    connect(&world, next).await;
    hear(&world).await;
    world.clock.advance(TimeDelta::hours(1));
    until_looked(&world, id, |next| next > third).await;
    assert_eq!(heard(&world).await, [2, 1]);
    world.clock.advance(TimeDelta::days(1));
    until_looked(&world, id, |next| next.is_none()).await;
    assert_eq!(heard(&world).await, [2, 1]);
    assert!(rows().await.is_empty(), "the number is kept for ever");
    world.stop().await;
}
