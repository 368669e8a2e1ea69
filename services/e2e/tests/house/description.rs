//! The published description of the HTTP API is the one that is served.

use std::path::PathBuf;

use e2e::Stage;
use serde_json::Value;

/// Set to write the file instead of comparing it.
const UPDATE: &str = "UPDATE_SCHEMAS";

#[tokio::test(flavor = "multi_thread")]
async fn the_published_description_is_the_one_that_is_served() {
    let stage = Stage::start().await;
    let served: Value = stage.http.get(format!("{}/openapi.json", stage.base)).send().await.unwrap().json().await.unwrap();
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../schemas/openapi.json");
    if std::env::var_os(UPDATE).is_some() {
        std::fs::write(&path, serde_json::to_string_pretty(&served).unwrap() + "\n").unwrap();
    }
    let published: Value = serde_json::from_slice(&std::fs::read(&path).unwrap_or_default()).unwrap_or_default();
    assert!(served == published, "schemas/openapi.json is not what is served; run this test once with {UPDATE}=1");
    let page = stage.http.get(format!("{}/docs/", stage.base)).send().await.unwrap();
    assert!(page.status().is_success() && page.text().await.unwrap().contains("swagger"), "no page to browse the description");
    stage.finish(0).await;
}
