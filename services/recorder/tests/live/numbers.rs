//! A number that its project lets go: who hears what still comes to it.

use contract::ProjectId;

use crate::world::{PATIENCE, Running, World, wamid};

const NUMBER: &str = "1";

/// A project that had the number and heard one message, and a recorder that holds back another one, which came after that.
async fn let_go(world: &World) -> (ProjectId, Running) {
    let project = world.project().await;
    world.connect(project, NUMBER).await;
    let running = world.start().await;
    world.message(NUMBER, 1, 0).await;
    world.until_counts(project, (1, 1, 1)).await;
    running.stop().await;
    world.disconnect(project, NUMBER).await;
    world.message(NUMBER, 1, 1).await;
    // One that was running might not have heard of the disconnection before the message.
    let running = world.start().await;
    running.caught_up().await;
    assert_eq!(running.followers.webhooks.status().borrow().parked, 1);
    (project, running)
}

async fn nothing_is_held(running: &Running) {
    let mut status = running.followers.webhooks.status();
    let waited = tokio::time::timeout(PATIENCE, status.wait_for(|status| status.held == 0)).await;
    assert!(waited.is_ok(), "waited until nothing is held");
}

async fn wamids(world: &World, project: ProjectId) -> Vec<String> {
    let mut said: Vec<_> = world.said(project).await.into_values().flatten().collect();
    said.sort();
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_while_nobody_had_a_number_is_not_the_next_projects() {
    let world = World::new().await;
    let (first, running) = let_go(&world).await;
    let second = world.project().await;
    world.connect(second, NUMBER).await;
    world.message(NUMBER, 2, 0).await;
    world.until_counts(second, (1, 1, 1)).await;
    nothing_is_held(&running).await;
    assert_eq!((wamids(&world, first).await, wamids(&world, second).await), (vec![wamid(1, 0)], vec![wamid(2, 0)]));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_while_nobody_had_a_number_is_the_projects_that_connects_it_again() {
    let world = World::new().await;
    let (project, running) = let_go(&world).await;
    world.connect(project, NUMBER).await;
    world.until_counts(project, (1, 1, 2)).await;
    nothing_is_held(&running).await;
    assert_eq!(wamids(&world, project).await, [wamid(1, 0), wamid(1, 1)]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_to_the_number_of_a_project_that_is_deleted_waits_for_nobody() {
    let world = World::new().await;
    let (gone, running) = let_go(&world).await;
    world.delete(gone).await;
    nothing_is_held(&running).await;
    world.message(NUMBER, 1, 2).await;
    running.caught_up().await;
    assert_eq!(running.followers.webhooks.status().borrow().held, 0);
    let next = world.project().await;
    world.connect(next, NUMBER).await;
    world.message(NUMBER, 2, 0).await;
    world.until_counts(next, (1, 1, 1)).await;
    assert_eq!((wamids(&world, gone).await, wamids(&world, next).await), (vec![wamid(1, 0)], vec![wamid(2, 0)]));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorder_that_starts_after_a_project_was_erased_tells_the_next_one_nothing_of_it() {
    let world = World::new().await;
    let (gone, running) = let_go(&world).await;
    world.delete(gone).await;
    nothing_is_held(&running).await;
    running.stop().await;
    world.forget_claims(NUMBER).await;
    world.erase(gone).await;
    // Its customers do not know. Nor does a recorder that starts now: it waits for whoever has the number.
    world.message(NUMBER, 1, 2).await;
    let running = world.start().await;
    running.caught_up().await;
    assert_eq!(running.followers.webhooks.status().borrow().parked, 1);
    let next = world.project().await;
    world.offer(next, NUMBER).await;
    // This is the next one's already, and comes before it is said that the number is connected.
    world.message(NUMBER, 2, 0).await;
    world.connect(next, NUMBER).await;
    world.message(NUMBER, 2, 1).await;
    world.until_counts(next, (1, 1, 2)).await;
    nothing_is_held(&running).await;
    assert_eq!(wamids(&world, next).await, [wamid(2, 0), wamid(2, 1)]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recorder_that_starts_after_one_of_a_numbers_projects_was_erased_knows_what_was_that_projects() {
    let world = World::new().await;
    let (kept, gone) = (world.project().await, world.project().await);
    world.connect(kept, NUMBER).await;
    world.disconnect(kept, NUMBER).await;
    world.connect(gone, NUMBER).await;
    world.disconnect(gone, NUMBER).await;
    world.delete(gone).await;
    world.message(NUMBER, 1, 0).await;
    world.erase(gone).await;
    world.connect(kept, NUMBER).await;
    world.message(NUMBER, 2, 0).await;
    let running = world.start().await;
    running.caught_up().await;
    assert_eq!(wamids(&world, kept).await, [wamid(2, 0)]);
    running.stop().await;
}
