//! Answers are what the description says: every answer of every route against its schema, without a field that it does not name.

use axum::http::Method;
use contract::{ConversationStateChanged, FlowSubmitted, MessageEchoed, MessageStatusReported, RawJson};
use serde_json::{Value, json};

use crate::fixture::{World, at, bsuid, contact, conversation, message_id, opened, phone, received, said, seen, wamid};
use crate::stage::hello;

/// The schema of an answer of a route, closed: an answer may hold nothing that is not described.
fn schema(description: &Value, method: &str, route: &str, status: u16) -> Value {
    let answer = &description["paths"][route][method]["responses"][status.to_string()]["content"]["application/json"]["schema"];
    assert!(answer.is_object(), "{method} {route} describes no answer {status}");
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
    check_any(description, ("get", route, 200), answer);
}

fn check_any(description: &Value, (method, route, status): (&str, &str, u16), answer: &Value) {
    let validator = jsonschema::validator_for(&schema(description, method, route, status)).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(answer).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{route}: {errors:?}\n{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_as_described() {
    let (world, project) = World::speaking().await;
    let flow = world.flow(project, "booking", "812").await;
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
    let submitted = FlowSubmitted {
        message: message_id(1),
        conversation: conversation(1),
        flow: Some(flow),
        revision: Some(1),
        request: Some(message_id(2)),
        flow_token: Some("token".into()),
        response: RawJson::parse(r#""no JSON""#).unwrap(),
        at: at(4),
    };
    facts.extend([moved.into(), MessageEchoed(said(2, 1, 2)).into(), read.into(), submitted.into()]);
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
            .replace("{flow}", &flow.to_string())
            .replace("{message}", &msg);
        if route.ends_with("/events") || description["paths"][route]["get"].is_null() {
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
    assert_eq!(checked, 13);
    let page = world.found(&format!("/v1/projects/{project}/contacts?limit=1")).await;
    check(&description, "/v1/projects/{project}/contacts", &page);
    let wrong = json!({"data": [{"id": 1}], "next_cursor": null});
    let validator = jsonschema::validator_for(&schema(&description, "get", "/v1/projects/{project}/contacts", 200)).unwrap();
    assert!(!validator.is_valid(&wrong), "the check can fail");

    let headers = [("idempotency-key", "k"), ("if-match", "*")];
    for (method, route, body, status) in [
        (Method::POST, "contacts", json!({"phone": "+4915112345678"}), 201),
        (Method::POST, "contacts", json!({"phone": "+4915112345678"}), 200),
        (Method::POST, "contacts/{contact}/messages", hello(), 202),
        (Method::POST, "contacts/{contact}/messages?dry_run=true", hello(), 200),
        (Method::POST, "conversations/{conversation}/messages?dry_run=true", hello(), 200),
        (Method::POST, "messages/{received}/read", json!({"typing": true}), 202),
        (Method::PATCH, "conversations/{conversation}", json!({"state": "paid"}), 200),
    ] {
        let asked = route.replace("{contact}", &con).replace("{conversation}", &cnv).replace("{received}", &message_id(1).to_string());
        let answer = world.ask(method.clone(), &format!("/v1/projects/{project}/{asked}"), &headers, &body).await.done(status);
        let described = route.split('?').next().unwrap().replace("{received}", "{message}");
        check_any(&description, (&method.as_str().to_lowercase(), &format!("/v1/projects/{{project}}/{described}"), status), &answer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_describes_its_parameters_and_its_refusals() {
    let world = World::start().await;
    let description = world.found("/openapi.json").await;
    let mut checked = 0;
    for (route, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let named: Vec<&str> = operation["parameters"].as_array().unwrap().iter().map(|p| p["name"].as_str().unwrap()).collect();
            for part in route.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
                assert!(named.contains(&part), "{method} {route} does not describe {part}");
            }
            let of_body: &[&str] = if operation["requestBody"].is_null() { &[] } else { &["422"] };
            for status in ["400", "401", "404", "409", "503"].iter().chain(of_body) {
                assert!(operation["responses"][status].is_object(), "{method} {route} does not describe {status}");
            }
            assert!(operation["summary"].is_string(), "{method} {route} has no summary");
            checked += 1;
        }
    }
    assert_eq!(checked, 19);
}
