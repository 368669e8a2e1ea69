//! Every field of a business profile: written here, read at Meta and here again; what passes a limit names its field, and Meta hears nothing.

use axum::http::Method;
use contract::{BusinessProfileChanged, Event, ProjectEvent, ProjectId, Subject};
use serde_json::{Value, json};

use crate::world::World;

const JPEG: &str = "/9j/4AAQSkZJRg==";
const PNG: &str = "iVBORw0KGgo=";
const TEXTS: [&str; 5] = ["about", "address", "description", "email", "vertical"];

async fn change(world: &World, project: ProjectId, change: &Value) -> (u16, Value) {
    world.ask(Method::PATCH, &format!("/v1/projects/{project}/profile"), Some(change.clone())).await
}

/// It is the same in our answer, at Meta, and in the log; an empty text is none for us.
async fn assert_is(world: &World, project: ProjectId, expected: &Value) {
    let shown = world.ask(Method::GET, &format!("/v1/projects/{project}/profile"), None).await.1;
    let at_meta = world.line("101").await["profile"].clone();
    let noted = serde_json::to_value(last_noted(world, project).await).unwrap();
    for field in TEXTS {
        let text = expected[field].as_str();
        assert_eq!(shown[field].as_str(), text, "{field} here");
        assert_eq!(noted[field].as_str(), text, "{field} in the log");
        assert_eq!(at_meta[field], text.unwrap_or_default(), "{field} at Meta");
    }
    for (place, profile) in [("here", &shown), ("in the log", &noted), ("at Meta", &at_meta)] {
        assert_eq!(profile["websites"], expected["websites"], "websites {place}");
    }
}

/// The last that was said of the profile.
async fn last_noted(world: &World, project: ProjectId) -> BusinessProfileChanged {
    let events = world.journal.entity(&Subject::project(project)).await.unwrap();
    let profile = |recorded| {
        let event = ProjectEvent::decode(recorded).unwrap();
        if let ProjectEvent::BusinessProfileChanged(changed) = event { Some(changed) } else { None }
    };
    events.iter().rev().find_map(profile).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_is_written_read_back_replaced_and_cleared() {
    let world = World::new().await;
    let project = world.connected("101", "201").await;
    let longest = json!({
        "about": "é".repeat(139), "address": "é".repeat(256), "description": "é".repeat(512),
        "email": format!("a@{}.example", "b".repeat(118)), "vertical": "RESTAURANT",
        "websites": [format!("https://{}", "a".repeat(248)), format!("http://{}", "a".repeat(249))],
    });
    let (status, answer) = change(&world, project, &longest).await;
    assert_eq!(status, 200, "{answer}");
    assert_is(&world, project, &longest).await;

    // What is absent stays.
    let (status, answer) = change(&world, project, &json!({"about": "Pizza since 1999", "websites": ["https://pizza.example"]})).await;
    assert_eq!(status, 200, "{answer}");
    let mut expected = longest;
    (expected["about"], expected["websites"]) = (json!("Pizza since 1999"), json!(["https://pizza.example"]));
    assert_is(&world, project, &expected).await;

    for field in ["address", "description", "email", "websites", "vertical"] {
        let (status, answer) = change(&world, project, &json!({ field: null })).await;
        assert_eq!(status, 200, "{answer}");
        expected[field] = if field == "websites" { json!([]) } else { Value::Null };
        assert_is(&world, project, &expected).await;
    }
    let before = world.calls("change_profile", "101").await;
    let (status, answer) = change(&world, project, &json!({})).await;
    assert_eq!((status, &answer["about"]), (200, &json!("Pizza since 1999")), "{answer}");
    assert_eq!(world.calls("change_profile", "101").await, before, "nothing was to be changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_reaches_meta_also_when_its_upload_breaks_off() {
    let world = World::new().await;
    let project = world.connected("101", "201").await;
    let shown = async || world.ask(Method::GET, &format!("/v1/projects/{project}/profile"), None).await.1;
    assert_eq!(shown().await["photo_url"], Value::Null);
    let mut handles = Vec::new();
    for (photo, faults) in [(JPEG, json!([])), (PNG, json!([{"call": "send_upload", "http_status": 502}]))] {
        world.faults(faults).await;
        let (status, answer) = change(&world, project, &json!({"photo": photo, "about": "Pizza"})).await;
        assert_eq!(status, 200, "{answer}");
        assert!(answer["photo_url"].as_str().is_some_and(|url| url.starts_with("https://")), "{answer}");
        assert_eq!(shown().await, answer);
        let handle = last_noted(&world, project).await.photo_handle.unwrap();
        assert_eq!(world.line("101").await["profile"]["picture"], handle);
        assert!(!handles.contains(&handle), "another photo");
        handles.push(handle);
    }
    // A change of something else keeps it, and so does none.
    for other in [json!({"about": "Pasta"}), json!({})] {
        let (status, answer) = change(&world, project, &other).await;
        assert_eq!((status, answer), (200, shown().await));
    }
    assert_eq!(last_noted(&world, project).await.photo_handle.as_ref(), handles.last());
    assert_eq!(world.line("101").await["profile"]["picture"], *handles.last().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_passes_a_limit_names_its_field_and_meta_hears_nothing() {
    let world = World::new().await;
    let project = world.connected("101", "201").await;
    let long = "a".repeat(249);
    for (wrong, pointers) in [
        (json!({"about": ""}), vec!["/about"]),
        (json!({"about": null}), vec!["/about"]),
        (json!({"about": "é".repeat(140)}), vec!["/about"]),
        (json!({"address": "é".repeat(257)}), vec!["/address"]),
        (json!({"description": "é".repeat(513)}), vec!["/description"]),
        (json!({"email": format!("a@{}.example", "b".repeat(119))}), vec!["/email"]),
        (json!({"email": "nobody"}), vec!["/email"]),
        (json!({"websites": ["https://a.example", "https://b.example", "https://c.example"]}), vec!["/websites"]),
        (json!({"websites": [format!("https://{long}")]}), vec!["/websites/0"]),
        (json!({"websites": ["https://a.example", "ftp://b.example"]}), vec!["/websites/1"]),
        (json!({"websites": ["https://a b.example"]}), vec!["/websites/0"]),
        (json!({"vertical": "PIZZA"}), vec!["/vertical"]),
        (json!({"photo": "not base64!"}), vec!["/photo"]),
        (json!({"photo": null}), vec!["/photo"]),
        (json!({"photo": "R0lGODlhAQABAA=="}), vec!["/photo"]),
        (json!({"photo": "A".repeat(5 * 1024 * 1024 / 3 * 4 + 8)}), vec!["/photo"]),
        (json!({"colour": "red"}), vec!["/colour"]),
        (json!({"websites": "https://a.example"}), vec!["/websites"]),
        (
            json!({"about": "", "address": "a".repeat(257), "description": "a".repeat(513), "email": "a", "websites": ["a"], "vertical": "a", "photo": ""}),
            vec!["/about", "/address", "/description", "/email", "/websites/0", "/vertical", "/photo"],
        ),
    ] {
        let (status, problem) = change(&world, project, &wrong).await;
        let named: Vec<&str> = problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        assert_eq!((status, &problem["code"], named), (422, &json!("invalid_body"), pointers), "{problem}");
    }
    let calls = world.calls_about(&["101", simulator::APP_ID]).await;
    let asked: Vec<_> = calls.iter().filter(|(name, _)| ["profile", "change_profile", "start_upload"].contains(&name.as_str())).collect();
    assert!(asked.is_empty(), "{asked:?}");
}
