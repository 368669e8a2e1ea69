//! The addresses by which a test reaches an installation: the API, Meta's webhooks, the simulated Meta. They are the same whether every
//! service is a process of its own or all run in one.

use std::collections::BTreeMap;
use std::time::Duration;

use contract::{ProjectId, Stream};
use journal::Journal;
use reqwest::Method;
use serde_json::{Value, json};
use standalone::keys::Keys;

use super::marks::{ACCOUNT, NUMBER};
use super::{WAIT_MAX, until};
use crate::bodies;
use crate::sim::Sim;

const ANSWER_TIME_MAX: Duration = Duration::from_secs(60);
/// Where people, and Meta itself, are asked.
const META: &str = "simulator";

/// See the module. Whatever is not answered with success is a panic, but by [`Doors::ask`].
pub struct Doors {
    bases: BTreeMap<&'static str, String>,
    /// The keys of the house.
    pub keys: Keys,
    /// The log.
    pub journal: Journal,
    /// For requests.
    pub http: reqwest::Client,
    pub(super) sim: Sim,
}

impl Doors {
    /// `bases`: where each service is, `http://127.0.0.1:…`, and the simulated Meta, as `simulator`.
    ///
    /// # Panics
    /// The simulated Meta is not there.
    pub async fn open(bases: impl IntoIterator<Item = (&'static str, String)>, keys: Keys, journal: Journal) -> Self {
        let bases: BTreeMap<&'static str, String> = bases.into_iter().collect();
        let http = reqwest::Client::builder().timeout(ANSWER_TIME_MAX).build().expect("a client");
        let sim = Sim::new(bases[META].clone());
        sim.allow_everything().await;
        Self { bases, keys, journal, http, sim }
    }

    /// Where a service is.
    ///
    /// # Panics
    /// There is none of that name.
    pub fn base(&self, service: &str) -> &str {
        &self.bases[service]
    }

    /// Where the simulated Meta is.
    pub(super) fn meta(&self) -> &str {
        self.base(META)
    }

    /// A request with the platform's key.
    ///
    /// # Errors
    /// There is no answer, or another than success: what came.
    pub async fn ask(&self, service: &str, method: Method, path: &str, body: Option<Value>) -> Result<Value, String> {
        let mut request = self.http.request(method, format!("{}{path}", self.base(service))).bearer_auth(self.keys.api_key.expose());
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.map_err(|error| format!("{service} does not answer to {path}: {error}"))?;
        let status = answer.status();
        let answer: Value = answer.json().await.unwrap_or_default();
        if status.is_success() { Ok(answer) } else { Err(format!("{service} answered {status} to {path}: {answer}")) }
    }

    /// The same, answered with success.
    ///
    /// # Panics
    /// It is not.
    pub async fn call(&self, service: &str, method: Method, path: &str, body: Option<Value>) -> Value {
        self.ask(service, method, path, body).await.unwrap_or_else(|came| panic!("{came}"))
    }

    /// Until something that is asked for is so.
    ///
    /// # Panics
    /// It is not within [`WAIT_MAX`].
    pub async fn until_shown(&self, service: &str, path: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        until(what, WAIT_MAX, async || match self.ask(service, Method::GET, path, None).await? {
            shown if wanted(&shown) => Ok(()),
            shown => Err(shown.to_string()),
        })
        .await;
        self.call(service, Method::GET, path, None).await
    }

    /// A project that is ready.
    pub async fn project(&self, name: &str) -> ProjectId {
        let created = self.call("lifecycle", Method::POST, "/v1/projects", Some(json!({ "name": name }))).await;
        let id: ProjectId = text(&created["project"]["id"]).parse().expect("a project's id");
        self.until_shown("lifecycle", &format!("/v1/projects/{id}"), "it is ready", |shown| shown["status"] == "ready").await;
        id
    }

    /// It gets a number that somebody says it has.
    pub async fn connect(&self, project: ProjectId, number: &str) {
        let body = Some(json!({ "phone_number_id": number }));
        self.call("lifecycle", Method::PUT, &format!("/v1/projects/{project}/number"), body).await;
    }

    /// It gets [`NUMBER`] by Meta's signup.
    pub async fn sign_up(&self, project: ProjectId) {
        let body = self.sim.signup(NUMBER, ACCOUNT).await;
        let path = format!("/v1/projects/{project}");
        self.call("lifecycle", Method::POST, &format!("{path}/number/signup"), Some(body)).await;
        let connected = |shown: &Value| shown["operation"]["status"] == "succeeded" && shown["number"]["phone_number_id"] == NUMBER;
        self.until_shown("lifecycle", &path, "the number is connected", connected).await;
    }

    /// Meta tells of a text. `n` makes it another than those before.
    pub async fn receive(&self, number: &str, from: &str, n: u32, words: &str) {
        let body = bodies::text(number, from, &format!("wamid.{number}.{n}"), chassis::Clock::System.now().timestamp(), words);
        let signature = whatsapp::sign(self.keys.meta_app_secret.expose(), &body);
        let request = self.http.post(format!("{}/webhooks/meta", self.base("ingress"))).header(whatsapp::SIGNATURE_HEADER, signature);
        let answer = request.body(body).send().await.expect("an answer");
        assert_eq!(answer.status(), 200);
    }

    /// Until its API shows so many messages, of at most a hundred people with a hundred each.
    pub async fn until_recorded(&self, project: ProjectId, wanted: u32) {
        until(&format!("{wanted} messages of {project}"), WAIT_MAX, async || match self.count(project).await {
            count if count == wanted as usize => Ok(()),
            count => Err(count.to_string()),
        })
        .await;
    }

    async fn count(&self, project: ProjectId) -> usize {
        let list = async |path: &str| self.call("conversations", Method::GET, &format!("/v1/projects/{project}/{path}"), None).await;
        let mut count = 0;
        for contact in list("contacts?limit=100").await["data"].as_array().expect("a list") {
            let path = format!("contacts/{}/messages?limit=100", text(&contact["id"]));
            count += list(&path).await["data"].as_array().map_or(0, Vec::len);
        }
        count
    }

    /// Its deletion is asked for by typing its name; where the operation is shown.
    pub async fn delete(&self, project: ProjectId, name: &str, overwrite: bool) -> String {
        let confirm = json!({ "confirm": name, "overwrite": overwrite });
        let operation = self.call("lifecycle", Method::DELETE, &format!("/v1/projects/{project}"), Some(confirm)).await;
        format!("/v1/operations/{}", text(&operation["id"]))
    }

    /// Subjects that name a project, with how many events they have.
    ///
    /// # Panics
    /// The log does not answer.
    pub async fn subjects_of(&self, project: ProjectId) -> Vec<String> {
        let mut subjects = Vec::new();
        for stream in Stream::ALL {
            let named = self.journal.subjects(stream, ">").await.expect("the log answers");
            let ours = named.into_iter().filter(|(subject, _)| subject.contains(&project.to_string()));
            subjects.extend(ours.map(|(name, events)| format!("{name} {events}")));
        }
        subjects
    }
}

/// What must be one.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}
