//! Nobody knows whether Meta took a message: what becomes of it is what the project's owner said, from their request to the phone.

use chrono::TimeDelta;
use contract::{Event, ProjectEvent, ProjectId, Subject, UnknownOutcome};
use e2e::Stage;
use e2e::person::Person;
use reqwest::Method;
use serde_json::{Value, json};

use crate::talk::{NUMBER, Talk, WABA};

/// Longer than a status is waited for: 90 seconds after the 10 that Meta has to answer.
const SETTLED: TimeDelta = TimeDelta::seconds(101);
/// How long Meta says nothing about what it took: far longer than that.
const SILENCE: TimeDelta = TimeDelta::minutes(10);

/// A talk in a project of somebody who has signed in.
async fn owned() -> (Talk, Person) {
    let stage = Stage::start().await;
    let owner = Person::sign_in(&stage, "ada@example.com").await;
    let made = owner.ask(&stage, Method::POST, "/v1/projects", Some(json!({ "name": "Pizza" }))).await.ok();
    let project: ProjectId = made.body["project"]["id"].as_str().unwrap().parse().unwrap();
    let path = format!("/v1/projects/{project}");
    stage.until("it is ready", async || owner.ask(&stage, Method::GET, &path, None).await.body["status"] == "ready").await;
    stage.sign_up(project, NUMBER, WABA).await;
    (Talk::of(stage, project).await, owner)
}

/// The owner says what is to become of such messages.
async fn choose(talk: &Talk, owner: &Person, policy: &str) {
    let (path, change) = (format!("/v1/projects/{}", talk.project), json!({ "unknown_outcome": policy }));
    let changed = owner.ask(&talk.stage, Method::PATCH, &path, Some(change)).await.ok();
    assert_eq!(changed.body["unknown_outcome"], policy);
    // The sender asks the same fold of projects as this, which waits until the fold has read what the log has.
    talk.post("/flows/sync", json!({})).await;
}

/// A message is asked for, and Meta meets it with this fault; our id of it, when a status is waited for no longer.
async fn unsettled(talk: &Talk, fault: Value) -> String {
    talk.stage.sim(Method::PUT, "/graph/faults", Some(json!([fault]))).await;
    let (status, answer) = talk.try_send(json!({ "type": "text", "text": { "body": "Are you still there?" } })).await;
    assert_eq!(status, 202, "{answer}");
    let id = answer["id"].as_str().unwrap().to_owned();
    talk.until_status(&id, "unknown").await;
    talk.stage.clock.advance(SETTLED);
    id
}

/// How often Meta was asked to send anything, and how often the phone has this message.
async fn asked_and_received(talk: &Talk, id: &str) -> (usize, usize) {
    let calls = talk.stage.sim(Method::GET, "/graph/calls", None).await;
    let asked = calls["data"].as_array().unwrap().iter().filter(|call| call["name"] == "send_message").count();
    let received = talk.stage.sim(Method::GET, &format!("/received?biz_opaque_callback_data={id}"), None).await;
    (asked, received["data"].as_array().unwrap().len())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_an_unknown_outcome_ends_as_the_owner_said() {
    let (talk, owner) = owned().await;
    assert_eq!(talk.get("").await["unknown_outcome"], "give_up", "nobody has said anything yet");

    // Meta did not take it.
    choose(&talk, &owner, "send_again").await;
    let dropped = unsettled(&talk, json!({ "call": "send_message", "http_status": 502 })).await;
    talk.until_status(&dropped, "delivered").await;
    assert_eq!(asked_and_received(&talk, &dropped).await, (2, 1), "sent again");

    // Meta took it, which nobody hears of before it is given up.
    choose(&talk, &owner, "give_up").await;
    talk.stage.sim(Method::PUT, "/rules", Some(json!({ "sent_ms": SILENCE.num_milliseconds() }))).await;
    let taken = unsettled(&talk, json!({ "call": "send_message", "lose_answer": true })).await;
    talk.until_status(&taken, "abandoned").await;
    talk.stage.clock.advance(SILENCE);
    talk.until_status(&taken, "delivered").await;
    assert_eq!(asked_and_received(&talk, &taken).await, (3, 1), "not sent again");

    let said = talk.stage.journal.entity(&Subject::project(talk.project)).await.unwrap();
    let policies = said.iter().filter_map(|recorded| match ProjectEvent::decode(recorded).unwrap() {
        ProjectEvent::SendingPolicySet(set) => Some((set.unknown_outcome, recorded.context.actor.as_deref())),
        _ => None,
    });
    let by_owner = [UnknownOutcome::SendAgain, UnknownOutcome::GiveUp].map(|policy| (policy, Some(owner.id.as_str())));
    assert_eq!(policies.collect::<Vec<_>>(), by_owner);
    talk.finish().await;
}
