//! What cannot be read of a request is refused by a status that its route describes.

use contract::WorkspaceId;
use e2e::Stage;

use crate::route::{Route, described};

/// A request with something that cannot be read, and the statuses that say so.
struct Unreadable {
    path: String,
    content_type: &'static str,
    body: &'static str,
    statuses: &'static [u16],
}

/// Everything that can be wrong with a request to the route, whose path with ids of the right form is `path`.
fn unreadable(route: &Route, path: &str) -> Vec<Unreadable> {
    let mut wrong = Vec::new();
    let mut add = |path: String, content_type: &'static str, body: &'static str, statuses: &'static [u16]| {
        wrong.push(Unreadable { path, content_type, body, statuses });
    };
    if route.takes_json {
        add(path.to_owned(), "application/json", "{", &[400]);
        add(path.to_owned(), "text/plain", "{}", &[415]);
        // What takes any JSON, in Meta's own shape, looks at the project first.
        add(path.to_owned(), "application/json", "\"a text\"", &[404, 409, 422]);
    }
    if route.takes_limit {
        add(format!("{path}?limit=many"), "", "", &[400]);
    }
    if route.takes_query {
        add(format!("{path}?nonsense=1"), "", "", &[400]);
    }
    let segments: Vec<&str> = path.split('/').collect();
    for (place, named) in route.template.split('/').enumerate() {
        if named.starts_with('{') {
            let mut segments = segments.clone();
            segments[place] = "%ff";
            add(segments.join("/"), "", "", &[400]);
        }
    }
    wrong
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_by_a_status_that_its_route_describes() {
    let stage = Stage::start().await;
    let project = stage.project("bot").await;
    let (routes, _) = described(&stage).await;
    let mut asked = 0;
    for route in &routes {
        for Unreadable { path, content_type, body, statuses } in unreadable(route, &route.path(WorkspaceId::INSTALLATION, project)) {
            let mut request = stage.http.request(route.method.clone(), format!("{}{path}", stage.base)).body(body);
            if !content_type.is_empty() {
                request = request.header("content-type", content_type);
            }
            let answer = request.bearer_auth(stage.keys.api_key.expose()).send().await.unwrap();
            let (status, told) = (answer.status().as_u16(), answer.text().await.unwrap());
            let what = format!("{} {path} with {content_type} {body}", route.method);
            assert!(statuses.contains(&status), "{what} is answered {status}: {told}");
            assert!(route.statuses.contains(&status), "{what} is answered {status}, which is not described");
            asked += 1;
        }
    }
    assert!(asked > routes.len(), "{asked} requests to {} routes", routes.len());
    stage.finish(0).await;
}
