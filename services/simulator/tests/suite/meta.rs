//! A business at the simulated Meta, for tests: calls of the Graph API without a network.

use axum::Router;
pub(crate) use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::ingress::{SECRET, Stage};

pub(crate) const APP: &str = simulator::APP_ID;
/// Of whoever runs an endpoint; nobody has the other half.
pub(crate) const PUBLIC_KEY: &str = include_str!("public_key.pem");

pub(crate) struct Meta {
    pub(crate) stage: Stage,
    pub(crate) router: Router,
}

impl Meta {
    pub(crate) async fn new() -> Meta {
        let stage = Stage::new().await;
        let (router, _) = simulator::routes(stage.simulator.clone()).split_for_parts();
        Meta { stage, router }
    }

    pub(crate) async fn ask(&self, method: &str, path: &str, token: &str, body: Option<Value>) -> (StatusCode, Value) {
        let mut request = Request::builder().method(method).uri(path).header("host", "127.0.0.1");
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = request.header("content-type", "application/json").body(body).expect("a request");
        let answer = self.router.clone().oneshot(request).await.expect("infallible");
        let status = answer.status();
        let bytes = answer.into_body().collect().await.expect("a body").to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    pub(crate) async fn graph(&self, method: &str, path: &str, token: &str, body: Option<Value>) -> Result<Value, i64> {
        let (status, answer) = self.ask(method, &format!("/sim/graph/v26.0{path}"), token, body).await;
        if status.is_success() { Ok(answer) } else { Err(answer["error"]["code"].as_i64().expect("Meta's error")) }
    }

    pub(crate) async fn sign_up(&self, body: Value) -> String {
        let (status, answer) = self.ask("POST", "/sim/api/signups", "", Some(body)).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        answer["code"].as_str().expect("a code").to_owned()
    }

    pub(crate) async fn exchange(&self, code: &str, secret: &str) -> Result<String, i64> {
        let path = format!("/oauth/access_token?client_id={APP}&client_secret={secret}&code={code}");
        let answer = self.graph("GET", &path, "", None).await?;
        Ok(answer["access_token"].as_str().expect("a token").to_owned())
    }

    pub(crate) async fn token(&self, number: &str, waba: &str) -> String {
        let code = self.sign_up(json!({"phone_number_id": number, "waba_id": waba})).await;
        self.exchange(&code, SECRET).await.expect("a token")
    }

    pub(crate) async fn register(&self, number: &str, token: &str, pin: &str) -> Result<Value, i64> {
        self.graph("POST", &format!("/{number}/register"), token, Some(json!({"messaging_product": "whatsapp", "pin": pin}))).await
    }

    pub(crate) async fn subscribe(&self, waba: &str, token: &str) -> Result<Value, i64> {
        self.graph("POST", &format!("/{waba}/subscribed_apps"), token, None).await
    }

    /// An account with a registered number, subscribed; its token.
    pub(crate) async fn business(&self, number: &str, waba: &str) -> String {
        let token = self.token(number, waba).await;
        self.subscribe(waba, &token).await.expect("subscribed");
        self.register(number, &token, "123456").await.expect("registered");
        token
    }

    /// The account's Flows may have an endpoint.
    pub(crate) async fn give_key(&self, number: &str, token: &str) {
        let path = format!("/{number}/whatsapp_business_encryption");
        let given = self.graph("POST", &path, token, Some(json!({"business_public_key": PUBLIC_KEY}))).await;
        assert_eq!(given, Ok(json!({"success": true})));
    }

    /// Something under `/sim/api`, which must work out.
    pub(crate) async fn sim(&self, method: &str, path: &str, body: Option<Value>) -> Value {
        let (status, answer) = self.ask(method, &format!("/sim/api/{path}"), "", body).await;
        assert!(status.is_success(), "{path}: {status} {answer}");
        answer
    }

    /// A person writes to the number, so that it may answer freely.
    pub(crate) async fn writes(&self, person: &str, number: &str) -> String {
        let said = self.sim("POST", &format!("phones/{person}/messages"), Some(json!({"to": number, "type": "text", "body": "Hi"}))).await;
        said["wamid"].as_str().expect("an id").to_owned()
    }

    /// A message to a person; its id, or Meta's code.
    pub(crate) async fn send(&self, number: &str, token: &str, to: &str, message: Value) -> Result<String, i64> {
        let mut body = message;
        body["messaging_product"] = json!("whatsapp");
        body["to"] = json!(format!("+{to}"));
        let answer = self.graph("POST", &format!("/{number}/messages"), token, Some(body)).await?;
        Ok(answer["messages"][0]["id"].as_str().expect("an id").to_owned())
    }

    /// A form in parts: texts, then a file.
    pub(crate) async fn form(
        &self,
        path: &str,
        token: &str,
        texts: &[(&str, &str)],
        file: Option<(&str, &str, &[u8])>,
    ) -> Result<Value, i64> {
        let mut body = Vec::new();
        for (name, text) in texts {
            body.extend(format!("--line\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n").into_bytes());
        }
        if let Some((name, mime, bytes)) = file {
            let head =
                format!("--line\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {mime}\r\n\r\n");
            body.extend(head.into_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--line--\r\n");
        let request = Request::post(format!("/sim/graph/v26.0{path}"))
            .header("host", "127.0.0.1:8080")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "multipart/form-data; boundary=line");
        let (status, bytes) = self.raw(request.body(Body::from(body)).expect("a request")).await;
        let answer: Value = serde_json::from_slice(&bytes).expect("json");
        if status.is_success() { Ok(answer) } else { Err(answer["error"]["code"].as_i64().expect("Meta's error")) }
    }

    /// A form without parts, as `curl --data-urlencode` writes it.
    pub(crate) async fn urlencoded(&self, path: &str, token: &str, name: &str, text: &str) -> Value {
        let escaped = text.replace('+', "%2B").replace('\n', "%0A").replace(' ', "+");
        let request = Request::post(format!("/sim/graph/v26.0{path}"))
            .header("host", "127.0.0.1:8080")
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/x-www-form-urlencoded");
        let (_, bytes) = self.raw(request.body(Body::from(format!("{name}={escaped}"))).expect("a request")).await;
        serde_json::from_slice(&bytes).expect("json")
    }

    /// The handle of an uploaded picture.
    pub(crate) async fn handle(&self, token: &str) -> String {
        let path = format!("/{APP}/uploads?file_length=1&file_type=image/png&file_name=a.png");
        let begun = self.graph("POST", &path, token, None).await.expect("begun");
        let request = Request::post(format!("/sim/graph/v26.0/{}", begun["id"].as_str().expect("an id")))
            .header("host", "127.0.0.1:8080")
            .header("authorization", format!("Bearer {token}"))
            .header("file_offset", "0");
        let (_, bytes) = self.raw(request.body(Body::from("a")).expect("a request")).await;
        let answer: Value = serde_json::from_slice(&bytes).expect("json");
        answer["h"].as_str().expect("a handle").to_owned()
    }

    /// A file behind a link.
    pub(crate) async fn fetch(&self, url: &str, token: &str) -> (StatusCode, Vec<u8>) {
        let path = url.find("/sim/").map_or(url, |at| &url[at..]);
        let mut request = Request::get(path).header("host", "127.0.0.1:8080");
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        self.raw(request.body(Body::empty()).expect("a request")).await
    }

    async fn raw(&self, request: Request<Body>) -> (StatusCode, Vec<u8>) {
        let answer = self.router.clone().oneshot(request).await.expect("infallible");
        let status = answer.status();
        (status, answer.into_body().collect().await.expect("a body").to_bytes().to_vec())
    }

    /// The values of a field in the webhooks that came, and the time of their entries.
    pub(crate) async fn webhooks(&self, field: &str) -> Vec<Value> {
        self.stage.simulator.deliver_due().await;
        let bodies = self.stage.ingress.bodies();
        self.stage.ingress.clear();
        let mut found = Vec::new();
        for body in bodies {
            let body: Value = serde_json::from_slice(&body).expect("json");
            for entry in body["entry"].as_array().expect("entries") {
                let changes = entry["changes"].as_array().expect("changes").iter();
                found.extend(changes.filter(|change| change["field"] == field).map(|change| change["value"].clone()));
            }
        }
        found
    }

    /// The statuses that came: each with its message and its data.
    pub(crate) async fn statuses(&self) -> Vec<(String, String, Value)> {
        let values = self.webhooks("messages").await;
        let statuses = values.iter().filter_map(|value| value["statuses"].as_array()).flatten();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        statuses.map(|status| (text(&status["id"]), text(&status["status"]), status.clone())).collect()
    }
}
