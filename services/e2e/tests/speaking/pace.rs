//! Meta's limits, as the simulated Meta enforces them: whoever is too fast waits, and nobody beside them.
//!
//! The pace itself is arithmetic of the sender's own (`sender::pace`); here it must be learnt from refusals, by those who are refused alone.

use chrono::TimeDelta;
use contract::{ContactId, ProjectId};
use e2e::Stage;
use reqwest::Method;
use serde_json::{Value, json};

const NUMBER: &str = "207358419203847";
const WABA: &str = "104857392016384";
const OTHER_NUMBER: &str = "207358419203848";
const OTHER_WABA: &str = "104857392016385";
/// Meta's codes: the number sends too fast; the number sends one person too much.
const NUMBER_TOO_FAST: i64 = 130_429;
const PAIR_TOO_FAST: i64 = 131_056;
/// From one message to somebody to the next, after a burst: nobody waits for that by the machine's clock.
const GAP: TimeDelta = TimeDelta::minutes(10);

/// A number and whose it is.
struct Line<'s> {
    stage: &'s Stage,
    project: ProjectId,
    number: &'static str,
}

/// How a message went so far: the codes with which Meta refused it, and whether it is on the phone.
#[derive(Debug)]
struct Course {
    refused: Vec<i64>,
    arrived: bool,
}

impl Line<'_> {
    async fn get(&self, path: &str) -> Value {
        self.stage.call(Method::GET, &format!("/v1/projects/{}{path}", self.project), None).await
    }

    /// Somebody who has just written.
    async fn writer(&self, phone: &str) -> ContactId {
        let message = json!({ "to": self.number, "type": "text", "text": "Hi!" });
        self.stage.sim(Method::POST, &format!("/phones/{phone}/messages"), Some(message)).await;
        let found = async || self.get(&format!("/contacts?phone=%2B{phone}")).await["data"][0].clone();
        self.stage.until(&format!("{phone} has written"), async || !found().await["last_inbound_at"].is_null()).await;
        found().await["id"].as_str().unwrap().parse().unwrap()
    }

    /// Asks for a text; our id of it.
    async fn ask(&self, to: ContactId, key: &str) -> String {
        let path = format!("/v1/projects/{}/contacts/{to}/messages", self.project);
        let (status, answer) = self.stage.send(&path, key, json!({ "type": "text", "text": { "body": key } })).await;
        assert_eq!(status, 202, "{answer}");
        answer["id"].as_str().unwrap().to_owned()
    }

    async fn course(&self, message: &str) -> Course {
        let steps = self.get(&format!("/messages/{message}/statuses")).await;
        let steps = steps["data"].as_array().unwrap();
        let waits = steps.iter().filter(|step| step["status"] == "waiting");
        Course {
            refused: waits.filter_map(|step| step["error_code"].as_i64()).collect(),
            arrived: steps.iter().any(|step| step["status"] == "delivered"),
        }
    }

    async fn until(&self, message: &str, what: &str, holds: impl Fn(&Course) -> bool) -> Course {
        self.stage.until(&format!("{message} {what}"), async || holds(&self.course(message).await)).await;
        self.course(message).await
    }
}

/// Each is on the phones once.
async fn arrived_once(stage: &Stage, messages: &[String]) {
    for message in messages {
        let received = stage.sim(Method::GET, &format!("/received?biz_opaque_callback_data={message}"), None).await;
        assert_eq!(received["data"].as_array().unwrap().len(), 1, "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_sent_too_much_waits_and_another_of_the_same_number_does_not() {
    let stage = Stage::start().await;
    let line = Line { stage: &stage, project: stage.signed_up("Pizza", NUMBER, WABA).await, number: NUMBER };
    let (much, little) = (line.writer("16505550142").await, line.writer("16505550143").await);
    stage.sim(Method::PUT, "/rules", Some(json!({ "pair_burst": 2, "pair_gap_ms": GAP.num_milliseconds() }))).await;
    let mut asked = Vec::new();
    for index in 0..4 {
        asked.push(line.ask(much, &format!("much-{index}")).await);
    }
    let refused = line.until(&asked[2], "was refused", |course| !course.refused.is_empty()).await;
    assert!(refused.refused.iter().all(|code| *code == PAIR_TOO_FAST) && !refused.arrived, "{refused:?}");
    let beside = line.ask(little, "little").await;
    let beside = (line.until(&beside, "has arrived", |course| course.arrived).await, beside);
    assert!(beside.0.refused.is_empty(), "{:?}", beside.0);
    assert!(!line.course(&asked[2]).await.arrived, "the other did not wait for it");
    assert!(line.course(&asked[3]).await.refused.is_empty(), "what comes behind it is not tried before");
    for (message, gap) in asked.iter().zip([TimeDelta::zero(), TimeDelta::zero(), GAP, GAP]) {
        assert!(stage.clock.advance(gap));
        line.until(message, "has arrived", |course| course.arrived).await;
    }
    arrived_once(&stage, &[asked, vec![beside.1]].concat()).await;
    stage.finish(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_is_too_fast_is_slowed_down_and_another_projects_is_not() {
    const BURST: usize = 40;
    let stage = Stage::start().await;
    let busy = Line { stage: &stage, project: stage.signed_up("Pizza", NUMBER, WABA).await, number: NUMBER };
    let calm = Line { stage: &stage, project: stage.signed_up("Pasta", OTHER_NUMBER, OTHER_WABA).await, number: OTHER_NUMBER };
    let guest = calm.writer("16505550142").await;
    let mut crowd = Vec::new();
    for index in 0..BURST {
        crowd.push(busy.writer(&format!("16505551{index:03}")).await);
    }
    stage.sim(Method::PUT, "/rules", Some(json!({ "throughput": 4 }))).await;
    let asked: Vec<String> = futures::future::join_all(crowd.iter().map(|contact| busy.ask(*contact, "crowd"))).await;
    let code = NUMBER_TOO_FAST.to_string();
    let too_fast = async || {
        let calls = stage.sim(Method::GET, "/graph/calls", None).await;
        calls["data"].as_array().unwrap().iter().filter(|call| call["outcome"] == code).count()
    };
    stage.until("Meta says that it is too fast", async || too_fast().await > 0).await;
    // The crowd takes nine seconds: what is asked meanwhile is little, and at once.
    let beside = futures::future::join_all((0..3).map(async |number| {
        let message = calm.ask(guest, &format!("calm-{number}")).await;
        calm.until(&message, "has arrived", |course| course.arrived).await
    }))
    .await;
    let received = stage.sim(Method::GET, "/received", None).await["count"].as_u64().unwrap();
    assert!(received < (BURST + beside.len()) as u64, "the other did not wait for the end of the crowd");
    assert!(beside.iter().all(|course| course.refused.is_empty()), "{beside:?}");
    for message in &asked {
        busy.until(message, "has arrived", |course| course.arrived).await;
    }
    arrived_once(&stage, &asked).await;
    // At the configured pace each would be refused again and again until its turn comes.
    let too_fast = too_fast().await;
    println!("{BURST} messages at 4 a second were refused {too_fast} times");
    assert!((1..BURST).contains(&too_fast), "{too_fast} refusals: it does not learn");
    stage.finish(0).await;
}
