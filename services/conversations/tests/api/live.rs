//! The live stream: in order, nothing missing, nothing twice, over restarts; and an honest word when that cannot be.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use axum::body::{Body, BodyDataStream};
use axum::http::Method;
use chassis::Shutdown;
use contract::{ContactId, MessageFailed, ProjectId};
use futures::StreamExt;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::fixture::{API_KEY, Server, World, at, bsuid, contact, conversation, opened, received, seen, text, unready, within};
use crate::stage::hello;

/// Less than the fifteen seconds after which a silent stream gives a sign of life: whoever waits for that ends later.
const END_MAX: Duration = Duration::from_secs(12);

/// What a browser's `EventSource` makes of a stream.
struct Client {
    body: BodyDataStream,
    text: String,
    events: VecDeque<Heard>,
    last_id: String,
}

#[derive(Debug, Clone, PartialEq)]
struct Heard {
    id: u64,
    event: String,
    data: Value,
}

impl Client {
    async fn connect(server: &Server, project: ProjectId, last_id: Option<&str>) -> Self {
        let headers: Vec<_> = last_id.map(|id| ("last-event-id", id)).into_iter().collect();
        let response = server.answer(&format!("/v1/projects/{project}/events"), &headers).await;
        assert_eq!((response.status().as_u16(), response.headers()["content-type"].to_str().expect("text")), (200, "text/event-stream"));
        Self::of(response.into_body())
    }

    fn of(body: Body) -> Self {
        Self { body: body.into_data_stream(), text: String::new(), events: VecDeque::new(), last_id: String::new() }
    }

    /// The next event; `None` at the end of the stream.
    async fn next(&mut self) -> Option<Heard> {
        while self.events.is_empty() {
            self.more().await?;
        }
        self.events.pop_front()
    }

    async fn heard(&mut self) -> Heard {
        within("an event", self.next()).await.expect("the stream goes on")
    }

    /// Reads until an id has come.
    async fn started(mut self) -> Self {
        while self.last_id.is_empty() {
            within("the beginning", self.more()).await.expect("the stream goes on");
        }
        self
    }

    async fn more(&mut self) -> Option<()> {
        let bytes = self.body.next().await?.expect("a body");
        self.text.push_str(std::str::from_utf8(&bytes).expect("utf-8"));
        while let Some((block, rest)) = self.text.split_once("\n\n") {
            let (mut event, mut data) = ("message", Vec::new());
            for line in block.lines() {
                match line.split_once(": ").unwrap_or((line, "")) {
                    ("id", id) => self.last_id = id.to_owned(),
                    ("event", name) => event = name,
                    ("data", line) => data.push(line),
                    ("retry", _) => {}
                    other => panic!("{other:?} is no field of an event"),
                }
            }
            if !data.is_empty() {
                let data = serde_json::from_str(&data.join("\n")).expect("json");
                self.events.push_back(Heard { id: self.last_id.parse().expect("a sequence"), event: event.to_owned(), data });
            }
            self.text = rest.to_owned();
        }
        Some(())
    }
}

async fn write(world: &World, project: ProjectId, who: ContactId, numbers: impl Iterator<Item = u64>) -> u64 {
    world.append(project, who, numbers.map(|n| received(n, 1, n as i64)).collect()).await
}

/// The numbers in `wamid.<n>+/==`.
fn numbers(heard: &[Heard]) -> Vec<u64> {
    let number = |heard: &Heard| text(&heard.data, "/data/wamid").split(['.', '+']).nth(1)?.parse().ok();
    heard.iter().map(|heard| number(heard).expect("a wamid of this test")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_come_as_they_happen_with_their_own_fields() {
    let world = World::start().await;
    let project = world.project().await;
    let mut client = Client::connect(&world.server, project, None).await.started().await;
    let last = world.append(project, contact(1), vec![seen(vec![bsuid("US.1")], None, 0), opened(1, None, 0), received(1, 1, 1)]).await;
    let names: Vec<_> = [client.heard().await, client.heard().await].map(|heard| heard.event).to_vec();
    assert_eq!(names, ["contact_first_seen", "conversation_opened"]);
    let message = client.heard().await;
    assert_eq!((message.id, message.event.as_str()), (last, "message_received"));
    assert_eq!(message.data["project"], json!(project.to_string()));
    assert_eq!(message.data["contact"], json!(contact(1).to_string()));
    assert_eq!(message.data["type"], json!("conversation.message_received.v1"));
    assert_eq!(message.data["data"]["text"], json!("text 1"));
    assert_eq!(message.data["data"]["raw"]["n"], json!(1.0e2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_is_heard_at_once_and_what_becomes_of_it() {
    let (world, project) = World::speaking().await;
    let who = world.somebody(project).await;
    let mut client = Client::connect(&world.server, project, None).await.started().await;
    let id = world.send(project, who, "k", &hello()).await.done(202)["id"].clone();
    let asked = client.heard().await;
    assert_eq!((asked.event.as_str(), &asked.data["data"]["message"], &asked.data["contact"]), ("message_requested", &id, &json!(who)));
    assert_eq!(asked.data["data"]["content"]["text"]["body"], json!("hello"));
    let path = format!("/v1/projects/{project}/conversations/{}", conversation(1));
    let etag = [("if-match", "\"0\"")];
    world.ask(Method::PATCH, &path, &etag, &json!({"state": "paid", "open": false})).await.done(200);
    let heard = [client.heard().await, client.heard().await];
    assert_eq!(heard.map(|heard| heard.event), ["conversation_state_changed", "conversation_closed"]);
    let failed =
        MessageFailed { message: id.as_str().unwrap().parse().unwrap(), code: "c".into(), meta_code: None, reason: "r".into(), at: at(9) };
    world.append(project, who, vec![failed.into()]).await;
    assert_eq!(client.heard().await.event, "message_failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_hears_of_no_other_project() {
    let world = World::start().await;
    let (ours, theirs) = (world.project().await, world.project().await);
    let mut client = Client::connect(&world.server, ours, None).await.started().await;
    write(&world, theirs, contact(1), 1..=50).await;
    write(&world, ours, contact(2), 51..=51).await;
    write(&world, theirs, contact(1), 52..=60).await;
    write(&world, ours, contact(2), 61..=61).await;
    assert_eq!(numbers(&[client.heard().await, client.heard().await]), [51, 61]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_another_project_tells_nothing_of_it_and_is_a_place_in_the_log_like_any_other() {
    let world = World::start().await;
    let (ours, theirs) = (world.project().await, world.project().await);
    write(&world, ours, contact(1), 1..=1).await;
    let id = write(&world, theirs, contact(1), 2..=9).await - 3;
    write(&world, ours, contact(1), 10..=11).await;
    let mut client = Client::connect(&world.server, ours, Some(&id.to_string())).await;
    assert_eq!(numbers(&[client.heard().await, client.heard().await]), [10, 11], "what is behind it, of this project alone");
    write(&world, theirs, contact(1), 12..=12).await;
    write(&world, ours, contact(1), 13..=13).await;
    assert_eq!(numbers(&[client.heard().await]), [13]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_goes_on_exactly_where_it_was_over_restarts_of_the_server() {
    let mut world = World::start().await;
    let (project, other) = (world.project().await, world.project().await);
    let (mut heard, mut last_id) = (Vec::new(), None::<String>);
    for round in 0..4_u64 {
        let mut client = Client::connect(&world.server, project, last_id.as_deref()).await.started().await;
        // While it listens, from two contacts and between another project's events.
        for n in round * 100..round * 100 + 40 {
            write(&world, if n % 3 == 0 { other } else { project }, contact(n % 2), n..=n).await;
        }
        let wanted = if round == 3 { 60 } else { 20 };
        for _ in 0..wanted {
            heard.push(client.heard().await);
        }
        last_id = Some(heard.last().unwrap().id.to_string());
        drop(client);
        // While nobody listens, and while nobody serves.
        write(&world, project, contact(1), round * 100 + 40..round * 100 + 45).await;
        world.server.end().await;
        write(&world, project, contact(1), round * 100 + 45..round * 100 + 50).await;
        world.restart_server().await;
    }
    let mut client = Client::connect(&world.server, project, last_id.as_deref()).await;
    let expected: Vec<u64> = (0..4).flat_map(|round| (round * 100..round * 100 + 50).filter(|n| n % 100 >= 40 || n % 3 != 0)).collect();
    while heard.len() < expected.len() {
        heard.push(client.heard().await);
    }
    assert_eq!(numbers(&heard), expected);
    assert!(heard.windows(2).all(|pair| pair[0].id < pair[1].id));
    assert!(heard.iter().all(|heard| heard.event == "message_received"), "never a reset");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_id_comes_before_the_first_event_so_that_nothing_is_missed_after_it() {
    let world = World::start().await;
    let project = world.project().await;
    write(&world, project, contact(1), 1..=3).await;
    let client = Client::connect(&world.server, project, None).await.started().await;
    let id = client.last_id.clone();
    drop(client);
    write(&world, project, contact(1), 4..=5).await;
    let mut client = Client::connect(&world.server, project, Some(&id)).await;
    // From before the first three, if they had not come round yet when the first id was given.
    let mut heard = Vec::new();
    while numbers(&heard).last() != Some(&5) {
        heard.push(client.heard().await);
    }
    let heard = numbers(&heard);
    assert!(heard.contains(&4) && heard.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{heard:?} from {id}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_no_event_has_or_had_resets_the_stream_which_then_goes_on() {
    let world = World::start().await;
    let project = world.project().await;
    let last = write(&world, project, contact(1), 1..=3).await;
    for unknown in ["99999999", "18446744073709551615", "18446744073709551616", "-1", "abc", "1.0", "\u{e9}"] {
        let mut client = Client::connect(&world.server, project, Some(unknown)).await;
        let reset = client.heard().await;
        assert_eq!((reset.event.as_str(), &reset.data["reason"]), ("reset", &json!("unknown")), "{unknown}");
        assert!(reset.id <= last && reset.data["hint"].is_string());
    }
    let mut client = Client::connect(&world.server, project, Some("99999999")).await;
    let reset = client.heard().await;
    write(&world, project, contact(1), 4..=4).await;
    let mut next = client.heard().await;
    while next.id < last {
        next = client.heard().await;
    }
    assert!(reset.id < next.id);
    assert_eq!(next.event, "message_received");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_not_remembered_any_more_resets_the_stream() {
    let mut world = World::start().await;
    let project = world.project().await;
    // More than the 10,000 events that are remembered.
    let first = write(&world, project, contact(1), 1..=1_000).await;
    for batch in 1..12 {
        write(&world, project, contact(1), batch * 1_000..batch * 1_000 + 1_000).await;
    }
    world.restart_server().await;
    // Whoever comes before it has read the latest events is told to come again.
    let path = format!("/v1/projects/{project}/events");
    within("the latest events", async { while world.server.answer(&path, &[]).await.status() != 200 {} }).await;
    for old in ["0", "1", &first.to_string()] {
        let mut client = Client::connect(&world.server, project, Some(old)).await;
        let reset = client.heard().await;
        assert_eq!((reset.event.as_str(), &reset.data["reason"]), ("reset", &json!("too_old")), "{old}");
        write(&world, project, contact(1), 20_000..20_001).await;
        assert_eq!(client.heard().await.event, "message_received", "it goes on");
    }
    // Within what is remembered it is exact.
    let state = world.journal.state(contract::Stream::Conversation).await.unwrap();
    let mut client = Client::connect(&world.server, project, Some(&(state.last - 9_000).to_string())).await;
    for sequence in state.last - 8_999..=state.last {
        assert_eq!(client.heard().await.id, sequence);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_is_told_that_it_missed_something() {
    let world = World::start().await;
    let project = world.project().await;
    let mut client = Client::connect(&world.server, project, None).await.started().await;
    let mut other = Client::connect(&world.server, project, None).await.started().await;
    for batch in 0..12 {
        write(&world, project, contact(1), batch * 1_000..batch * 1_000 + 1_000).await;
        for _ in 0..1_000 {
            assert_eq!(other.heard().await.event, "message_received", "a slow one costs the others nothing");
        }
    }
    let reset = client.heard().await;
    assert_eq!((reset.event.as_str(), &reset.data["reason"]), ("reset", &json!("too_slow")));
    write(&world, project, contact(1), 50_000..=50_000).await;
    assert_eq!(numbers(&[client.heard().await]), [50_000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_survives_a_kill_of_the_broker() {
    let mut world = World::start().await;
    let project = world.project().await;
    let mut client = Client::connect(&world.server, project, None).await.started().await;
    write(&world, project, contact(1), 1..=10).await;
    world.nats.kill().await;
    world.nats.restart().await.unwrap();
    within("the broker", async { while world.journal.healthy().await.is_err() {} }).await;
    write(&world, project, contact(1), 11..=20).await;
    let mut heard = Vec::new();
    while heard.len() < 20 {
        heard.push(client.heard().await);
    }
    assert_eq!(numbers(&heard), (1..=20).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_end_at_once_when_the_service_stops() {
    let mut world = World::start().await;
    let project = world.project().await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(Client::connect(&world.server, project, None).await.started().await);
    }
    let began = Instant::now();
    world.server.end().await;
    for mut client in clients {
        assert_eq!(within("the end of a stream", client.next()).await, None);
    }
    assert!(began.elapsed() < END_MAX, "they waited for something");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_stream_does_not_hold_up_the_end_of_the_process() {
    let mut world = World::start().await;
    let project = world.project().await;
    let (listener, shutdown) = (TcpListener::bind("127.0.0.1:0").await.unwrap(), Shutdown::new());
    let address = listener.local_addr().unwrap();
    let (router, serving) = (world.server.router.clone(), shutdown.clone());
    let serving = tokio::spawn(async move { chassis::serve(listener, router, &serving).await });
    let mut client = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /v1/projects/{project}/events HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {API_KEY}\r\n\r\n");
    client.write_all(request.as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    while !String::from_utf8_lossy(&heard).contains("id: ") {
        assert_ne!(within("the beginning", client.read_buf(&mut heard)).await.unwrap(), 0);
    }
    let began = Instant::now();
    shutdown.begin();
    world.server.end().await;
    within("the end of serving", serving).await.unwrap().expect("nothing was cut");
    within("the end of the stream", client.read_to_end(&mut heard)).await.unwrap();
    assert!(heard.ends_with(b"0\r\n\r\n"), "the answer ends as it should");
    assert!(began.elapsed() < chassis::DRAIN_LIMIT, "it waited for something");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_too_many_is_refused_and_its_place_comes_back() {
    let world = World::start().await;
    let project = world.project().await;
    let mut clients = Vec::new();
    for _ in 0..1_000 {
        clients.push(Client::connect(&world.server, project, None).await);
    }
    let path = format!("/v1/projects/{project}/events");
    world.refused(&path, 503, "too_many_streams").await;
    clients.pop();
    let client = Client::connect(&world.server, project, None).await;
    drop((client, clients));
    Client::connect(&world.server, project, None).await.started().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_query_names_an_id_where_no_header_does() {
    let world = World::start().await;
    let project = world.project().await;
    let last = write(&world, project, contact(1), 1..=5).await;
    let path = format!("/v1/projects/{project}/events?last_event_id={}", last - 2);
    let mut client = Client::of(world.server.answer(&path, &[]).await.into_body());
    assert_eq!(numbers(&[client.heard().await, client.heard().await]), [4, 5]);
    let header = (last - 1).to_string();
    let mut client = Client::of(world.server.answer(&path, &[("last-event-id", &header)]).await.into_body());
    assert_eq!(numbers(&[client.heard().await]), [5], "the header counts more");
    world.refused(&format!("/v1/projects/{}/events", unready()), 404, "project_not_found").await;
}
