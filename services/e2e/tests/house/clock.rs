//! The clock of a development installation: forwards, for every service, by the platform key alone.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use chassis::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use contract::{
    BillingEvent, ContactId, ConversationEvent, Entitlement, Event, ProjectEvent, ProjectId, Recorded, Subject, TransferOutcome,
};
use e2e::person::Person;
use e2e::{Stage, bodies};
use reqwest::Method;
use serde_json::{Value, json};

const CLOCK: &str = "/v1/dev/clock";
const NUMBER: &str = "207358419203847";
const WABA: &str = "104857392016384";
const PHONE: &str = "16505550142";
/// How long what ends by access and by billing lasts.
const SESSION: TimeDelta = TimeDelta::days(30);
const LINK: TimeDelta = TimeDelta::days(7);
const TRIAL: TimeDelta = TimeDelta::days(14);
/// How long Meta may be silent about a display name.
const REVIEW: TimeDelta = TimeDelta::days(14);

fn instant(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clock_goes_forwards_for_everybody_and_never_back() {
    let stage = Stage::start().await;
    let project = stage.project("Clockwork").await;
    let shown = stage.call(Method::GET, CLOCK, None).await;
    assert_eq!(shown["ahead_seconds"], 0);
    let moved = stage.call(Method::POST, CLOCK, Some(json!({ "advance_seconds": 13 * 86_400 }))).await;
    assert_eq!(moved["ahead_seconds"], 13 * 86_400);
    for refused in [json!({ "advance_seconds": -1 }), json!({ "to": shown["now"] }), json!({}), json!({ "advance_seconds": 400_000_000 })] {
        let (status, problem) = stage.request(Method::POST, CLOCK, Some(refused.clone())).await;
        assert_eq!((status, &problem["code"]), (422, &json!("invalid_body")), "{refused}");
    }
    let subscription = format!("/v1/projects/{project}/subscription");
    let trial = stage.call(Method::GET, &subscription, None).await;
    assert_eq!(trial["state"], "trialing");
    let ends_at = instant(&trial["trial"]["ends_at"]);
    assert!(stage.clock.now() < ends_at && stage.clock.now() - Clock::System.now() > TimeDelta::days(12));
    stage.move_clock(ends_at).await;
    stage.until("the trial has ended", async || stage.call(Method::GET, &subscription, None).await["state"] == "expired").await;
    let path = format!("/v1/projects/{project}");
    stage.until("the project is suspended", async || stage.call(Method::GET, &path, None).await["status"] == "suspended").await;
    stage.finish(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_moves_the_clock_without_the_platform_key() {
    let stage = Stage::start().await;
    for key in ["", "paige_nothing"] {
        let request = stage.http.post(format!("{}{CLOCK}", stage.base)).bearer_auth(key).json(&json!({ "advance_seconds": 1 }));
        assert_eq!(request.send().await.unwrap().status(), 401, "{key:?}");
    }
    assert_eq!(stage.call(Method::GET, CLOCK, None).await["ahead_seconds"], 0);
    stage.finish(0).await;
}

/// A business asks for a message to somebody who has just written: status and answer.
async fn asked_for(stage: &Stage, project: ProjectId, wamid: &str, message: Value) -> (u16, Value) {
    let second = stage.clock.now().timestamp();
    assert_eq!(stage.webhook(bodies::text(NUMBER, PHONE, wamid, second, "Hello?")).await, 200);
    stage.settle().await;
    let contacts = stage.call(Method::GET, &format!("/v1/projects/{project}/contacts?phone=%2B{PHONE}"), None).await;
    let contact = contacts["data"][0]["id"].as_str().unwrap();
    stage.send(&format!("/v1/projects/{project}/contacts/{contact}/messages"), wamid, message).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_waits_expires_by_the_clock_that_was_moved() {
    let stage = Stage::start().await;
    let project = stage.signed_up("Clockwork", NUMBER, WABA).await;
    stage.sim(Method::PUT, "/rules", Some(json!({ "everybody": true, "always_open": true }))).await;
    let later = json!([{ "call": "send_message", "code": 131_016, "http_status": 503, "is_transient": true, "percent": 100, "seed": 1 }]);
    stage.sim(Method::PUT, "/graph/faults", Some(later)).await;
    let message = json!({ "type": "text", "text": { "body": "Soon" }, "expires_in_seconds": 36_000 });
    let (status, asked) = asked_for(&stage, project, "wamid.first", message).await;
    assert_eq!(status, 202, "{asked}");
    let contact: ContactId = asked["contact"].as_str().unwrap().parse().unwrap();
    let subject = Subject::conversation(project, contact);
    let said = async || {
        let recorded = stage.journal.entity(&subject).await.unwrap();
        recorded.iter().map(|event| ConversationEvent::decode(event).unwrap()).collect::<Vec<_>>()
    };
    let is_put_off = |event: &ConversationEvent| matches!(event, ConversationEvent::SendDeferred(_));
    stage.until("it is tried again later", async || said().await.iter().any(is_put_off)).await;
    let failed = async || {
        said().await.into_iter().find_map(|event| match event {
            ConversationEvent::MessageFailed(failed) => Some(failed),
            _ => None,
        })
    };
    assert_eq!(failed().await, None);

    let expires_at = instant(&asked["expires_at"]);
    stage.move_clock(expires_at).await;
    stage.until("it has expired", async || failed().await.is_some()).await;
    let failed = failed().await.unwrap();
    assert_eq!(failed.code, "expired", "{failed:?}");
    assert!(failed.at >= expires_at, "{} before {expires_at}", failed.at);
    stage.finish(0).await;
}

/// The token in the invitation that was mailed to somebody.
async fn invited(stage: &Stage, owner: &Person, team: &str, email: &str) -> String {
    let body = json!({ "email": email, "role": "member" });
    owner.ask(stage, Method::POST, &format!("/v1/workspaces/{team}/invites"), Some(body)).await.ok();
    let token = async || {
        let mails = stage.call(Method::GET, "/v1/dev/mails", None).await;
        let mail = mails["data"].as_array()?.iter().find(|mail| mail["to"] == email)?.clone();
        let rest = mail["text"].as_str()?.split_once("paige_invite_")?.1.to_owned();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-').unwrap_or(rest.len());
        Some(format!("paige_invite_{}", &rest[..end]))
    };
    stage.until("the invitation is mailed", async || token().await.is_some()).await;
    token().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_and_invitations_end_by_the_clock_that_was_moved() {
    let stage = Stage::start().await;
    let before = stage.clock.now();
    let ada = Person::sign_in(&stage, "ada@example.com").await;
    let team = ada.ask(&stage, Method::POST, "/v1/workspaces", Some(json!({ "name": "Pizza" }))).await.ok();
    let team = team.body["id"].as_str().unwrap().to_owned();
    let (bob, cy) = (invited(&stage, &ada, &team, "bob@example.com").await, invited(&stage, &ada, &team, "cy@example.com").await);
    let after = stage.clock.now();
    let join = async |token: &str| {
        let body = json!({ "token": token, "name": "New" });
        let answer = stage.http.post(format!("{}/sign-in/invites", stage.base)).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap()["code"].clone())
    };
    let minute = TimeDelta::minutes(1);
    stage.move_clock(before + LINK - minute).await;
    assert_eq!(join(&bob).await.0, 201);
    stage.move_clock(after + LINK).await;
    assert_eq!(join(&cy).await, (409, json!("invite_link_expired")));

    stage.move_clock(before + SESSION - minute).await;
    assert_eq!(ada.ask(&stage, Method::GET, "/v1/me", None).await.status, 200);
    stage.move_clock(after + SESSION).await;
    assert_eq!(ada.ask(&stage, Method::GET, "/v1/me", None).await.status, 401);
    stage.finish(0).await;
}

/// The first event of a subject for which there is something to say, and that.
fn first<E: Event, T>(events: &[Recorded], wanted: impl Fn(E) -> Option<T>) -> (Recorded, T) {
    let mut found = events.iter().filter_map(|event| Some((event.clone(), wanted(E::decode(event).unwrap())?)));
    found.next().unwrap_or_else(|| panic!("not among {} events", events.len()))
}

/// What follows in one service from what another said comes after it, also when all of it is due at once.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_in_several_services_happens_in_the_order_in_which_one_leads_to_the_other() {
    let stage = Stage::start().await;
    let project = stage.signed_up("Clockwork", NUMBER, WABA).await;
    let path = format!("/v1/projects/{project}");
    let shown = stage.call(Method::GET, &path, None).await;
    let end = instant(&shown["created_at"]) + TRIAL;
    stage.move_clock(end + TimeDelta::days(5)).await;
    stage.until("the project is suspended", async || stage.call(Method::GET, &path, None).await["status"] == "suspended").await;

    let billing = stage.journal.entity(&Subject::billing(project)).await.unwrap();
    let (expired, expired_at) = first(&billing, |event: BillingEvent| match event {
        BillingEvent::SubscriptionExpired(expired) => Some(expired.at),
        _ => None,
    });
    let (changed, entitled) = first(&billing, |event: BillingEvent| match event {
        BillingEvent::EntitlementChanged(changed) => Some(changed),
        _ => None,
    });
    let own = stage.journal.entity(&Subject::project(project)).await.unwrap();
    let (suspended, said) = first(&own, |event: ProjectEvent| match event {
        ProjectEvent::ProjectSuspended(suspended) => Some(suspended),
        _ => None,
    });
    assert_eq!((expired_at, entitled.at, said.at), (end, end, end), "each is dated by the rule");
    assert_eq!(entitled.entitlement, Entitlement::Suspended);
    assert!(expired.sequence < changed.sequence, "the trial's end, then what follows for the project");
    assert_eq!((said.billing_sequence, suspended.context.causation), (changed.sequence, Some(changed.id)), "and then lifecycle's word");
    assert!(expired.time <= changed.time && changed.time <= suspended.time);

    let message = json!({ "type": "text", "text": { "body": "Too late" } });
    let (status, refused) = asked_for(&stage, project, "wamid.late", message).await;
    assert_eq!((status, &refused["code"]), (409, &json!("project_suspended")), "{refused}");
    stage.finish(0).await;
}

/// Somebody pays a cycle, with a card that can be charged again; when the cycle ends.
async fn paid(stage: &Stage, project: ProjectId) -> DateTime<Utc> {
    let subscription = format!("/v1/projects/{project}/subscription");
    let payer = Some(json!({ "email": "ada@example.com" }));
    let page = stage.call(Method::POST, &format!("{subscription}/pay"), payer).await;
    stage.pay(page["authorization_url"].as_str().unwrap()).await;
    let shown = async || stage.call(Method::GET, &subscription, None).await;
    stage.until("a cycle runs", async || shown().await["state"] == "active").await;
    instant(&shown().await["cycle"]["ends_at"])
}

/// A project of somebody's own, offered to a team of somebody else's; until when.
async fn offered(stage: &Stage) -> (ProjectId, DateTime<Utc>) {
    let (ada, bob) = (Person::sign_in(stage, "ada@example.com").await, Person::sign_in(stage, "bob@example.com").await);
    let team = bob.ask(stage, Method::POST, "/v1/workspaces", Some(json!({ "name": "Pizza" }))).await.ok().body["id"].clone();
    let made = ada.ask(stage, Method::POST, "/v1/projects", Some(json!({ "name": "Offered" }))).await.ok();
    let project: ProjectId = made.body["project"]["id"].as_str().unwrap().parse().unwrap();
    let path = format!("/v1/projects/{project}");
    stage.until("it is ready", async || stage.call(Method::GET, &path, None).await["status"] == "ready").await;
    let offer = ada.ask(stage, Method::POST, &format!("{path}/transfer"), Some(json!({ "workspace": team }))).await.ok();
    (project, instant(&offer.body["expires_at"]))
}

/// A message that Meta takes never; its contact, and until when it is tried.
async fn refused(stage: &Stage, project: ProjectId) -> (ContactId, DateTime<Utc>) {
    stage.sim(Method::PUT, "/rules", Some(json!({ "everybody": true, "always_open": true }))).await;
    let later = json!([{ "call": "send_message", "code": 131_016, "http_status": 503, "is_transient": true, "percent": 100, "seed": 1 }]);
    stage.sim(Method::PUT, "/graph/faults", Some(later)).await;
    let message = json!({ "type": "text", "text": { "body": "Soon" }, "expires_in_seconds": 36_000 });
    let (status, asked) = asked_for(stage, project, "wamid.refused", message).await;
    assert_eq!(status, 202, "{asked}");
    (asked["contact"].as_str().unwrap().parse().unwrap(), instant(&asked["expires_at"]))
}

/// A display name about which Meta says nothing, asked for an hour after everything before; when it is given up.
async fn unreviewed(stage: &Stage, project: ProjectId) -> DateTime<Utc> {
    stage.move_clock(stage.clock.now() + TimeDelta::hours(1)).await;
    stage.call(Method::PUT, &format!("/v1/projects/{project}/display-name"), Some(json!({ "name": "Pizza" }))).await;
    let own = stage.journal.entity(&Subject::project(project)).await.unwrap();
    first(&own, |event: ProjectEvent| matches!(event, ProjectEvent::DisplayNameRequested(_)).then_some(())).0.time + REVIEW
}

/// Deadlines of sender, lifecycle and billing, in streams of their own, and what two of them lead to elsewhere.
#[tokio::test(flavor = "multi_thread")]
async fn one_move_past_deadlines_of_several_services_fires_each_at_its_instant_in_their_order() {
    let stage = Stage::start().await;
    let (trying, paying) = (stage.signed_up("Trying", NUMBER, WABA).await, stage.project("Paying").await);
    let (offered, offered_until) = offered(&stage).await;
    let cycle_end = paid(&stage, paying).await;
    let trial = stage.call(Method::GET, &format!("/v1/projects/{trying}/subscription"), None).await;
    let trial_end = instant(&trial["trial"]["ends_at"]);
    let name_end = unreviewed(&stage, trying).await;
    let (contact, tried_until) = refused(&stage, trying).await;

    let end = cycle_end + TimeDelta::days(3);
    stage.move_clock(end).await;
    let said = async |subject: Subject| stage.journal.entity(&subject).await.unwrap();
    let (given_up, code) = first(&said(Subject::conversation(trying, contact)).await, |event: ConversationEvent| match event {
        ConversationEvent::MessageFailed(failed) => Some(failed.code),
        _ => None,
    });
    let (off, outcome) = first(&said(Subject::project(offered)).await, |event: ProjectEvent| match event {
        ProjectEvent::TransferEnded(ended) => Some(ended.outcome),
        _ => None,
    });
    assert_eq!((code.as_str(), outcome), ("expired", TransferOutcome::Expired));
    let (expired, _) = first(&said(Subject::billing(trying)).await, |event: BillingEvent| {
        matches!(event, BillingEvent::SubscriptionExpired(_)).then_some(())
    });
    let (suspended, _) = first(&said(Subject::project(trying)).await, |event: ProjectEvent| {
        matches!(event, ProjectEvent::ProjectSuspended(_)).then_some(())
    });
    let (undecided, _) = first(&said(Subject::project(trying)).await, |event: ProjectEvent| {
        matches!(event, ProjectEvent::DisplayNameDecided(_)).then_some(())
    });
    let cycles = said(Subject::billing(paying)).await;
    let (past_due, _) = first(&cycles, |event: BillingEvent| matches!(event, BillingEvent::SubscriptionPastDue(_)).then_some(()));
    let (renewed, starts_at) = first(&cycles, |event: BillingEvent| match event {
        BillingEvent::CycleStarted(cycle) if cycle.starts_at >= cycle_end => Some(cycle.starts_at),
        _ => None,
    });
    assert!(starts_at < cycle_end + TimeDelta::hours(1), "paid at {starts_at}, three days before the clock was asked to stop");

    let happened = [
        ("a message is given up", tried_until, given_up.time),
        ("an offer is off the table", offered_until, off.time),
        ("a trial ends", trial_end, expired.time),
        ("its project is suspended", trial_end, suspended.time),
        ("a name is given up", name_end, undecided.time),
        ("a cycle ends", cycle_end, past_due.time),
        ("and is renewed", cycle_end, renewed.time),
    ];
    assert!(happened.is_sorted_by_key(|(_, _, at)| *at), "{happened:#?}");
    for (what, due, at) in &happened {
        let next = happened.iter().map(|(_, due, _)| *due).find(|later| later > due).unwrap_or(end);
        assert!(due <= at && *at < next, "{what}: due at {due}, done at {at}, when the next was due at {next}");
    }
    stage.finish(0).await;
}
