//! The real process, killed with -9 between what it says in the log and what Meta answers, and another one after it.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Instant;

use chassis::Clock;
use contract::ProjectId;
use serde_json::json;
use testbed::{Process, until};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::meta::Fault;
use crate::world::{API_KEY, MASTER_KEY, PATIENCE, World, draft};

/// A process is asked for a template and killed while Meta is.
async fn ask_and_die(world: &World, project: ProjectId) {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, embedded::free_port().unwrap()));
    let listen = address.to_string();
    let settings = [
        ("PAIGE_MASTER_KEY", MASTER_KEY),
        ("PAIGE_META_GRAPH_URL", world.meta.url.as_str()),
        ("PAIGE_META_APP_ID", "1"),
        ("PAIGE_META_APP_SECRET", "secret"),
        ("PAIGE_LISTEN", listen.as_str()),
    ];
    let mut process = Process::start(env!("CARGO_BIN_EXE_templates"), &world.nats, settings);
    let began = Instant::now();
    let mut connection = loop {
        match TcpStream::connect(address).await {
            Ok(connection) => break connection,
            Err(error) => assert!(began.elapsed() < PATIENCE, "{error}"),
        }
        tokio::task::yield_now().await;
    };
    let body = draft("sale", "Hi.").to_string();
    let head = format!(
        "POST /v1/projects/{project}/templates HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {API_KEY}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    connection.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    world.meta.until_cut().await;
    process.kill();
}

#[tokio::test]
async fn what_meta_did_before_the_process_was_killed_is_found_and_not_made_again() {
    let mut world = World::new().await;
    world.halt().await;
    let project = world.connected().await;
    world.meta.fault("create", Fault::CutAfter);
    ask_and_die(&world, project).await;
    world.clock.set(Clock::System.now());
    world.again().await;
    let list = format!("/v1/projects/{project}/templates?status=PENDING");
    until("it is found by itself", async || world.get(&list).await.body["data"].as_array().is_some_and(|data| data.len() == 1)).await;
    let id = world.get(&list).await.body["data"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(world.told(&format!("/v1/projects/{project}/templates/{id}")).await, ["requested", "submitted"]);
    assert_eq!((world.meta.asked("create"), world.meta.templates().len()), (1, 1));
    world.end().await;
}

#[tokio::test]
async fn what_meta_did_not_do_before_the_process_was_killed_is_done_by_the_next() {
    let mut world = World::new().await;
    world.halt().await;
    let project = world.connected().await;
    world.meta.fault("create", Fault::CutBefore);
    ask_and_die(&world, project).await;
    world.clock.set(Clock::System.now());
    world.again().await;
    until("it is waited for", async || world.sync(project).await["pending"] == 1).await;
    world.wait(30);
    until("it is made", async || world.sync(project).await["pending"] == 0).await;
    assert_eq!((world.meta.asked("create"), world.meta.templates().len()), (2, 1));
    let listed = world.get(&format!("/v1/projects/{project}/templates")).await.body;
    assert_eq!((&listed["data"][0]["status"], listed["data"].as_array().unwrap().len()), (&json!("PENDING"), 1));
    world.end().await;
}
