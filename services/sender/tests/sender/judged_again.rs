//! What was permitted when it was asked for, and is not any more when its turn comes.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use contract::{
    ContactId, ContactMerged, ContactPreferenceChanged, ConversationEvent, Event, FlowCreated, FlowEvent, FlowId, FlowLinked,
    FlowPublished, FlowStatusReported, FlowUse, HeardFrom, MediaId, MessageRequested, OperationId, OperationKind, OperationStarted,
    ProjectErased, ProjectRestored, ProjectSuspended, RawJson, Subject, TemplateCategoryReported, TemplateDeleted, TemplateEvent,
    TemplateFound, TemplateId, TemplateStatusReported, TemplateUse,
};
use tokio_util::sync::CancellationToken;

use crate::files::with_file;
use crate::meta::Act;
use crate::pairs::somebody_else_is_sent_to;
use crate::world::{SEND_LIMIT, Shop, World, limits, names, wait_for};

/// The account of every number here.
const WABA: &str = "1";

impl World {
    async fn say_of_template(&self, shop: &Shop, name: &str, event: impl Into<TemplateEvent>) {
        let id = TemplateId::of_name(shop.project, WABA, name, "en_US");
        self.append::<TemplateEvent>(&Subject::template(shop.project, id), event.into()).await;
    }

    /// What a contact said, or Meta of it, of each category.
    async fn preferences(&self, shop: &Shop, contact: ContactId) -> Vec<(String, String)> {
        let events = self.journal.entity(&Subject::conversation(shop.project, contact)).await.expect("the log answers");
        let said = events.iter().filter_map(|event| match ConversationEvent::decode(event).expect("readable") {
            ConversationEvent::ContactPreferenceChanged(said) => Some((said.category, said.value)),
            _ => None,
        });
        said.collect()
    }

    /// Meta has approved a template.
    async fn template(&self, shop: &Shop, name: &str, category: &str) {
        let found = TemplateFound {
            template_id: "987".to_owned(),
            waba_id: WABA.to_owned(),
            name: name.to_owned(),
            language: "en_US".to_owned(),
            category: category.to_owned(),
            status: "APPROVED".to_owned(),
            definition: RawJson::parse(r#"{"components":[]}"#).expect("JSON"),
        };
        self.say_of_template(shop, name, found).await;
    }

    async fn say_of_flow(&self, shop: &Shop, id: FlowId, event: impl Into<FlowEvent>) {
        self.append::<FlowEvent>(&Subject::flow(shop.project, id), event.into()).await;
    }

    /// A Flow is published.
    async fn flow(&self, shop: &Shop, name: &str) -> FlowId {
        let id = FlowId::of_name(shop.project, name);
        self.say_of_flow(shop, id, FlowCreated { name: name.to_owned(), categories: vec!["OTHER".to_owned()], endpoint_uri: None }).await;
        self.say_of_flow(shop, id, FlowLinked { flow_id: "812".to_owned(), waba_id: WABA.to_owned(), meta_sha256: None }).await;
        self.say_of_flow(shop, id, FlowPublished { revision: 1 }).await;
        let at = self.now();
        self.say_of_flow(
            shop,
            id,
            FlowStatusReported { status: "PUBLISHED".to_owned(), heard_from: HeardFrom::Request, warning: None, at },
        )
        .await;
        id
    }

    async fn say(&self, shop: &Shop, contact: ContactId, event: impl Into<ConversationEvent>) {
        self.append::<ConversationEvent>(&Subject::conversation(shop.project, contact), event.into()).await;
    }

    async fn prefers(&self, shop: &Shop, contact: ContactId, value: &str, at: DateTime<Utc>) {
        let said = ContactPreferenceChanged { category: "marketing_messages".to_owned(), value: value.to_owned(), at };
        self.say(shop, contact, said).await;
    }

    async fn stops(&self, shop: &Shop, contact: ContactId) {
        self.prefers(shop, contact, "stop", self.now()).await;
    }

    fn of_template(&self, name: &str) -> MessageRequested {
        let content = format!(r#"{{"type":"template","template":{{"name":"{name}","language":{{"code":"en_US"}}}}}}"#);
        MessageRequested {
            kind: "template".to_owned(),
            template: Some(TemplateUse { name: name.to_owned(), language: "en_US".to_owned(), template: None }),
            content: RawJson::parse(&content).expect("JSON"),
            ..self.request(self.message())
        }
    }

    /// Its text is another's: what is judged is the Flow.
    fn of_flow(&self, flow: FlowId) -> MessageRequested {
        MessageRequested { flow: Some(FlowUse { flow, revision: 1, flow_id: "812".to_owned() }), ..self.request(self.message()) }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_be_sent_any_more_fails_as_its_request_would_and_meta_is_not_asked() {
    let world = World::new().await;
    let shop = world.shop().await;
    world.tell(shop.project, ProjectSuspended { at: world.now(), billing_sequence: 1 }).await;
    for (name, category) in
        [("paused", "UTILITY"), ("deleted", "UTILITY"), ("sale", "MARKETING"), ("moved", "UTILITY"), ("kept", "UTILITY")]
    {
        world.template(&shop, name, category).await;
    }
    let (deprecated, published) = (world.flow(&shop, "deprecated").await, world.flow(&shop, "published").await);
    let [stops, stopped, merged, survivor, wants] = std::array::from_fn(|_| world.contact());
    world.stops(&shop, stopped).await;
    let running = world.sender().await;
    // Its file is stored nowhere: whoever sought it would say so.
    let nowhere = MediaId::from_ulid(world.ids.ulid());
    let asked = [
        (world.contact(), world.of_template("paused"), Some("template_not_approved")),
        (world.contact(), with_file(world.of_template("paused"), nowhere), Some("template_not_approved")),
        (world.contact(), world.of_template("deleted"), Some("template_not_found")),
        (stops, world.of_template("sale"), Some("opted_out")),
        (stopped, world.of_template("moved"), Some("opted_out")),
        (merged, world.of_template("sale"), Some("opted_out")),
        (world.contact(), world.of_flow(deprecated), Some("flow_not_sendable")),
        (stops, world.of_template("kept"), None),
        (wants, world.of_template("sale"), None),
        (world.contact(), world.of_flow(published), None),
        (world.contact(), world.request(world.message()), None),
    ];
    for (contact, request, _) in &asked {
        world.ask_for(&shop, *contact, request.clone()).await;
    }

    let (at, heard_from) = (world.now(), HeardFrom::Webhook);
    let paused = TemplateStatusReported { status: "PAUSED".to_owned(), reason: None, explanation: None, heard_from, at };
    world.say_of_template(&shop, "paused", paused).await;
    world.say_of_template(&shop, "deleted", TemplateDeleted { heard_from }).await;
    let moved = TemplateCategoryReported { category: "MARKETING".to_owned(), previous: None, effective_at: None, heard_from, at };
    world.say_of_template(&shop, "moved", moved).await;
    world.say_of_flow(&shop, deprecated, FlowStatusReported { status: "DEPRECATED".to_owned(), heard_from, warning: None, at }).await;
    world.say(&shop, merged, ContactMerged { into: survivor, at }).await;
    for contact in [stops, survivor] {
        world.stops(&shop, contact).await;
    }
    // What contacts said is in the rows: the next sender does not read it again.
    world.until_rows(i64::try_from(asked.len()).expect("few")).await;
    running.stop().await;
    let running = world.sender().await;
    world.tell(shop.project, ProjectRestored { at: world.now(), billing_sequence: 2 }).await;
    for (contact, request, refused) in &asked {
        let ended = world.until_ended(&shop, *contact, request.message).await;
        let Some(code) = refused else {
            assert!(matches!(ended, ConversationEvent::MessageAccepted(_)), "{ended:?}");
            continue;
        };
        assert!(matches!(&ended, ConversationEvent::MessageFailed(failed) if failed.code == *code), "{code}: {ended:?}");
        assert_eq!(names(&world.said(&shop, *contact, request.message).await), ["message_failed"]);
        assert!(world.meta.calls(request.message).is_empty(), "{code}");
    }
    assert_eq!(world.meta.book().uploads, 0);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_stopped_according_to_meta_is_asked_about_nothing_more_that_advertises() {
    let world = World::new().await;
    let shop = world.shop().await;
    world.template(&shop, "sale", "MARKETING").await;
    world.template(&shop, "order", "UTILITY").await;
    let contact = world.contact();
    let [first, second, other] = ["sale", "sale", "order"].map(|name| world.of_template(name));
    world.meta.script(first.message, [Act::Refuse(400, 131_050)]);
    let running = world.sender().await;
    for request in [&first, &second, &other] {
        world.ask_for(&shop, contact, request.clone()).await;
    }
    for (request, code) in [(&first, "refused_by_meta"), (&second, "opted_out")] {
        let ended = world.until_ended(&shop, contact, request.message).await;
        assert!(matches!(&ended, ConversationEvent::MessageFailed(failed) if failed.code == code), "{code}: {ended:?}");
    }
    let ended = world.until_ended(&shop, contact, other.message).await;
    assert!(matches!(ended, ConversationEvent::MessageAccepted(_)), "{ended:?}");
    assert_eq!([&first, &second, &other].map(|request| world.meta.calls(request.message).len()), [1, 0, 1]);
    assert_eq!(world.preferences(&shop, contact).await, [("marketing_messages".to_owned(), "stop".to_owned())]);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_wants_advertising_again_since_meta_refused_it_is_sent_it_and_who_said_so_before_is_not() {
    let world = World::new().await;
    let shop = world.shop().await;
    world.template(&shop, "sale", "MARKETING").await;
    let running = world.sender_within(limits(), Duration::from_secs(30)).await;
    let (since, before, minute) = (world.contact(), world.contact(), TimeDelta::minutes(1));
    let asked = [since, before].map(|contact| (contact, world.of_template("sale")));
    for (contact, request) in &asked {
        world.meta.script(request.message, [Act::RefuseOnceFreed(400, 131_050)]);
        world.ask_for(&shop, *contact, request.clone()).await;
        wait_for("Meta is asked", async || !world.meta.calls(request.message).is_empty()).await;
    }
    // Either word reaches the log before Meta's answer does.
    world.prefers(&shop, since, "resume", world.now() + minute).await;
    world.prefers(&shop, before, "resume", world.now() - minute).await;
    world.meta.freed.cancel();
    for ((contact, request), values) in asked.iter().zip([&["resume"][..], &["resume", "stop"]]) {
        let ended = world.until_ended(&shop, *contact, request.message).await;
        assert!(matches!(&ended, ConversationEvent::MessageFailed(failed) if failed.meta_code == Some(131_050)), "{ended:?}");
        let said: Vec<String> = world.preferences(&shop, *contact).await.into_iter().map(|(_, value)| value).collect();
        assert_eq!(said, values);
        let next = world.of_template("sale");
        world.ask_for(&shop, *contact, next.clone()).await;
        let ended = world.until_ended(&shop, *contact, next.message).await;
        assert_eq!(matches!(ended, ConversationEvent::MessageAccepted(_)), values.len() == 1, "{ended:?}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn if_who_was_merged_has_stopped_according_to_meta_the_one_that_lives_on_has() {
    let world = World::new().await;
    let shop = world.shop().await;
    world.template(&shop, "sale", "MARKETING").await;
    let (merged, survivor) = (world.contact(), world.contact());
    let request = world.of_template("sale");
    world.meta.script(request.message, [Act::Refuse(400, 131_050)]);
    world.ask_for(&shop, merged, request.clone()).await;
    world.say(&shop, merged, ContactMerged { into: survivor, at: world.now() }).await;
    let running = world.sender().await;
    world.until_ended(&shop, merged, request.message).await;
    wait_for("the one that lives on has stopped", async || !world.preferences(&shop, survivor).await.is_empty()).await;
    assert!(world.preferences(&shop, merged).await.is_empty());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_refused_for_what_was_approved_and_is_not_read_yet() {
    let world = World::new().await;
    let shop = world.shop().await;
    let (running, catalogue) = world.sender_behind(limits(), SEND_LIMIT).await;
    world.template(&shop, "new", "UTILITY").await;
    let (contact, request) = (world.contact(), world.of_template("new"));
    world.ask_for(&shop, contact, request.clone()).await;
    let (other, after) = (world.contact(), world.message());
    world.ask(&shop, other, after).await;
    world.until_ended(&shop, other, after).await;
    assert_eq!(names(&world.said(&shop, contact, request.message).await), [""; 0], "its turn came first, and it waits");
    catalogue.follow(CancellationToken::new());
    let ended = world.until_ended(&shop, contact, request.message).await;
    assert!(matches!(ended, ConversationEvent::MessageAccepted(_)), "{ended:?}");
    assert_eq!(world.meta.calls(request.message).len(), 1);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_whose_time_is_up_while_it_is_made_ready_is_not_sent_any_more() {
    let world = World::still().await;
    let shop = world.shop().await;
    let (running, catalogue) = world.sender_behind(limits(), SEND_LIMIT).await;
    world.template(&shop, "new", "UTILITY").await;
    let soon = world.now() + TimeDelta::seconds(1);
    let asked = [soon, soon + TimeDelta::milliseconds(1)]
        .map(|expires_at| (world.contact(), MessageRequested { expires_at, ..world.of_template("new") }));
    for (contact, request) in &asked {
        world.ask_for(&shop, *contact, request.clone()).await;
    }
    // Their turn came first; they wait until more is known of their template.
    somebody_else_is_sent_to(&world, &shop).await;
    assert!(world.clock.set(soon));
    catalogue.follow(CancellationToken::new());
    for ((contact, request), calls) in asked.iter().zip([0, 1]) {
        let ended = world.until_ended(&shop, *contact, request.message).await;
        let is_expired = matches!(&ended, ConversationEvent::MessageFailed(failed) if failed.code == "expired");
        assert_eq!((is_expired, world.meta.calls(request.message).len()), (calls == 0, calls), "{ended:?}");
    }
    let (contact, expired) = &asked[0];
    assert_eq!(names(&world.said(&shop, *contact, expired.message).await), ["message_failed"], "nor was it started");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_contacts_stopped_is_forgotten_with_their_project() {
    let world = World::new().await;
    let (deleted, erased, kept) = (world.shop().await, world.shop().await, world.shop().await);
    let running = world.sender().await;
    for shop in [&deleted, &erased, &kept] {
        world.stops(shop, world.contact()).await;
    }
    let remembered = async || -> Vec<String> {
        let query = "SELECT project_id FROM sender.preferences ORDER BY project_id";
        sqlx::query_scalar(query).fetch_all(&world.pool).await.expect("read")
    };
    wait_for("all three are in rows", async || remembered().await.len() == 3).await;
    let operation = OperationId::from_ulid(world.ids.ulid());
    let deadline = world.now() + TimeDelta::days(3);
    world.tell(deleted.project, OperationStarted { operation, kind: OperationKind::DeleteProject, deadline, overwrite: false }).await;
    wait_for("the deleted one is in none", async || remembered().await.len() == 2).await;
    running.stop().await;
    world.tell(erased.project, ProjectErased { operation, left: None }).await;
    let running = world.sender().await;
    wait_for("the other is left", async || remembered().await == [kept.project.to_string()]).await;
    running.stop().await;
}
