//! When a conversation ends: as its project has it.

use crate::world::World;

const DAY: u32 = 86_400;

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_ends_when_nobody_wrote_for_as_long_as_the_project_was_told_last() {
    let world = World::new().await;
    let project = world.project().await;
    world.connect(project, "1").await;
    // Until when messages come, after how long the project ends a conversation, and how many there are then.
    let steps = [
        (0, Some(DAY), 1),
        (DAY, Some(DAY), 1),
        (2 * DAY + 1, Some(DAY), 2),
        (100 * DAY, None, 2),
        (100 * DAY + 60, Some(60), 2),
        (100 * DAY + 121, Some(60), 3),
    ];
    for ((second, idle, talks), messages) in steps.into_iter().zip(1..) {
        world.idle(project, idle).await;
        // One that was running might not have heard of it before the message.
        let running = world.start().await;
        world.message("1", 1, second).await;
        running.caught_up().await;
        assert_eq!(world.counts(project).await, (1, talks, messages), "at {second} with {idle:?}");
        running.stop().await;
    }
    let ended = "SELECT count(*) FROM public.conversations WHERE close_reason = 'idle'";
    let ended: i64 = sqlx::query_scalar(ended).fetch_one(&mut world.connection(project).await).await.unwrap();
    assert_eq!(ended, 2);
}
