//! What stays when a project changes hands: its subscription, paid or over, which is the new owner's to pay from then on.

use chrono::{DateTime, Utc};
use contract::{ProjectId, Stream};
use e2e::Stage;
use e2e::person::Person;
use reqwest::Method;
use serde_json::{Value, json};

use crate::furnished::{get, pay};

/// A project of Ada's, and a team of Bob's that is to have it.
struct Deal {
    ada: Person,
    bob: Person,
    team: String,
    project: ProjectId,
}

impl Deal {
    /// The project is ready.
    async fn made(stage: &Stage) -> Self {
        let (ada, bob) = (Person::sign_in(stage, "ada@example.com").await, Person::sign_in(stage, "bob@example.com").await);
        let team = bob.ask(stage, Method::POST, "/v1/workspaces", Some(json!({ "name": "Pizza Ltd" }))).await.ok();
        let team = team.body["id"].as_str().unwrap().to_owned();
        let created = ada.ask(stage, Method::POST, "/v1/projects", Some(json!({ "name": "Pizza" }))).await.ok();
        assert_eq!(created.body["project"]["workspace_id"], *ada.workspace);
        let project: ProjectId = created.body["project"]["id"].as_str().unwrap().parse().unwrap();
        stage.until("it is ready", async || get(stage, project, "").await["status"] == "ready").await;
        Self { ada, bob, team, project }
    }

    fn path(&self) -> String {
        format!("/v1/projects/{}", self.project)
    }

    /// Ada offers it, Bob accepts.
    async fn handed_over(&self, stage: &Stage) {
        let Self { ada, bob, team, .. } = self;
        let offer = ada.ask(stage, Method::POST, &format!("{}/transfer", self.path()), Some(json!({ "workspace": team }))).await.ok();
        let accept = format!("/v1/workspaces/{team}/transfers/{}/accept", offer.body["id"].as_str().unwrap());
        assert_eq!(ada.ask(stage, Method::POST, &accept, None).await.status, 404, "not by whoever offers it");
        bob.ask(stage, Method::POST, &accept, None).await.ok();
        let shown = async || bob.ask(stage, Method::GET, &self.path(), None).await.status == 200;
        stage.until("it is shown to the new owner", shown).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_that_changes_hands_takes_its_paid_subscription_along() {
    let stage = Stage::start().await;
    let deal = Deal::made(&stage).await;
    let (project, ada, bob, path) = (deal.project, &deal.ada, &deal.bob, deal.path());
    pay(&stage, project).await;
    let pages = ["/subscription", "/payments", "/credits", "/code", "/database"].map(|page| format!("{path}{page}"));
    let mut before = Vec::new();
    for page in &pages {
        before.push(ada.ask(&stage, Method::GET, page, None).await.ok().body);
        assert_eq!(bob.ask(&stage, Method::GET, page, None).await.status, 404, "{page} before");
    }
    let told = stage.journal.subjects(Stream::Billing, &format!("billing.{project}")).await.unwrap();

    deal.handed_over(&stage).await;
    for (page, before) in pages.iter().zip(&before) {
        assert_eq!(ada.ask(&stage, Method::GET, page, None).await.status, 404, "{page}");
        let (mut before, mut after) = (before.clone(), bob.ask(&stage, Method::GET, page, None).await.ok().body);
        // But for the password, and the URL that has it: those of before were known to whoever gave the project away.
        for secret in ["password", "url"].into_iter().filter(|_| page.ends_with("/database")) {
            assert_ne!(after[secret].take(), before[secret].take(), "{secret}");
        }
        assert_eq!(after, before, "{page}");
    }
    assert_eq!(ada.ask(&stage, Method::GET, &path, None).await.status, 404);
    assert_eq!(stage.journal.subjects(Stream::Billing, &format!("billing.{project}")).await.unwrap(), told, "billing says nothing of it");

    // It is the new owner's to pause, and ends when what the old one paid for ends.
    assert_eq!(ada.ask(&stage, Method::POST, &format!("{path}/subscription/pause"), None).await.status, 404);
    let paused = bob.ask(&stage, Method::POST, &format!("{path}/subscription/pause"), None).await.ok();
    assert_eq!((&paused.body["state"], &paused.body["cycle"]), (&json!("pausing"), &before[0]["cycle"]), "{paused:?}");
    stage.finish(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_project_is_handed_over_as_it_is_and_its_new_owner_restores_it() {
    let stage = Stage::start().await;
    let deal = Deal::made(&stage).await;
    let (ada, bob, path) = (&deal.ada, &deal.bob, deal.path());
    let shown = async |who: &Person| who.ask(&stage, Method::GET, &path, None).await.ok().body;
    let end: DateTime<Utc> = get(&stage, deal.project, "/subscription").await["trial"]["ends_at"].as_str().unwrap().parse().unwrap();
    stage.move_clock(end).await;
    stage.until("it is suspended", async || shown(ada).await["status"] == "suspended").await;
    let before = shown(ada).await;

    deal.handed_over(&stage).await;
    let mut after = shown(bob).await;
    assert_eq!(after["workspace_id"], *deal.team);
    for changed in ["workspace_id", "version", "updated_at"] {
        after[changed] = before[changed].clone();
    }
    assert_eq!(after, before, "another owner, and nothing else");
    assert_eq!(after["suspended_at"].as_str().unwrap().parse::<DateTime<Utc>>().unwrap(), end);

    let (pay, payer) = (format!("{path}/subscription/pay"), json!({ "email": "bob@example.com" }));
    assert_eq!(ada.ask(&stage, Method::POST, &pay, Some(payer.clone())).await.status, 404, "it is not hers to pay any more");
    let page = bob.ask(&stage, Method::POST, &pay, Some(payer)).await.ok();
    stage.pay(page.body["authorization_url"].as_str().unwrap()).await;
    stage.until("it is restored", async || shown(bob).await["status"] == "ready").await;
    assert_eq!(shown(bob).await["suspended_at"], Value::Null);
    stage.finish(0).await;
}
