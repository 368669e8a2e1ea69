//! Somebody gives a Flow another name at Meta: it is shown beside ours, and neither is overwritten before somebody chose.

use axum::http::Method;
use serde_json::{Value, json};

use crate::world::{Answer, World, good};

fn call(world: &World, name: &str) {
    world.meta.change(|held| held.name = name.to_owned());
}

async fn choose(world: &World, path: &str, choice: &str) -> Value {
    let chosen = world.post(&format!("{path}/drift"), &json!({"choice": choice, "new_version": true})).await;
    assert_eq!((chosen.status, &chosen.body["at_meta"]["state"]), (200, &json!("in_sync")), "{}", chosen.body);
    assert_eq!(chosen.body["drift"], Value::Null);
    chosen.body
}

async fn patch(world: &World, path: &str, body: Value) -> Answer {
    world.send(Method::PATCH, path, None, Some(&body)).await
}

#[tokio::test]
async fn a_name_that_was_changed_at_meta_is_shown_and_stays_until_somebody_chose() {
    let mut world = World::new().await;
    world.halt().await;
    let project = world.connected().await;
    let path = world.make(project, "booking", &good("One")).await;
    let ours = format!("booking {}", path.rsplit('/').next().unwrap());
    assert_eq!(world.act(&format!("{path}/publish")).await.status, 200);
    let sync = format!("/v1/projects/{project}/flows/sync");
    call(&world, "Summer booking");
    for _ in 0..2 {
        assert_eq!(world.act(&sync).await.body["data"][0]["at_meta"]["state"], "drifted");
    }
    let shown = world.get(&path).await.body;
    let names = json!({"ours": ours, "theirs": "Summer booking"});
    assert_eq!(
        (&shown["drift"]["name"], &shown["drift"]["differences"], &shown["name"]),
        (&names, &json!([]), &json!("booking")),
        "{shown}"
    );
    assert_eq!(world.told(&path).await.iter().filter(|event| *event == "drift_found").count(), 1, "found once");
    for body in [json!({"name": "table"}), json!({"categories": ["OTHER"]})] {
        assert_eq!(patch(&world, &path, body).await.refused(), (409, "flow_drifted"));
    }
    assert_eq!(world.meta.only().name, "Summer booking", "nothing was overwritten");
    // Ours: Meta gets it back, and makes a draft of the Flow, so whoever wants that says so.
    let unasked = world.post(&format!("{path}/drift"), &json!({"choice": "keep_ours"})).await;
    assert_eq!((unasked.refused(), world.meta.only().name.as_str()), ((409, "flow_published"), "Summer booking"));
    let kept = choose(&world, &path, "keep_ours").await;
    let held = world.meta.only();
    assert_eq!((&kept["status"], held.status.as_str(), held.name), (&json!("DRAFT"), "DRAFT", ours.clone()));
    assert!(kept["notice"].as_str().unwrap().contains("users cannot open it"), "{kept}");
    // The same again is another change, and found without a comparison, too.
    call(&world, "Summer booking");
    assert_eq!(patch(&world, &path, json!({"name": "table"})).await.refused(), (409, "flow_drifted"));
    assert_eq!(world.get(&path).await.body["at_meta"]["state"], "drifted");
    assert_eq!(world.meta.only().name, "Summer booking");
    // Theirs: it stays there, and here files and code go on with the name that they know.
    let taken = choose(&world, &path, "take_theirs").await;
    assert_eq!((&taken["name"], &taken["at_meta"]["name"]), (&json!("booking"), &json!("Summer booking")), "{taken}");
    assert_eq!(patch(&world, &path, json!({"categories": ["OTHER"]})).await.status, 200);
    assert_eq!(world.act(&sync).await.body["data"][0]["at_meta"]["state"], "in_sync");
    assert_eq!(world.meta.only().name, "Summer booking");
    // Whoever names ours gives it back to Meta, and then theirs is a change again.
    let given = patch(&world, &path, json!({"name": "booking"})).await;
    assert_eq!(
        (given.status, &given.body["name"], &given.body["at_meta"]["name"]),
        (200, &json!("booking"), &json!(ours)),
        "{}",
        given.body
    );
    assert_eq!(world.meta.only().name, ours);
    assert_eq!(world.act(&sync).await.body["data"][0]["at_meta"]["state"], "in_sync");
    call(&world, "Summer booking");
    assert_eq!(world.act(&sync).await.body["data"][0]["at_meta"]["state"], "drifted");
    choose(&world, &path, "take_theirs").await;
    // Another name here is another name there.
    let renamed = patch(&world, &path, json!({"name": "table"})).await;
    assert_eq!((renamed.status, &renamed.body["name"]), (200, &json!("table")), "{}", renamed.body);
    assert!(world.meta.only().name.starts_with("table flw_"), "{}", world.meta.only().name);
    assert_eq!(world.act(&sync).await.body["data"][0]["at_meta"]["state"], "in_sync");
    world.end().await;
}

#[tokio::test]
async fn a_change_of_name_or_categories_never_takes_a_published_flow_from_people_unasked() {
    let mut world = World::new().await;
    world.halt().await;
    let project = world.connected().await;
    let path = world.make(project, "booking", &good("One")).await;
    assert_eq!(world.act(&format!("{path}/publish")).await.status, 200);
    call(&world, "Summer booking");
    assert_eq!(world.act(&format!("{path}/sync")).await.body["at_meta"]["state"], "drifted");
    assert_eq!(choose(&world, &path, "take_theirs").await["status"], "PUBLISHED");
    // Ours that is given back is another name, too.
    for body in [json!({"name": "table"}), json!({"name": "booking"}), json!({"categories": ["OTHER"]})] {
        assert_eq!(patch(&world, &path, body).await.refused(), (409, "flow_published"));
    }
    assert_eq!(patch(&world, &path, json!({"categories": ["SURVEY"]})).await.body["status"], "PUBLISHED", "it is so already");
    let held = world.meta.only();
    assert_eq!((held.name.as_str(), held.status.as_str(), held.categories), ("Summer booking", "PUBLISHED", json!(["SURVEY"])));
    let renamed = patch(&world, &path, json!({"name": "table", "new_version": true})).await;
    let said = (renamed.status, &renamed.body["name"], &renamed.body["status"]);
    assert_eq!(said, (200, &json!("table"), &json!("DRAFT")), "{}", renamed.body);
    assert!(renamed.body["notice"].as_str().unwrap().contains("users cannot open it"), "{}", renamed.body);
    let held = world.meta.only();
    assert!(held.name.starts_with("table flw_") && held.status == "DRAFT", "{held:?}");
    // Nor one that somebody published in Meta's own pages, which nobody here has heard of.
    world.meta.change(|held| held.status = "PUBLISHED".to_owned());
    assert_eq!(patch(&world, &path, json!({"categories": ["OTHER"]})).await.refused(), (409, "flow_published"));
    assert_eq!(world.meta.only().categories, json!(["SURVEY"]));
    // What Meta restricts it lets nobody change.
    world.meta.change(|held| held.status = "THROTTLED".to_owned());
    assert_eq!(world.act(&format!("{path}/sync")).await.body["status"], "THROTTLED");
    assert_eq!(patch(&world, &path, json!({"name": "desk", "new_version": true})).await.refused(), (409, "flow_restricted"));
    world.end().await;
}

#[tokio::test]
async fn a_name_is_compared_of_a_flow_without_a_json_too() {
    let mut world = World::new().await;
    world.halt().await;
    let project = world.connected().await;
    let made = world.post(&format!("/v1/projects/{project}/flows"), &json!({"name": "booking", "categories": ["SURVEY"]})).await;
    let path = made.headers["location"].to_str().unwrap().to_owned();
    let ours = world.meta.only().name;
    let state = async || world.act(&format!("{path}/sync")).await.body["at_meta"]["state"].clone();
    for (name, expected) in [("by hand", "drifted"), (ours.as_str(), "in_sync"), ("by hand", "drifted")] {
        call(&world, name);
        assert_eq!(state().await, expected, "{name}");
    }
    choose(&world, &path, "keep_ours").await;
    assert_eq!(world.meta.only().name, ours);
    call(&world, "by hand");
    assert_eq!((state().await, world.meta.only().name.as_str()), (json!("drifted"), "by hand"), "a choice is about one change");
    choose(&world, &path, "take_theirs").await;
    let put = world.put(&path, &good("One"), false).await;
    assert_eq!(
        (put.status, &put.body["at_meta"]["state"], world.meta.only().name.as_str()),
        (200, &json!("in_sync"), "by hand"),
        "{}",
        put.body
    );
    world.end().await;
}
