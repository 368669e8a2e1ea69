//! Files go to Meta and come from it; the token goes with them to Meta alone.

use serde_json::json;
use whatsapp::PhoneNumberId;
use whatsapp::graph::{Class, Error, MediaFacts};

use crate::stub::{Answer, Stub, token};

const ID: &str = "1013859600285441";

fn number() -> PhoneNumberId {
    PhoneNumberId::parse("106540352242922").unwrap()
}

#[tokio::test]
async fn a_file_is_described_as_meta_describes_it() {
    let full = json!({"messaging_product": "whatsapp", "url": "https://lookaside.fbsbx.com/a", "mime_type": "image/jpeg",
        "sha256": "3f9d", "file_size": "303833", "id": ID});
    let expected = MediaFacts {
        url: "https://lookaside.fbsbx.com/a".to_owned(),
        mime_type: Some("image/jpeg".to_owned()),
        sha256: Some("3f9d".to_owned()),
        file_size: Some(303_833),
    };
    let bare = json!({"url": "https://lookaside.fbsbx.com/a", "file_size": -1});
    let stub = Stub::telling([Answer::Json(200, full), Answer::Json(200, bare), Answer::Json(200, json!({"id": ID}))]).await;
    let graph = stub.graph();
    assert_eq!(graph.media(&token(), ID, &number()).await.unwrap(), expected);
    stub.only().is("GET /v26.0/1013859600285441", &[("phone_number_id", "106540352242922")]);
    let bare = MediaFacts { mime_type: None, sha256: None, file_size: None, ..expected };
    assert_eq!(graph.media(&token(), ID, &number()).await.unwrap(), bare);
    assert!(matches!(graph.media(&token(), ID, &number()).await, Err(Error::Unreadable { .. })));
}

#[tokio::test]
async fn an_id_that_is_a_path_is_not_asked_for() {
    let stub = Stub::telling([]).await;
    for id in ["", "1/messages", "1?fields=id", "..", "1#2"] {
        assert!(matches!(stub.graph().media(&token(), id, &number()).await, Err(Error::Unaskable(_))), "{id}");
        assert!(matches!(stub.graph().delete_media(&token(), id, &number()).await, Err(Error::Unaskable(_))), "{id}");
    }
    assert_eq!(stub.connections(), 0);
}

#[tokio::test]
async fn a_file_is_fetched_with_the_token_and_to_its_end() {
    let bytes: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let stub = Stub::telling([Answer::Bytes(200, bytes.clone()), Answer::Bytes(200, Vec::new())]).await;
    let url = format!("{}/files/1?hash=a%2Bb", stub.url);
    assert_eq!(stub.graph().download(&token(), &url, bytes.len()).await.unwrap(), bytes);
    stub.only().is("GET /files/1", &[("hash", "a+b")]);
    assert_eq!(stub.graph().download(&token(), &url, 0).await.unwrap(), b"");
}

#[tokio::test]
async fn what_can_come_instead_of_a_file_is_told_apart() {
    let refusal = json!({"error": {"message": "Authentication Error", "type": "OAuthException", "code": 190}});
    let stub = Stub::telling([
        Answer::Bytes(404, b"<html>".to_vec()),
        Answer::Bytes(200, vec![0; 1001]),
        Answer::Json(401, refusal),
        Answer::Bytes(503, b"<html>".to_vec()),
        Answer::Half(200, vec![0; 10]),
        Answer::HangUp,
    ])
    .await;
    let url = format!("{}/files/1", stub.url);
    let graph = stub.graph();
    let download = async || graph.download(&token(), &url, 1000).await.unwrap_err();
    assert_eq!(download().await, Error::Expired);
    assert_eq!(download().await, Error::TooLarge { bytes_max: 1000 });
    assert_eq!(download().await.code(), Some(190));
    assert_eq!(download().await.class(), Class::Transient);
    assert_eq!(download().await, Error::Unanswered);
    assert_eq!(download().await, Error::Unanswered);
}

#[tokio::test]
async fn nobody_else_sees_the_token() {
    let other = Stub::telling([]).await;
    let stub = Stub::telling([Answer::Redirect(format!("{}/stolen", other.url))]).await;
    let error = stub.graph().download(&token(), &format!("{}/files/1", stub.url), 1000).await.unwrap_err();
    assert!(matches!(error, Error::Unreadable { status: 302, .. }), "{error}");
    let elsewhere = other.url.replace("127.0.0.1", "localhost");
    for url in [elsewhere.as_str(), "not a URL", "file:///etc/passwd", ""] {
        assert!(matches!(stub.graph().download(&token(), url, 1000).await, Err(Error::Unaskable(_))), "{url}");
    }
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn a_file_is_uploaded_as_a_form() {
    let stub = Stub::telling([Answer::Json(200, json!({"id": 1_013_859_600_285_441_u64}))]).await;
    let name = "Menü \"1\"\r\n.pdf";
    let id = stub.graph().upload_media(&token(), &number(), name, "application/pdf", b"%PDF".to_vec()).await.unwrap();
    assert_eq!(id, ID);
    let asked = stub.only();
    asked.is("POST /v26.0/106540352242922/media", &[]);
    let expected = "--BOUNDARY\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n\
        --BOUNDARY\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\napplication/pdf\r\n\
        --BOUNDARY\r\nContent-Disposition: form-data; name=\"file\"; filename=\"Menü \\\"1\\\".pdf\"\r\nContent-Type: application/pdf\r\n\r\n%PDF\r\n\
        --BOUNDARY--\r\n";
    assert_eq!(asked.form(), expected);
}

#[tokio::test]
async fn an_upload_that_names_no_file_is_none() {
    let stub = Stub::telling([Answer::Json(200, json!({})), Answer::Json(200, json!({"id": "../1"}))]).await;
    let graph = stub.graph();
    let upload = async |mime| graph.upload_media(&token(), &number(), "", mime, b"x".to_vec()).await.unwrap_err();
    assert!(matches!(upload("image/png").await, Error::Unreadable { .. }));
    assert!(stub.only().form().contains("filename=\"file\""), "a file has a name");
    assert!(matches!(upload("image/png").await, Error::Unreadable { .. }));
    assert!(matches!(upload("no type").await, Error::Unaskable(_)));
    assert_eq!(stub.asked().len(), 2);
}

#[tokio::test]
async fn a_file_is_taken_away() {
    let stub = Stub::telling([Answer::Json(200, json!({"success": true}))]).await;
    stub.graph().delete_media(&token(), ID, &number()).await.unwrap();
    stub.only().is("DELETE /v26.0/1013859600285441", &[("phone_number_id", "106540352242922")]);
}
