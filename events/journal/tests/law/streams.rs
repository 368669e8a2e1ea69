//! Streams are created from the one table and never changed behind anybody's back.

use contract::Stream;
use journal::{ConnectOptions, Error, Journal};

use crate::broker::Broker;
use crate::fixture::{Log, connect};

#[tokio::test(flavor = "multi_thread")]
async fn opening_twice_changes_nothing_and_every_stream_has_an_identity() {
    let log = Log::start().await;
    let created = log.journal.state(Stream::Webhook).await.unwrap().created;
    log.another().await.open(&Stream::ALL).await.unwrap();
    let state = log.journal.state(Stream::Webhook).await.unwrap();
    assert_eq!((state.created, state.first, state.last, state.messages), (created, 1, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_differs_is_refused_by_name() {
    let log = Log::own().await;
    let mut client = embedded_client(&log).await;
    client.request("$JS.API.STREAM.UPDATE.webhook", r#"{"name":"webhook","subjects":["webhook.>"],"storage":"file","discard":"old","max_age":60000000000,"duplicate_window":60000000000,"allow_direct":true,"allow_atomic":true,"subject_transform":{"src":"webhook.>","dest":"webhook.elsewhere.>"}}"#).await;
    let Err(Error::StreamDiffers { stream, differences }) = log.journal.open(&Stream::ALL).await else { panic!("it was accepted") };
    let fields: Vec<_> = differences.iter().map(|difference| difference.field.as_str()).collect();
    assert_eq!((stream, fields.as_slice()), (Stream::Webhook, ["discard", "duplicate_window", "max_age", "subject_transform"].as_slice()));
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_are_asked_for_where_a_stream_is_made_and_what_is_there_is_used_as_it_is() {
    let nats = Broker::own().await;
    let three = Journal::connect(ConnectOptions::new(nats.url(), "law").with_replicas(3)).await.unwrap();
    // A server alone has no place for them.
    let refused = three.open(&[Stream::Webhook]).await.unwrap_err();
    assert!(matches!(&refused, Error::Refused { description, .. } if description.contains("replicas")), "{refused}");
    connect(&nats).await.open(&Stream::ALL).await.unwrap();
    three.open(&Stream::ALL).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_there_is_tried_again_and_again() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let connecting = Journal::connect(ConnectOptions::new(format!("nats://{closed}"), "law"));
    // The limit is half a minute; that it goes on trying is enough here.
    assert!(tokio::time::timeout(std::time::Duration::from_millis(500), connecting).await.is_err(), "it gave up too early");
}

/// The broker's own protocol, for what the journal does not do.
struct Raw(tokio::io::BufStream<tokio::net::TcpStream>);

async fn embedded_client(log: &Log) -> Raw {
    use tokio::io::{AsyncBufReadExt, AsyncWriteExt};
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", log.nats.embedded().port())).await.unwrap();
    let mut stream = tokio::io::BufStream::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await.unwrap();
    stream.write_all(b"CONNECT {\"verbose\":false}\r\nSUB answer 1\r\n").await.unwrap();
    Raw(stream)
}

impl Raw {
    async fn request(&mut self, subject: &str, body: &str) -> String {
        use tokio::io::{AsyncBufReadExt, AsyncWriteExt};
        self.0.write_all(format!("PUB {subject} answer {}\r\n{body}\r\n", body.len()).as_bytes()).await.unwrap();
        self.0.flush().await.unwrap();
        let (mut head, mut answer) = (String::new(), String::new());
        self.0.read_line(&mut head).await.unwrap();
        assert!(head.starts_with("MSG answer"), "{head}");
        self.0.read_line(&mut answer).await.unwrap();
        assert!(!answer.contains("\"error\""), "{answer}");
        answer
    }
}
