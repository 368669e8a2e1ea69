//! Media: uploaded, found, fetched while the link works, gone in time; and the files that people send.

use axum::http::StatusCode;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::meta::{Body, Meta};

const ANA: &str = "16505550142";
const NUMBER: &str = "101";
const FORM: [(&str, &str); 2] = [("messaging_product", "whatsapp"), ("type", "image/png")];

/// A picture as far as its header goes, and whatever follows.
fn png(rest: &[u8]) -> Vec<u8> {
    [&b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0"[..], rest].concat()
}

async fn upload(meta: &Meta, token: &str, bytes: &[u8]) -> Result<String, i64> {
    let answer = meta.form(&format!("/{NUMBER}/media"), token, &FORM, Some(("a.png", "image/png", bytes))).await?;
    Ok(answer["id"].as_str().expect("an id").to_owned())
}

async fn facts(meta: &Meta, token: &str, id: &str) -> Result<Value, i64> {
    meta.graph("GET", &format!("/{id}?phone_number_id={NUMBER}"), token, None).await
}

#[tokio::test]
async fn an_upload_is_found_fetched_and_deleted() {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, "201").await;
    let picture = png(b"\r\n--lin\x00\xff");
    let id = upload(&meta, &token, &picture).await.expect("an id");
    let found = facts(&meta, &token, &id).await.expect("facts");
    assert_eq!(
        (&found["mime_type"], &found["file_size"], &found["messaging_product"]),
        (&json!("image/png"), &json!(picture.len()), &json!("whatsapp"))
    );
    let url = found["url"].as_str().expect("a link").to_owned();
    assert_eq!(meta.fetch(&url, &token).await, (StatusCode::OK, picture));
    assert_eq!(meta.fetch(&url, "").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(meta.fetch(&url.replace("hash=", "hash=0"), &token).await.0, StatusCode::NOT_FOUND);
    meta.stage.clock.advance(TimeDelta::minutes(5) + TimeDelta::seconds(1));
    assert_eq!(meta.fetch(&url, &token).await.0, StatusCode::NOT_FOUND);
    assert_eq!(meta.graph("DELETE", &format!("/{id}?phone_number_id={NUMBER}"), &token, None).await, Ok(json!({"success": true})));
    assert_eq!(facts(&meta, &token, &id).await, Err(100));
}

#[tokio::test]
async fn limits_and_types_are_metas() {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, "201").await;
    let path = format!("/{NUMBER}/media");
    let product = ("messaging_product", "whatsapp");
    for (texts, file, code) in [
        (vec![("type", "image/png")], Some(("a.png", "image/png", &b"x"[..])), 100),
        (vec![product, ("type", "image/png")], None, 131_008),
        (vec![product, ("type", "image/gif")], Some(("a.gif", "image/gif", b"x")), 100),
        (vec![product, ("type", "image/png")], Some(("a.jpg", "image/jpeg", b"x")), 100),
        (vec![product, ("type", "image/png")], Some(("a.png", "image/png", b"")), 131_053),
        (vec![product, ("type", "image/png")], Some(("a.png", "image/png", b"\xff\xd8\xff")), 131_053),
        (vec![product, ("type", "application/pdf")], Some(("a.pdf", "application/pdf", b"<html>")), 131_053),
    ] {
        assert_eq!(meta.form(&path, &token, &texts, file).await, Err(code), "{texts:?}");
    }
    let mut largest = png(b"");
    largest.resize(5 * 1024 * 1024, 0);
    assert!(upload(&meta, &token, &largest).await.is_ok());
    largest.push(0);
    assert_eq!(upload(&meta, &token, &largest).await, Err(131_053));
    assert_eq!(upload(&meta, "made up", &png(b"")).await, Err(190));
}

#[tokio::test]
async fn an_id_is_its_numbers_and_lives_thirty_days() {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, "201").await;
    let other = meta.business("102", "202").await;
    meta.writes(ANA, NUMBER).await;
    meta.writes(ANA, "102").await;
    let id = upload(&meta, &token, &png(b"")).await.expect("an id");
    assert_eq!(facts(&meta, &other, &id).await, Err(100));
    assert_eq!(meta.graph("GET", &format!("/{id}?phone_number_id=102"), &token, None).await, Err(100));
    let image = json!({"type": "image", "image": {"id": id, "caption": "look"}});
    assert_eq!(meta.send("102", &other, ANA, image.clone()).await, Err(131_009));
    assert_eq!(meta.send(NUMBER, &token, ANA, json!({"type": "video", "video": {"id": id}})).await, Err(131_009), "it is no video");
    assert!(meta.send(NUMBER, &token, ANA, image.clone()).await.is_ok());
    let chat = meta.sim("GET", &format!("phones/{ANA}/chats/{NUMBER}"), None).await;
    assert_eq!((&chat["data"][1]["file"]["id"], &chat["data"][1]["text"]), (&json!(id), &json!("look")));
    assert_eq!(meta.fetch(&format!("/sim/api/media/{id}"), "").await, (StatusCode::OK, png(b"")));
    meta.stage.clock.advance(TimeDelta::days(30));
    meta.writes(ANA, NUMBER).await;
    assert_eq!(facts(&meta, &token, &id).await, Err(100));
    assert_eq!(meta.send(NUMBER, &token, ANA, image).await, Err(131_009));
}

#[tokio::test]
async fn a_voice_note_is_ogg_with_opus() {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, "201").await;
    meta.writes(ANA, NUMBER).await;
    let voice = include_bytes!("../../src/sample/voice.ogg");
    for (mime, bytes, plays) in [("audio/ogg", &voice[..], true), ("audio/ogg; codecs=opus", voice, true), ("audio/mpeg", b"ID3", false)] {
        let form = [("messaging_product", "whatsapp"), ("type", mime)];
        let kept = meta.form(&format!("/{NUMBER}/media"), &token, &form, Some(("a", mime, bytes))).await.expect("an id");
        let audio = |voice: bool| json!({"type": "audio", "audio": {"id": kept["id"], "voice": voice}});
        assert_eq!(meta.send(NUMBER, &token, ANA, audio(true)).await.err(), (!plays).then_some(131_009), "{mime}");
        assert!(meta.send(NUMBER, &token, ANA, audio(false)).await.is_ok(), "{mime}");
    }
}

#[tokio::test]
async fn what_a_person_sends_has_real_bytes_for_seven_days() {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, "201").await;
    for (message, head) in [
        (json!({"type": "image"}), &b"\xff\xd8\xff"[..]),
        (json!({"type": "video"}), b"\0\0\0"),
        (json!({"type": "audio"}), b"OggS"),
        (json!({"type": "audio", "file": true}), b"\xff\xfb"),
        (json!({"type": "document", "filename": "a.pdf"}), b"%PDF-"),
        (json!({"type": "sticker"}), b"RIFF"),
    ] {
        let mut message = message;
        message["to"] = json!(NUMBER);
        meta.sim("POST", &format!("phones/{ANA}/messages"), Some(message.clone())).await;
        let value = meta.webhooks("messages").await.remove(0);
        let received = &value["messages"][0];
        let media = &received[received["type"].as_str().expect("a type")];
        let found = facts(&meta, &token, media["id"].as_str().expect("an id")).await.expect("facts");
        for url in [&found["url"], &media["url"]] {
            let url = url.as_str().expect("a link");
            let (status, bytes) = meta.fetch(url, &token).await;
            assert!(status.is_success() && bytes.starts_with(head), "{message}: {status} {:?}", &bytes[..8.min(bytes.len())]);
            assert_eq!(found["file_size"], bytes.len());
        }
    }
    let last = meta.sim("GET", &format!("phones/{ANA}/chats/{NUMBER}"), None).await["data"][5]["file"]["id"].clone();
    meta.stage.clock.advance(TimeDelta::days(7));
    assert_eq!(facts(&meta, &token, last.as_str().expect("an id")).await, Err(100));
}

#[tokio::test]
async fn a_person_can_choose_the_file() {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, "201").await;
    let request = axum::http::Request::post(format!("/sim/api/phones/{ANA}/chats/{NUMBER}/media")).header("host", "localhost");
    let request = request.header("content-type", "application/zip").body(Body::from("PK")).expect("a request");
    let answer = tower::ServiceExt::oneshot(meta.router.clone(), request).await.expect("infallible");
    let body = http_body_util::BodyExt::collect(answer.into_body()).await.expect("a body").to_bytes();
    let id = serde_json::from_slice::<Value>(&body).expect("json")["id"].as_str().expect("an id").to_owned();
    let message = json!({"to": NUMBER, "type": "document", "filename": "a.zip", "media": id});
    meta.sim("POST", &format!("phones/{ANA}/messages"), Some(message)).await;
    let found = facts(&meta, &token, &id).await.expect("facts");
    assert_eq!((&found["mime_type"], &found["file_size"]), (&json!("application/zip"), &json!(2)));
    let elsewhere = json!({"to": "55", "type": "image", "media": id});
    assert_eq!(meta.ask("POST", &format!("/sim/api/phones/{ANA}/messages"), "", Some(elsewhere)).await.0.as_u16(), 422);
}

/// The page and its API are of the same origin.
#[tokio::test]
async fn a_file_that_could_run_is_shown_as_nothing_that_does() {
    let meta = Meta::new().await;
    meta.business(NUMBER, "201").await;
    let ask = async |request: axum::http::request::Builder, body: &'static str| {
        let request = request.header("host", "localhost").header("content-type", "text/html").body(Body::from(body)).expect("a request");
        tower::ServiceExt::oneshot(meta.router.clone(), request).await.expect("infallible")
    };
    let chosen = format!("/sim/api/phones/{ANA}/chats/{NUMBER}/media");
    let kept = ask(axum::http::Request::post(chosen), "<script>alert(1)</script>").await;
    let kept = http_body_util::BodyExt::collect(kept.into_body()).await.expect("a body").to_bytes();
    let id = serde_json::from_slice::<Value>(&kept).expect("json")["id"].as_str().expect("an id").to_owned();
    let shown = ask(axum::http::Request::get(format!("/sim/api/media/{id}")), "").await;
    assert_eq!(shown.status(), StatusCode::OK);
    for (header, value) in [("content-security-policy", "sandbox; default-src 'none'"), ("x-content-type-options", "nosniff")] {
        assert_eq!(shown.headers()[header], value);
    }
}

#[tokio::test]
async fn a_download_fails_as_often_as_it_is_told_to() {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, "201").await;
    let id = upload(&meta, &token, &png(b"")).await.expect("an id");
    let url = facts(&meta, &token, &id).await.expect("facts")["url"].as_str().expect("a link").to_owned();
    let faults = json!([{"call": "download_media", "http_status": 404, "times": 2}, {"call": "download_media", "http_status": 503}]);
    meta.sim("PUT", "graph/faults", Some(faults)).await;
    let mut met = Vec::new();
    for _ in 0..4 {
        met.push(meta.fetch(&url, &token).await.0.as_u16());
    }
    assert_eq!(met, [404, 404, 503, 200]);
}
