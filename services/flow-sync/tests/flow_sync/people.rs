//! Whose a revision is: everybody's name, the time, and the digest of the bytes that are kept, as the API shows them.

use std::sync::Arc;

use axum::http::Method;
use chassis::{Authority, Caller, Clock, Denied, Need, Standing, Visible};
use chrono::{DateTime, Utc};
use futures::future::{BoxFuture, FutureExt};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::world::{API_KEY, World};

const PERSON: &str = "usr_01M7PY4WHR8E4W4S6JQ2T9ZK3D";
const KEY: &str = "key_01M7PY4WHR8E4W4S6JQ2T9ZK3E";

/// Lets everybody in as whoever they say they are, and everywhere.
pub(crate) struct Everybody;

impl Authority for Everybody {
    fn identify<'a>(&'a self, credentials: &'a str) -> BoxFuture<'a, Result<Caller, Denied>> {
        let user = credentials.starts_with("usr_").then(|| credentials.to_owned());
        async move { Ok(Caller::new(credentials.to_owned(), user, None, Arc::new(Everybody))) }.boxed()
    }
}

impl Standing for Everybody {
    fn allows(&self, _need: Need<'_>) -> Result<(), Denied> {
        Ok(())
    }

    fn catch_up(&self) -> BoxFuture<'_, Result<(), Denied>> {
        async { Ok(()) }.boxed()
    }

    fn visible(&self, _scope: &str) -> Visible {
        Visible::All
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn time(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap_or_else(|| panic!("no time: {value}")).parse().unwrap()
}

#[tokio::test]
async fn a_revision_says_who_made_it_when_and_what_its_bytes_are() {
    let world = World::new().await;
    let project = world.project().await;
    let [first, second] = ["{\"version\": \"6.0\",  \"screens\": []}", "{\"version\":\"6.0\",\"screens\":[ ]}"];
    let began = Clock::System.now();
    let made = json!({"name": "booking", "categories": ["SURVEY"], "flow_json": first});
    let made = world.send_as(PERSON, Method::POST, &format!("/v1/projects/{project}/flows"), Some(&made)).await;
    assert_eq!((made.status, &made.body["created_by"]), (201, &json!(PERSON)), "{}", made.body);
    let path = made.headers["location"].to_str().unwrap().to_owned();
    let json = format!("{path}/json");
    let put = async |who: &str, text: &str| world.send_as(who, Method::PUT, &json, Some(&json!({"flow_json": text}))).await;
    let between = Clock::System.now();
    assert_eq!(put(KEY, second).await.status, 200);
    // The same bytes again, by somebody else: no revision, and nobody else's name on the one that is.
    let before = world.get(&path).await.body;
    let again = put(PERSON, second).await;
    assert_eq!((again.status, &again.body["revision"]), (200, &json!(2)), "{}", again.body);
    let shown = world.get(&path).await.body;
    assert_eq!((&shown, shown["revisions"].as_array().unwrap().len()), (&before, 2));
    // What was there before is another revision when it comes back, with the digest that it had.
    assert_eq!(put(API_KEY, first).await.body["revision"], 3);
    let ended = Clock::System.now();

    let shown = world.get(&path).await.body;
    let expected = [(1, first, PERSON, began, between), (2, second, KEY, between, ended), (3, first, "key_platform", between, ended)];
    for (number, text, by, from, to) in expected {
        let listed = shown["revisions"].as_array().unwrap().iter().find(|one| one["revision"] == number).unwrap();
        let alone = world.get(&format!("{path}/revisions/{number}")).await.body;
        let stored = world.get(&format!("{path}/revisions/{number}/json")).await.bytes;
        assert_eq!(&stored[..], text.as_bytes());
        assert_eq!(listed, &alone, "revision {number}, in the list and alone");
        let said = (&listed["sha256"], &listed["size_bytes"], &listed["by"]);
        assert_eq!(said, (&json!(sha256(&stored)), &json!(stored.len()), &json!(by)), "{listed}");
        let kept = world.folder.path().join(format!("{project}/flows/revisions/{}", sha256(&stored)));
        assert_eq!(std::fs::read(kept).unwrap(), stored, "what is kept under that digest");
        let at = time(&listed["at"]);
        assert!(from <= at && at <= to, "{at} is not between {from} and {to}");
    }
    assert_eq!((&shown["created_by"], &shown["changed_by"]), (&json!(PERSON), &json!("key_platform")));
    assert_eq!(shown["changed_at"], shown["revisions"][0]["at"]);
    world.end().await;
}
