//! Invitations: by link as a new person, from the list as a known one or when the link is late, renewed, taken back, declined.

use chrono::TimeDelta;
use contract::{Subject, UserId};
use serde_json::json;

use crate::world::{Who, World, who};

async fn invite(world: &World, by: &Who, team: &str, name: &str, role: &str) -> crate::world::Answer {
    world.post(&by.token, &format!("/v1/workspaces/{team}/invites"), json!({"email": format!("{name}@example.com"), "role": role})).await
}

#[tokio::test]
async fn a_link_registers_a_new_person_signs_them_in_and_joins_in_one_step() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let team = world.team(&ada).await;
    let invited = invite(&world, &ada, &team, "bob", "admin").await;
    assert_eq!((invited.status, invited.text("/email"), invited.text("/invited_by")), (201, "bob@example.com".into(), ada.id.clone()));
    let pending = world.get(&ada.token, &format!("/v1/workspaces/{team}/invites")).await.ok();
    assert_eq!(pending.body["data"], json!([invited.body]));

    let token = world.link("bob@example.com", 1).await;
    let joined = world.open("/sign-in/invites", json!({"token": token, "name": "Bob"})).await;
    assert_eq!(joined.status, 201, "{joined:?}");
    assert_eq!((joined.text("/workspace/id"), joined.text("/workspace/role")), (team.clone(), "admin".into()));
    let bob = who(&joined, "/session");
    assert_eq!(world.get(&bob.token, "/v1/me").await.ok().text("/name"), "Bob");
    world.get(&bob.token, &format!("/v1/workspaces/{team}/members")).await.ok();
    assert_eq!(world.told(&Subject::user(UserId::of_email("bob@example.com"))).await, ["user_registered", "session_started"]);
    let pending = world.get(&ada.token, &format!("/v1/workspaces/{team}/invites")).await.ok();
    assert_eq!(pending.body["data"], json!([]));

    let again = world.open("/sign-in/invites", json!({"token": token})).await;
    assert_eq!(again.refused(), (409, "invite_ended"), "a link works once");
    assert_eq!(invite(&world, &ada, &team, "BOB", "member").await.refused(), (409, "already_member"));
    world.end().await;
}

#[tokio::test]
async fn a_link_opens_nobodys_account() {
    let world = World::new().await;
    let (ada, bob) = (world.sign_in("ada").await, world.sign_in("bob").await);
    let team = world.team(&ada).await;
    invite(&world, &ada, &team, "bob", "member").await.ok();
    // The first mail was the code.
    let token = world.link("bob@example.com", 2).await;
    let told = world.told(&Subject::user(UserId::of_email("bob@example.com"))).await;
    let opened = world.open("/sign-in/invites", json!({"token": token, "name": "Somebody else"})).await;
    assert_eq!(opened.refused(), (409, "sign_in_first"));
    assert_eq!(world.told(&Subject::user(UserId::of_email("bob@example.com"))).await, told);
    assert_eq!(world.get(&bob.token, &format!("/v1/workspaces/{team}")).await.refused(), (404, "not_found"));
    // Theirs is the list, and the session that they have.
    let id = world.get(&bob.token, "/v1/me/invites").await.ok().text("/data/0/id");
    world.post(&bob.token, &format!("/v1/me/invites/{id}/accept"), json!({})).await.ok();
    assert_eq!(world.get(&bob.token, "/v1/me").await.ok().text("/name"), "bob");
    world.get(&bob.token, &format!("/v1/workspaces/{team}")).await.ok();
    assert_eq!(world.open("/sign-in/invites", json!({"token": token})).await.refused(), (409, "invite_ended"));
    world.end().await;
}

#[tokio::test]
async fn a_late_link_is_refused_and_the_list_still_works() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let team = world.team(&ada).await;
    invite(&world, &ada, &team, "bob", "member").await.ok();
    let token = world.link("bob@example.com", 1).await;
    world.advance(TimeDelta::days(7));
    assert_eq!(world.open("/sign-in/invites", json!({"token": token})).await.refused(), (409, "invite_link_expired"));
    let (bob, eve) = (world.sign_in("bob").await, world.sign_in("eve").await);
    let mine = world.get(&bob.token, "/v1/me/invites").await.ok();
    assert_eq!(
        (mine.text("/data/0/workspace"), mine.text("/data/0/workspace_name"), mine.text("/data/0/role")),
        (team.clone(), "Pizza".into(), "member".into())
    );
    let id = mine.text("/data/0/id");
    assert_eq!(world.get(&eve.token, "/v1/me/invites").await.ok().body["data"], json!([]));
    for way in ["accept", "decline"] {
        assert_eq!(world.post(&eve.token, &format!("/v1/me/invites/{id}/{way}"), json!({})).await.refused(), (404, "not_found"));
    }
    let accepted = world.post(&bob.token, &format!("/v1/me/invites/{id}/accept"), json!({})).await.ok();
    assert_eq!((accepted.text("/id"), accepted.text("/role")), (team.clone(), "member".into()));
    assert_eq!(world.post(&bob.token, &format!("/v1/me/invites/{id}/accept"), json!({})).await.refused(), (404, "not_found"));
    world.get(&bob.token, &format!("/v1/workspaces/{team}")).await.ok();
    world.end().await;
}

#[tokio::test]
async fn sending_again_makes_the_old_link_useless() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let team = world.team(&ada).await;
    let id = invite(&world, &ada, &team, "bob", "member").await.ok().text("/id");
    let first = world.link("bob@example.com", 1).await;
    let resend = format!("/v1/workspaces/{team}/invites/{id}/resend");
    let soon = world.post(&ada.token, &resend, json!({})).await;
    assert_eq!((soon.refused(), soon.headers["retry-after"].to_str().unwrap()), ((429, "too_many_requests"), "61"));
    world.advance(TimeDelta::minutes(1));
    world.post(&ada.token, &resend, json!({})).await.ok();
    let second = world.link("bob@example.com", 2).await;
    world.advance(TimeDelta::minutes(1));
    assert_eq!(invite(&world, &ada, &team, "bob", "member").await.ok().text("/id"), id, "renewed, not doubled");
    let third = world.link("bob@example.com", 3).await;
    for old in [first, second] {
        assert_eq!(world.open("/sign-in/invites", json!({"token": old})).await.refused(), (409, "invite_link_expired"));
    }
    world.open("/sign-in/invites", json!({"token": third})).await.ok();
    world.end().await;
}

#[tokio::test]
async fn what_was_taken_back_or_declined_leads_nowhere() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let team = world.team(&ada).await;
    let id = invite(&world, &ada, &team, "bob", "member").await.ok().text("/id");
    let token = world.link("bob@example.com", 1).await;
    let path = format!("/v1/workspaces/{team}/invites/{id}");
    assert_eq!(world.delete(&ada.token, &path).await.status, 204);
    assert_eq!(world.delete(&ada.token, &path).await.refused(), (404, "not_found"));
    assert_eq!(world.open("/sign-in/invites", json!({"token": token})).await.refused(), (409, "invite_ended"));
    let bob = world.sign_in("bob").await;
    world.advance(TimeDelta::minutes(1));
    let id = invite(&world, &ada, &team, "bob", "member").await.ok().text("/id");
    let declined = world.post(&bob.token, &format!("/v1/me/invites/{id}/decline"), json!({})).await;
    assert_eq!(declined.status, 204, "{declined:?}");
    assert_eq!(world.get(&bob.token, "/v1/me/invites").await.ok().body["data"], json!([]));
    assert_eq!(world.get(&bob.token, &format!("/v1/workspaces/{team}")).await.refused(), (404, "not_found"));
    assert!(world.told(&Subject::user(UserId::of_email("carl@example.com"))).await.is_empty());
    world.end().await;
}

#[tokio::test]
async fn a_link_that_nobody_mailed_opens_nothing() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let team = world.team(&ada).await;
    invite(&world, &ada, &team, "bob", "member").await.ok();
    let token = world.link("bob@example.com", 1).await;
    let mut forged = token.clone();
    let last = if forged.pop() == Some('A') { 'B' } else { 'A' };
    // The last character of base64 carries two bits that mean nothing: another one is changed too.
    forged.push(last);
    let other = token.replace("paige_invite_A", "paige_invite_B");
    for hostile in ["", "paige_invite_", &forged, &other, "ü", &"A".repeat(10_000)] {
        assert_eq!(world.open("/sign-in/invites", json!({"token": hostile})).await.refused(), (404, "not_found"), "{hostile}");
    }
    world.open("/sign-in/invites", json!({"token": token})).await.ok();
    world.end().await;
}
