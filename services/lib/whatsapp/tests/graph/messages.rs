//! A message is sent, or it is not, or nobody knows: the three must never be mixed up.

use std::time::Duration;

use futures::future::join_all;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::timeout;
use whatsapp::graph::{Class, Error, Graph, SEND_LIMIT, Sent, Settings, Token};
use whatsapp::{PhoneNumberId, Wamid};

use crate::stub::{Answer, PATIENCE, Stub, TOKEN, graph_at, token};

const WAMID: &str = "wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI=";

fn number() -> PhoneNumberId {
    PhoneNumberId::parse("106540352242922").unwrap()
}

fn body() -> Value {
    json!({"messaging_product": "whatsapp", "to": "+16505551234", "type": "text", "text": {"body": "Grüße"}})
}

fn taken() -> Answer {
    Answer::Json(200, json!({"messaging_product": "whatsapp", "messages": [{"id": WAMID}]}))
}

async fn send_if(graph: &Graph, in_time: bool) -> Result<Sent, Error> {
    timeout(PATIENCE, graph.send_message(&token(), &number(), &body(), move || in_time)).await.unwrap()
}

async fn send(graph: &Graph) -> Result<Sent, Error> {
    send_if(graph, true).await
}

/// Sends once, answered by this.
async fn sent(answer: Answer) -> Result<Sent, Error> {
    let stub = Stub::telling([answer]).await;
    let sent = send(&stub.graph()).await;
    assert_eq!(stub.asked().len(), 1, "nothing is repeated by itself");
    sent
}

#[tokio::test]
async fn a_message_is_posted_as_it_is() {
    let stub = Stub::telling([taken()]).await;
    assert_eq!(send(&stub.graph()).await.unwrap().wamid.as_str(), WAMID);
    let asked = stub.only();
    asked.is("POST /v26.0/106540352242922/messages", &[]);
    assert_eq!(asked.json(), body());
}

#[tokio::test]
async fn what_meta_says_about_a_message_is_read_where_it_is_there() {
    let full = json!({"messaging_product": "whatsapp",
        "contacts": [{"input": "+16505551234", "wa_id": 16_505_551_234_u64, "user_id": "US.13491208655302741918"}],
        "messages": [{"id": WAMID, "message_status": "held_for_quality_assessment"}]});
    let expected = Sent {
        wamid: Wamid::parse(WAMID).unwrap(),
        wa_id: Some("16505551234".to_owned()),
        user_id: Some("US.13491208655302741918".to_owned()),
        message_status: Some("held_for_quality_assessment".to_owned()),
    };
    assert_eq!(sent(Answer::Json(200, full)).await.unwrap(), expected);
    let bare = Sent { wa_id: None, user_id: None, message_status: None, ..expected };
    for contacts in [json!([]), json!(null), json!("?"), json!([7])] {
        let answer = json!({"contacts": contacts, "messages": [{"id": WAMID}]});
        assert_eq!(sent(Answer::Json(200, answer)).await.unwrap(), bare);
    }
}

#[tokio::test]
async fn a_refusal_with_a_reason_proves_that_nothing_was_sent_whatever_its_status() {
    for (status, code, class) in [
        (400, 131_056, Class::RateLimited),
        (400, 130_429, Class::RateLimited),
        (503, 2, Class::Transient),
        (500, 131_016, Class::Transient),
        (500, 131_000, Class::Unclear),
        (500, 1, Class::Unclear),
        (400, 131_047, Class::Final),
        (500, 131_045, Class::Final),
        (200, 100, Class::Final),
    ] {
        let error = json!({"error": {"message": format!("(#{code}) no, not with {TOKEN}"), "type": "OAuthException", "code": code,
            "error_data": {"messaging_product": "whatsapp", "details": "some"}, "fbtrace_id": "Az8"}});
        let error = sent(Answer::Json(status, error)).await.unwrap_err();
        let known = class != Class::Unclear;
        assert_eq!((error.code(), error.class(), error.proves_unsent()), (Some(code), class, known), "{status} {code}");
        assert!(!error.for_people().contains(TOKEN));
        assert_eq!(error.request_id(), Some("R1"));
    }
}

#[tokio::test]
async fn an_answer_that_tells_nothing_leaves_open_whether_it_was_sent() {
    for answer in [
        Answer::Bytes(500, b"<html>".to_vec()),
        Answer::Bytes(502, Vec::new()),
        Answer::Json(503, json!({"error": {"message": "no code"}})),
        Answer::Json(500, json!({})),
        Answer::Bytes(200, Vec::new()),
        Answer::Bytes(200, b"ok".to_vec()),
        Answer::Bytes(200, vec![0xff]),
        Answer::Bytes(200, vec![b' '; 2 * 1024 * 1024]),
        Answer::Json(200, json!({"messages": []})),
        Answer::Json(200, json!({"messages": [{}]})),
        Answer::Json(200, json!({"messages": [{"id": "not an id"}]})),
        Answer::Json(200, json!([])),
        Answer::Half(200, b"{\"messages\":".to_vec()),
        Answer::Half(500, b"{\"error\":".to_vec()),
        Answer::Half(400, b"{\"error\":".to_vec()),
        Answer::Redirect("http://127.0.0.1:1/elsewhere".to_owned()),
        Answer::HangUp,
    ] {
        let error = sent(answer.clone()).await.unwrap_err();
        assert!(!error.proves_unsent() && error.ambiguous(), "{answer:?}: {error}");
        assert_eq!(error.code(), None);
    }
}

#[tokio::test]
async fn a_4xx_that_is_not_of_metas_hand_leaves_it_open_too() {
    for (status, class) in [
        (400, Class::Final),
        (401, Class::Final),
        (404, Class::Final),
        (408, Class::Transient),
        (413, Class::Final),
        (425, Class::Transient),
        (429, Class::RateLimited),
        (499, Class::Transient),
    ] {
        for answer in [Answer::Bytes(status, b"<html>".to_vec()), Answer::Bytes(status, Vec::new()), Answer::Json(status, json!({}))] {
            let error = sent(answer).await.unwrap_err();
            assert!(!error.proves_unsent() && error.ambiguous(), "{error}");
            assert_eq!((error.class(), error.code()), (class, None), "{error}");
        }
    }
}

#[tokio::test]
async fn meta_has_ten_seconds_and_then_nobody_knows() {
    let stub = Stub::telling([Answer::Silence, taken()]).await;
    assert_eq!(stub.graph().send_limit(), SEND_LIMIT);
    let graph = stub.graph().with_send_limit(Duration::from_millis(50));
    assert_eq!(graph.send_limit(), Duration::from_millis(50));
    assert_eq!(send(&graph).await, Err(Error::Unanswered));
    assert!(!Error::Unanswered.proves_unsent());
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = send(&graph_at(&url)).await.unwrap_err();
    assert_eq!(error, Error::NotSent);
    assert!(error.proves_unsent());
}

#[tokio::test]
async fn what_is_too_late_when_it_could_leave_does_not_leave() {
    let stub = Stub::telling([taken(), taken()]).await;
    let graph = stub.graph();
    // Over a connection of its own, and over one that is there already.
    for sent in [0, 1] {
        assert_eq!(send_if(&graph, false).await, Err(Error::TooLate));
        assert_eq!(stub.asked().len(), sent);
        send(&graph).await.unwrap();
    }
    assert_eq!(stub.asked().len(), 2);
}

#[tokio::test]
async fn a_call_that_cannot_be_written_does_not_leave() {
    let stub = Stub::telling([]).await;
    let broken = Token::new("line\nbreak");
    let error = stub.graph().send_message(&broken, &number(), &body(), || true).await.unwrap_err();
    assert!(matches!(error, Error::Unaskable(_)) && error.proves_unsent(), "{error}");
    // No scheme that HTTP knows, but one that the settings let pass.
    let settings = Settings { url: "https://[".to_owned(), app_id: "471".to_owned(), app_secret: token() };
    let error = send(&Graph::new(settings).unwrap()).await.unwrap_err();
    assert!(matches!(error, Error::Unaskable(_)), "{error}");
    assert_eq!(stub.connections(), 0);
}

#[tokio::test]
async fn hundreds_of_sends_at_once_keep_their_connections() {
    const AT_ONCE: usize = 200;
    let stub = Stub::telling(std::iter::repeat_n(taken(), 3 * AT_ONCE)).await;
    let graph = stub.graph();
    for _ in 0..3 {
        let all = join_all((0..AT_ONCE).map(|_| send(&graph))).await;
        assert!(all.iter().all(Result::is_ok));
    }
    assert_eq!(stub.asked().len(), 3 * AT_ONCE);
    // A connection may come back too late for the next send; most do not.
    assert!(stub.connections() <= AT_ONCE + AT_ONCE / 2, "{} connections", stub.connections());
}

#[tokio::test]
async fn reading_is_told_and_so_is_writing() {
    let stub = Stub::telling([Answer::Json(200, json!({"success": true})), Answer::Json(200, json!({"success": "true"}))]).await;
    let (graph, wamid) = (stub.graph(), Wamid::parse(WAMID).unwrap());
    graph.mark_read(&token(), &number(), &wamid, false).await.unwrap();
    graph.mark_read(&token(), &number(), &wamid, true).await.unwrap();
    let [plain, typing] = <[_; 2]>::try_from(stub.asked()).unwrap();
    plain.is("POST /v26.0/106540352242922/messages", &[]);
    assert_eq!(plain.json(), json!({"messaging_product": "whatsapp", "status": "read", "message_id": WAMID}));
    assert_eq!(typing.json()["typing_indicator"], json!({"type": "text"}));
    stub.tell(Answer::Json(200, json!({"success": false})));
    assert!(graph.mark_read(&token(), &number(), &wamid, true).await.is_err());
}
