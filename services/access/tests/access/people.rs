//! People: signing in by code, for the first time and again, and out; guessing; flooding.

use axum::http::Method;
use chrono::TimeDelta;
use contract::{Subject, UserId, WorkspaceId};
use serde_json::json;
use testbed::found;

use crate::world::{API_KEY, Answer, World};

fn ada() -> UserId {
    UserId::of_email("ada@example.com")
}

#[tokio::test]
async fn the_first_sign_in_makes_the_person_and_their_workspace_and_the_second_does_not() {
    let world = World::new().await;
    let ada_ = world.sign_in("ada").await;
    assert_eq!((ada_.id.clone(), ada_.personal.clone()), (ada().to_string(), WorkspaceId::personal(ada()).to_string()));
    assert_eq!(world.told(&Subject::user(ada())).await, ["sign_in_code_issued", "user_registered", "session_started"]);
    assert_eq!(world.told_of(&ada_.personal).await, ["workspace_created"]);
    let me = world.get(&ada_.token, "/v1/me").await.ok();
    assert_eq!((me.text("/id"), me.text("/email"), me.text("/name")), (ada_.id.clone(), "ada@example.com".into(), "ada".into()));

    // The same person, however the address is written.
    let code = world.code("ada@example.com").await;
    let again = world.open("/sign-in/sessions", json!({"email": "ADA@Example.com", "code": code})).await.ok();
    assert_eq!(again.text("/user"), ada_.id);
    assert_eq!(world.told_of(&ada_.personal).await, ["workspace_created"]);
    let list = world.get(&ada_.token, "/v1/workspaces").await.ok();
    assert_eq!(
        list.body["data"],
        json!([{"id": ada_.personal, "name": "Personal", "kind": "personal", "role": "owner", "owner": ada_.id,
        "created_at": list.body["data"][0]["created_at"]}])
    );

    // One session ends, the other goes on.
    assert_eq!(world.delete(&ada_.token, "/v1/me/session").await.status, 204);
    let is_out = |answer: &Answer| answer.refused() == (401, "unauthenticated");
    found("the session has ended", async || world.get(&ada_.token, "/v1/me").await, is_out).await;
    let second = again.text("/token");
    world.get(&second, "/v1/me").await.ok();
    world.advance(TimeDelta::days(30));
    assert_eq!(world.get(&second, "/v1/me").await.refused(), (401, "unauthenticated"), "it ran out");
    world.end().await;
}

#[tokio::test]
async fn whoever_asks_for_a_code_learns_nothing() {
    let world = World::new().await;
    world.sign_in("ada").await;
    let known = world.open("/sign-in/codes", json!({"email": "ada@example.com"})).await;
    let unknown = world.open("/sign-in/codes", json!({"email": "nobody@example.com"})).await;
    for _ in 0..5 {
        world.open("/sign-in/codes", json!({"email": "nobody@example.com"})).await.ok();
    }
    let flooded = world.open("/sign-in/codes", json!({"email": "nobody@example.com"})).await;
    for answer in [&known, &unknown, &flooded] {
        assert_eq!((answer.status, &answer.body), (202, &serde_json::Value::Null), "{answer:?}");
    }
    let nobody = UserId::of_email("nobody@example.com");
    assert_eq!(world.told(&Subject::user(nobody)).await, ["sign_in_code_issued"; 5], "five in an hour");
    world.mail("nobody@example.com", 5).await;
    assert_eq!(world.mails("nobody@example.com").await.len(), 5);

    let codes: Vec<_> = ["ada@example.com", "nobody@example.com", "never@example.com"]
        .iter()
        .map(|email| world.open("/sign-in/sessions", json!({"email": email, "code": "x"})))
        .collect();
    let answers = futures::future::join_all(codes).await;
    let bodies: Vec<_> = answers.iter().map(|answer| (answer.refused(), answer.body["detail"].clone())).collect();
    assert!(bodies.iter().all(|body| *body == bodies[0]) && bodies[0].0 == (401, "wrong_code"), "{answers:?}");
    assert!(world.told(&Subject::user(UserId::of_email("never@example.com"))).await.is_empty());
    world.end().await;
}

#[tokio::test]
async fn a_code_cannot_be_guessed_however_many_try_at_once() {
    let world = World::new().await;
    let code = world.code("ada@example.com").await;
    let wrong = |n: u32| format!("{:08}", (code.parse::<u32>().unwrap() + n + 1) % 100_000_000);
    let tries = (0..40).map(|n| {
        let (world, code) = (&world, wrong(n));
        async move { world.open("/sign-in/sessions", json!({"email": "ada@example.com", "code": code})).await }
    });
    let answers = futures::future::join_all(tries).await;
    assert!(answers.iter().all(|answer| [401, 503].contains(&answer.status)), "{answers:?}");
    let mut told = world.told(&Subject::user(ada())).await;
    // Whoever lost the race too often was not heard: now the rest.
    while told.len() < 6 {
        world.open("/sign-in/sessions", json!({"email": "ada@example.com", "code": wrong(50)})).await;
        told = world.told(&Subject::user(ada())).await;
    }
    assert_eq!(told[1..], ["sign_in_failed"; 5], "not one more");
    let right = world.open("/sign-in/sessions", json!({"email": "ada@example.com", "code": code})).await;
    assert_eq!(right.refused(), (401, "wrong_code"), "the code is dead");
    world.sign_in("ada").await;
    world.end().await;
}

#[tokio::test]
async fn a_code_works_for_ten_minutes_and_one_of_two_who_have_it_gets_in() {
    let world = World::new().await;
    let late = world.code("ada@example.com").await;
    world.advance(TimeDelta::minutes(10));
    let body = json!({"email": "ada@example.com", "code": late});
    assert_eq!(world.open("/sign-in/sessions", body).await.refused(), (401, "wrong_code"));
    let code = world.code("ada@example.com").await;
    world.advance(TimeDelta::minutes(10) - TimeDelta::microseconds(1));
    let body = || json!({"email": "ada@example.com", "code": code});
    let (one, two) = tokio::join!(world.open("/sign-in/sessions", body()), world.open("/sign-in/sessions", body()));
    let mut statuses = [one.status, two.status];
    statuses.sort();
    assert_eq!(statuses, [201, 401], "{one:?} {two:?}");
    let told = world.told(&Subject::user(ada())).await;
    assert_eq!(told.iter().filter(|event| *event == "user_registered").count(), 1);
    assert_eq!(world.told_of(&WorkspaceId::personal(ada()).to_string()).await, ["workspace_created"]);
    world.end().await;
}

#[tokio::test]
async fn what_is_no_address_is_refused_before_anything_is_written() {
    let world = World::new().await;
    for hostile in [
        "",
        "ada",
        "ada@example.com\r\nBcc: eve@example.com",
        "ada@example.com,eve@example.com",
        "Ada <ada@example.com>",
        "ada@",
        "\u{0}@a.b",
    ] {
        for (path, body) in
            [("/sign-in/codes", json!({"email": hostile})), ("/sign-in/sessions", json!({"email": hostile, "code": "12345678"}))]
        {
            let answer = world.open(path, body).await;
            assert_eq!((answer.refused(), answer.text("/errors/0/pointer")), ((422, "invalid_body"), "/email".into()), "{hostile:?}");
        }
    }
    let answer = world.open("/sign-in/sessions", json!({"email": "a@b.com", "code": "1", "name": "a\u{202e}b"})).await;
    assert_eq!(answer.text("/errors/0/pointer"), "/name");
    let answer = world.open("/sign-in/sessions", json!({"email": "a@b.com", "code": "1".repeat(100_000)})).await;
    assert_eq!(answer.refused(), (401, "wrong_code"));
    assert_eq!(world.journal.state(contract::Stream::Workspace).await.unwrap().last, 0);
    world.end().await;
}

#[tokio::test]
async fn no_code_and_no_token_is_in_the_log_or_in_a_table() {
    let world = World::new().await;
    let code = world.code("ada@example.com").await;
    let answer = world.open("/sign-in/sessions", json!({"email": "ada@example.com", "code": code})).await.ok();
    let token = answer.text("/token");
    let owner = crate::world::who(&answer, "");
    let team = world.team(&owner).await;
    let key = world.post(&token, &format!("/v1/workspaces/{team}/keys"), json!({"name": "K", "scopes": ["projects:read"]})).await.ok();
    world.post(&token, &format!("/v1/workspaces/{team}/invites"), json!({"email": "bob@example.com", "role": "member"})).await.ok();
    let link = world.link("bob@example.com", 1).await;
    let mut said = String::new();
    for subject in [Subject::user(ada()), Subject::workspace(team.parse().unwrap())] {
        for event in world.journal.entity(&subject).await.unwrap() {
            said += &format!("{:?} {}", event.context, String::from_utf8_lossy(&event.data));
        }
    }
    said += &format!("{:?}", world.tables().await);
    let secret = |text: &str| text.rsplit('_').next().unwrap().to_owned();
    for hidden in [code, secret(&token), secret(&key.text("/secret")), link] {
        assert!(!said.contains(&hidden), "{hidden} is in {said}");
    }
    world.end().await;
}

#[tokio::test]
async fn a_key_is_no_person() {
    let world = World::new().await;
    for (method, path) in [(Method::GET, "/v1/me"), (Method::GET, "/v1/me/invites"), (Method::DELETE, "/v1/me/session")] {
        let answer = world.send(Some(API_KEY), method, path, None).await;
        assert_eq!(answer.refused(), (403, "person_needed"), "{path}");
    }
    assert_eq!(world.post(API_KEY, "/v1/workspaces", json!({"name": "Mine"})).await.refused(), (403, "person_needed"));
    let installation = WorkspaceId::INSTALLATION.to_string();
    let all = world.get(API_KEY, "/v1/workspaces").await.ok();
    assert_eq!(all.text("/data/0/id"), installation);
    world.end().await;
}
