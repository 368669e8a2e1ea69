//! Every service as a process of its own, with two projects of which one will go, and everything that a project can have.

use contract::{Event, ProjectEvent, ProjectId, Stream, Subject};
use e2e::apart::{Apart, SERVICES, Service};
use e2e::bodies;
use e2e::sim::Sim;
use journal::{ConnectOptions, Journal};
use projects::token_context;
use reqwest::Method;
use sealing::DataKey;
use serde_json::{Value, json};

use crate::marks::{
    ABOUT, ACCOUNT, ANSWER, CAPTION, CODE, COMMIT, FILE_NAME, FLOW, FLOW_TEXT, Mark, NUMBER, PAYER, PHONE, Place, RECEIVED_FILE, SENT_FILE,
    SHOWN_NAME, STATE, TEMPLATE, TEMPLATE_TEXT, USE, USED_FOR,
};
use crate::server::{BUCKET, CREDENTIALS, Server};
use crate::traces::{self, Read};
use crate::until;

/// One of Meta's own, with a title of ours.
const FLOW_JSON: &str = include_str!("../../../../schemas/meta/flows/valid-minimal.json");
/// Who has files in a bucket, of a store that speaks S3; the others have theirs in a folder.
const IN_BUCKET: [&str; 2] = ["media", "sender"];

pub(crate) struct Field {
    pub(crate) apart: Apart,
    services: Vec<Service>,
    bucket: Server,
    meta: Service,
    sim: Sim,
    pub(crate) journal: Journal,
}

impl Field {
    pub(crate) async fn start() -> Self {
        let apart = Apart::start().await;
        let (bucket, endpoint) = Server::start().await;
        let storage = format!("s3://{BUCKET}/objects");
        let variables = [
            ("PAIGE_STORAGE_URL", &*storage),
            ("AWS_ENDPOINT", &*endpoint),
            ("AWS_REGION", CREDENTIALS.region),
            ("AWS_ACCESS_KEY_ID", CREDENTIALS.id),
            ("AWS_SECRET_ACCESS_KEY", CREDENTIALS.secret),
        ];
        let start = |name| if IN_BUCKET.contains(&name) { apart.service_with(name, &variables) } else { apart.service(name) };
        let mut services: Vec<Service> = SERVICES.into_iter().map(start).collect();
        let mut meta = apart.meta(&services[0]);
        for service in services.iter_mut().chain([&mut meta]) {
            apart.ready(service).await;
        }
        let journal = Journal::connect(ConnectOptions::new(apart.nats.url(), "erased")).await.unwrap();
        let sim = Sim::new(&meta.base);
        sim.allow_everything().await;
        Self { apart, services, bucket, meta, sim, journal }
    }

    pub(crate) fn service(&self, name: &str) -> &Service {
        self.services.iter().find(|service| service.name == name).unwrap()
    }

    pub(crate) async fn call(&self, service: &str, method: Method, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.apart.request(self.service(service), method, path, body).await.unwrap();
        assert!((200..300).contains(&status), "{service} answered {status} to {path}: {answer}");
        answer
    }

    /// Until something that is asked for is so.
    pub(crate) async fn until_shown(&self, service: &str, path: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let shown = async || self.call(service, Method::GET, path, None).await;
        until(what, async || match shown().await {
            shown if wanted(&shown) => Ok(()),
            shown => Err(shown.to_string()),
        })
        .await;
        shown().await
    }

    /// A project that is ready.
    pub(crate) async fn project(&self, name: &str) -> ProjectId {
        let created = self.call("lifecycle", Method::POST, "/v1/projects", Some(json!({ "name": name }))).await;
        let id: ProjectId = created["project"]["id"].as_str().unwrap().parse().unwrap();
        self.until_shown("lifecycle", &format!("/v1/projects/{id}"), "it is ready", |shown| shown["status"] == "ready").await;
        id
    }

    /// It gets a number that somebody says it has.
    pub(crate) async fn connect(&self, project: ProjectId, number: &str) {
        let body = Some(json!({ "phone_number_id": number }));
        self.call("lifecycle", Method::PUT, &format!("/v1/projects/{project}/number"), body).await;
    }

    /// It gets its number by Meta's signup.
    pub(crate) async fn sign_up(&self, project: ProjectId) {
        let body = self.sim.signup(NUMBER, ACCOUNT).await;
        let path = format!("/v1/projects/{project}");
        self.call("lifecycle", Method::POST, &format!("{path}/number/signup"), Some(body)).await;
        let connected = |shown: &Value| shown["operation"]["status"] == "succeeded" && shown["number"]["phone_number_id"] == NUMBER;
        self.until_shown("lifecycle", &path, "the number is connected", connected).await;
    }

    pub(crate) async fn receive(&self, number: &str, from: &str, n: u32, words: &str) {
        let body = bodies::text(number, from, &format!("wamid.{number}.{n}"), chassis::Clock::System.now().timestamp(), words);
        let signature = whatsapp::sign(self.apart.keys.meta_app_secret.expose(), &body);
        let target = format!("{}/webhooks/meta", self.service("ingress").base);
        let sent = self.apart.http.post(target).header(whatsapp::SIGNATURE_HEADER, signature).body(body).send().await.unwrap();
        assert_eq!(sent.status(), 200);
    }

    /// How many messages a project has, by its API.
    pub(crate) async fn count(&self, project: ProjectId) -> usize {
        let list = async |path: &str| self.call("conversations", Method::GET, &format!("/v1/projects/{project}/{path}"), None).await;
        let mut count = 0;
        for contact in list("contacts?limit=100").await["data"].as_array().unwrap() {
            let path = format!("contacts/{}/messages?limit=100", contact["id"].as_str().unwrap());
            count += list(&path).await["data"].as_array().map_or(0, Vec::len);
        }
        count
    }

    pub(crate) async fn until_recorded(&self, project: ProjectId, wanted: u32) {
        until(&format!("{wanted} messages of {project}"), async || match self.count(project).await {
            count if count == wanted as usize => Ok(()),
            count => Err(count.to_string()),
        })
        .await;
    }

    /// Everything that a project can have beside messages that were received. Somebody has written to it.
    pub(crate) async fn plant(&self, project: ProjectId) {
        self.plant_code_flow_and_template(project).await;
        self.plant_talk(project).await;
        self.plant_files(project).await;
        let path = format!("/v1/projects/{project}");
        self.call("lifecycle", Method::PATCH, &format!("{path}/profile"), Some(json!({ "about": ABOUT }))).await;
        self.call("lifecycle", Method::PUT, &format!("{path}/display-name"), Some(json!({ "name": SHOWN_NAME }))).await;
        let used = json!({ "usage": USE, "credits": 3, "what": USED_FOR });
        self.call("billing", Method::POST, &format!("{path}/credits/uses"), Some(used)).await;
        let page = self.call("billing", Method::POST, &format!("{path}/subscription/pay"), Some(json!({ "email": PAYER }))).await;
        let paid = self.apart.http.post(format!("{}/payment", page["authorization_url"].as_str().unwrap())).send().await.unwrap();
        assert!(paid.status().is_success(), "{paid:?}");
        self.until_shown("billing", &format!("{path}/subscription"), "it is paid", |shown| shown["state"] == "active").await;
    }

    async fn plant_code_flow_and_template(&self, project: ProjectId) {
        let path = format!("/v1/projects/{project}");
        let files = json!({ "files": { "index.js": { "text": format!("// {CODE}\n") } }, "message": COMMIT });
        self.call("bots", Method::PUT, &format!("{path}/code"), Some(files)).await;
        let mut document: Value = serde_json::from_str(FLOW_JSON).unwrap();
        document["screens"][0]["title"] = json!(FLOW_TEXT);
        let flow = json!({ "name": FLOW, "categories": ["OTHER"], "flow_json": document });
        let flow = self.call("flow-sync", Method::POST, &format!("{path}/flows"), Some(flow)).await;
        let flow = format!("{path}/flows/{}", flow["id"].as_str().unwrap());
        self.until_shown("flow-sync", &flow, "Meta has the Flow", |shown| shown["status"] == "DRAFT").await;
        // Of this Meta tells us, naming the account, in its own time.
        self.call("flow-sync", Method::POST, &format!("{flow}/publish"), Some(json!({}))).await;

        let body = json!({ "type": "BODY", "text": TEMPLATE_TEXT, "example": { "body_text": [["bread"]] } });
        let template = json!({ "name": TEMPLATE, "language": "en_US", "category": "UTILITY", "components": [body] });
        let template = self.call("templates", Method::POST, &format!("{path}/templates"), Some(template)).await;
        let at_meta = self.sim.call(Method::GET, "/templates", None).await["data"][0]["id"].as_str().unwrap().to_owned();
        self.sim.call(Method::POST, &format!("/templates/{at_meta}/decision"), Some(json!({ "verdict": "approve" }))).await;
        let template = format!("{path}/templates/{}", template["id"].as_str().unwrap());
        self.until_shown("templates", &template, "Meta's approval is heard of", |shown| shown["status"] == "APPROVED").await;
    }

    async fn plant_talk(&self, project: ProjectId) {
        let path = format!("/v1/projects/{project}");
        let conversations = self.call("conversations", Method::GET, &format!("{path}/conversations"), None).await;
        let conversation = format!("{path}/conversations/{}", conversations["data"][0]["id"].as_str().unwrap());
        let base = &self.service("conversations").base;
        let key = self.apart.keys.api_key.expose();
        let change = self.apart.http.patch(format!("{base}{conversation}")).bearer_auth(key).header("if-match", "\"0\"");
        let changed = change.json(&json!({ "state": STATE })).send().await.unwrap();
        assert_eq!(changed.status(), 200, "{}", changed.text().await.unwrap());

        let answer = json!({ "type": "text", "text": { "body": ANSWER } });
        let send = self.apart.http.post(format!("{base}{conversation}/messages")).bearer_auth(key).header("idempotency-key", "answer");
        let sent: Value = send.json(&answer).send().await.unwrap().json().await.unwrap();
        let message = format!("{path}/messages/{}", sent["id"].as_str().unwrap_or_else(|| panic!("{sent}")));
        let delivered = |shown: &Value| shown["status"]["status"] == "delivered";
        self.until_shown("conversations", &message, "the answer is on the phone", delivered).await;
    }

    async fn plant_files(&self, project: ProjectId) {
        let picture = |words: &str| [&[0xff, 0xd8, 0xff, 0xe0][..], words.as_bytes(), &[0xff, 0xd9]].concat();
        let upload = async |url: String, words: &str| -> Value {
            let request = self.apart.http.post(url).bearer_auth(self.apart.keys.api_key.expose());
            request.header("content-type", "image/jpeg").body(picture(words)).send().await.unwrap().json().await.unwrap()
        };
        let media = format!("{}/v1/projects/{project}/media?name={FILE_NAME}", self.service("media").base);
        let ours = upload(media, SENT_FILE).await;
        assert_eq!(ours["status"], "uploaded", "{ours}");
        let phone = format!("{}/sim/api/phones/{PHONE}", self.meta.base);
        let theirs = upload(format!("{phone}/chats/{NUMBER}/media"), RECEIVED_FILE).await;
        let message = json!({ "to": NUMBER, "type": "image", "media": theirs["id"], "caption": CAPTION });
        self.sim.call(Method::POST, &format!("/phones/{PHONE}/messages"), Some(message)).await;
        let path = format!("/v1/projects/{project}");
        let contacts = self.call("conversations", Method::GET, &format!("{path}/contacts"), None).await;
        let messages = format!("{path}/contacts/{}/messages?limit=100", contacts["data"][0]["id"].as_str().unwrap());
        let receipt = |shown: &Value| shown["data"].as_array().unwrap().iter().find(|one| one["text"] == CAPTION).cloned();
        let shown = self.until_shown("conversations", &messages, "the receipt is recorded", |shown| receipt(shown).is_some()).await;
        let files = format!("{path}/messages/{}/media", receipt(&shown).unwrap()["id"].as_str().unwrap());
        self.until_shown("media", &files, "their file is stored", |shown| shown["data"][0]["status"] == "stored").await;
        assert!(self.bucket.held().objects.len() >= 2, "both files are in the bucket");
    }

    /// What is only known when it is there: secrets, as they are sealed, and the payment; and the token in the clear, which nobody keeps.
    pub(crate) async fn secrets(&self, project: ProjectId) -> (Vec<Mark>, String) {
        use Place::{Databases, Log};
        let payments = self.call("billing", Method::GET, &format!("/v1/projects/{project}/payments"), None).await;
        let payment = payments["data"][0]["id"].as_str().unwrap().to_owned();
        let mut marks = vec![Mark { what: "the payment", text: payment, kept_in: &[Log, Databases] }];
        let recorded = self.journal.last(&Subject::data_key(project)).await.unwrap().unwrap();
        let ProjectEvent::DataKeyCreated(key) = ProjectEvent::decode(&recorded).unwrap() else { panic!("{recorded:?}") };
        let opened = DataKey::unwrap(&key.wrapped, &self.apart.keys.master_key.expose().parse().unwrap(), project).unwrap();
        marks.push(Mark { what: "the key", text: key.wrapped, kept_in: &[Log] });
        let mut token = None;
        for recorded in self.journal.entity(&Subject::project(project)).await.unwrap() {
            if let ProjectEvent::NumberOffered(offered) = ProjectEvent::decode(&recorded).unwrap() {
                let plain = opened.open(&token_context(NUMBER), &offered.sealed_token).unwrap();
                token = Some(String::from_utf8(plain.expose().to_vec()).unwrap());
                marks.push(Mark { what: "the token, sealed", text: offered.sealed_token, kept_in: &[Log] });
                marks.push(Mark { what: "the PIN, sealed", text: offered.sealed_pin, kept_in: &[Log] });
            }
        }
        (marks, token.expect("the signup brought a token"))
    }

    /// Everything that can be read, but at Meta's.
    pub(crate) async fn read(&self) -> Vec<Read> {
        let mut read = traces::log(&self.journal).await;
        read.extend(traces::databases(&self.apart.postgres.admin_url()).await);
        read.extend(traces::files(Place::Objects, &self.apart.folder().join("objects")));
        read.extend(traces::objects(&self.bucket));
        for service in &self.services {
            read.push(traces::metrics(&self.apart.http, service.name, &service.base).await);
            read.push(traces::file(Place::Said, &self.apart.folder().join(format!("{}.log", service.name))));
        }
        read.push(traces::file(Place::Said, &self.apart.nats.log_path()));
        read.push(traces::file(Place::Said, &self.apart.postgres.log_path()));
        read
    }

    /// Subjects that name a project, with how many events they have.
    pub(crate) async fn subjects_of(&self, project: ProjectId) -> Vec<String> {
        let mut subjects = Vec::new();
        for stream in Stream::ALL {
            let named = self.journal.subjects(stream, ">").await.unwrap();
            let ours = named.into_iter().filter(|(subject, _)| subject.contains(&project.to_string()));
            subjects.extend(ours.map(|(name, events)| format!("{name} {events}")));
        }
        subjects
    }
}
