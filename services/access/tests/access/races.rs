//! Two at once: of two transfers one counts, of accepting and cancelling one, of two acceptances one.

use contract::Subject;
use futures::future::join_all;
use serde_json::json;

use crate::world::{World, who};

const ROUNDS: usize = 24;

#[tokio::test]
async fn of_two_transfers_of_ownership_one_counts_and_there_is_one_owner() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let team = world.team(&ada).await;
    let bob = world.join(&ada, &team, "bob", "member").await;
    let cy = world.join(&ada, &team, "cy", "member").await;
    let mut owner = ada.clone();
    let all = [ada, bob, cy];
    let path = format!("/v1/workspaces/{team}/owner");
    for round in 0..ROUNDS {
        let [to_one, to_two]: [_; 2] = all.iter().filter(|who| who.id != owner.id).collect::<Vec<_>>().try_into().unwrap();
        let (one, two) = tokio::join!(
            world.post(&owner.token, &path, json!({"user": to_one.id})),
            world.post(&owner.token, &path, json!({"user": to_two.id}))
        );
        let mut statuses = [one.status, two.status];
        statuses.sort();
        assert_eq!(statuses, [200, 403], "round {round}: {one:?} {two:?}");
        owner = if one.status == 200 { to_one.clone() } else { to_two.clone() };
        let members = world.get(&owner.token, &format!("/v1/workspaces/{team}/members")).await.ok();
        let owners: Vec<_> = members.body["data"].as_array().unwrap().iter().filter(|member| member["role"] == "owner").collect();
        assert!(owners.len() == 1 && owners[0]["user"] == owner.id, "round {round}: {members:?}");
    }
    let told = world.told_of(&team).await;
    assert_eq!(told.iter().filter(|event| *event == "ownership_transferred").count(), ROUNDS);
    world.end().await;
}

#[tokio::test]
async fn an_invitation_is_accepted_or_cancelled_and_never_both() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let team = world.team(&ada).await;
    let (mut accepted, mut cancelled) = (0, 0);
    for round in 0..ROUNDS {
        let email = format!("p{round}@example.com");
        let invite =
            world.post(&ada.token, &format!("/v1/workspaces/{team}/invites"), json!({"email": email, "role": "member"})).await.ok();
        let token = world.link(&email, 1).await;
        let cancel = format!("/v1/workspaces/{team}/invites/{}", invite.text("/id"));
        let (accept, cancel) = tokio::join!(world.open("/sign-in/invites", json!({"token": token})), world.delete(&ada.token, &cancel));
        match (accept.status, cancel.status) {
            (201, 404) => {
                accepted += 1;
                world.get(&who(&accept, "/session").token, &format!("/v1/workspaces/{team}")).await.ok();
            }
            (409, 204) => {
                cancelled += 1;
                // Refused as a whole: nobody was registered for it.
                let user = contract::UserId::of_email(&email);
                assert!(world.told(&Subject::user(user)).await.is_empty(), "round {round}");
            }
            other => panic!("round {round}: {other:?} {accept:?} {cancel:?}"),
        }
    }
    let told = world.told_of(&team).await;
    let count = |event: &str| told.iter().filter(|told| *told == event).count();
    assert_eq!((count("invite_accepted"), count("invite_cancelled")), (accepted, cancelled));
    world.end().await;
}

#[tokio::test]
async fn of_many_who_have_the_same_link_one_gets_in() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let team = world.team(&ada).await;
    world.post(&ada.token, &format!("/v1/workspaces/{team}/invites"), json!({"email": "bob@example.com", "role": "member"})).await.ok();
    let token = world.link("bob@example.com", 1).await;
    let answers = join_all((0..12).map(|_| world.open("/sign-in/invites", json!({"token": token})))).await;
    let inside = answers.iter().filter(|answer| answer.status == 201).count();
    let late = answers.iter().filter(|answer| answer.code() == "invite_ended").count();
    assert_eq!((inside, late), (1, 11), "{answers:?}");
    let bob = contract::UserId::of_email("bob@example.com");
    assert_eq!(world.told(&Subject::user(bob)).await, ["user_registered", "session_started"]);
    world.end().await;
}

#[tokio::test]
async fn two_who_invite_the_same_address_make_one_invitation() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let team = world.team(&ada).await;
    let path = format!("/v1/workspaces/{team}/invites");
    let answers = join_all((0..8).map(|_| world.post(&ada.token, &path, json!({"email": "bob@example.com", "role": "member"})))).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    let soon = answers.iter().filter(|answer| answer.code() == "too_many_requests").count();
    assert_eq!((made, soon), (1, 7), "{answers:?}");
    assert_eq!(world.get(&ada.token, &path).await.ok().body["data"].as_array().unwrap().len(), 1);
    assert_eq!(world.mails("bob@example.com").await.len(), 1);
    world.end().await;
}

#[tokio::test]
async fn a_key_that_two_rotate_has_one_successor() {
    let world = World::new().await;
    let ada = world.sign_in("ada").await;
    let team = world.team(&ada).await;
    let path = format!("/v1/workspaces/{team}/keys");
    for round in 0..8 {
        let key = world.post(&ada.token, &path, json!({"name": "K", "scopes": ["projects:read"]})).await.ok().text("/key/id");
        let rotate = format!("{path}/{key}/rotate");
        let body = || json!({"overlap_seconds": 60});
        let (one, two) = tokio::join!(world.post(&ada.token, &rotate, body()), world.post(&ada.token, &rotate, body()));
        let mut statuses = [one.status, two.status];
        statuses.sort();
        assert_eq!(statuses, [201, 409], "round {round}: {one:?} {two:?}");
    }
    world.end().await;
}
