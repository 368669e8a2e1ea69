//! The guard in front of the API: what it asks an authority, and what it lets nobody forget.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use chassis::{Authority, Caller, Clock, Denied, Health, Ids, Metrics, Need, Path, Problem, Secret, Site, SiteError, Standing, Visible};
use futures::future::{BoxFuture, FutureExt};
use http_body_util::BodyExt;
use serde_json::Value;
use tower::ServiceExt;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const PLATFORM: &str = "key-for-tests-0123456789";

#[utoipa::path(get, path = "/v1/projects", security(("api_key" = ["projects:read"])), responses((status = 200)))]
async fn list(caller: Caller) -> String {
    let all_seen = caller.visible("projects:read") == Visible::All;
    format!("{} {:?} {:?} {} {all_seen}", caller.actor(), caller.user(), caller.workspace(), caller.all())
}

#[utoipa::path(get, path = "/v1/projects/{id}", security(("api_key" = ["projects:read"])), params(("id" = String, Path)), responses((status = 200)))]
async fn show(Path(id): Path<String>) -> String {
    id
}

#[utoipa::path(delete, path = "/v1/projects/{id}", security(("api_key" = ["projects:delete"])), params(("id" = String, Path)), responses((status = 200)))]
async fn delete(Path(id): Path<String>) -> String {
    id
}

#[utoipa::path(put, path = "/v1/workspaces/{w}/projects/{p}", security(("api_key" = ["members:write"])), params(("w" = String, Path), ("p" = String, Path)), responses((status = 200)))]
async fn grant(caller: Caller) -> Result<String, Problem> {
    caller.require_in_project("projects:read", "prj_other").await?;
    Ok("not reached".to_owned())
}

#[utoipa::path(post, path = "/v1/sessions", security(()), responses((status = 200)))]
async fn sign_in(request: Request<Body>) -> String {
    format!("{}", request.extensions().get::<Caller>().is_none())
}

#[utoipa::path(get, path = "/v1/forgotten", responses((status = 200)))]
async fn forgotten() {}

#[utoipa::path(get, path = "/v1/two", security(("api_key" = ["projects:read", "code:read"])), responses((status = 200)))]
async fn two() {}

#[utoipa::path(get, path = "/v1/none", security(("api_key" = [])), responses((status = 200)))]
async fn none() {}

#[utoipa::path(get, path = "/v1/either", security((), ("api_key" = ["projects:read"])), responses((status = 200)))]
async fn either() {}

#[utoipa::path(get, path = "/v1/typo", security(("api_key" = ["project:read"])), responses((status = 200)))]
async fn typo() {}

#[utoipa::path(get, path = "/v1/stranger", security(("other" = ["projects:read"])), responses((status = 200)))]
async fn stranger() {}

/// Knows `good`, who may `projects:read` in `prj_1`, and `late`, who may so only when asked a second time. `stale` is not to be decided.
#[derive(Clone, Default)]
struct Doorman {
    asked: Arc<AtomicUsize>,
    caught_up: Arc<AtomicUsize>,
}

struct Guest {
    late: bool,
    caught_up: Arc<AtomicUsize>,
}

impl Authority for Doorman {
    fn identify<'a>(&'a self, credentials: &'a str) -> BoxFuture<'a, Result<Caller, Denied>> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let guest = |late| {
            let standing = Arc::new(Guest { late, caught_up: self.caught_up.clone() });
            Ok(Caller::new("usr_1".to_owned(), Some("usr_1".to_owned()), Some("wsp_1".to_owned()), standing))
        };
        let answer = match credentials {
            "good" => guest(false),
            "late" => guest(true),
            "stale" => Err(Denied::Stale),
            _ => Err(Denied::Unauthenticated),
        };
        async { answer }.boxed()
    }
}

impl Standing for Guest {
    fn allows(&self, need: Need<'_>) -> Result<(), Denied> {
        if self.late && self.caught_up.load(Ordering::SeqCst) == 0 {
            return Err(Denied::Hidden);
        }
        match need {
            Need { project: Some("prj_1") | None, workspace: None, scope: "projects:read" } => Ok(()),
            Need { project: Some("prj_1"), workspace: Some("wsp_1"), scope: "members:write" } => Ok(()),
            Need { project: Some("prj_1") | None, workspace: None | Some("wsp_1"), .. } => Err(Denied::Insufficient),
            _ => Err(Denied::Hidden),
        }
    }

    fn catch_up(&self) -> BoxFuture<'_, Result<(), Denied>> {
        self.caught_up.fetch_add(1, Ordering::SeqCst);
        async { Ok(()) }.boxed()
    }

    fn visible(&self, _scope: &str) -> Visible {
        Visible::Some { workspaces: vec![], projects: vec!["prj_1".to_owned()] }
    }
}

fn site() -> Site {
    let metrics = Metrics::install().expect("the one recorder");
    Site::new("Test", Secret::new(PLATFORM), Health::new(), metrics, Ids::new(Clock::System))
}

fn router(doorman: &Doorman) -> Router {
    let routes = OpenApiRouter::new().routes(routes!(list)).routes(routes!(show, delete)).routes(routes!(grant)).routes(routes!(sign_in));
    // Described nowhere: nobody said what it needs.
    let routes = routes.route("/v1/hidden", axum::routing::get(async || "reached"));
    site().authority(doorman.clone()).finish(routes).expect("every route says what it needs")
}

/// The status, and the problem's code or the body.
async fn ask(method: &str, path: &str, credentials: Option<&str>) -> (u16, String) {
    ask_of(&Doorman::default(), method, path, credentials).await
}

async fn ask_of(doorman: &Doorman, method: &str, path: &str, credentials: Option<&str>) -> (u16, String) {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(credentials) = credentials {
        request = request.header(header::AUTHORIZATION, format!("Bearer {credentials}"));
    }
    let response = router(doorman).oneshot(request.body(Body::empty()).expect("a request")).await.expect("infallible");
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    let code = serde_json::from_slice::<Value>(&body).ok().and_then(|problem| Some(problem.get("code")?.as_str()?.to_owned()));
    (status, code.unwrap_or_else(|| String::from_utf8_lossy(&body).into_owned()))
}

#[track_caller]
fn is(answer: &(u16, String), status: u16, text: &str) {
    assert_eq!((answer.0, answer.1.as_str()), (status, text));
}

#[tokio::test]
async fn a_caller_reaches_what_they_may_and_the_handler_knows_them() {
    is(&ask("GET", "/v1/projects", Some("good")).await, 200, r#"usr_1 Some("usr_1") Some("wsp_1") false false"#);
    is(&ask("GET", "/v1/projects/prj_1", Some("good")).await, 200, "prj_1");
    is(&ask("HEAD", "/v1/projects/prj_1", Some("good")).await, 200, "");
    is(&ask("GET", "/v1/projects", Some(PLATFORM)).await, 200, "key_platform None None true true");
    is(&ask("DELETE", "/v1/projects/prj_9", Some(PLATFORM)).await, 200, "prj_9");
}

#[tokio::test]
async fn every_way_to_be_refused_has_its_own_answer() {
    is(&ask("GET", "/v1/projects/prj_1", None).await, 401, "unauthenticated");
    is(&ask("GET", "/v1/projects/prj_1", Some("bad")).await, 401, "unauthenticated");
    is(&ask("GET", "/v1/projects/prj_2", Some("good")).await, 404, "not_found");
    is(&ask("HEAD", "/v1/projects/prj_2", Some("good")).await, 404, "");
    is(&ask("DELETE", "/v1/projects/prj_1", Some("good")).await, 403, "insufficient_scope");
    is(&ask("GET", "/v1/projects/prj_1", Some("stale")).await, 503, "authorization_stale");
    // What the path does not name is asked by the handler.
    is(&ask("PUT", "/v1/workspaces/wsp_1/projects/prj_1", Some("good")).await, 404, "not_found");
    is(&ask("PUT", "/v1/workspaces/wsp_2/projects/prj_1", Some("good")).await, 404, "not_found");
    is(&ask("PUT", "/v1/workspaces/wsp_1/projects/prj_1", Some(PLATFORM)).await, 200, "not reached");
}

#[tokio::test]
async fn a_project_is_the_one_that_the_handler_sees_however_it_is_spelled() {
    is(&ask("GET", "/v1/projects/prj%5F1", Some("good")).await, 200, "prj_1");
    is(&ask("GET", "/v1/projects/prj_1%2F", Some("good")).await, 404, "not_found");
    is(&ask("GET", "/v1/projects/%ff", Some("good")).await, 400, "invalid_path");
    is(&ask("GET", "/v1/projects/prj_1?id=prj_2", Some("good")).await, 200, "prj_1");
    is(&ask("GET", "/v1/projects/prj_2?id=prj_1", Some("good")).await, 404, "not_found");
}

#[tokio::test]
async fn what_has_not_said_what_it_needs_is_the_platform_keys_alone() {
    is(&ask("GET", "/v1/hidden", None).await, 401, "unauthenticated");
    is(&ask("GET", "/v1/hidden", Some("good")).await, 405, "method_not_allowed");
    is(&ask("GET", "/v1/hidden", Some(PLATFORM)).await, 200, "reached");
    is(&ask("POST", "/v1/projects", Some("good")).await, 405, "method_not_allowed");
    is(&ask("GET", "/v1/unknown", Some("good")).await, 404, "not_found");
    is(&ask("GET", "/v1/unknown", Some("bad")).await, 401, "unauthenticated");
}

#[tokio::test]
async fn an_open_route_asks_nobody() {
    let doorman = Doorman::default();
    for credentials in [None, Some("bad"), Some("good"), Some(PLATFORM)] {
        is(&ask_of(&doorman, "POST", "/v1/sessions", credentials).await, 200, "true");
    }
    assert_eq!(doorman.asked.load(Ordering::SeqCst), 0);
    is(&ask("GET", "/v1/sessions", None).await, 401, "unauthenticated");
}

#[tokio::test]
async fn nobody_is_refused_before_the_authority_has_caught_up_and_nobody_else_waits() {
    let doorman = Doorman::default();
    is(&ask_of(&doorman, "GET", "/v1/projects/prj_1", Some("late")).await, 200, "prj_1");
    assert_eq!(doorman.caught_up.load(Ordering::SeqCst), 1);
    is(&ask_of(&doorman, "GET", "/v1/projects/prj_1", Some("good")).await, 200, "prj_1");
    assert_eq!(doorman.caught_up.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_cannot_be_credentials_is_refused_unasked() {
    let doorman = Doorman::default();
    let long = "x".repeat(1_025);
    let values: [&[u8]; 12] = [
        b"",
        b"good",
        b"Bearer",
        b"Bearer ",
        b"Basic good",
        b"Bearer  good",
        b"Bearer good ok",
        b"Bearer\tgood",
        b"Bearer g\xc3\xb6\xc3\xb6d",
        b"Bearer \xff\xfe",
        b"Token Bearer good",
        long.as_bytes(),
    ];
    for value in values {
        let request = Request::get("/v1/projects").header(header::AUTHORIZATION, value).body(Body::empty()).expect("a request");
        let response = router(&doorman).oneshot(request).await.expect("infallible");
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{value:?}");
    }
    is(&ask_of(&doorman, "GET", "/v1/projects", Some(&long)).await, 401, "unauthenticated");
    for pair in [["Bearer good", "Bearer good"], ["Bearer good", "Bearer bad"], ["Basic x", "Bearer good"]] {
        let request = Request::get("/v1/projects").header(header::AUTHORIZATION, pair[0]).header(header::AUTHORIZATION, pair[1]);
        let response = router(&doorman).oneshot(request.body(Body::empty()).expect("a request")).await.expect("infallible");
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{pair:?}");
    }
    assert_eq!(doorman.asked.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_route_that_does_not_say_what_it_needs_does_not_start() {
    let refused = |routes: OpenApiRouter| site().finish(routes).expect_err("it must not start");
    for (routes, path) in [
        (OpenApiRouter::new().routes(routes!(forgotten)), "/v1/forgotten"),
        (OpenApiRouter::new().routes(routes!(two)), "/v1/two"),
        (OpenApiRouter::new().routes(routes!(none)), "/v1/none"),
        (OpenApiRouter::new().routes(routes!(either)), "/v1/either"),
        (OpenApiRouter::new().routes(routes!(stranger)), "/v1/stranger"),
    ] {
        let error = refused(OpenApiRouter::new().routes(routes!(show)).merge(routes));
        assert!(matches!(&error, SiteError::Scope { path: named, .. } if named == path), "{error}");
        assert!(error.to_string().starts_with(&format!("GET {path} ")), "{error}");
    }
    let error = refused(OpenApiRouter::new().routes(routes!(typo)));
    assert!(matches!(&error, SiteError::UnknownScope { scope, .. } if scope == "project:read"), "{error}");
}
