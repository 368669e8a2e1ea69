//! A subscriber from outside: the Node example of `schemas/examples/follow-messages`, as it is published and as README shows it, against a
//! real broker. It follows one of two projects and must see exactly this project's messages, in order, as CloudEvents that fit their
//! schemas: those of the golden examples, and those that the recorder writes; also after the broker was away for longer than a client waits.

#![expect(clippy::unwrap_used, reason = "in a test whatever is missing is a failure")]

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use contract::{ContactId, Context, ConversationId, EventId, Identity, IdentityKind, MessageId, NewEvent, ProjectId, Stream, Subject};
use e2e::{Stage, bodies};
use embedded::Nats;
use futures::StreamExt;
use journal::{ConnectOptions, Expect, Filter, Journal, Range};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// Fetching 50 small packages.
const INSTALL_MAX: Duration = Duration::from_secs(180);
/// Connecting, and one event from broker to standard output.
const LINE_MAX: Duration = Duration::from_secs(30);
const SECOND: i64 = 1_794_992_403;
/// So often a client looks for a broker that is away, two seconds apart, unless it is told to go on.
const LOOKS_BY_DEFAULT: u32 = 10;
const AWAY_MAX: Duration = Duration::from_secs(120);
/// Once the broker is back: the next look, and some heartbeats. It is half a minute and more for a client that is told nothing of them.
const BACK_MAX: Duration = Duration::from_secs(20);
const POLL: Duration = Duration::from_millis(20);

fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas")
}

fn json_file(path: &str) -> Value {
    serde_json::from_slice(&std::fs::read(schemas().join(path)).unwrap()).unwrap()
}

/// One project with one contact, writing to the log.
struct Writer {
    journal: Journal,
    project: ProjectId,
    contact: ContactId,
    written: u32,
}

impl Writer {
    fn new(journal: &Journal, project: u128) -> Self {
        let project = ProjectId::from_ulid(ulid::Ulid::from_parts(1_794_992_403_000, project));
        let identity = Identity { kind: IdentityKind::Phone, value: "16505550142".to_owned() };
        Self { journal: journal.clone(), project, contact: ContactId::derive(project, &identity), written: 0 }
    }

    /// Appends the golden example of a type, with ids and text of its own. Answers the id of the event.
    async fn say(&mut self, event_type: &'static str) -> String {
        self.written += 1;
        let (number, project) = (self.written.to_string(), self.project.to_string());
        let mut data = json_file(&format!("events/{event_type}.example.json"));
        if event_type == "conversation.message_received.v1" {
            let wamid = format!("wamid.{number}");
            let message = MessageId::derive(self.project, &wamid, 1_794_992_403_000);
            data["message"] = json!(message);
            data["conversation"] = json!(ConversationId::derive(self.contact, message));
            data["text"] = json!(format!("{project} says {number}: \u{1f44b} \"ä\""));
            data["wamid"] = json!(wamid);
        }
        let id = EventId::derive(event_type, &[&project, &number]);
        let time: DateTime<Utc> = DateTime::from_timestamp(SECOND, 0).unwrap();
        let event = NewEvent {
            id,
            event_type,
            source: "/paige/e2e",
            time,
            context: Context { actor: Some("meta".to_owned()), ..Context::default() },
            extensions: Vec::new(),
            content_type: "application/json",
            data: Bytes::from(serde_json::to_vec(&data).unwrap()),
        };
        self.journal.append(&Subject::conversation(self.project, self.contact), Expect::Any, vec![event]).await.unwrap();
        id.to_string()
    }
}

/// Runs a program of Node's, or says what is missing.
async fn run(folder: &Path, program: &str, args: &[&str]) {
    let run = Command::new(program).args(args).current_dir(folder).stdin(Stdio::null()).kill_on_drop(true).output();
    let output = timeout(INSTALL_MAX, run).await.unwrap_or_else(|_| panic!("{program} {args:?} took longer than {INSTALL_MAX:?}"));
    let output =
        output.unwrap_or_else(|error| panic!("{program} cannot be run ({error}): this test needs Node.js 20 or newer with npm on PATH"));
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{program} {args:?} failed: {}", String::from_utf8_lossy(&said));
}

/// A copy of the published example, with its packages.
async fn installed_example() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in ["package.json", "package-lock.json", "follow.mjs"] {
        std::fs::copy(schemas().join("examples/follow-messages").join(file), folder.path().join(file)).unwrap();
    }
    let args = ["ci", "--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"];
    run(folder.path(), "npm", &args).await;
    folder
}

/// The example, running.
struct Subscriber {
    lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl Subscriber {
    fn start(folder: &Path, nats_url: &str, project: ProjectId) -> Self {
        let mut command = Command::new("node");
        command.args(["follow.mjs", nats_url, &project.to_string()]).current_dir(folder);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        Self { lines: BufReader::new(child.stdout.take().unwrap()).lines(), _child: child }
    }

    /// The next CloudEvent that it prints.
    async fn next(&mut self, expected: &str) -> Value {
        self.next_within(LINE_MAX, expected).await
    }

    async fn next_within(&mut self, limit: Duration, expected: &str) -> Value {
        let line = timeout(limit, self.lines.next_line()).await;
        let line = line.unwrap_or_else(|_| panic!("the subscriber printed nothing for {limit:?} while event {expected} was due"));
        let line = line.unwrap().unwrap_or_else(|| panic!("the subscriber ended while event {expected} was due"));
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("not JSON ({error}): {line}"))
    }
}

/// By the required attributes of CloudEvents 1.0, and by the published schema of its data.
fn check_cloud_event(event: &Value, project: ProjectId) {
    assert_eq!(event["specversion"], "1.0");
    assert_eq!(event["datacontenttype"], "application/json");
    assert_eq!(event["actor"], "meta", "an extension attribute is kept");
    let time = event["time"].as_str().and_then(|time| DateTime::parse_from_rfc3339(time).ok());
    let time = time.unwrap_or_else(|| panic!("without a time: {event}"));
    let event_type = event["type"].as_str().unwrap();
    let schema = jsonschema::validator_for(&json_file(&format!("events/{event_type}.schema.json"))).unwrap();
    if let Err(error) = schema.validate(&event["data"]) {
        panic!("data of {event_type} does not fit its schema: {error}");
    }
    if event["source"] != "/paige/e2e" {
        assert_eq!(event["source"], "/paige/recorder");
        return;
    }
    assert_eq!(time.timestamp(), SECOND);
    if event_type == "conversation.message_received.v1" {
        let text = event["data"]["text"].as_str().unwrap();
        assert!(text.starts_with(&project.to_string()) && text.ends_with("\u{1f44b} \"ä\""), "{text}");
    }
}

#[tokio::test]
async fn a_subscriber_without_our_code_sees_exactly_the_messages_of_its_project() {
    let (nats, folder) = tokio::join!(Nats::scratch(), installed_example());
    let nats = nats.unwrap();
    let journal = Journal::connect(ConnectOptions::new(nats.url(), "e2e")).await.unwrap();
    journal.open(&[Stream::Conversation]).await.unwrap();
    let (mut ours, mut theirs) = (Writer::new(&journal, 1), Writer::new(&journal, 2));
    let mut expected = Vec::new();

    // From before it came: one message, one status, and facts that are no messages.
    ours.say("conversation.contact_first_seen.v1").await;
    theirs.say("conversation.message_received.v1").await;
    expected.push(ours.say("conversation.message_received.v1").await);
    ours.say("conversation.conversation_opened.v1").await;
    expected.push(ours.say("conversation.message_status_reported.v1").await);
    let mut subscriber = Subscriber::start(folder.path(), &nats.url(), ours.project);
    let mut seen = Vec::new();
    for id in &expected {
        seen.push(subscriber.next(id).await);
    }

    // While it listens. The other project's come first, so whatever leaks of them is seen before ours.
    for _ in 0..10 {
        theirs.say("conversation.message_received.v1").await;
        let id = ours.say("conversation.message_received.v1").await;
        seen.push(subscriber.next(&id).await);
        expected.push(id);
    }

    let ids: Vec<&str> = seen.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(ids, expected);
    for event in &seen {
        check_cloud_event(event, ours.project);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_sees_what_the_recorder_writes() {
    const NUMBERS: [&str; 2] = ["207358419203847", "207358419203848"];
    let (stage, folder) = tokio::join!(Stage::start(), installed_example());
    let project = stage.connected("ours", NUMBERS[0]).await;
    stage.connected("theirs", NUMBERS[1]).await;
    let wamid = |number: &str, word: &str| format!("wamid.{number}.{}", word.len());
    let write = async |number: &str, word: &str| {
        let body = bodies::text(number, "16505550142", &wamid(number, word), SECOND, word);
        assert_eq!(stage.webhook(body).await, 200);
        stage.settle().await;
    };
    write(NUMBERS[1], "before").await;
    write(NUMBERS[0], "before").await;
    let mut subscriber = Subscriber::start(folder.path(), &stage.nats.url(), project);
    for word in ["before", "first", "second \u{1f44b}"] {
        if word != "before" {
            write(NUMBERS[1], word).await;
            write(NUMBERS[0], word).await;
        }
        let event = subscriber.next(word).await;
        check_cloud_event(&event, project);
        assert_eq!(event["type"], "conversation.message_received.v1");
        assert_eq!((&event["data"]["text"], &event["data"]["wamid"]), (&json!(word), &json!(wamid(NUMBERS[0], word))));
        let webhooks: Vec<_> = stage.journal.replay(Stream::Webhook, Range::ALL, Filter::all()).map(Result::unwrap).collect().await;
        let cause = webhooks.into_iter().find(|webhook| event["causationid"] == webhook.id.to_string());
        assert!(cause.is_some_and(|webhook| webhook.subject.to_string().contains(NUMBERS[0])), "it names the webhook that it follows from");
    }
    stage.finish(0).await;
}

/// A way to the broker: its address, and how often somebody came on it and found nobody.
async fn way_to(broker: u16) -> (String, watch::Receiver<u32>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let (url, (in_vain, counted)) = (format!("nats://{}", listener.local_addr().unwrap()), watch::channel(0));
    tokio::spawn(async move {
        loop {
            let (mut near, _) = listener.accept().await.unwrap();
            match TcpStream::connect(("127.0.0.1", broker)).await {
                // Either side may go in the middle of a word.
                Ok(mut far) => drop(tokio::spawn(async move { copy_bidirectional(&mut near, &mut far).await.ok() })),
                Err(_) => in_vain.send_modify(|times| *times += 1),
            }
        }
    });
    (url, counted)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_outlives_a_broker_that_is_away_for_long_and_misses_and_repeats_nothing() {
    let (nats, folder) = tokio::join!(Nats::scratch(), installed_example());
    let mut nats = nats.unwrap();
    let journal = Journal::connect(ConnectOptions::new(nats.url(), "e2e")).await.unwrap();
    journal.open(&[Stream::Conversation]).await.unwrap();
    let mut ours = Writer::new(&journal, 1);
    let (url, mut in_vain) = way_to(nats.port()).await;
    let mut subscriber = Subscriber::start(folder.path(), &url, ours.project);
    let before = ours.say("conversation.message_received.v1").await;
    assert_eq!(subscriber.next(&before).await["id"], before);

    nats.kill().await;
    let looks = timeout(AWAY_MAX, in_vain.wait_for(|times| *times > LOOKS_BY_DEFAULT)).await;
    assert!(matches!(looks, Ok(Ok(_))), "it does not look for the broker any more");
    drop(looks);
    nats.restart().await.unwrap();
    let healthy = async {
        while journal.healthy().await.is_err() {
            sleep(POLL).await;
        }
    };
    timeout(LINE_MAX, healthy).await.expect("the log is not there again");

    let mut expected = Vec::new();
    for _ in 0..5 {
        expected.push(ours.say("conversation.message_received.v1").await);
    }
    for id in expected {
        assert_eq!(subscriber.next_within(BACK_MAX, &id).await["id"], id);
    }
}

#[test]
fn readme_shows_the_example_as_it_is() {
    let readme = std::fs::read_to_string(schemas().join("../README.md")).unwrap();
    let (_, shown) = readme.split_once("```js\n").expect("README shows it");
    let (shown, _) = shown.split_once("```\n").unwrap();
    let published = std::fs::read_to_string(schemas().join("examples/follow-messages/follow.mjs")).unwrap();
    // Above it stand words for whoever finds the file alone.
    let (words, _) = published.split_once("import ").unwrap();
    assert!(words.lines().all(|line| line.starts_with("//")), "{words}");
    assert_eq!(words.to_owned() + shown, published);
    assert!(shown.lines().count() <= 22, "about twenty lines");
}
