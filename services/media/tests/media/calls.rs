//! Requests to the API, and its answers.

use axum::body::{Body, HttpBody};
use axum::http::{Method, Request};
use chassis::Health;
use contract::{MediaId, ProjectId};
use testbed::Answer;

use crate::world::{API_KEY, World};

impl World {
    pub(crate) async fn call(&self, request: Request<Body>) -> Answer {
        let router = testbed::site(Health::new(), &self.ids).finish(media::routes(self.media())).unwrap();
        Answer::to(router, request).await
    }

    pub(crate) async fn get(&self, project: ProjectId, path: &str) -> Answer {
        self.call(testbed::request(API_KEY, Method::GET, &format!("/v1/projects/{project}/{path}"), &[], None)).await
    }

    pub(crate) async fn delete(&self, project: ProjectId, path: &str) -> Answer {
        self.call(testbed::request(API_KEY, Method::DELETE, &format!("/v1/projects/{project}/{path}"), &[], None)).await
    }

    pub(crate) async fn post(&self, project: ProjectId, query: &str, mime: &str, key: Option<&str>, body: impl Into<Body>) -> Answer {
        let mut request = Request::post(format!("/v1/projects/{project}/media{query}")).header("content-type", mime);
        request = request.header("authorization", format!("Bearer {API_KEY}"));
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
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.id().parse().unwrap()
    }
}
