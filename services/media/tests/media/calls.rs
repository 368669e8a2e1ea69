//! Requests to the API, and its answers.

use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, Request, StatusCode};
use bytes::Bytes;
use chassis::{Health, Metrics, Secret, Site};
use contract::{MediaId, ProjectId};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;

use crate::world::{API_KEY, World};

/// An answer of the API.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Bytes,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn code(&self) -> (u16, &str) {
        (self.status, self.body["code"].as_str().unwrap_or_default())
    }
}

impl World {
    pub(crate) async fn call(&self, request: Request<Body>) -> Answer {
        let site = Site::new("Test", Secret::new(API_KEY), Health::new(), Metrics::install().unwrap(), self.ids.clone());
        let answer = site.finish(media::routes(self.media())).unwrap().oneshot(request).await.unwrap();
        let (head, body) = answer.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status: head.status.as_u16(), headers: head.headers, bytes, body }
    }

    pub(crate) async fn get(&self, project: ProjectId, path: &str) -> Answer {
        self.call(authorised(Request::get(format!("/v1/projects/{project}/{path}"))).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn delete(&self, project: ProjectId, path: &str) -> Answer {
        self.call(authorised(Request::delete(format!("/v1/projects/{project}/{path}"))).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, project: ProjectId, query: &str, mime: &str, key: Option<&str>, body: impl Into<Body>) -> Answer {
        let mut request = authorised(Request::post(format!("/v1/projects/{project}/media{query}"))).header("content-type", mime);
        let body: Body = body.into();
        if let Some(size) = HttpBody::size_hint(&body).exact() {
            request = request.header("content-length", size);
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.call(request.body(body).unwrap()).await
    }

    /// Uploads a file that is taken; its id.
    pub(crate) async fn upload(&self, project: ProjectId, mime: &str, bytes: &[u8]) -> MediaId {
        let answer = self.post(project, "", mime, None, bytes.to_vec()).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        answer.body["id"].as_str().unwrap().parse().unwrap()
    }
}

fn authorised(request: axum::http::request::Builder) -> axum::http::request::Builder {
    request.header("authorization", format!("Bearer {API_KEY}"))
}
