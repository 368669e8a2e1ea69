//! Every route under `/v1` of the running house: who is refused, with which answer, and that whoever may is not.
//!
//! The routes are read from the house's own description; one that is added is tested by being there.

use chassis::PROJECT_SCOPES;
use e2e::Stage;
use serde_json::Value;

use crate::cast::Cast;
use crate::route::{Route, described};

/// What needs no key, and why: Meta and the payment provider sign what they send; who signs in has none yet; the local Meta has no
/// secrets and answers nobody from elsewhere.
const OPEN: [&str; 3] = ["/webhooks/", "/sim/", "/sign-in/"];
/// What the guard says of a project or workspace that is not for the caller.
const HIDDEN: &str = "there is no such project or workspace";

/// An answer: its status, code and detail.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    code: String,
    detail: String,
}

async fn ask(stage: &Stage, route: &Route, cast: &Cast, credentials: Option<&str>) -> Answer {
    let path = route.path(cast.workspace, cast.project);
    let mut request = stage.http.request(route.method.clone(), format!("{}{path}", stage.base));
    if let Some(credentials) = credentials {
        request = request.bearer_auth(credentials);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    assert!(route.statuses.contains(&status), "{} {} answers {status}, which it does not describe", route.method, route.template);
    // Live streams do not end: whoever got in is not read further.
    let body: Value = if status < 400 { Value::Null } else { answer.json().await.unwrap_or_default() };
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    Answer { status, code: text("code"), detail: text("detail") }
}

/// What somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// 401
    Nobody,
    /// 403
    MayNot,
    /// 404
    NothingThere,
    /// Anything else: the handler was reached.
    In,
}

impl Answer {
    fn told(&self) -> Told {
        match (self.status, self.code.as_str()) {
            (401, "unauthenticated") => Told::Nobody,
            (403, "insufficient_scope") => Told::MayNot,
            (404, "not_found") if self.detail == HIDDEN => Told::NothingThere,
            (401 | 403 | 503, _) => panic!("an answer that nobody foresaw: {self:?}"),
            _ => Told::In,
        }
    }
}

struct House {
    stage: Stage,
    cast: Cast,
    routes: Vec<Route>,
    open: Vec<String>,
}

impl House {
    async fn build() -> Self {
        let stage = Stage::start().await;
        let cast = Cast::gather(&stage).await;
        let (routes, open) = described(&stage).await;
        assert!(routes.len() >= 110, "the description is incomplete: {routes:?}");
        Self { stage, cast, routes, open }
    }

    /// Every route tells somebody what it must; how many routes that were.
    #[expect(clippy::print_stdout, reason = "how much was asked is part of the result")]
    async fn all_tell(&self, who: &str, credentials: impl Fn(&Route) -> Option<String>, must: impl Fn(&Route) -> Option<Told>) -> usize {
        let mut asked = 0;
        for route in &self.routes {
            let Some(must) = must(route) else { continue };
            let answer = ask(&self.stage, route, &self.cast, credentials(route).as_deref()).await;
            assert_eq!(answer.told(), must, "{who} asks {} {} (needs {}): {answer:?}", route.method, route.template, route.scope);
            asked += 1;
        }
        println!("{who}: {asked} routes");
        asked
    }
}

#[tokio::test]
async fn every_route_refuses_everybody_whom_it_must() {
    let house = House::build().await;
    let Cast { key_revoked, key_expired, key_forged, key_elsewhere, key_of_other_project, .. } = &house.cast;
    let Cast { session_over, signed_out, member, stranger, removed, admin, keys_without, members_without, .. } = &house.cast;
    let all = house.routes.len();
    let fixed = |text: &str| {
        let text = text.to_owned();
        move |_: &Route| Some(text.clone())
    };

    assert_eq!(house.all_tell("nobody", |_| None, |_| Some(Told::Nobody)).await, all);
    let unknown = house.cast.key_unknown();
    for (who, text) in [
        ("garbage", "garbage"),
        ("a key that nobody issued", &unknown),
        ("a right key with another secret", key_forged),
        ("a revoked key", key_revoked),
        ("an expired key", key_expired),
        ("a session that is over", session_over),
        ("somebody who signed out", signed_out),
    ] {
        assert_eq!(house.all_tell(who, fixed(text), |_| Some(Told::Nobody)).await, all);
    }

    // Whoever has no business in the workspace must not learn that it, or its project, exists.
    let outside = |route: &Route| match route.scope.as_str() {
        "dev" => Some(Told::MayNot),
        "self" => None,
        _ => (route.names_project() || route.names_workspace()).then_some(Told::NothingThere),
    };
    let of_keys = |route: &Route| if route.scope == "self" { Some(Told::MayNot) } else { outside(route) };
    house.all_tell("a key of another workspace", fixed(key_elsewhere), of_keys).await;
    house.all_tell("a person of another workspace", fixed(&stranger.session), outside).await;
    house.all_tell("a person who was removed", fixed(&removed.session), outside).await;

    let other_project = |route: &Route| match route.scope.as_str() {
        "dev" | "self" => Some(Told::MayNot),
        _ if route.names_project() => Some(Told::NothingThere),
        _ => route.names_workspace().then_some(Told::MayNot),
    };
    house.all_tell("a key of another project", fixed(key_of_other_project), other_project).await;

    let without = |route: &Route| Some(keys_without.get(route.scope.as_str()).unwrap_or(&keys_without["self"]).clone());
    assert_eq!(house.all_tell("a key without the scope", without, |_| Some(Told::MayNot)).await, all);

    let no_grant = |route: &Route| match route.scope.as_str() {
        "dev" => Some(Told::MayNot),
        "self" => None,
        _ if route.names_project() && !route.names_workspace() => Some(Told::NothingThere),
        "workspace:read" => None,
        _ => route.names_workspace().then_some(Told::MayNot),
    };
    house.all_tell("a member without permission", fixed(&member.session), no_grant).await;

    let of_project = |route: &Route| PROJECT_SCOPES.contains(&route.scope.as_str());
    let granted_others =
        |route: &Route| Some(members_without.get(route.scope.as_str()).unwrap_or(&members_without["code:read"]).session.clone());
    let other_grants = |route: &Route| {
        // Of the workspace's own scopes nothing can be granted in a project.
        (route.names_project() && (of_project(route) || route.scope != "self")).then_some(Told::MayNot)
    };
    house.all_tell("a member with other permissions", granted_others, other_grants).await;
    let owners = |route: &Route| (route.scope == "workspace:own").then_some(Told::MayNot);
    assert!(house.all_tell("an admin, of what is the owner's", fixed(&admin.session), owners).await > 0);
    house.stage.finish(0).await;
}

#[tokio::test]
async fn every_route_lets_in_who_may() {
    let house = House::build().await;
    let (stage, cast) = (&house.stage, &house.cast);
    for route in &house.routes {
        let right = match route.scope.as_str() {
            "dev" => stage.keys.api_key.expose().to_owned(),
            // Signed in anew: one of the routes signs out.
            "self" | "workspace:own" => cast.sign_in(stage, &cast.owner).await,
            scope => cast.keys_with[scope].clone(),
        };
        let answer = ask(stage, route, cast, Some(&right)).await;
        assert_eq!(answer.told(), Told::In, "{} {} (needs {}): {answer:?}", route.method, route.template, route.scope);
        let platform = ask(stage, route, cast, Some(stage.keys.api_key.expose())).await;
        assert!(platform.status != 401 && platform.code != "insufficient_scope", "{} {}: {platform:?}", route.method, route.template);
    }
}

#[tokio::test]
async fn what_needs_no_key_is_named_here() {
    let house = House::build().await;
    for path in &house.open {
        let (_, path) = path.split_once(' ').unwrap();
        assert!(OPEN.iter().any(|open| path.starts_with(open)), "{path} needs no key and nobody said why");
    }
    house.stage.finish(0).await;
}

#[tokio::test]
async fn where_no_project_is_named_nothing_of_others_is_shown_or_made() {
    let house = House::build().await;
    let (stage, cast) = (&house.stage, &house.cast);
    let ours = cast.project.to_string();
    let seen = async |credentials: &str, path: &str| {
        let answer = stage.http.get(format!("{}{path}", stage.base)).bearer_auth(credentials).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success() || status == 404, "{path}: {status} {text}");
        text.contains(&ours)
    };
    let operations = stage.call(reqwest::Method::GET, &format!("/v1/projects/{ours}/operations"), None).await;
    let operation = operations["data"][0]["id"].as_str().unwrap_or_else(|| panic!("no operation: {operations}"));
    let others = [
        ("a key of another workspace", &cast.key_elsewhere),
        ("a key of another project", &cast.key_of_other_project),
        ("a stranger", &cast.stranger.session),
        ("who was removed", &cast.removed.session),
        ("a member without permission", &cast.member.session),
    ];
    for path in ["/v1/projects".to_owned(), format!("/v1/operations/{operation}")] {
        stage.until("the project is in the tables", async || seen(&cast.keys_with["projects:read"], &path).await).await;
        assert!(seen(&cast.owner.session, &path).await, "{path}");
        assert!(seen(&cast.members_without["code:read"].session, &path).await, "{path}");
        for (who, credentials) in others {
            assert!(!seen(credentials, &path).await, "{who} sees {ours} in {path}");
        }
    }
    let theirs = serde_json::json!({ "name": "Not theirs", "workspace_id": cast.workspace.to_string() });
    for (who, credentials) in others {
        let answer = stage.http.post(format!("{}/v1/projects", stage.base)).bearer_auth(credentials).json(&theirs).send().await.unwrap();
        assert!(matches!(answer.status().as_u16(), 403 | 404), "{who} makes a project: {}", answer.status());
    }
    house.stage.finish(0).await;
}
