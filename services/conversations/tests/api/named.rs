//! What a message names: a Flow, a file, a template. It must be there, and in a state to be sent.

use contract::{FlowPublished, FlowToken};
use serde_json::{Value, json};

use crate::fixture::{World, text};
use crate::sending::requested;
use crate::stage::{examples, flow_status, uploaded};

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_is_sent_as_meta_knows_it_with_a_token_of_ours() {
    let (world, project) = World::speaking().await;
    let who = world.somebody(project).await;
    let flow = world.flow(project, "booking", "812455391047283").await;
    world.tell_flow(project, flow, vec![uploaded(2)]).await;
    let message = |name: &str, value: &str, mode: &str| {
        json!({"type": "interactive", "interactive": {"type": "flow", "body": {"text": "Book"}, "action": {"name": "flow", "parameters": {
            "flow_message_version": "3", name: value, "flow_cta": "Book now", "mode": mode, "flow_token": "theirs"}}}})
    };
    for (key, name, value) in [("a", "flow_id", &*flow.to_string()), ("b", "flow_id", "812455391047283"), ("c", "flow_name", "booking")] {
        // What was published, also while a later draft is at Meta.
        let revision = 1;
        world.send(project, who, key, &message(name, value, "published")).await.done(202);
        let asked = requested(&world.log(project, who).await).pop().unwrap();
        let used = asked.flow.clone().unwrap();
        assert_eq!((used.flow, used.revision, &*used.flow_id), (flow, revision, "812455391047283"), "{key}");
        let content: Value = serde_json::from_str(asked.content.get()).unwrap();
        let parameters = &content["interactive"]["action"]["parameters"];
        let token = FlowToken { flow, revision, request: asked.message };
        assert_eq!((text(parameters, "/flow_id"), text(parameters, "/flow_token")), ("812455391047283", &*token.to_string()), "{key}");
        assert_eq!(parameters.get("flow_name"), None, "{key}");
    }
    // The log says which revision is published, however short ago; 0: none that is known here.
    for (key, revision) in [("d", 0), ("e", 2), ("f", 0), ("g", 3)] {
        world.tell_flow(project, flow, vec![FlowPublished { revision }.into()]).await;
        world.send(project, who, key, &message("flow_name", "booking", "published")).await.done(202);
        let asked = requested(&world.log(project, who).await).pop().unwrap();
        assert_eq!(asked.flow.map(|used| used.revision), Some(revision), "{key}");
    }
    for (name, value) in [("flow_name", "cooking"), ("flow_id", "1"), ("flow_id", "flw_01JD3X8K2M4N5P6Q7R8S9T0V1W")] {
        world.try_send(project, who, &message(name, value, "published")).await.problem(409, "flow_not_found");
    }
}

/// A template with a Flow behind its button.
fn with_button(name: &str, flow_name: &str) -> Value {
    json!({"name": name, "language": "en_US", "category": "UTILITY", "components": [{"type": "BODY", "text": "Shall we find a day?"},
        {"type": "BUTTONS", "buttons": [{"type": "FLOW", "text": "Find one", "flow_name": flow_name}]}]})
}

fn template(name: &str) -> Value {
    json!({"type": "template", "template": {"name": name, "language": {"code": "en_US"}}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_that_names_its_flow_as_meta_does_sends_a_token_of_ours() {
    let (world, project) = World::speaking().await;
    let who = world.somebody(project).await;
    let flow = world.flow(project, "booking", "812455391047283").await;
    world.template(project, "APPROVED", &with_button("ours", &format!("booking {flow}"))).await;
    world.template(project, "APPROVED", &with_button("theirs", "booking")).await;
    // Before it refuses, the log is asked: from here on everything above is known.
    world.try_send(project, who, &template("nowhere")).await.problem(409, "template_not_found");
    for (name, found) in [("ours", true), ("theirs", false)] {
        world.send(project, who, name, &template(name)).await.done(202);
        let asked = requested(&world.log(project, who).await).pop().unwrap();
        let used = asked.flow.as_ref().map(|used| (used.flow, used.revision, &*used.flow_id));
        assert_eq!(used, found.then_some((flow, 1, "812455391047283")), "{name}");
        let content: Value = serde_json::from_str(asked.content.get()).unwrap();
        let token = content.pointer("/template/components/0/parameters/0/action/flow_token");
        let ours = FlowToken { flow, revision: 1, request: asked.message }.to_string();
        assert_eq!(token, found.then_some(&json!(ours)), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_that_is_not_published_is_not_sent_in_any_mode_nor_behind_a_button() {
    let (world, project) = World::speaking().await;
    let who = world.somebody(project).await;
    let flow = world.flow(project, "booking", "812455391047283").await;
    world.tell_flow(project, flow, vec![uploaded(2)]).await;
    world.template(project, "APPROVED", &with_button("again", &format!("booking {flow}"))).await;
    let message = |mode: &str| {
        json!({"type": "interactive", "interactive": {"type": "flow", "body": {"text": "Book"}, "action": {"name": "flow", "parameters": {
            "flow_message_version": "3", "flow_name": "booking", "flow_cta": "Book now", "mode": mode}}}})
    };
    for (status, advice) in
        [("DRAFT", "publish it"), ("DEPRECATED", "another Flow"), ("BLOCKED", "endpoint"), ("THROTTLED", ""), ("PUBLISHED", "")]
    {
        world.tell_flow(project, flow, vec![flow_status(status)]).await;
        let draft = world.send(project, who, "draft", &message("draft")).await.problem(409, "flow_not_sendable");
        assert_eq!(draft["flow_status"], json!(status));
        if advice.is_empty() {
            assert!(text(&draft, "/detail").contains("leave \"mode\" out"), "{draft}");
            world.try_send(project, who, &message("published")).await.done(200);
            world.try_send(project, who, &template("again")).await.done(200);
        } else {
            let published = world.send(project, who, "published", &message("published")).await.problem(409, "flow_not_sendable");
            assert_eq!(published["flow_status"], json!(status));
            let button = world.send(project, who, "button", &template("again")).await.problem(409, "flow_not_sendable");
            assert_eq!(button["flow_status"], json!(status));
            assert!([draft, published].iter().all(|problem| text(problem, "/detail").contains(advice)), "{status}");
        }
    }
    assert_eq!(world.types(project, who).await.len(), 3, "nothing was stored");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_ours_are_named_with_the_message() {
    let (world, project) = World::speaking().await;
    let who = world.somebody(project).await;
    let file = world.file(project, "image", "image/png", 4_096).await;
    let image = |id: &str| json!({"type": "image", "image": {"id": id, "caption": "look"}});
    world.send(project, who, "k", &image(&file.to_string())).await.done(202);
    let asked = requested(&world.log(project, who).await).pop().unwrap();
    assert_eq!((asked.files.len(), asked.files[0].media, &*asked.files[0].mime_type), (1, file, "image/png"));
    let content: Value = serde_json::from_str(asked.content.get()).unwrap();
    assert_eq!(content["image"]["id"], json!(file));

    let (sound, large) = (world.file(project, "audio", "audio/ogg", 1).await, world.file(project, "image", "image/png", 6 << 20).await);
    let gone = world.file(project, "image", "image/png", 1).await;
    world.tell_media(project, gone, contract::MediaDeleted {}.into()).await;
    let elsewhere = world.file(world.project().await, "image", "image/png", 1).await;
    for id in [sound, large, gone, elsewhere].map(|id| id.to_string()).into_iter().chain(["med_nonsense".to_owned()]) {
        let problem = world.try_send(project, who, &image(&id)).await.problem(422, "invalid_message");
        assert_eq!(problem["errors"][0]["pointer"], json!("/image/id"), "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_note_is_ogg_with_opus_where_the_file_is_ours() {
    let (world, project) = World::speaking().await;
    let who = world.somebody(project).await;
    let audio = |file: Value, voice: bool| {
        let mut audio = file;
        audio["voice"] = json!(voice);
        json!({"type": "audio", "audio": audio})
    };
    let (song, note) = (world.file(project, "audio", "audio/mpeg", 9).await, world.file(project, "audio", "audio/ogg", 9).await);
    let vorbis = world.file(project, "audio", "audio/ogg; codecs=vorbis", 9).await;
    for (file, voice) in [(song, true), (vorbis, true), (vorbis, false)] {
        let problem = world.send(project, who, "k", &audio(json!({"id": file}), voice)).await.problem(422, "invalid_message");
        let error = &problem["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!("/audio/id"), &json!("value")), "{problem}");
        let why = if file == song { "Opus" } else { "codecs=vorbis, which Meta does not take" };
        assert!(text(error, "/detail").contains(why), "{problem}");
    }
    world.try_send(project, who, &audio(json!({"id": song}), false)).await.done(200);
    assert_eq!(world.types(project, who).await.len(), 3, "nothing was stored");
    // What Meta keeps or fetches is not known here.
    for file in [json!({"id": note}), json!({"id": "4316678740930371"}), json!({"link": "https://example.com/song.mp3"})] {
        world.try_send(project, who, &audio(file, true)).await.done(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_published_example_is_taken() {
    let (world, project) = World::speaking().await;
    let who = world.somebody(project).await;
    for (_, definition) in examples("templates") {
        world.template(project, "APPROVED", &definition).await;
    }
    world.flow(project, "appointments", "812455391047283").await;
    world.flow(project, "booking", "812455391047284").await;
    let messages = examples("outbound");
    assert!(messages.len() >= 43, "{}", messages.len());
    for (name, mut message) in messages {
        if let Some(target) = message.pointer_mut("/reaction/message_id") {
            // Of a message that is there.
            *target = json!("wamid.1+/==");
        }
        let answer = world.try_send(project, who, &message).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.body);
    }
    assert_eq!(world.types(project, who).await.len(), 3, "nothing was stored");
}
