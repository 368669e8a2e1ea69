//! Sending: what is written down, once for each key, in the right conversation.

use axum::http::Method;
use chrono::TimeDelta;
use contract::{
    Address, ContactAbsorbed, ContactMerged, ConversationEvent, Event, MessageId, MessageReceived, MessageRequested, ProjectUpdated,
};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::fixture::{World, at, bsuid, contact, conversation, opened, phone, said, seen, text};
use crate::stage::{hello, received, time};

pub(crate) fn requested(log: &[(contract::Recorded, ConversationEvent)]) -> Vec<MessageRequested> {
    let of = |fact: &ConversationEvent| match fact {
        ConversationEvent::MessageRequested(requested) => Some(requested.clone()),
        _another => None,
    };
    log.iter().filter_map(|(_, fact)| of(fact)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_written_down_answered_and_shown() {
    let (world, project) = World::speaking().await;
    let who = world.somebody(project).await;
    world.clock.set(at(60));
    let headers = [("idempotency-key", "order-17"), ("x-request-id", "req-17")];
    let path = format!("/v1/projects/{project}/contacts/{who}/messages");
    let mut message = hello();
    message["expires_in_seconds"] = json!(60);
    message["context"] = json!({"message_id": "wamid.1+/=="});
    let answer = world.ask(Method::POST, &path, &headers, &message).await;
    let id = MessageId::of_request(project, who, "order-17");
    assert_eq!(answer.headers["location"], format!("/v1/projects/{project}/messages/{id}"));
    let body = answer.done(202);
    assert_eq!((&body["id"], &body["status"], &body["wamid"]), (&json!(id), &json!("requested"), &Value::Null));
    assert_eq!((&body["contact"], &body["conversation"]), (&json!(who), &json!(conversation(1))));
    assert_eq!((time(&body["requested_at"]), time(&body["expires_at"])), (at(60), at(120)));

    let log = world.log(project, who).await;
    let (event, _) = log.last().unwrap();
    assert_eq!((event.context.actor.as_deref(), event.context.correlation.as_deref()), (Some("key_platform"), Some("req-17")));
    let [asked] = &requested(&log)[..] else { panic!("{log:?}") };
    assert_eq!((asked.message, &asked.to, asked.text.as_deref()), (id, &Address::WaId("16505550142".into()), Some("hello")));
    assert_eq!((asked.reply_to.as_deref(), asked.at, asked.expires_at), (Some("wamid.1+/=="), at(60), at(120)));
    message.as_object_mut().unwrap().remove("expires_in_seconds");
    assert_eq!(serde_json::from_str::<Value>(asked.content.get()).unwrap(), message);

    world.catch_up(project).await;
    let shown = world.found(&format!("/v1/projects/{project}/messages/{id}")).await;
    assert_eq!((&shown["wamid"], &shown["origin"], &shown["direction"]), (&Value::Null, &json!("api"), &json!("outbound")));
    assert_eq!((&shown["status"]["status"], &shown["text"]), (&json!("requested"), &json!("hello")));
    let steps = world.found(&format!("/v1/projects/{project}/messages/{id}/statuses")).await;
    assert_eq!((&steps["data"][0]["status"], &steps["data"][0]["content"]), (&json!("requested"), &Value::Null));
    assert!(world.found(&format!("/v1/projects/{project}/messages?wamid={id}")).await["data"].as_array().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_steps_and_metas_stand_in_one_ledger() {
    let (world, project) = World::speaking().await;
    let who = world.somebody(project).await;
    let id: MessageId = text(&world.send(project, who, "k", &hello()).await.done(202), "/id").parse().unwrap();
    let accepted =
        contract::MessageAccepted { message: id, wamid: "wamid.77".into(), attempt: 1, held_as: None, settled_by_status: false, at: at(5) };
    let started = contract::SendStarted { message: id, attempt: 1, phone_number_id: "1".into(), at: at(4) };
    let read = contract::MessageStatusReported {
        wamid: "wamid.77".into(),
        status: "read".into(),
        participant: None,
        at: at(6),
        error_code: None,
        raw: contract::RawJson::parse("{}").unwrap(),
    };
    world.say(project, who, vec![started.into(), accepted.into(), read.into()]).await;
    let shown = world.found(&format!("/v1/projects/{project}/messages/{id}")).await;
    assert_eq!((&shown["wamid"], &shown["status"]["status"]), (&json!("wamid.77"), &json!("read")));
    let steps = world.found(&format!("/v1/projects/{project}/messages/{id}/statuses")).await;
    let steps: Vec<&str> = steps["data"].as_array().unwrap().iter().map(|step| text(step, "/status")).collect();
    assert_eq!(steps, ["requested", "sending", "accepted", "read"]);
    // Asked for again, it is answered as it stands.
    let again = world.send(project, who, "k", &hello()).await.done(202);
    assert_eq!((&again["id"], &again["status"], &again["wamid"]), (&json!(id), &json!("read"), &json!("wamid.77")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_meta_takes_back_stays_and_the_ledger_tells_the_rest() {
    let (world, project) = World::speaking().await;
    let who = world.somebody(project).await;
    let id: MessageId = text(&world.send(project, who, "k", &hello()).await.done(202), "/id").parse().unwrap();
    let (code, reason) = ("refused_by_meta".to_owned(), "(#131000) Something went wrong".to_owned());
    let failed = contract::MessageFailed { message: id, code, meta_code: Some(131_000), reason, at: at(4) };
    let accepted =
        contract::MessageAccepted { message: id, wamid: "wamid.77".into(), attempt: 3, held_as: None, settled_by_status: true, at: at(6) };
    world.say(project, who, vec![failed.into(), accepted.into()]).await;
    let shown = world.found(&format!("/v1/projects/{project}/messages/{id}")).await;
    assert_eq!((&shown["wamid"], &shown["status"]["status"]), (&json!("wamid.77"), &json!("failed")));
    let ledger = world.found(&format!("/v1/projects/{project}/messages/{id}/statuses")).await;
    let steps: Vec<&str> = ledger["data"].as_array().unwrap().iter().map(|step| text(step, "/status")).collect();
    assert_eq!(steps, ["requested", "failed", "accepted"]);
    let why: Vec<_> = ledger["data"].as_array().unwrap().iter().map(|step| (&step["code"], &step["error_code"], &step["reason"])).collect();
    let failed = (&json!("refused_by_meta"), &json!(131_000), &json!("(#131000) Something went wrong"));
    assert_eq!(why, [(&Value::Null, &Value::Null, &Value::Null), failed, (&Value::Null, &Value::Null, &Value::Null)]);
    assert_eq!(ledger["data"][1]["content"]["code"], json!("refused_by_meta"), "as the event says it");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_is_one_message_however_often_and_at_once() {
    let (world, project) = World::speaking().await;
    let who = world.somebody(project).await;
    let message = hello();
    let answers = join_all((0..50).map(|_| world.send(project, who, "once", &message))).await;
    let id = json!(MessageId::of_request(project, who, "once"));
    for answer in answers {
        assert_eq!(answer.done(202)["id"], id);
    }
    assert_eq!(requested(&world.log(project, who).await).len(), 1);
    // Another process that knows nothing of the first.
    let mut world = world;
    world.restart_server().await;
    // In another order of properties it is the same request; with another text it is not.
    let same = json!({"text": {"body": "hello"}, "type": "text", "expires_in_seconds": 86_400});
    assert_eq!(world.send(project, who, "once", &same).await.done(202)["id"], id);
    let other = json!({"type": "text", "text": {"body": "hallo"}});
    world.send(project, who, "once", &other).await.problem(422, "idempotency_key_reused");
    let by_conversation = format!("/v1/projects/{project}/conversations/{}/messages", conversation(1));
    world.ask(Method::POST, &by_conversation, &[("idempotency-key", "once")], &hello()).await.problem(422, "idempotency_key_reused");
    // The key is the contact's own: of another contact it is another message, and says nothing of the first.
    let facts = vec![seen(vec![bsuid("US.2")], None, 0), opened(2, None, 0), MessageReceived(said(2, 2, 1)).into()];
    world.say(project, contact(2), facts).await;
    let theirs = world.send(project, contact(2), "once", &other).await.done(202);
    assert_eq!((&theirs["id"], &theirs["contact"]), (&json!(MessageId::of_request(project, contact(2), "once")), &json!(contact(2))));
    assert_ne!(theirs["id"], id);
    // What stands in the way of a new message does not stand in the way of an answer about an old one.
    world.clock.advance(TimeDelta::days(30));
    assert_eq!(world.send(project, who, "once", &hello()).await.done(202)["id"], id);
    world.send(project, who, "twice", &hello()).await.problem(409, "window_closed");
    assert_eq!(requested(&world.log(project, who).await).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_requests_under_one_key_at_once_are_one_message_and_a_mistake() {
    let (world, project) = World::speaking().await;
    let who = world.somebody(project).await;
    let messages: Vec<Value> = (0..12).map(|n| json!({"type": "text", "text": {"body": format!("text {n}")}})).collect();
    let answers = join_all(messages.iter().map(|message| world.send(project, who, "one", message))).await;
    let (taken, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 202);
    assert_eq!(taken.len(), 1);
    for answer in refused {
        answer.problem(422, "idempotency_key_reused");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_messages_to_one_contact_at_once_are_all_written_down() {
    let (world, project) = World::speaking().await;
    let who = world.somebody(project).await;
    let message = hello();
    let keys: Vec<String> = (0..40).map(|n| format!("key {n}").replace(' ', "-")).collect();
    // Meanwhile the contact writes, as the recorder would say it.
    let (answers, ()) = tokio::join!(join_all(keys.iter().map(|key| world.send(project, who, key, &message))), async {
        for n in 2..12 {
            world.append(project, who, vec![received(n)]).await;
        }
    });
    for answer in answers {
        answer.done(202);
    }
    assert_eq!(requested(&world.log(project, who).await).len(), 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_belongs_to_the_open_conversation_or_opens_another() {
    let (world, project) = World::speaking().await;
    let who = world.somebody(project).await;
    let idle = ProjectUpdated { name: "Test".into(), conversation_idle_seconds: Some(3_600) };
    world.tell_project(project, vec![idle.into()]).await;
    world.projects_know(project).await;
    world.clock.set(at(1 + 3_600));
    assert_eq!(world.send(project, who, "a", &hello()).await.done(202)["conversation"], json!(conversation(1)), "exactly at the limit");
    // Its own message counts: the time runs anew.
    world.clock.set(at(1 + 7_201));
    let dry = world.try_send(project, who, &hello()).await.done(200);
    assert_eq!((&dry["conversation"], &dry["dry_run"]), (&Value::Null, &json!(true)));
    let second = world.send(project, who, "b", &hello()).await.done(202)["conversation"].clone();
    assert_ne!(second, json!(conversation(1)));
    assert_eq!(
        world.types(project, who).await[3..],
        ["message_requested", "conversation_closed", "conversation_opened", "message_requested"].map(str::to_owned)
    );
    let opened = world.found(&format!("/v1/projects/{project}/conversations/{}", second.as_str().unwrap())).await;
    assert_eq!((&opened["state"], &opened["inherited_from"]), (&json!("ordering"), &json!(conversation(1))), "the state goes on");
    // A reaction goes where the talk was last, also when that is over.
    world.clock.set(at(1 + 20_000));
    let reaction = json!({"type": "reaction", "reaction": {"message_id": "wamid.1+/==", "emoji": "👍"}});
    assert_eq!(world.send(project, who, "c", &reaction).await.done(202)["conversation"], second);
    // Whoever names the conversation has it go on; the closed one does not.
    let named = |id: &str| format!("/v1/projects/{project}/conversations/{id}/messages");
    let key = [("idempotency-key", "d")];
    world.clock.set(at(1 + 40_000));
    let answer = world.ask(Method::POST, &named(second.as_str().unwrap()), &key, &hello()).await.done(202);
    assert_eq!(answer["conversation"], second);
    let another = [("idempotency-key", "e")];
    world.ask(Method::POST, &named(&conversation(1).to_string()), &another, &hello()).await.problem(409, "conversation_closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_to_a_contact_that_was_merged_goes_to_the_one_that_lives_on() {
    let (world, project) = World::speaking().await;
    let who = world.somebody(project).await;
    let (other, moment) = (contact(2), at(2));
    world
        .say(project, other, vec![seen(vec![bsuid("US.2")], None, 0), opened(2, None, 0), ContactMerged { into: who, at: moment }.into()])
        .await;
    world.say(project, who, vec![ContactAbsorbed { from: other, identities: vec![bsuid("US.2")], at: moment }.into()]).await;
    let answer = world.send(project, other, "k", &hello()).await.done(202);
    assert_eq!((&answer["contact"], &answer["id"]), (&json!(who), &json!(MessageId::of_request(project, other, "k"))));
    assert_eq!(world.send(project, other, "k", &hello()).await.done(202)["id"], answer["id"]);
    assert_eq!(requested(&world.log(project, who).await).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_without_a_number_is_written_to_by_its_user_id() {
    let (world, project) = World::speaking().await;
    world.say(project, contact(1), vec![seen(vec![bsuid("US.1")], None, 0), opened(1, None, 0), received(1)]).await;
    world.send(project, contact(1), "k", &hello()).await.done(202);
    assert_eq!(requested(&world.log(project, contact(1)).await)[0].to, Address::UserId("US.1".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_tables_do_not_show_yet_is_waited_for() {
    let world = World::start().await;
    let project = world.project().await;
    world.tell_project(project, vec![crate::stage::number_offered().into(), crate::stage::number_connected().into()]).await;
    let facts = vec![seen(vec![phone("16505550142")], Some("16505550142"), 0), opened(1, None, 0), received(1)];
    world.append(project, contact(1), facts).await;
    // The tables come to it while the request waits.
    let message = hello();
    let (answer, ()) = tokio::join!(world.send(project, contact(1), "k", &message), async {
        tokio::task::yield_now().await;
        world.let_tables_follow();
    });
    answer.done(202);
    let asked = world.log(project, contact(1)).await;
    assert_eq!(asked.last().unwrap().1.event_type(), "conversation.message_requested.v1");
}
