//! `paige demo`: the whole idea in one command. A project, a number, a short conversation on the simulated phone, the rows that it became,
//! and the proof that they equal the log. Everything is real but Meta, and nothing is left behind.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use chassis::{Clock, Shutdown};
use clap::{Args, Parser};
use contract::ProjectId;
use embedded::Scratch;
use serde_json::{Value, json};
use sqlx::Row;
use tokio::net::TcpListener;

use crate::Failure;
use crate::banner::line;
use crate::house::{House, Parts};
use crate::keys::Keys;

const NUMBER: &str = "207358419203847";
const PHONE: &str = "16505550142";
/// How long a step may take.
const STEP_TIME_MAX: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);

/// Configuration of `paige demo`: none.
#[derive(Args, Debug)]
pub struct Demo {}

/// Shows it.
///
/// # Errors
/// Whatever does not work; that would be a bug.
pub async fn run(_: Demo) -> Result<(), Failure> {
    line("Starting NATS, Postgres and every service in a temporary folder …");
    let servers = Scratch::start().await?;
    let database_url = servers.postgres.create_database("paige").await?;
    let keys = Keys::random();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let nats_url = servers.nats.url();
    let objects = tempfile::tempdir()?;
    let house = House::build(Parts {
        nats_url: nats_url.clone(),
        database_url: database_url.clone(),
        storage_url: objects.path().display().to_string(),
        keys: keys.clone(),
        clock: Clock::System,
        listener,
    })
    .await?;
    let caller = Caller {
        base: format!("http://{}", house.address),
        key: keys.api_key.expose().to_owned(),
        http: reqwest::Client::builder().timeout(STEP_TIME_MAX).build()?,
    };
    let databases = house.databases.clone();
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    let talk = async {
        let shown = async {
            let project = caller.talk().await?;
            caller.rows(&databases.pool(project)).await?;
            verify(&nats_url, &database_url, project).await
        };
        let soft = shutdown.soft();
        let outcome = tokio::select! {
            outcome = shown => outcome,
            () = soft.cancelled() => Err("interrupted".into()),
        };
        shutdown.begin();
        outcome
    };
    let (ran, shown) = tokio::join!(house.run(&shutdown), talk);
    servers.nats.stop().await;
    servers.postgres.stop().await;
    shown.and(ran)
}

struct Caller {
    base: String,
    key: String,
    http: reqwest::Client,
}

impl Caller {
    async fn talk(&self) -> Result<ProjectId, Failure> {
        line("\n1. A project: its database is made in the background.");
        let created = self.call(reqwest::Method::POST, "/v1/projects", Some(json!({ "name": "Demo" }))).await?;
        let project: ProjectId = created["project"]["id"].as_str().unwrap_or_default().parse()?;
        let path = format!("/v1/projects/{project}");
        self.until("the project is ready", async || Ok(self.call(reqwest::Method::GET, &path, None).await?["status"] == "ready")).await?;
        line(&format!("   {project} is ready"));

        line("\n2. A number: from now on what reaches it belongs to this project.");
        self.call(reqwest::Method::PUT, &format!("{path}/number"), Some(json!({ "phone_number_id": NUMBER }))).await?;
        line(&format!("   phone number id {NUMBER}"));

        line("\n3. Someone writes on a phone; the webhooks arrive as Meta sends them: signed, and one of them twice.");
        self.call(reqwest::Method::PUT, "/sim/api/faults", Some(json!({ "duplicate": 1 }))).await?;
        let messages = [
            json!({ "to": NUMBER, "type": "text", "text": "Hi! Do you have a table for two tonight?" }),
            json!({ "to": NUMBER, "type": "image", "caption": "This one by the window?" }),
            json!({ "to": NUMBER, "type": "button_reply", "id": "yes", "title": "Yes, please" }),
        ];
        for (number, message) in messages.into_iter().enumerate() {
            self.call(reqwest::Method::POST, &format!("/sim/api/phones/{PHONE}/messages"), Some(message)).await?;
            self.until("the message is there", async || Ok(self.messages_of(&path).await? > number)).await?;
        }
        Ok(project)
    }

    /// How many messages of the demo's phone the API shows.
    async fn messages_of(&self, project: &str) -> Result<usize, Failure> {
        let found = self.call(reqwest::Method::GET, &format!("{project}/contacts?phone=%2B{PHONE}"), None).await?;
        let Some(contact) = found["data"][0]["id"].as_str() else { return Ok(0) };
        let messages = self.call(reqwest::Method::GET, &format!("{project}/contacts/{contact}/messages"), None).await?;
        Ok(messages["data"].as_array().map_or(0, Vec::len))
    }

    async fn rows(&self, tables: &sqlx::PgPool) -> Result<(), Failure> {
        line("\n4. The rows, from the project's own database:");
        for row in sqlx::query("SELECT id, name, phone FROM public.contacts").fetch_all(tables).await? {
            let (id, name, phone): (&str, Option<&str>, Option<&str>) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            line(&format!("   contact       {id}  {}  {}", name.unwrap_or("-"), phone.unwrap_or("-")));
        }
        for row in sqlx::query("SELECT id, message_count FROM public.conversations").fetch_all(tables).await? {
            let (id, count): (&str, i64) = (row.try_get(0)?, row.try_get(1)?);
            line(&format!("   conversation  {id}  {count} messages"));
        }
        for row in sqlx::query("SELECT id, type, text FROM public.messages ORDER BY sent_at, sequence").fetch_all(tables).await? {
            let (id, kind, text): (&str, &str, Option<&str>) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            line(&format!("   message       {id}  {kind}: {}", text.unwrap_or("-")));
        }
        Ok(())
    }

    async fn call(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> Result<Value, Failure> {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(&self.key);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            return Err(format!("{path} answered {status}: {text}").into());
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    async fn until(&self, what: &str, condition: impl AsyncFn() -> Result<bool, Failure>) -> Result<(), Failure> {
        let started = Instant::now();
        while !condition().await? {
            if started.elapsed() > STEP_TIME_MAX {
                return Err(format!("waited in vain until {what}").into());
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(())
    }
}

async fn verify(nats_url: &str, database_url: &str, project: ProjectId) -> Result<(), Failure> {
    line("\n5. The proof: the log is folded again and compared with the tables, row by row.\n");
    let project = project.to_string();
    let servers = ["--nats-url", nats_url, "--database-url", database_url];
    let arguments = ["replay"].into_iter().chain(servers).chain(["verify", "--project", &project]);
    if replay::run(replay::Cli::try_parse_from(arguments)?).await != ExitCode::SUCCESS {
        return Err("the tables do not equal the log".into());
    }
    line("\nThat was everything. `paige up` starts the same for you to play with.");
    Ok(())
}
