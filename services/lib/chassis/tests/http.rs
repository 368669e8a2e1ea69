//! The stack around routes, from the outside: what callers send wrong, and what they are told.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::DefaultBodyLimit;
use axum::http::{Method, Request, StatusCode, header};
use axum::response::Response;
use chassis::{Clock, Health, Ids, JSON_BYTES_MAX, Json, Metrics, Path, Problem, Query, RequestId, Secret, Site};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::{Value, json};
use tower::ServiceExt;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const KEY: &str = "key-for-tests-0123456789";

#[derive(Deserialize, utoipa::ToSchema)]
struct Thing {
    name: String,
}

#[derive(Deserialize)]
struct Page {
    limit: u8,
}

#[utoipa::path(post, path = "/v1/things", security(("api_key" = ["projects:read"])), request_body = Thing, responses((status = 200)))]
async fn create(id: RequestId, Json(thing): Json<Thing>) -> Json<Value> {
    Json(json!({"name": thing.name, "id": id.as_str()}))
}

#[utoipa::path(get, path = "/v1/things/{number}", security(("api_key" = ["projects:read"])), params(("number" = u8, Path)), responses((status = 200)))]
async fn show(Path(number): Path<u8>, Query(page): Query<Page>) -> String {
    format!("{number} {}", page.limit)
}

#[utoipa::path(get, path = "/v1/panics", security(("api_key" = ["projects:read"])), responses((status = 200)))]
async fn panics() -> Result<(), Infallible> {
    panic!("the text of a message")
}

#[utoipa::path(get, path = "/v1/hangs", security(("api_key" = ["projects:read"])), responses((status = 200)))]
async fn hangs() {
    std::future::pending::<()>().await;
}

#[utoipa::path(get, path = "/v1/fails", security(("api_key" = ["projects:read"])), responses((status = 200), (status = 503, description = "`database_down`")))]
async fn fails() -> Result<(), Problem> {
    Err(Problem::unavailable("database_down", 7, "connect to 10.0.0.7: refused"))
}

#[utoipa::path(post, path = "/webhooks/open", request_body = String, responses((status = 200)))]
async fn open(body: Bytes) -> String {
    body.len().to_string()
}

fn site_with(health: Health) -> axum::Router {
    let metrics = Metrics::install().expect("the one recorder");
    let mut site = Site::new("Test", Secret::new(KEY), health, metrics, Ids::new(Clock::System));
    site.answer_limit = Duration::from_millis(200);
    let large = OpenApiRouter::new().routes(routes!(open)).layer(DefaultBodyLimit::max(3 * JSON_BYTES_MAX));
    site.finish(
        OpenApiRouter::new()
            .routes(routes!(create))
            .routes(routes!(show))
            .routes(routes!(panics))
            .routes(routes!(hangs))
            .routes(routes!(fails))
            .merge(large),
    )
    .expect("every route says what it needs")
}

async fn send(request: Request<Body>) -> Response {
    site_with(Health::new()).oneshot(request).await.expect("infallible")
}

async fn body(response: Response) -> Bytes {
    response.into_body().collect().await.expect("a body").to_bytes()
}

/// Asserts a whole problem and gives it back.
async fn problem(response: Response, status: u16, code: &str) -> Value {
    assert_eq!(response.status().as_u16(), status);
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    let id = response.headers()["x-request-id"].to_str().expect("ascii").to_owned();
    let problem: Value = serde_json::from_slice(&body(response).await).expect("json");
    assert_eq!(problem["status"], status);
    assert_eq!(problem["code"], code, "{problem}");
    assert_eq!(problem["request_id"], id, "{problem}");
    problem
}

fn get(path: &str) -> axum::http::request::Builder {
    Request::builder().uri(path).header(header::AUTHORIZATION, format!("Bearer {KEY}"))
}

fn post(body: impl Into<Body>) -> Request<Body> {
    let request = get("/v1/things").method(Method::POST).header(header::CONTENT_TYPE, "application/json");
    request.body(body.into()).expect("a request")
}

#[tokio::test]
async fn a_good_request_is_answered_and_its_id_echoed() {
    let mut request = post(r#"{"name":"a"}"#);
    request.headers_mut().insert("x-request-id", "mine-1".parse().expect("a header"));
    let response = send(request).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["x-request-id"], "mine-1");
    assert_eq!(body(response).await, r#"{"id":"mine-1","name":"a"}"#);
}

#[tokio::test]
async fn an_unusable_request_id_is_replaced() {
    for bad in ["", "two words", &"x".repeat(129), "\u{e9}"] {
        let mut request = get("/nowhere").body(Body::empty()).expect("a request");
        request.headers_mut().insert("x-request-id", axum::http::HeaderValue::from_bytes(bad.as_bytes()).expect("a header"));
        let told = problem(send(request).await, 404, "not_found").await;
        assert!(told["request_id"].as_str().is_some_and(|id| id.starts_with("req_")), "{told}");
    }
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_refused() {
    problem(send(post("{")).await, 400, "malformed_json").await;
    problem(send(post(&b"{\"name\":\"\xff\"}"[..])).await, 400, "malformed_json").await;
    let deep = format!(r#"{{"name":"a","more":{}"#, "[".repeat(100_000));
    problem(send(post(deep)).await, 400, "malformed_json").await;
    let told = problem(send(post(r#"{"name":{}}"#)).await, 422, "invalid_body").await;
    assert_eq!(told["errors"][0]["pointer"], "/name");
    let quoted = problem(send(post(format!(r#"{{"name":["{}"]}}"#, "x".repeat(100_000)))).await, 422, "invalid_body").await;
    assert!(quoted.to_string().len() < 2_000);
    let mut wrong = post(r#"{"name":"a"}"#);
    wrong.headers_mut().insert(header::CONTENT_TYPE, "text/plain".parse().expect("a header"));
    problem(send(wrong).await, 415, "unsupported_media_type").await;
}

#[tokio::test]
async fn a_huge_body_is_refused_unless_its_route_takes_more() {
    let filled = |size: usize| format!(r#"{{"name":"{}"}}"#, "x".repeat(size - 11));
    assert_eq!(send(post(filled(JSON_BYTES_MAX))).await.status(), StatusCode::OK);
    problem(send(post(filled(JSON_BYTES_MAX + 1))).await, 413, "body_too_large").await;
    // Without a length, too: it is counted, not believed.
    let chunk = Bytes::from(vec![b'x'; 64 * 1024]);
    let endless = futures::stream::repeat_with(move || Ok::<_, Infallible>(chunk.clone()));
    problem(send(post(Body::from_stream(endless))).await, 413, "body_too_large").await;

    let webhook = Request::post("/webhooks/open").body(Body::from(vec![0; 2 * JSON_BYTES_MAX])).expect("a request");
    assert_eq!(body(send(webhook).await).await, (2 * JSON_BYTES_MAX).to_string());
}

#[tokio::test]
async fn wrong_parameters_are_named() {
    let ask = async |path: &str| send(get(path).body(Body::empty()).expect("a request")).await;
    assert_eq!(body(ask("/v1/things/7?limit=9").await).await, "7 9");
    let told = problem(ask("/v1/things/700?limit=9").await, 400, "invalid_path").await;
    assert_eq!(told["errors"][0]["pointer"], "/number", "{told}");
    problem(ask("/v1/things/%ff?limit=9").await, 400, "invalid_path").await;
    let told = problem(ask("/v1/things/7?limit=x").await, 400, "invalid_query").await;
    assert_eq!(told["errors"][0]["pointer"], "/limit", "{told}");
    let told = problem(ask("/v1/things/7").await, 400, "invalid_query").await;
    assert_eq!((&told["errors"][0]["pointer"], &told["errors"][0]["code"]), (&json!("/limit"), &json!("missing")), "{told}");
}

#[tokio::test]
async fn every_path_under_v1_needs_the_key_known_or_not() {
    let keys = [
        None,
        Some(String::new()),
        Some(KEY.to_owned()),
        Some(format!("Basic {KEY}")),
        Some("Bearer ".to_owned()),
        Some(format!("Bearer {KEY}x")),
        Some(format!("Bearer {}", &KEY[..KEY.len() - 1])),
        Some(format!("Bearer  {KEY}")),
        Some(format!("Bearer {}", "x".repeat(20_000))),
    ];
    for key in keys {
        for path in ["/v1", "/v1/", "/v1/things", "/v1/things/7?limit=1", "/v1/unknown"] {
            let mut request = Request::builder().uri(path);
            if let Some(key) = &key {
                request = request.header(header::AUTHORIZATION, key);
            }
            let response = send(request.body(Body::empty()).expect("a request")).await;
            assert_eq!(response.headers()[header::WWW_AUTHENTICATE], "Bearer", "{path} {key:?}");
            problem(response, 401, "unauthenticated").await;
        }
    }
    let twice = get("/v1/unknown").header(header::AUTHORIZATION, "Bearer other").body(Body::empty()).expect("a request");
    problem(send(twice).await, 401, "unauthenticated").await;
    let lower = Request::get("/v1/unknown").header(header::AUTHORIZATION, format!("bearer {KEY}"));
    problem(send(lower.body(Body::empty()).expect("a request")).await, 404, "not_found").await;
}

#[tokio::test]
async fn other_spellings_of_v1_reach_no_route() {
    for path in ["//v1/panics", "/%761/panics", "/V1/panics", "/x/../v1/panics", "/v1%2fpanics", "/./v1/panics"] {
        let request = Request::get(path).body(Body::empty()).expect("a request");
        problem(send(request).await, 404, "not_found").await;
    }
}

#[tokio::test]
async fn every_described_route_under_v1_is_guarded_and_says_so() {
    let description = send(get("/openapi.json").body(Body::empty()).expect("a request")).await;
    let api: Value = serde_json::from_slice(&body(description).await).expect("json");
    let paths = api["paths"].as_object().expect("paths");
    assert_eq!(paths.len(), 6);
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("operations") {
            assert!(operation["responses"]["default"].is_object(), "{path}");
            let guarded = path.starts_with("/v1");
            assert_eq!(operation["security"] == json!([{"api_key": ["projects:read"]}]), guarded, "{path}");
            let request = Request::builder().method(method.to_uppercase().as_str()).uri(path.replace("{number}", "1"));
            let status = send(request.body(Body::empty()).expect("a request")).await.status();
            assert_eq!(status == StatusCode::UNAUTHORIZED, guarded, "{method} {path}");
        }
    }
    let code = &api["components"]["schemas"]["Problem"]["properties"];
    assert!(code["type"].is_object() && code["request_id"].is_object() && code["cause"].is_null(), "{code}");
}

#[tokio::test]
async fn every_route_says_by_which_status_the_stack_around_it_refuses() {
    let description = send(get("/openapi.json").body(Body::empty()).expect("a request")).await;
    let api: Value = serde_json::from_slice(&body(description).await).expect("json");
    let told = |path: &str, method: &str| {
        let responses = api["paths"][path][method]["responses"].as_object().expect("responses");
        responses.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(told("/v1/things", "post"), ["200", "400", "401", "403", "413", "415", "422", "503", "default"]);
    assert_eq!(told("/v1/things/{number}", "get"), ["200", "400", "401", "403", "503", "default"]);
    assert_eq!(told("/webhooks/open", "post"), ["200", "503", "default"]);
    let unreadable = |path: &str, method: &str| api["paths"][path][method]["responses"]["400"]["description"].clone();
    assert_eq!(unreadable("/v1/things", "post"), "`malformed_json`");
    assert_eq!(unreadable("/v1/things/{number}", "get"), "`invalid_path`");
}

#[tokio::test]
async fn every_failure_is_described_as_a_problem() {
    let description = send(get("/openapi.json").body(Body::empty()).expect("a request")).await;
    let api: Value = serde_json::from_slice(&body(description).await).expect("json");
    assert_eq!(api["paths"]["/v1/fails"]["get"]["responses"]["503"]["description"], "`database_down`");
    for (path, item) in api["paths"].as_object().expect("paths") {
        for operation in item.as_object().expect("operations").values() {
            for (status, response) in operation["responses"].as_object().expect("responses") {
                let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
                assert_eq!(schema == "#/components/schemas/Problem", status != "200", "{path} {status}");
            }
        }
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_are_problems() {
    problem(send(get("/nowhere").body(Body::empty()).expect("a request")).await, 404, "not_found").await;
    let response = send(get("/v1/things").method("DELETE").body(Body::empty()).expect("a request")).await;
    assert_eq!(response.headers()[header::ALLOW], "POST");
    problem(response, 405, "method_not_allowed").await;
    problem(send(get("/healthz").method("BREW").body(Body::empty()).expect("a request")).await, 405, "method_not_allowed").await;
}

#[tokio::test]
async fn causes_stay_inside() {
    let ask = async |path: &str| send(get(path).body(Body::empty()).expect("a request")).await;
    let told = problem(ask("/v1/panics").await, 500, "internal").await;
    assert!(!told.to_string().contains("message"), "{told}");
    let response = ask("/v1/fails").await;
    assert_eq!(response.headers()[header::RETRY_AFTER], "7");
    let told = problem(response, 503, "database_down").await;
    assert!(!told.to_string().contains("10.0.0.7"), "{told}");
    problem(ask("/v1/hangs").await, 503, "timeout").await;
}

#[tokio::test]
async fn a_large_body_may_take_its_time_and_a_small_one_may_not() {
    const LARGE: usize = 128 * 1024;
    let announcing = |announced: usize, body: Body| {
        let request = get("/webhooks/open").method("POST").header(header::CONTENT_LENGTH, announced);
        request.body(body).expect("a request")
    };
    let never = Body::from_stream(futures::stream::pending::<Result<Bytes, Infallible>>());
    problem(send(announcing(1_000, never)).await, 503, "timeout").await;
    // Longer than the time that every request has.
    let late = Body::from_stream(futures::stream::once(async {
        tokio::time::sleep(Duration::from_millis(400)).await;
        Ok::<_, Infallible>(vec![7_u8; LARGE])
    }));
    assert_eq!(send(announcing(LARGE, late)).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn readyz_names_every_cause_and_healthz_does_not_care() {
    let health = Health::new();
    health.register("recorder.postgres", async || Err("connection refused".to_owned()));
    health.register("ingress.journal", async || Ok(()));
    health.register("replay.broken", async || panic!("a bug"));
    let router = site_with(health);
    let ask =
        async |path: &str| router.clone().oneshot(Request::get(path).body(Body::empty()).expect("a request")).await.expect("infallible");
    let told = problem(ask("/readyz").await, 503, "not_ready").await;
    assert_eq!(
        told["errors"],
        json!([
            {"pointer": "/recorder.postgres", "code": "check_failed", "detail": "connection refused"},
            {"pointer": "/replay.broken", "code": "check_failed", "detail": "the check panicked"}
        ])
    );
    assert_eq!(ask("/healthz").await.status(), StatusCode::OK);
    assert_eq!(send(Request::get("/readyz").body(Body::empty()).expect("a request")).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn metrics_count_by_route_and_never_by_what_callers_invent() {
    let router = site_with(Health::new());
    for path in ["/v1/things/1?limit=1", "/v1/things/2?limit=1", "/invented-path"] {
        let request = get(path).method(if path == "/invented-path" { "INVENTED" } else { "GET" });
        router.clone().oneshot(request.body(Body::empty()).expect("a request")).await.expect("infallible");
    }
    let response = router.oneshot(Request::get("/metrics").body(Body::empty()).expect("a request")).await.expect("infallible");
    let text = String::from_utf8(body(response).await.to_vec()).expect("utf-8");
    assert!(text.contains(r#"http_request_seconds_count{method="GET",route="/v1/things/{number}",status="2xx"}"#), "{text}");
    assert!(text.contains(r#"method="other",route="unmatched""#), "{text}");
    assert!(!text.contains("invented") && !text.contains("INVENTED"), "{text}");
}

#[tokio::test]
async fn the_description_can_be_browsed_without_a_network() {
    let read = async |path: &str| {
        let answer = send(Request::get(path).body(Body::empty()).expect("a request")).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        String::from_utf8_lossy(&body(answer).await).into_owned()
    };
    let page = read("/docs/").await;
    let parts: Vec<&str> =
        page.split(" src=\"").chain(page.split(" href=\"")).filter_map(|rest| rest.split_once('"')).map(|part| part.0).collect();
    let files: Vec<&str> = parts.into_iter().filter(|part| !part.contains('<')).collect();
    for needed in ["./swagger-ui-bundle.js", "./swagger-initializer.js", "./swagger-ui.css"] {
        assert!(files.contains(&needed), "{needed} is not among {files:?}");
    }
    for file in files {
        assert!(!file.contains("//"), "the page is from elsewhere: {file}");
        read(&format!("/docs/{}", file.trim_start_matches("./"))).await;
    }
    // What the bundle would ask for by itself: a description, and whether it is valid.
    let begun = read("/docs/swagger-initializer.js").await;
    assert!(begun.contains("\"/openapi.json\"") && begun.contains("\"validatorUrl\": \"none\"") && !begun.contains("://"), "{begun}");
}
