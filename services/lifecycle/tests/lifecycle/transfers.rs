//! A project changes hands: offered, accepted, declined, taken back, run out; the first answer counts.

use axum::http::Method;
use chassis::Clock;
use chrono::TimeDelta;
use contract::{ProjectEvent, ProjectId, ProjectTransferred, Subject, WorkspaceDeleted, WorkspaceEvent, WorkspaceId, WorkspaceKind};
use serde_json::{Value, json};

use crate::world::{Answer, World};

/// A project of a personal account, that account, and a team.
async fn given(world: &World) -> (ProjectId, WorkspaceId, WorkspaceId) {
    let (own, team) = (world.workspace(WorkspaceKind::Personal).await, world.workspace(WorkspaceKind::Team).await);
    let answer = world.post("/v1/projects", Some(json!({"name": "Pizza", "workspace_id": own}))).await;
    assert_eq!(answer.body["project"]["workspace_id"], own.to_string(), "{answer:?}");
    (answer.body["project"]["id"].as_str().unwrap().parse().unwrap(), own, team)
}

async fn offer(world: &World, id: ProjectId, to: WorkspaceId) -> Answer {
    world.post(&format!("/v1/projects/{id}/transfer"), Some(json!({"workspace": to}))).await
}

async fn answer(world: &World, to: WorkspaceId, offer: &Value, verb: &str) -> Answer {
    world.post(&format!("/v1/workspaces/{to}/transfers/{}/{verb}", offer["id"].as_str().unwrap()), None).await
}

async fn withdraw(world: &World, id: ProjectId) -> Answer {
    world.send(Method::DELETE, &format!("/v1/projects/{id}/transfer"), &[], None).await
}

async fn offers(world: &World, workspace: WorkspaceId) -> Value {
    world.get(&format!("/v1/workspaces/{workspace}/transfers")).await.body["data"].clone()
}

#[tokio::test]
async fn an_accepted_offer_changes_the_owner_and_nothing_else() {
    let world = World::new().await;
    let (id, own, team) = given(&world).await;
    let offered = offer(&world, id, team).await;
    assert_eq!(offered.status, 201, "{offered:?}");
    let offered = offered.body;
    assert_eq!((offered["status"].as_str(), offered["project_name"].as_str()), (Some("pending"), Some("Pizza")));
    assert_eq!(offers(&world, team).await, json!([offered]));
    let before = world.project(id).await;
    assert_eq!((&before["transfer"], &before["workspace_id"]), (&offered, &json!(own)));
    assert_eq!(offer(&world, id, team).await.body, offered, "asked again it is the same offer");

    let elsewhere = world.workspace(WorkspaceKind::Team).await;
    assert_eq!(answer(&world, elsewhere, &offered, "accept").await.code(), "not_found");
    let accepted = answer(&world, team, &offered, "accept").await;
    assert_eq!((accepted.status, &accepted.body["status"]), (200, &json!("accepted")), "{accepted:?}");
    assert_eq!(answer(&world, team, &offered, "accept").await.body, accepted.body, "accepted again it is the same");
    assert_eq!(answer(&world, team, &offered, "decline").await.code(), "transfer_ended");
    assert_eq!(withdraw(&world, id).await.code(), "transfer_ended");
    let after = world.project(id).await;
    assert_eq!((&after["workspace_id"], &after["transfer"]), (&json!(team), &Value::Null));
    for kept in ["name", "status", "number", "operation", "conversation_idle_seconds"] {
        assert_eq!(after[kept], before[kept], "{kept}");
    }
    assert_eq!(offers(&world, team).await, json!([]));
    let told = world.told(&Subject::project(id)).await;
    assert_eq!(told, ["project_created", "operation_started", "transfer_requested", "project_transferred"]);
    for (workspace, expected) in [(team, 1), (own, 0)] {
        let listed = world.get(&format!("/v1/projects?workspace={workspace}")).await.body["data"].as_array().unwrap().len();
        assert_eq!(listed, expected);
    }
    world.end().await;
}

#[tokio::test]
async fn a_declined_or_withdrawn_offer_changes_nothing_and_another_can_be_made() {
    let world = World::new().await;
    let (id, own, team) = given(&world).await;
    assert_eq!(withdraw(&world, id).await.code(), "not_found", "nothing was offered");
    let first = offer(&world, id, team).await.body;
    let declined = answer(&world, team, &first, "decline").await;
    assert_eq!(declined.body["status"], "declined", "{declined:?}");
    assert_eq!(answer(&world, team, &first, "accept").await.code(), "transfer_ended");
    assert_eq!(world.project(id).await["transfer"], declined.body, "its owner is told");

    let second = offer(&world, id, team).await.body;
    assert_ne!(second["id"], first["id"]);
    let elsewhere = world.workspace(WorkspaceKind::Team).await;
    assert_eq!(offer(&world, id, elsewhere).await.code(), "transfer_pending");
    assert_eq!(withdraw(&world, id).await.status, 204);
    assert_eq!(withdraw(&world, id).await.status, 204);
    assert_eq!(answer(&world, team, &second, "accept").await.code(), "transfer_ended");
    assert_eq!(answer(&world, team, &first, "accept").await.code(), "not_found", "an offer that another came after");
    let project = world.project(id).await;
    assert_eq!((&project["workspace_id"], &project["transfer"]["status"]), (&json!(own), &json!("withdrawn")));
    world.end().await;
}

#[tokio::test]
async fn only_a_personal_project_is_offered_and_only_to_a_team_that_is_there() {
    let world = World::new().await;
    let (id, own, team) = given(&world).await;
    let deleted = world.workspace(WorkspaceKind::Team).await;
    world.say(&Subject::workspace(deleted), WorkspaceEvent::from(WorkspaceDeleted {})).await;
    let nobody = WorkspaceId::from_ulid(world.ids.ulid());
    for to in [own, world.workspace(WorkspaceKind::Personal).await, deleted, nobody, WorkspaceId::INSTALLATION] {
        let refused = offer(&world, id, to).await;
        assert_eq!(refused.refused(), (422, "invalid_body"), "{refused:?}");
        assert_eq!(refused.body["errors"][0]["pointer"], "/workspace");
    }
    let theirs = world.post("/v1/projects", Some(json!({"name": "Pasta", "workspace_id": team}))).await;
    let theirs = theirs.body["project"]["id"].as_str().unwrap().parse().unwrap();
    let other = world.workspace(WorkspaceKind::Team).await;
    assert_eq!(offer(&world, theirs, other).await.code(), "not_personal");
    world.end().await;
}

#[tokio::test]
async fn an_offer_runs_out_after_seven_days_to_the_instant() {
    let world = World::at(Clock::manual(Clock::System.now())).await;
    let (id, own, team) = given(&world).await;
    world.say_all_made(id).await;
    world.until_status(id, "ready").await;
    let offered = offer(&world, id, team).await.body;
    let expires: chrono::DateTime<chrono::Utc> = offered["expires_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(expires - world.clock.now(), TimeDelta::days(7));
    world.clock.set(expires - TimeDelta::microseconds(1));
    world.ready("Other").await;
    assert_eq!(offers(&world, team).await, json!([offered]));
    world.clock.set(expires);
    assert_eq!(answer(&world, team, &offered, "accept").await.code(), "transfer_ended");
    world.until_told(id, |told| told.last().unwrap() == "transfer_ended").await;
    world.until(&format!("/v1/workspaces/{team}/transfers"), "no offer", |answer| answer.body["data"] == json!([])).await;
    let project = world.project(id).await;
    assert_eq!((&project["workspace_id"], &project["transfer"]["status"]), (&json!(own), &json!("expired")));
    world.end().await;
}

#[tokio::test]
async fn of_an_acceptance_and_a_withdrawal_at_once_one_counts() {
    let world = World::new().await;
    for round in 0..32 {
        let (id, own, team) = given(&world).await;
        let offered = offer(&world, id, team).await.body;
        let (accept, withdrawal) = if round % 2 == 0 {
            tokio::join!(answer(&world, team, &offered, "accept"), withdraw(&world, id))
        } else {
            let (withdrawal, accept) = tokio::join!(withdraw(&world, id), answer(&world, team, &offered, "accept"));
            (accept, withdrawal)
        };
        let won = accept.status == 200;
        let lost = if won { &withdrawal } else { &accept };
        assert_eq!(lost.code(), "transfer_ended", "{accept:?} {withdrawal:?}");
        let (owner, last) = if won { (team, "project_transferred") } else { (own, "transfer_ended") };
        assert_eq!(world.project(id).await["workspace_id"], owner.to_string());
        assert_eq!(world.told(&Subject::project(id)).await.last().unwrap(), last);
    }
    world.end().await;
}

#[tokio::test]
async fn of_an_acceptance_and_a_deletion_at_once_the_first_decides_whose_project_goes() {
    let world = World::new().await;
    for round in 0..16 {
        let (id, own, team) = given(&world).await;
        world.say_all_made(id).await;
        world.until_status(id, "ready").await;
        let offered = offer(&world, id, team).await.body;
        let (accept, deletion) = if round % 2 == 0 {
            tokio::join!(answer(&world, team, &offered, "accept"), world.delete(id, "Pizza"))
        } else {
            let (deletion, accept) = tokio::join!(world.delete(id, "Pizza"), answer(&world, team, &offered, "accept"));
            (accept, deletion)
        };
        assert_eq!(deletion.status, 202, "{deletion:?}");
        let (owner, then) = if accept.status == 200 {
            (team, ["project_transferred", "operation_started"])
        } else {
            assert_eq!(accept.code(), "transfer_ended", "{accept:?}");
            (own, ["operation_started", "transfer_ended"])
        };
        let told = world.told(&Subject::project(id)).await;
        let at = told.iter().position(|told| told == "transfer_requested").unwrap();
        assert_eq!(told[at + 1..at + 3], then);
        let project = world.project(id).await;
        assert_eq!((&project["workspace_id"], &project["status"]), (&json!(owner), &json!("deleting")));
    }
    world.end().await;
}

#[tokio::test]
async fn no_project_stays_with_a_workspace_that_was_deleted_as_it_accepted() {
    let world = World::new().await;
    for deleted_first in [false, true] {
        let (id, own, team) = given(&world).await;
        let offered = offer(&world, id, team).await.body;
        let transfer = offered["id"].as_str().unwrap().parse().unwrap();
        // As whoever has decided and not appended yet: each looked before the other said it.
        let deleted = async || world.say(&Subject::workspace(team), WorkspaceEvent::from(WorkspaceDeleted {})).await;
        let accepted = async || {
            let transferred = ProjectTransferred { transfer, from: own, to: team };
            world.say(&Subject::project(id), ProjectEvent::from(transferred)).await;
        };
        if deleted_first {
            deleted().await;
            assert_eq!(answer(&world, team, &offered, "accept").await.code(), "not_found");
            accepted().await;
        } else {
            accepted().await;
            world.until(&format!("/v1/projects/{id}"), "the team's", |answer| answer.body["workspace_id"] == team.to_string()).await;
            deleted().await;
        }
        let transfers = |told: &[String]| told.iter().filter(|name| *name == "project_transferred").count();
        world.until_told(id, |told| transfers(told) == 2).await;
        world.until(&format!("/v1/projects/{id}"), "given back", |answer| answer.body["workspace_id"] == own.to_string()).await;
        let elsewhere = world.workspace(WorkspaceKind::Team).await;
        assert_eq!(offer(&world, id, elsewhere).await.status, 201, "it can be offered again");
    }
    world.end().await;
}
