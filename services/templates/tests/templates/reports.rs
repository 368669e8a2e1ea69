//! How templates stand at Meta: by webhook, in any order and more than once, and by comparing everything that Meta has.

use std::time::Duration;

use axum::http::Method;
use clap::{Args, Command, FromArgMatches};
use contract::{ProjectId, ProjectTransferred, TemplateId, TransferId, WorkspaceId};
use serde_json::{Value, json};
use templates::config::ReconcileArgs;
use testbed::until;

use crate::meta::{Fault, Held};
use crate::world::{WABA, World, draft};

const STATUS: &str = "message_template_status_update";

fn held(name: &str, language: &str) -> Held {
    let components = json!([{"type": "BODY", "text": format!("{name} in {language}.")}]);
    let (waba, status) = (WABA.to_owned(), "APPROVED".to_owned());
    Held { waba, name: name.into(), language: language.into(), status, category: "MARKETING".into(), components, ..Held::default() }
}

fn about(world: &World, more: Value) -> Value {
    let meta_id: u64 = world.meta.only().0.parse().unwrap();
    let mut value = json!({"message_template_id": meta_id, "message_template_name": "sale", "message_template_language": "en-US"});
    value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    value
}

#[tokio::test]
async fn a_webhook_says_that_it_is_approved_and_an_old_one_changes_nothing_more() {
    let world = World::new().await;
    let project = world.connected().await;
    let made = world.post(project, &draft("sale", "Hi.")).await;
    let path = made.headers["location"].to_str().unwrap();
    let event = |event: &str| about(&world, json!({"event": event, "reason": "NONE", "message_template_category": "UTILITY"}));
    let lists = world.meta.asked("list");
    world.meta.change(|held| held.status = "APPROVED".to_owned());
    world.webhook(STATUS, event("APPROVED"), 60, 0).await;
    world.until(path, "it is approved", |body| body["status"] == "APPROVED").await;
    // The same again, an older one, and one of which nobody can say: none of them is believed.
    world.webhook(STATUS, event("APPROVED"), 60, 1).await;
    world.webhook(STATUS, event("PENDING"), 30, 0).await;
    world.webhook(STATUS, event("REJECTED"), 60, 0).await;
    world.meta.change(|held| held.status = "PAUSED".to_owned());
    world.webhook(STATUS, event("PAUSED"), 90, 0).await;
    world.until(path, "it is paused", |body| body["status"] == "PAUSED" && body["status_at"] == "2027-01-15T08:01:30Z").await;
    until("the doubt lets Meta be asked", async || world.meta.asked("list") > lists).await;
    let statuses = world.statuses(path).await;
    assert!(statuses.iter().all(|status| status == "APPROVED" || status == "PAUSED"), "{statuses:?}");
    assert_eq!((statuses.first().map(String::as_str), statuses.last().map(String::as_str)), (Some("APPROVED"), Some("PAUSED")));
    world.end().await;
}

#[tokio::test]
async fn a_rejection_comes_with_its_reason_and_metas_words() {
    let world = World::new().await;
    let project = world.connected().await;
    let made = world.post(project, &draft("sale", "Hi.")).await;
    let path = made.headers["location"].to_str().unwrap();
    let why =
        json!({"event": "REJECTED", "reason": "INVALID_FORMAT", "rejection_info": {"reason": "No text.", "recommendation": "Add some."}});
    world.meta.change(|held| (held.status, held.rejected_reason) = ("REJECTED".to_owned(), Some("INVALID_FORMAT".to_owned())));
    world.webhook(STATUS, about(&world, why), 60, 0).await;
    let shown = world.until(path, "it is rejected", |body| body["status"] == "REJECTED").await;
    assert_eq!((&shown["reason"], &shown["explanation"]), (&json!("INVALID_FORMAT"), &json!("No text. Add some.")));
    assert_eq!(world.sync(project).await["changed"], 0, "Meta's list says the same");
    world.end().await;
}

#[tokio::test]
async fn categories_quality_and_texts_are_heard() {
    let world = World::new().await;
    let project = world.connected().await;
    let path = world.approved(project, "sale").await;
    let notice = json!({"new_category": "UTILITY", "correct_category": "MARKETING", "category_update_timestamp": 1_800_090_000});
    world.webhook("template_category_update", about(&world, notice), 60, 0).await;
    let shown = world.until(&path, "it is announced", |body| body["announced_category"]["category"] == "MARKETING").await;
    assert_eq!((&shown["category"], &shown["announced_category"]["effective_at"]), (&json!("UTILITY"), &json!("2027-01-16T09:00:00Z")));
    world.meta.change(|held| (held.category, held.quality) = ("MARKETING".to_owned(), Some("YELLOW".to_owned())));
    world
        .webhook("template_category_update", about(&world, json!({"previous_category": "UTILITY", "new_category": "MARKETING"})), 90_001, 0)
        .await;
    let shown = world.until(&path, "it is in force", |body| body["category"] == "MARKETING").await;
    assert_eq!((&shown["announced_category"], shown["categories"].as_array().unwrap().len()), (&Value::Null, 2));
    // Under the field of a status, as Meta prints it.
    world.webhook(STATUS, about(&world, json!({"previous_quality_score": "GREEN", "new_quality_score": "YELLOW"})), 90_002, 0).await;
    world.until(&path, "its quality is heard", |body| body["quality"] == "YELLOW").await;
    world.meta.change(|held| held.components = json!([{"type": "BODY", "text": "Anew."}, {"type": "FOOTER", "text": "Bye."}]));
    let texts = json!({"message_template_element": "Anew.", "message_template_footer": "Bye."});
    world.webhook("message_template_components_update", about(&world, texts), 90_003, 0).await;
    let shown = world.until(&path, "its texts are heard", |body| body["preview"]["footer"] == "Bye.").await;
    assert_eq!(shown["preview"]["body"], "Anew.");
    world.end().await;
}

#[tokio::test]
async fn what_was_made_elsewhere_is_found_page_by_page_and_what_is_gone_is_missed() {
    let world = World::new().await;
    let ids: Vec<String> = (0..7).map(|n| world.meta.make(held(&format!("sale_{n}"), "pt_BR"))).collect();
    world.meta.pages(2, 1);
    let project = world.connected().await;
    let list = format!("/v1/projects/{project}/templates");
    let count = async || world.get(&list).await.body["data"].as_array().map_or(0, Vec::len);
    until("all are found after the number was connected", async || count().await == 7).await;
    let synced = world.sync(project).await;
    assert_eq!((&synced["listed"], &synced["found"], &synced["changed"], &synced["missed"]), (&json!(7), &json!(0), &json!(0), &json!(0)));
    world.meta.remove(&ids[3]);
    let other = world.meta.make(held("sale_3", "pt_BR"));
    world.meta.remove(&ids[5]);
    world.meta.pages(100, 0);
    let synced = world.sync(project).await;
    assert_eq!((&synced["listed"], &synced["found"], &synced["missed"]), (&json!(6), &json!(1), &json!(1)));
    let page = world.get(&format!("{list}?limit=4&language=pt-BR&category=marketing")).await.body;
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = world.get(&format!("{list}?limit=4&cursor={cursor}")).await.body;
    let names: Vec<_> =
        [&page, &rest].iter().flat_map(|page| page["data"].as_array().unwrap()).map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!((names, &rest["next_cursor"]), (vec!["sale_0", "sale_1", "sale_2", "sale_3", "sale_4", "sale_6"], &Value::Null));
    assert_eq!(page["data"][3]["meta_id"], json!(other), "the one that took its place");
    for bad in ["limit=0", "limit=101", "cursor=x", "limit=x"] {
        assert_eq!(world.get(&format!("{list}?{bad}")).await.status, 400, "{bad}");
    }
    world.end().await;
}

#[tokio::test]
async fn what_changes_at_meta_without_a_webhook_is_found_by_the_next_comparison() {
    let mut world = World::new().await;
    let ids = ["gone", "moved", "paused", "stays"].map(|name| world.meta.make(held(name, "de")));
    world.meta.pages(2, 0);
    let project = world.connected().await;
    let list = format!("/v1/projects/{project}/templates");
    let names = async || {
        let page = world.get(&list).await.body;
        page["data"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    until("the first comparison finds all", async || names().await == ["gone", "moved", "paused", "stays"]).await;
    let of = |name: &str| format!("{list}/{}", TemplateId::of_name(project, WABA, name, "de"));

    world.meta.change(|held| match held.name.as_str() {
        "moved" => held.category = "UTILITY".to_owned(),
        "paused" => held.status = "PAUSED".to_owned(),
        _ => {}
    });
    world.meta.remove(&ids[0]);
    // The fifth that was ever made: on the second page.
    world.meta.make(held("new", "de"));
    world.again_every(Duration::from_millis(100)).await;
    let names = async || {
        let page = world.get(&list).await.body;
        page["data"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    until("the next one finds what is new and what is gone", async || names().await == ["moved", "new", "paused", "stays"]).await;
    let moved = world.until(&of("moved"), "it is in another category", |body| body["category"] == "UTILITY").await;
    assert_eq!((&moved["categories"][0]["previous"], &moved["status"]), (&json!("MARKETING"), &json!("APPROVED")), "{moved}");
    world.until(&of("paused"), "it is paused", |body| body["status"] == "PAUSED").await;
    assert_eq!(world.get(&of("gone")).await.status, 404);
    // Many more find nothing more.
    let lists = world.meta.asked("list");
    until("it is compared again and again", async || world.meta.asked("list") > lists + 6).await;
    let told = [
        ("gone", vec!["found", "deleted"]),
        ("moved", vec!["found", "category_reported"]),
        ("new", vec!["found"]),
        ("paused", vec!["found", "status_reported"]),
        ("stays", vec!["found"]),
    ];
    for (name, expected) in told {
        assert_eq!(world.told(&of(name)).await, expected, "{name}");
    }
    world.end().await;
}

#[tokio::test]
async fn what_slips_out_of_a_list_that_changes_while_it_is_read_is_looked_up_and_not_missed() {
    let world = World::new().await;
    (0..3).for_each(|n| _ = world.meta.make(held(&format!("sale_{n}"), "de")));
    let project = world.connected().await;
    let list = format!("/v1/projects/{project}/templates");
    until("all are found", async || world.get(&list).await.body["data"].as_array().is_some_and(|data| data.len() == 3)).await;
    world.meta.change(|held| (held.unlisted, held.status) = (held.name == "sale_1", "PAUSED".to_owned()));
    let synced = world.sync(project).await;
    assert_eq!((&synced["listed"], &synced["missed"], &synced["stopped"]), (&json!(2), &json!(0), &Value::Null), "{synced}");
    let path = format!("{list}/{}", TemplateId::of_name(project, WABA, "sale_1", "de"));
    assert_eq!(world.get(&path).await.body["status"], "PAUSED", "what became of it is heard all the same");
    assert_eq!(world.told(&path).await, ["found", "status_reported"]);
    world.end().await;
}

#[tokio::test]
async fn a_list_that_cannot_be_read_to_its_end_misses_nothing() {
    let world = World::new().await;
    (0..5).for_each(|n| _ = world.meta.make(held(&format!("sale_{n}"), "de")));
    let project = world.connected().await;
    world.sync(project).await;
    world.meta.pages(2, 100);
    let synced = world.sync(project).await;
    assert_eq!((&synced["stopped"], &synced["missed"]), (&json!("meta_refused"), &json!(0)));
    assert_eq!(world.get(&format!("/v1/projects/{project}/templates")).await.body["data"].as_array().unwrap().len(), 5);
    world.end().await;
}

#[tokio::test]
async fn another_account_has_other_templates_and_the_old_ones_are_shown_to_who_asks() {
    let world = World::new().await;
    let project = world.connected().await;
    let path = world.approved(project, "sale").await;
    world.connect(project, "998877").await;
    let list = format!("/v1/projects/{project}/templates");
    let names = async |query: &str| world.get(&format!("{list}{query}")).await.body["data"].as_array().unwrap().len();
    assert_eq!((names("").await, names(&format!("?waba={WABA}")).await, names("?waba=all").await), (0, 1, 1));
    let made = world.post(project, &draft("sale", "Hi.")).await;
    assert_eq!((made.status, &made.body["waba_id"]), (201, &json!("998877")));
    assert_ne!(made.headers["location"].to_str().unwrap(), path);
    assert_eq!((names("").await, names("?waba=all").await), (1, 2));
    let edit = world.send(Method::PATCH, &path, None, Some(&json!({"message_send_ttl_seconds": 60}))).await;
    assert_eq!(edit.refused(), (409, "template_of_other_account"));
    assert_eq!(world.sync(project).await["missed"], 0, "those of the old account stay as they were");
    world.end().await;
}

#[tokio::test]
async fn what_another_workspace_made_in_the_same_account_is_not_taken_in_and_not_changed() {
    let world = World::new().await;
    let (owner, colleague, stranger) = (world.connected().await, world.connected().await, world.project().await);
    let path = world.approved(owner, "sale").await;
    world.meta.make(held("common", "de"));
    world.sync(colleague).await;
    let other = WorkspaceId::from_ulid(world.ids.ulid());
    let transfer = TransferId::from_ulid(world.ids.ulid());
    let moved = || ProjectTransferred { transfer, from: WorkspaceId::INSTALLATION, to: other };
    world.say(stranger, moved()).await;
    world.connect(stranger, WABA).await;
    assert_eq!(world.sync(stranger).await["listed"], 2);
    let names = async |project: ProjectId| {
        let page = world.get(&format!("/v1/projects/{project}/templates")).await.body;
        page["data"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(colleague).await, ["common", "sale"]);
    assert_eq!(names(stranger).await, ["common"]);
    // Nor by asking for one of the same name, whatever becomes of Meta's answer.
    for fault in [None, Some(Fault::BrokenAfter), Some(Fault::Broken)] {
        if let Some(fault) = fault {
            world.meta.fault("create", fault);
        }
        let refused = world.post(stranger, &draft("sale", "Mine.")).await;
        assert_eq!(refused.refused(), (409, "template_of_other_workspace"), "{}", refused.body);
    }
    let own = format!("/v1/projects/{stranger}/templates/{}", TemplateId::of_name(stranger, WABA, "sale", "en_US"));
    let shown = world.get(&own).await.body;
    assert_eq!((&shown["status"], &shown["preview"]["body"]), (&Value::Null, &json!("Mine.")), "{shown}");
    // Whoever took it in as a colleague keeps it to look at.
    world.say(colleague, moved()).await;
    world.sync(colleague).await;
    let copy = format!("/v1/projects/{colleague}/templates/{}", TemplateId::of_name(colleague, WABA, "sale", "en_US"));
    let edit = json!({"message_send_ttl_seconds": 60});
    for (method, body) in [(Method::PATCH, Some(&edit)), (Method::DELETE, None)] {
        assert_eq!(world.send(method, &copy, None, body).await.refused(), (409, "template_of_other_workspace"));
    }
    assert_eq!((world.get(&copy).await.status, world.meta.asked("edit"), world.meta.asked("delete")), (200, 0, 0));
    // What nobody made here is everybody's.
    let common = format!("/v1/projects/{stranger}/templates/{}", TemplateId::of_name(stranger, WABA, "common", "de"));
    for theirs in [path, common] {
        assert_eq!(world.send(Method::DELETE, &theirs, None, None).await.status, 200, "{theirs}");
    }
    assert!(world.meta.templates().is_empty());
    world.end().await;
}

#[tokio::test]
async fn everything_is_known_again_after_a_restart_and_hostile_webhooks_stop_nobody() {
    let mut world = World::new().await;
    let project = world.connected().await;
    let path = world.approved(project, "sale").await;
    let before = world.get(&path).await.body;
    for value in [
        json!(null),
        json!([]),
        json!({"event": {}}),
        json!({"message_template_id": [], "event": "APPROVED"}),
        about(&world, json!({"event": 7})),
    ] {
        world.webhook(STATUS, value, 100, 0).await;
    }
    world.meta.change(|held| held.status = "SOMETHING_NEW".to_owned());
    world.webhook(STATUS, about(&world, json!({"event": "SOMETHING_NEW"})), 200, 0).await;
    world.until(&path, "the unknown word is kept", |body| body["status"] == "SOMETHING_NEW").await;
    world.again().await;
    let after = world.get(&path).await.body;
    assert_eq!((&after["status"], &after["created_at"]), (&json!("SOMETHING_NEW"), &before["created_at"]));
    world.end().await;
}

#[test]
fn templates_are_compared_every_hour_unless_somebody_says_otherwise() {
    let nothing = ReconcileArgs::augment_args(Command::new("templates")).try_get_matches_from(["templates"]).unwrap();
    assert_eq!(ReconcileArgs::from_arg_matches(&nothing).unwrap().interval(), Duration::from_secs(3_600));
}
