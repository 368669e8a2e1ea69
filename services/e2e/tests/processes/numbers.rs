//! Lifecycle as a process of its own, killed with -9 in the middle of every call to Meta by which a number comes or goes: before Meta has
//! done it, and after it has without anybody hearing of it. What was begun ends all the same, and nothing is left over at Meta or here.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::time::{Duration, Instant};

use chassis::{Clock, Ids};
use contract::{ProjectId, Subject};
use e2e::apart::{Apart, Service};
use e2e::bed::ready_project;
use e2e::sim::Sim;
use journal::{ConnectOptions, Journal};
use reqwest::Method;
use serde_json::{Value, json};

/// The calls by which a number comes, beyond the one that trades its code: that one is made before anything is begun.
const COMING: [&str; 3] = ["subscribe", "register", "number"];
/// Those by which it goes.
const GOING: [&str; 2] = ["deregister", "unsubscribe"];
const WAIT_MAX: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);
/// Longer than any test.
const HELD_MS: u32 = 600_000;

/// A number is given back otherwise than because somebody disconnects it; in each call, and killed when.
const GIVEN_BACK: [(Why, &str, Killed); 8] = [
    (Why::Failed, "deregister", Killed::Before),
    (Why::Failed, "deregister", Killed::After),
    (Why::Failed, "unsubscribe", Killed::Before),
    (Why::Failed, "unsubscribe", Killed::After),
    (Why::Replaced, "deregister", Killed::After),
    (Why::Replaced, "unsubscribe", Killed::Before),
    (Why::Deleted, "deregister", Killed::Before),
    (Why::Deleted, "unsubscribe", Killed::After),
];

/// Why it is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// Its signup failed after it was registered.
    Failed,
    /// Another took its place.
    Replaced,
    /// Its project goes.
    Deleted,
}

/// When it is killed, relative to what Meta does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Killed {
    Before,
    After,
}

struct World {
    apart: Apart,
    lifecycle: Service,
    sim: Sim,
    journal: Journal,
    ids: Ids,
    _others: [Service; 2],
}

impl World {
    async fn new() -> Self {
        let apart = Apart::start().await;
        let (mut ingress, mut lifecycle) = (apart.service("ingress"), apart.service("lifecycle"));
        let mut meta = apart.meta(&ingress);
        for service in [&mut ingress, &mut lifecycle, &mut meta] {
            apart.ready(service).await;
        }
        let (sim, journal) = (Sim::new(&meta.base), Journal::connect(ConnectOptions::new(apart.nats.url(), "test")).await.unwrap());
        Self { apart, lifecycle, sim, journal, ids: Ids::new(Clock::System), _others: [ingress, meta] }
    }

    async fn project(&self) -> ProjectId {
        let id = ready_project(&self.journal, &self.ids).await;
        let path = format!("/v1/projects/{id}");
        self.until("the project is shown", async || matches!(self.ask(Method::GET, &path, None).await, Some((200, _)))).await;
        id
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> Option<(u16, Value)> {
        self.apart.request(&self.lifecycle, method, path, body).await
    }

    /// What the browser has after a popup.
    async fn popup(&self, number: &str, waba: &str) -> Value {
        let signup = json!({ "phone_number_id": number, "waba_id": waba });
        let answer = self.sim.call(Method::POST, "/signups", Some(signup)).await;
        json!({ "code": answer["code"], "event": answer["event"]["event"], "phone_number_id": number, "waba_id": waba })
    }

    async fn ask_for_number(&self, project: ProjectId, popup: &Value) -> Option<(u16, Value)> {
        self.ask(Method::POST, &format!("/v1/projects/{project}/number/signup"), Some(popup.clone())).await
    }

    /// Asks for a number that a popup brought.
    async fn sign_up(&self, project: ProjectId, number: &str, waba: &str) -> Option<(u16, Value)> {
        self.ask_for_number(project, &self.popup(number, waba).await).await
    }

    async fn succeeds(&self, operation: &Value) {
        let path = format!("/v1/operations/{}", operation["id"].as_str().unwrap());
        let succeeded = async || matches!(self.ask(Method::GET, &path, None).await, Some((200, answer)) if answer["status"] == "succeeded");
        self.until(&format!("{path} succeeds"), succeeded).await;
    }

    /// A project that has the number.
    async fn connected(&self, number: &str, waba: &str) -> ProjectId {
        let project = self.project().await;
        let (_, accepted) = self.sign_up(project, number, waba).await.unwrap();
        self.succeeds(&accepted).await;
        project
    }

    /// How each call of that name ended, in order.
    async fn outcomes(&self, name: &str, node: &str) -> Vec<String> {
        let calls = self.sim.call(Method::GET, "/graph/calls", None).await;
        let made = calls["data"].as_array().unwrap().iter().filter(|call| call["name"] == name && call["node"] == node);
        made.map(|call| call["outcome"].as_str().unwrap().to_owned()).collect()
    }

    async fn calls(&self, name: &str, node: &str) -> usize {
        self.outcomes(name, node).await.len()
    }

    /// As registered, as subscribed.
    async fn at_meta(&self, number: &str) -> (Value, Value) {
        let line = self.sim.call(Method::GET, &format!("/graph/numbers/{number}"), None).await;
        (line["registered"].clone(), line["subscribed"].clone())
    }

    async fn shown(&self, project: ProjectId) -> Value {
        self.ask(Method::GET, &format!("/v1/projects/{project}"), None).await.unwrap().1["number"]["phone_number_id"].clone()
    }

    /// What was said of who has the number.
    async fn claims(&self, number: &str) -> Vec<String> {
        let said = self.journal.entity(&Subject::number(number).unwrap()).await.unwrap();
        said.iter().map(|event| event.event_type.as_str().to_owned()).collect()
    }

    /// The next call of that name does not return: Meta has done what it was asked for, or has not.
    async fn hold(&self, call: &str, killed: Killed) {
        self.sim.faults(json!([held(call, killed)])).await;
    }

    async fn made(&self, call: &str, node: &str, before: usize) {
        self.until(&format!("{call} is made"), async || self.calls(call, node).await > before).await;
    }

    async fn kill(&mut self) {
        self.lifecycle.kill();
        self.lifecycle.start();
        self.apart.ready(&mut self.lifecycle).await;
    }

    async fn until(&self, what: &str, condition: impl AsyncFn() -> bool) {
        let started = Instant::now();
        while !condition().await {
            assert!(started.elapsed() < WAIT_MAX, "waited in vain until {what}");
            tokio::time::sleep(POLL).await;
        }
    }
}

fn held(call: &str, killed: Killed) -> Value {
    match killed {
        Killed::Before => json!({ "call": call, "code": 2, "http_status": 503, "hold_ms": HELD_MS }),
        Killed::After => json!({ "call": call, "lose_answer": true, "hold_ms": HELD_MS }),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_every_call_a_number_comes_and_goes_all_the_same() {
    let mut world = World::new().await;
    for (index, killed) in [Killed::Before, Killed::After].into_iter().enumerate() {
        for (place, call) in COMING.into_iter().enumerate() {
            let (number, waba) = (format!("1{index}{place}"), format!("2{index}{place}"));
            let project = world.project().await;
            world.hold(call, killed).await;
            let (status, accepted) = world.sign_up(project, &number, &waba).await.unwrap();
            assert_eq!(status, 202, "{accepted}");
            world.made(call, if call == "subscribe" { &waba } else { &number }, 0).await;
            world.kill().await;
            world.succeeds(&accepted).await;
            assert_eq!(world.at_meta(&number).await, (json!(true), json!(true)), "{killed:?} in {call}");
            assert_eq!(world.shown(project).await, number, "{killed:?} in {call}");
            assert_eq!(world.claims(&number).await, ["project.number_claimed.v1"], "{killed:?} in {call}");
            // Meta refuses another PIN than the one before.
            let refused = world.outcomes("register", &number).await.into_iter().filter(|outcome| outcome != "ok" && outcome != "2");
            assert_eq!(refused.count(), 0, "{killed:?} in {call}");
        }
        for (place, call) in GOING.into_iter().enumerate() {
            let (number, waba) = (format!("3{index}{place}"), format!("4{index}{place}"));
            let project = world.connected(&number, &waba).await;
            world.hold(call, killed).await;
            let (status, accepted) = world.ask(Method::DELETE, &format!("/v1/projects/{project}/number"), None).await.unwrap();
            assert_eq!(status, 202, "{accepted}");
            world.made(call, if call == "unsubscribe" { &waba } else { &number }, 0).await;
            world.kill().await;
            world.succeeds(&accepted).await;
            assert_eq!(world.at_meta(&number).await, (json!(false), json!(false)), "{killed:?} in {call}");
            assert_eq!(world.shown(project).await, Value::Null, "{killed:?} in {call}");
            // It is free, for anybody.
            world.connected(&number, &waba).await;
            let claims = ["project.number_claimed.v1", "project.number_released.v1", "project.number_claimed.v1"];
            assert_eq!(world.claims(&number).await, claims, "{killed:?} in {call}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_trades_the_code_nothing_is_begun_and_with_the_token_it_goes_on() {
    let mut world = World::new().await;
    for (index, (call, node)) in [("exchange_code", "oauth"), ("debug_token", "debug_token"), ("phone_numbers", "")].into_iter().enumerate()
    {
        let (number, waba, project) = (format!("5{index}"), format!("6{index}"), world.project().await);
        let node = if node.is_empty() { waba.as_str() } else { node };
        let (before, mut popup) = (world.calls(call, node).await, world.popup(&number, &waba).await);
        world.hold(call, Killed::After).await;
        tokio::select! {
            answer = world.ask_for_number(project, &popup) => panic!("{call} is held, and {answer:?}"),
            () = world.made(call, node, before) => {}
        }
        world.kill().await;
        assert_eq!((world.shown(project).await, world.claims(&number).await), (Value::Null, Vec::new()), "killed in {call}");
        if call == "exchange_code" {
            // The token went with the process: that is told as soon as it may count as dead, and another code is taken.
            let told = async || matches!(world.ask_for_number(project, &popup).await, Some((422, told)) if told["code"] == "code_refused");
            world.until("the code is refused", told).await;
            popup = world.popup(&number, &waba).await;
        }
        let spent = world.calls("exchange_code", "oauth").await;
        let (status, accepted) = world.ask_for_number(project, &popup).await.unwrap();
        assert_eq!(status, 202, "{accepted}");
        world.succeeds(&accepted).await;
        assert_eq!(world.shown(project).await, number, "killed in {call}");
        let exchanges = world.calls("exchange_code", "oauth").await - spent;
        assert_eq!(exchanges, usize::from(call == "exchange_code"), "what was kept is not asked for again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_it_gives_back_nothing_is_left_at_meta_and_what_was_given_back_is_not_asked_for_again() {
    let mut world = World::new().await;
    for (index, (why, call, killed)) in GIVEN_BACK.into_iter().enumerate() {
        let told = format!("{why:?}, {killed:?} in {call}");
        let [number, waba, instead, elsewhere] = [7, 8, 9, 10].map(|first| format!("{first}{index}"));
        let project = if why == Why::Failed { world.project().await } else { world.connected(&number, &waba).await };
        let path = format!("/v1/projects/{project}");
        let answer = match why {
            Why::Failed => {
                world.sim.faults(json!([{ "call": "number", "code": 368 }, held(call, killed)])).await;
                world.sign_up(project, &number, &waba).await
            }
            Why::Replaced => {
                world.hold(call, killed).await;
                world.sign_up(project, &instead, &elsewhere).await
            }
            Why::Deleted => {
                world.hold(call, killed).await;
                world.ask(Method::DELETE, &path, Some(json!({ "confirm": "Pizza" }))).await
            }
        };
        let (status, accepted) = answer.unwrap();
        assert_eq!(status, 202, "{told}: {accepted}");
        world.made(call, if call == "unsubscribe" { &waba } else { &number }, 0).await;
        world.kill().await;
        let step = if why == Why::Deleted { "number" } else { "give_back" };
        let operation = format!("/v1/operations/{}", accepted["id"].as_str().unwrap());
        let done = async || {
            let Some((200, shown)) = world.ask(Method::GET, &operation, None).await else { return false };
            let mut steps = shown["steps"].as_array().unwrap().iter();
            steps.any(|shown| shown["name"] == step && shown["status"] == "done" && shown["left"].is_null())
        };
        world.until(&format!("{told}: {step} is done"), done).await;
        assert_eq!(world.at_meta(&number).await, (json!(false), json!(false)), "{told}");
        // Before the other call is made, it is noted that the first is done.
        let deregistered = if call == "unsubscribe" { 1 } else { 2 };
        assert_eq!(world.calls("deregister", &number).await, deregistered, "{told}");
        match why {
            Why::Failed => {
                assert_eq!((world.shown(project).await, world.claims(&number).await), (Value::Null, Vec::new()), "{told}");
                let (status, retried) = world.ask(Method::POST, &format!("{path}/retry"), None).await.unwrap();
                assert_eq!(status, 202, "{retried}");
                world.succeeds(&retried).await;
                assert_eq!(world.at_meta(&number).await, (json!(true), json!(true)), "{told}");
                assert_eq!(world.claims(&number).await, ["project.number_claimed.v1"], "{told}");
            }
            Why::Replaced => {
                assert_eq!(world.at_meta(&instead).await, (json!(true), json!(true)), "{told}");
                assert_eq!(world.shown(project).await, instead, "{told}");
            }
            Why::Deleted => _ = world.connected(&number, &waba).await,
        }
    }
}
