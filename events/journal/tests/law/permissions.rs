//! A user who may not do something is told so at once and by name, instead of waiting for an answer that never comes.

use std::time::{Duration, Instant};

use contract::{Stream, Subject};
use embedded::Nats;
use futures::StreamExt;
use journal::{AppendError, ConnectOptions, Credentials, Error, Expect, Filter, Journal, Range};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;

use crate::fixture::{Log, PATIENCE, contact, event, within};

/// Any one of them that waited would wait for so long.
const AT_ONCE: Duration = Duration::from_secs(5);

/// Gives the running server users: one that may write webhooks and nothing else, and one that may do everything.
async fn with_users(nats: &Nats) {
    let config = nats.log_path().with_file_name("nats-server.conf");
    let users = r#"
authorization {
  users: [
    { user: all, password: all }
    { user: ingress, password: ingress, permissions: {
        publish: { allow: ["webhook.>", "$JS.API.INFO", "$JS.API.STREAM.INFO.*"] }
        subscribe: { allow: ["_INBOX.>"] }
    } }
  ]
}
"#;
    // What was given on its command line has to be in the file, or it refuses to take the file in anew.
    let info: serde_json::Value = serde_json::from_str(greeting(nats).await.strip_prefix("INFO ").unwrap()).unwrap();
    let settings = std::fs::read_to_string(&config).unwrap();
    let settings = settings
        .replace("server_name: paige", &format!("server_name: {}", info["server_name"]))
        .replace("listen: 127.0.0.1:4222", &format!("listen: 127.0.0.1:{}", nats.port()));
    std::fs::write(&config, format!("{settings}\n{users}")).unwrap();
    let reload = std::process::Command::new("kill").args(["-HUP", &nats.pid().to_string()]).status().unwrap();
    assert!(reload.success());
    within(PATIENCE, "the new users", async { while !greeting(nats).await.contains("\"auth_required\":true") {} }).await;
}

async fn greeting(nats: &Nats) -> String {
    let mut connection = BufReader::new(TcpStream::connect(("127.0.0.1", nats.port())).await.unwrap());
    let mut line = String::new();
    connection.read_line(&mut line).await.unwrap();
    line
}

async fn connect_as(nats: &Nats, user: &str) -> Journal {
    let credentials = Some(Credentials::Password { user: user.to_owned(), password: user.to_owned() });
    let options = ConnectOptions { credentials, ..ConnectOptions::new(nats.url(), user) };
    within(PATIENCE, "the connection", Journal::connect(options)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_permitted_is_refused_at_once_by_name() {
    let log = Log::own().await;
    let nats = log.nats.embedded();
    with_users(nats).await;
    let all = connect_as(nats, "all").await;
    let ingress = connect_as(nats, "ingress").await;
    all.append(&contact(1), Expect::New, vec![event(1)]).await.unwrap();
    let webhook = Subject::webhook("1", "messages").unwrap();
    ingress.append(&webhook, Expect::Any, vec![event(2)]).await.unwrap();
    ingress.append(&webhook, Expect::Any, vec![event(3), event(4)]).await.unwrap();

    let start = Instant::now();
    let nobody = Journal::connect(ConnectOptions::new(nats.url(), "nobody")).await.err();
    assert!(matches!(&nobody, Some(Error::Unsuitable { cause, .. }) if cause.contains("authorization")), "{nobody:?}");
    for events in [vec![event(5)], vec![event(6), event(7)]] {
        let error = ingress.append(&contact(2), Expect::New, events).await.unwrap_err();
        assert!(matches!(&error, AppendError::Refused(cause) if cause.contains(contact(2).as_str())), "{error}");
    }
    let error = ingress.last(&contact(1)).await.unwrap_err();
    assert!(matches!(&error, Error::Forbidden(subject) if subject.starts_with("$JS.API.DIRECT.GET.conversation")), "{error}");
    let error = ingress.entity(&contact(1)).await.unwrap_err();
    assert!(matches!(&error, Error::Forbidden(_)), "{error}");
    let mut replay = std::pin::pin!(ingress.replay(Stream::Conversation, Range::ALL, Filter::all()));
    let error = replay.next().await.unwrap().unwrap_err();
    assert!(matches!(&error, Error::Forbidden(subject) if subject.starts_with("$JS.API.CONSUMER.CREATE.conversation")), "{error}");
    assert!(start.elapsed() < AT_ONCE, "took {:?}", start.elapsed());
    assert_eq!(all.state(Stream::Conversation).await.unwrap().messages, 1);
}
