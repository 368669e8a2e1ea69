//! What is asked for is sent once, whatever Meta answers and however often the sender is killed.

use std::sync::Arc;
use std::time::Duration;

use contract::ProjectId;
use e2e::apart::{Apart, Service};
use e2e::asking::Asking;
use e2e::dice::Dice;
use e2e::sent::Sent;
use e2e::sim::Sim;
use projections::ProjectDatabases;
use projections::rebuild::{Options, Rebuild};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Those that a project is made by, and those that a message passes; the sender is the last.
const SERVICES: [&str; 9] = ["ingress", "lifecycle", "databases", "billing", "bots", "flow-sync", "recorder", "conversations", "sender"];
/// Meta has less time to answer than some answers are held.
const SENDER: [(&str, &str); 2] = [("PAIGE_SENDER_CALL_SECONDS", "2"), ("PAIGE_SENDER_SETTLE_SECONDS", "1")];
const PROJECTS: usize = 3;
const CONTACTS: usize = 40;
const MESSAGES_EACH: usize = 15;
const KILLS: u32 = 8;
/// Between a start of the sender and its end.
const ALIVE_MS: std::ops::Range<u64> = 150..1_200;
const SEED: u64 = 4;
const WAIT_MAX: Duration = Duration::from_secs(60);
const SETTLE_MAX: Duration = Duration::from_secs(150);
const POLL: Duration = Duration::from_millis(20);

struct World {
    apart: Apart,
    services: Vec<Service>,
    _phones: Service,
    sim: Sim,
    asking: Arc<Asking>,
    databases: ProjectDatabases,
}

impl World {
    async fn start() -> Self {
        let apart = Apart::start().await;
        let with = |name: &str| if name == "sender" { &SENDER[..] } else { &[] };
        let mut services: Vec<Service> = SERVICES.into_iter().map(|name| apart.service_with(name, with(name))).collect();
        let mut phones = apart.meta(&services[0]);
        for service in services.iter_mut().chain([&mut phones]) {
            apart.ready(service).await;
        }
        let sim = Sim::new(&phones.base);
        sim.allow_everything().await;
        let asking = Arc::new(Asking::new(&apart, &services[7]));
        let databases = ProjectDatabases::new(apart.database_url.parse().expect("a URL"));
        Self { apart, services, _phones: phones, sim, asking, databases }
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.apart.request(&self.services[1], method, path, body).await.expect("lifecycle answers");
        assert!((200..300).contains(&status), "{path} answered {status}: {answer}");
        answer
    }

    /// A project with a number that can send.
    async fn project(&self, number: &str, waba: &str) -> ProjectId {
        let created = self.call(Method::POST, "/v1/projects", Some(json!({ "name": number }))).await;
        let id: ProjectId = created["project"]["id"].as_str().expect("an id").parse().expect("a project");
        let path = format!("/v1/projects/{id}");
        self.until(&path, |shown| shown["status"] == "ready").await;
        let signup = self.sim.signup(number, waba).await;
        self.call(Method::POST, &format!("{path}/number/signup"), Some(signup)).await;
        self.until(&path, |shown| shown["number"]["phone_number_id"] == number).await;
        id
    }

    async fn until(&self, path: &str, holds: impl Fn(&Value) -> bool) {
        let waiting = async {
            while !holds(&self.call(Method::GET, path, None).await) {
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(WAIT_MAX, waiting).await.unwrap_or_else(|_| panic!("waited in vain for {path}"));
    }

    /// The sender is killed where it stands, and started again.
    fn kill_the_sender(&mut self) {
        let sender = self.services.last_mut().expect("the sender");
        sender.kill();
        sender.start();
    }
}

/// Asks for this contact's messages, one after the other, as each is answered. Half of them when nobody is killed any more: no sender lived as long
/// before as a call is held.
async fn speak(asking: Arc<Asking>, project: ProjectId, phone: String, mut dice: Dice, calm: CancellationToken) {
    let contact = asking.writer(project, &phone).await;
    for number in 0..MESSAGES_EACH {
        if number == MESSAGES_EACH / 2 {
            calm.cancelled().await;
        }
        let times = 1 + usize::from(dice.chance(20));
        asking.ask(project, contact, &format!("{phone}-{number}"), &format!("message {number}"), times).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_key_is_sent_once_or_ends_with_a_reason_though_meta_fails_and_the_sender_is_killed() {
    let mut world = World::start().await;
    let mut projects = Vec::new();
    for index in 0..PROJECTS {
        let number = format!("20735841920384{index}");
        projects.push((world.project(&number, &format!("10485739201638{index}")).await, number));
    }
    let mut dice = Dice::new(SEED);
    let (mut speakers, calm) = (JoinSet::new(), CancellationToken::new());
    for index in 0..CONTACTS {
        let (project, number) = &projects[index % PROJECTS];
        let phone = format!("16505550{index:03}");
        world.sim.writes(&phone, number, "Hi!").await;
        speakers.spawn(speak(world.asking.clone(), *project, phone, dice.split(), calm.clone()));
    }
    world.sim.one_in_ten_unanswered_and_one_refused(SEED).await;
    for _ in 0..KILLS {
        tokio::time::sleep(Duration::from_millis(dice.between(ALIVE_MS))).await;
        world.kill_the_sender();
    }
    calm.cancel();
    while let Some(ended) = speakers.join_next().await {
        ended.expect("no panic");
    }

    let asked = world.asking.asked();
    let sent = Sent { sim: &world.sim, databases: &world.databases, asked: &asked };
    let settled = sent.settled(SETTLE_MAX).await;
    let verdict = sent.verdict().await.expect("the tables answer");
    println!("after {KILLS} kills, settled {settled:?}; requests {:?}", world.asking.requests());
    verdict.counts.iter().for_each(|(what, times)| println!("{times:>6}  {what}"));
    let wrong = world.asking.wrong();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(asked.len(), CONTACTS * MESSAGES_EACH, "every key was answered");
    settled.expect("every message has an end");
    assert!(verdict.violations.is_empty(), "{:#?}", verdict.violations);
    let amiss = verdict.trouble.amiss();
    assert!(amiss.is_empty(), "{amiss:#?}");
    let spared = verdict.trouble.spared();
    assert!(spared.is_empty(), "{spared:#?}");

    let journal = journal::Journal::connect(journal::ConnectOptions::new(world.apart.nats.url(), "test")).await.expect("nats answers");
    let rebuild = Rebuild::new(journal, world.databases.clone(), Options::default());
    for (project, _) in projects {
        let report = rebuild.verify(project).await.expect("it can be verified");
        assert!(report.is_clean(), "{report:?}");
    }
}
