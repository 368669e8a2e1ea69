//! What the API shows of a project is what its description says, and nothing that the description does not name.

use std::collections::BTreeSet;

use e2e::Stage;
use reqwest::Method;
use serde_json::{Value, json};

use crate::furnished::furnished;
use crate::pages::{pages, shown};

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_shown_of_a_project_is_as_described() {
    let stage = Stage::start().await;
    let (project, file) = furnished(&stage).await;
    let description = closed(stage.call(Method::GET, "/openapi.json", None).await);
    let pages = pages(&stage, project, &file).await;
    let shown = shown(&stage, &pages).await;
    let mut checked = 0;
    for (name, page) in &pages {
        let template = template(&description, page);
        let mut schema = description["paths"][template]["get"]["responses"]["200"]["content"]["application/json"]["schema"].clone();
        if schema.is_null() {
            // A file, as it is.
            continue;
        }
        schema["components"] = description["components"].clone();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let wrong: Vec<String> = validator.iter_errors(&shown[name]).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(wrong.is_empty(), "{template}: {wrong:?}\n{}", shown[name]);
        checked += 1;
    }
    assert!(checked >= 30, "{checked} of {} pages", pages.len());
    stage.finish(0).await;
}

/// The description with every type closed but those of which others are made.
fn closed(mut description: Value) -> Value {
    let mut parts = BTreeSet::new();
    collect_parts(&description, &mut parts);
    for (name, schema) in description["components"]["schemas"].as_object_mut().unwrap() {
        if !parts.contains(name) && (schema.get("properties").is_some() || schema.get("allOf").is_some()) {
            schema["unevaluatedProperties"] = json!(false);
        }
    }
    description
}

/// The names of types that stand in an `allOf`.
fn collect_parts(value: &Value, parts: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for part in object.get("allOf").and_then(Value::as_array).into_iter().flatten() {
                parts.extend(part["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()).map(str::to_owned));
            }
            object.values().for_each(|inner| collect_parts(inner, parts));
        }
        Value::Array(array) => array.iter().for_each(|inner| collect_parts(inner, parts)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The described path that a page is of: of those that fit, the one with the fewest parameters.
fn template<'d>(description: &'d Value, page: &str) -> &'d str {
    let path: Vec<&str> = page.split('?').next().unwrap_or_default().split('/').collect();
    let fits = |template: &&String| {
        let parts: Vec<&str> = template.split('/').collect();
        parts.len() == path.len() && parts.iter().zip(&path).all(|(part, segment)| part.starts_with('{') || part == segment)
    };
    let paths = description["paths"].as_object().unwrap();
    let template = paths.keys().filter(fits).min_by_key(|template| template.matches('{').count());
    template.unwrap_or_else(|| panic!("{page} is not described"))
}
