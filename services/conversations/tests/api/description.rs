//! Answers are what the description says: every answer of every route against its schema, without a field that it does not name.

use contract::{ConversationStateChanged, MessageEchoed, MessageStatusReported, RawJson};
use serde_json::{Value, json};

use crate::fixture::{World, at, bsuid, contact, conversation, message_id, opened, phone, received, said, seen, wamid};

/// The schema of a route's 200, closed: an answer may hold nothing that is not described.
fn schema(description: &Value, route: &str) -> Value {
    let answer = &description["paths"][route]["get"]["responses"]["200"]["content"]["application/json"]["schema"];
    assert!(answer.is_object(), "{route} describes no answer");
    let mut components = description["components"].clone();
    for schema in components["schemas"].as_object_mut().expect("schemas").values_mut() {
        if schema.get("properties").is_some() {
            schema["additionalProperties"] = json!(false);
        }
    }
    let mut schema = answer.clone();
    schema["components"] = components;
    schema
}

fn check(description: &Value, route: &str, answer: &Value) {
    let validator = jsonschema::validator_for(&schema(description, route)).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(answer).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{route}: {errors:?}\n{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_as_described() {
    let world = World::start().await;
    let project = world.project().await;
    let moved = ConversationStateChanged {
        conversation: conversation(1),
        from: None,
        to: "ordering".into(),
        version: 1,
        by: "bot".into(),
        why: None,
        at: at(2),
    };
    let read = MessageStatusReported {
        wamid: wamid(2),
        status: "read".into(),
        participant: None,
        at: at(3),
        error_code: None,
        raw: RawJson::parse("{}").unwrap(),
    };
    let mut facts = vec![seen(vec![bsuid("US.1"), phone("16505550142")], Some("16505550142"), 0), opened(1, None, 0), received(1, 1, 1)];
    facts.extend([moved.into(), MessageEchoed(said(2, 1, 2)).into(), read.into()]);
    world.say(project, contact(1), facts).await;
    world.say(project, contact(2), vec![seen(vec![bsuid("US.2")], None, 9), opened(2, Some("ordering"), 9)]).await;
    let description = world.found("/openapi.json").await;
    let (con, cnv, msg) = (contact(1).to_string(), conversation(1).to_string(), message_id(2).to_string());
    let mut checked = 0;
    for route in description["paths"].as_object().expect("paths").keys() {
        let asked = route
            .replace("{project}", &project.to_string())
            .replace("{contact}", &con)
            .replace("{conversation}", &cnv)
            .replace("{message}", &msg);
        if route.ends_with("/events") {
            continue;
        }
        let query = if route.ends_with("/messages") && !route.contains("con") { "?wamid=wamid.2%2B/==" } else { "" };
        let answer = world.found(&format!("{asked}{query}")).await;
        if let Some(data) = answer.get("data") {
            assert!(!data.as_array().unwrap().is_empty(), "{asked} shows nothing to check");
        }
        check(&description, route, &answer);
        checked += 1;
    }
    assert_eq!(checked, 11);
    let page = world.found(&format!("/v1/projects/{project}/contacts?limit=1")).await;
    check(&description, "/v1/projects/{project}/contacts", &page);
    let wrong = json!({"data": [{"id": 1}], "next_cursor": null});
    let validator = jsonschema::validator_for(&schema(&description, "/v1/projects/{project}/contacts")).unwrap();
    assert!(!validator.is_valid(&wrong), "the check can fail");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_describes_its_parameters_and_its_refusals() {
    let world = World::start().await;
    let description = world.found("/openapi.json").await;
    for (route, item) in description["paths"].as_object().unwrap() {
        let operation = &item["get"];
        let named: Vec<&str> = operation["parameters"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
        for part in route.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
            assert!(named.contains(&part), "{route} does not describe {part}");
        }
        for status in ["400", "401", "404", "409", "503"] {
            assert!(operation["responses"][status].is_object(), "{route} does not describe {status}");
        }
        assert!(operation["summary"].is_string(), "{route} has no summary");
    }
}
