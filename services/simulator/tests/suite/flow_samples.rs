//! Every sample of `schemas/meta/flows`, on the way that a business goes: what is valid is published, what has a mistake is kept with it and is not.
//!
//! The names of the files are the judgement, and `services/lib/flow-json/tests/samples.rs` the errors one by one; what Meta's limits on
//! components are stands in `services/lib/flow-json/tests/rules/limits.rs`, each with a document just at it and one above. The simulator adds
//! nothing to that validator, so neither is repeated here.

use serde_json::{Value, json};

use crate::meta::Meta;
use crate::screens::samples;

const WABA: &str = "201";

#[tokio::test]
async fn a_valid_sample_is_published_and_an_invalid_one_is_not() {
    let meta = Meta::new().await;
    let token = meta.business("101", WABA).await;
    meta.give_key("101", &token).await;
    let mut judged = [0, 0];
    for file in std::fs::read_dir(samples()).expect("a folder") {
        let name = file.expect("a file").file_name().into_string().expect("a name");
        if !name.ends_with(".json") {
            continue;
        }
        let valid = name.starts_with("valid-");
        judged[usize::from(valid)] += 1;
        let json = std::fs::read_to_string(samples().join(&name)).expect("a sample");
        let flow = json!({"name": name, "categories": ["OTHER"], "flow_json": json, "endpoint_uri": "https://bot.example/flow"});
        let made = meta.graph("POST", &format!("/{WABA}/flows"), &token, Some(flow)).await.expect("kept");
        let errors = made["validation_errors"].as_array().expect("a list").len();
        assert_eq!(errors, usize::from(!valid), "{name}: {made}");
        let id = made["id"].as_str().expect("an id");
        let published = meta.graph("POST", &format!("/{id}/publish"), &token, None).await;
        assert_eq!(published, if valid { Ok(json!({"success": true})) } else { Err(139_002) }, "{name}");
    }
    assert_eq!(judged, [20, 8]);
    let listed = meta.graph("GET", &format!("/{WABA}/flows?fields=status&limit=100"), &token, None).await.expect("a page");
    let published = |flow: &&Value| flow["status"] == "PUBLISHED";
    assert_eq!(listed["data"].as_array().expect("a list").iter().filter(published).count(), 8);
}
