//! What nobody should send: every path and query answers with a problem, never with data of somebody else and never with a 500.

use crate::fixture::{World, bsuid, contact, conversation, message_id, opened, received, seen};

/// A cursor as this API writes it.
fn encode(json: &str) -> String {
    let json: &serde_json::value::RawValue = serde_json::from_str(json).expect("json");
    chassis::cursor::encode(&json).expect("a cursor")
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_that_are_none_are_refused_before_anything_is_asked() {
    let world = World::start().await;
    let project = world.project().await;
    let hostile = [
        "x",
        "con_",
        "%00",
        "..%2f..",
        "con_01J%27%20OR%201=1--",
        "*",
        "%F0%9F%98%80",
        &"9".repeat(5_000),
        "con_8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
    ];
    for id in hostile {
        for path in [
            "contacts/{}",
            "contacts/{}/messages",
            "contacts/{}/conversations",
            "conversations/{}",
            "conversations/{}/messages",
            "messages/{}",
            "messages/{}/statuses",
        ] {
            world.refused(&format!("/v1/projects/{project}/{}", path.replace("{}", id)), 400, "invalid_path").await;
        }
        world.refused(&format!("/v1/projects/{id}/contacts"), 400, "invalid_path").await;
        world.refused(&format!("/v1/projects/{id}/events"), 400, "invalid_path").await;
    }
    // Of the right form, and of another kind.
    world.refused(&format!("/v1/projects/{project}/contacts/{}", message_id(1)), 400, "invalid_path").await;
    for (path, id) in
        [("contacts", contact(7).to_string()), ("conversations", conversation(7).to_string()), ("messages", message_id(7).to_string())]
    {
        world.refused(&format!("/v1/projects/{project}/{path}/{id}"), 404, "not_found").await;
    }
    for (path, id) in [("contacts", contact(7).to_string()), ("conversations", conversation(7).to_string())] {
        world.refused(&format!("/v1/projects/{project}/{path}/{id}/messages"), 404, "not_found").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_that_make_no_sense_are_refused_by_name() {
    let world = World::start().await;
    let project = world.project().await;
    world.say(project, contact(1), vec![seen(vec![bsuid("US.1")], None, 0), opened(1, None, 0), received(1, 1, 1)]).await;
    let history = format!("conversations/{}/messages", conversation(1));
    let long = "s".repeat(3_000);
    let cases = [
        ("contacts?limit=0".to_owned(), "/limit"),
        ("contacts?limit=101".to_owned(), "/limit"),
        ("contacts?limit=-1".to_owned(), "/limit"),
        ("contacts?limit=1e1".to_owned(), "/limit"),
        ("contacts?limit=".to_owned(), "/limit"),
        ("contacts?limit=99999999999999999999".to_owned(), "/limit"),
        ("contacts?phone=".to_owned(), "/phone"),
        ("contacts?phone=%00".to_owned(), "/phone"),
        ("contacts?phone=1;DROP".to_owned(), "/phone"),
        ("contacts?phone=%2B%2B15551234567".to_owned(), "/phone"),
        ("contacts?bsuid=1".to_owned(), "/bsuid"),
        ("contacts?bsuid=US.1%00".to_owned(), "/bsuid"),
        ("contacts?bsuid=US.1&phone=15551234567".to_owned(), "/bsuid"),
        ("contacts?limit=1&limit=2".to_owned(), "/limit"),
        ("conversations?status=ajar".to_owned(), "/status"),
        ("conversations?state=%00".to_owned(), "/state"),
        (format!("conversations?state={long}"), "/state"),
        (format!("{history}?order=sideways"), "/order"),
        ("messages?wamid=".to_owned(), "/wamid"),
        ("messages?wamid=%00".to_owned(), "/wamid"),
        ("messages".to_owned(), "/wamid"),
    ];
    for (path, pointer) in cases {
        let (status, body) = world.get(&format!("/v1/projects/{project}/{path}")).await;
        assert_eq!((status, body["code"].as_str()), (400, Some("invalid_query")), "{path}: {body}");
        assert_eq!(body["errors"][0]["pointer"].as_str(), Some(pointer), "{path}: {body}");
    }
    world.refused(&format!("/v1/projects/{project}/contacts?nonsense=1"), 400, "invalid_query").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cursors_that_no_page_gave_are_refused() {
    let world = World::start().await;
    let project = world.project().await;
    world.say(project, contact(1), vec![seen(vec![bsuid("US.1")], None, 0), opened(1, None, 0), received(1, 1, 1)]).await;
    let (con, cnv) = (contact(1), conversation(1));
    let texts = [
        "null".to_owned(),
        "[]".to_owned(),
        r#"{"at":1,"id":"' OR 1=1"}"#.to_owned(),
        r#"{"at":1,"id":"con_\u0000"}"#.to_owned(),
        format!(r#"{{"at":9223372036854775807,"id":"{con}"}}"#),
        format!(r#"{{"at":-9223372036854775808,"id":"{con}"}}"#),
        format!(r#"{{"at":9223372036854775807,"id":"{cnv}"}}"#),
        format!(r#"{{"at":1,"id":"{}","more":1}}"#, message_id(1)),
        r#"{"sent_at":9223372036854775807,"sequence":1}"#.to_owned(),
        r#"{"sent_at":1,"sequence":9223372036854775808}"#.to_owned(),
        r#"{"sent_at":1e3,"sequence":1}"#.to_owned(),
        r#"{"sent_at":1}"#.to_owned(),
    ];
    let cursors: Vec<String> =
        texts.iter().map(|text| encode(text)).chain([String::new(), "!".into(), "%00".into(), "A".repeat(9_000)]).collect();
    for cursor in cursors {
        for path in [
            format!("contacts?cursor={cursor}"),
            format!("conversations?cursor={cursor}"),
            format!("contacts/{con}/conversations?cursor={cursor}"),
            format!("contacts/{con}/messages?after={cursor}"),
            format!("conversations/{cnv}/messages?before={cursor}&order=desc"),
        ] {
            world.refused(&format!("/v1/projects/{project}/{path}"), 400, "invalid_cursor").await;
        }
    }
    // Another list's cursor, well formed.
    let of_contacts = encode(&format!(r#"{{"at":1,"id":"{con}"}}"#));
    world.found(&format!("/v1/projects/{project}/contacts?cursor={of_contacts}")).await;
    world.refused(&format!("/v1/projects/{project}/conversations?cursor={of_contacts}"), 400, "invalid_cursor").await;
    world.refused(&format!("/v1/projects/{project}/contacts/{con}/messages?after={of_contacts}"), 400, "invalid_cursor").await;
    let of_messages = encode(r#"{"sent_at":1,"sequence":-1}"#);
    let both = format!("/v1/projects/{project}/contacts/{con}/messages?after={of_messages}&before={of_messages}");
    world.refused(&both, 400, "invalid_query").await;
    world.found(&format!("/v1/projects/{project}/contacts/{con}/messages?before={of_messages}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_without_the_key() {
    let world = World::start().await;
    let project = world.project().await;
    let bare = axum::http::Request::get(format!("/v1/projects/{project}/contacts")).body(axum::body::Body::empty()).unwrap();
    let response = tower::ServiceExt::oneshot(world.server.router.clone(), bare).await.unwrap();
    assert_eq!(response.status(), 401);
}
