//! Contacts: listed, looked up by whatever they are or were known by, merged.

use contract::{ContactAbsorbed, ContactIdentityReplaced, ContactIdentityUnlinked, ContactMerged, ContactPreferenceChanged, UnlinkReason};
use serde_json::{Value, json};

use crate::fixture::{World, at, bsuid, contact, conversation, ids, message_id, opened, phone, received, seen};
use crate::stage::{number_connected, number_offered, time};

#[tokio::test(flavor = "multi_thread")]
async fn paging_visits_every_contact_once_newest_activity_first_while_others_arrive() {
    let world = World::start().await;
    let project = world.project().await;
    for n in 0..25 {
        // Every fifth has never written, and several share a second.
        let mut facts = vec![seen(vec![bsuid(&format!("US.{n}"))], None, n / 2)];
        if n % 5 != 0 {
            facts.extend([opened(n as u64, None, n / 2), received(n as u64, n as u64, n / 2)]);
        }
        world.append(project, contact(n as u64), facts).await;
    }
    world.catch_up(project).await;
    let (mut seen_ids, mut cursor) = (Vec::new(), String::new());
    for round in 0.. {
        let page = world.found(&format!("/v1/projects/{project}/contacts?limit=4{cursor}")).await;
        seen_ids.extend(ids(&page));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
        let newcomer = 100 + round;
        world.say(project, contact(newcomer), vec![seen(vec![bsuid(&format!("US.{newcomer}"))], None, 1_000)]).await;
    }
    let mut expected: Vec<u64> = (0..25).collect();
    expected.sort_by_key(|n| std::cmp::Reverse((n / 2, contact(*n))));
    assert_eq!(seen_ids, expected.iter().map(|n| contact(*n).to_string()).collect::<Vec<_>>());
}

/// The second youngest contact and its conversation.
const LAST_OF_TWO_IS_GONE: &str = "
    WITH gone AS (SELECT id FROM public.contacts ORDER BY first_seen_at DESC OFFSET 1 LIMIT 1),
         talk AS (DELETE FROM public.conversations WHERE contact_id IN (SELECT id FROM gone))
    DELETE FROM public.contacts WHERE id IN (SELECT id FROM gone)";

#[tokio::test(flavor = "multi_thread")]
async fn lists_go_on_behind_a_row_that_is_not_there_any_more() {
    let world = World::start().await;
    let project = world.project().await;
    for n in 0..6 {
        let facts = vec![seen(vec![bsuid(&format!("US.{n}"))], None, n), opened(n as u64, None, n)];
        world.append(project, contact(n as u64), facts).await;
    }
    world.catch_up(project).await;
    let path = |list: &str, more: &str| format!("/v1/projects/{project}/{list}?limit=2{more}");
    let mut cursors = Vec::new();
    for list in ["contacts", "conversations"] {
        let page = world.found(&path(list, "")).await;
        cursors.push((list, format!("&cursor={}", page["next_cursor"].as_str().unwrap())));
    }
    world.write(project, LAST_OF_TWO_IS_GONE).await;
    for (list, cursor) in cursors {
        let page = world.found(&path(list, &cursor)).await;
        let expected = [3, 2].map(|n| if list == "contacts" { contact(n).to_string() } else { conversation(n).to_string() });
        assert_eq!(ids(&page), expected, "{list}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_spellings_of_a_number_find_the_contact() {
    let world = World::start().await;
    let project = world.project().await;
    let first = vec![seen(vec![bsuid("BR.1"), phone("551187654321")], Some("5511987654321"), 1)];
    world.say(project, contact(1), first).await;
    for spelling in ["%2B5511987654321", "+5511987654321", "5511987654321", "551187654321", "%2B551187654321"] {
        let page = world.found(&format!("/v1/projects/{project}/contacts?phone={spelling}")).await;
        assert_eq!(ids(&page), [contact(1).to_string()], "{spelling}");
        assert_eq!((&page["data"][0]["phone"], &page["data"][0]["wa_id"]), (&json!("+5511987654321"), &json!("5511987654321")));
    }
    for nobody in ["5511987654322", "551287654321"] {
        assert!(ids(&world.found(&format!("/v1/projects/{project}/contacts?phone={nobody}")).await).is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_is_found_by_what_it_was_known_by_until_somebody_else_has_it() {
    let world = World::start().await;
    let project = world.project().await;
    let moved = ContactIdentityReplaced { previous: phone("16505550142"), current: phone("16505550199"), at: at(5) };
    let facts = vec![seen(vec![bsuid("US.1"), phone("16505550142")], Some("16505550142"), 1), moved.into()];
    world.say(project, contact(1), facts).await;
    let path = format!("/v1/projects/{project}/contacts?phone=16505550142");
    assert_eq!(ids(&world.found(&path).await), [contact(1).to_string()]);
    world.say(project, contact(2), vec![seen(vec![phone("16505550142")], Some("16505550142"), 9)]).await;
    let page = world.found(&path).await;
    assert_eq!(ids(&page), [contact(2).to_string(), contact(1).to_string()], "who has it now comes first");
    let identities = &page["data"][1]["identities"];
    let had = |value: &str| identities.as_array().unwrap().iter().find(|identity| identity["value"] == value).cloned();
    assert_eq!(had("16505550142").unwrap()["current"], json!(false));
    assert_eq!(had("16505550199").unwrap()["current"], json!(true));
    let unlinked = ContactIdentityUnlinked { identity: phone("16505550142"), reason: UnlinkReason::Reassigned, at: at(9) };
    world.say(project, contact(1), vec![unlinked.into()]).await;
    assert_eq!(ids(&world.found(&path).await), [contact(2).to_string()]);
    assert_eq!(ids(&world.found(&format!("/v1/projects/{project}/contacts?bsuid=US.1")).await), [contact(1).to_string()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merged_contact_is_shown_and_its_past_belongs_to_the_one_that_lives_on() {
    let world = World::start().await;
    let project = world.project().await;
    world
        .say(project, contact(1), vec![seen(vec![bsuid("US.1")], None, 1), opened(1, None, 1), received(1, 1, 1), received(3, 1, 3)])
        .await;
    let mut facts = vec![seen(vec![phone("16505550142")], Some("16505550142"), 2), opened(2, None, 2), received(2, 2, 2)];
    facts.push(ContactIdentityUnlinked { identity: phone("16505550142"), reason: UnlinkReason::Merged, at: at(4) }.into());
    facts.push(ContactMerged { into: contact(1), at: at(4) }.into());
    world.say(project, contact(2), facts).await;
    world
        .say(project, contact(1), vec![ContactAbsorbed { from: contact(2), identities: vec![phone("16505550142")], at: at(4) }.into()])
        .await;

    let merged = world.found(&format!("/v1/projects/{project}/contacts/{}", contact(2))).await;
    assert_eq!((&merged["merged_into"], &merged["identities"]), (&json!(contact(1).to_string()), &json!([])));
    assert_eq!(merged["window"], json!({"open": false, "closes_at": null}), "no number is connected");
    world.tell_project(project, vec![number_offered().into(), number_connected().into()]).await;
    world.projects_know(project).await;
    let merged = world.found(&format!("/v1/projects/{project}/contacts/{}", contact(2))).await;
    let survivor = world.found(&format!("/v1/projects/{project}/contacts/{}", contact(1))).await;
    assert_eq!((&merged["window"], time(&survivor["window"]["closes_at"])), (&survivor["window"], at(86_400 + 3)), "one window for both");
    assert_eq!(ids(&world.found(&format!("/v1/projects/{project}/contacts")).await), [contact(1).to_string()]);
    assert_eq!(ids(&world.found(&format!("/v1/projects/{project}/contacts?phone=16505550142")).await), [contact(1).to_string()]);
    let texts = |page: &Value| page["data"].as_array().unwrap().iter().map(|row| row["text"].clone()).collect::<Vec<_>>();
    let history = world.found(&format!("/v1/projects/{project}/contacts/{}/messages", contact(1))).await;
    assert_eq!(texts(&history), [json!("text 1"), json!("text 2"), json!("text 3")]);
    let history = world.found(&format!("/v1/projects/{project}/contacts/{}/messages", contact(2))).await;
    assert_eq!(texts(&history), [json!("text 2")]);
    let conversations = world.found(&format!("/v1/projects/{project}/contacts/{}/conversations?limit=1", contact(1))).await;
    assert_eq!(conversations["data"][0]["contact"], json!(contact(2).to_string()), "the one opened last");
    let cursor = conversations["next_cursor"].as_str().unwrap();
    let rest = world.found(&format!("/v1/projects/{project}/contacts/{}/conversations?limit=1&cursor={cursor}", contact(1))).await;
    assert_eq!((&rest["data"][0]["contact"], &rest["next_cursor"]), (&json!(contact(1).to_string()), &Value::Null));
    world.say(project, contact(2), vec![received(4, 2, 9)]).await;
    let survivor = world.found(&format!("/v1/projects/{project}/contacts/{}", contact(1))).await;
    assert_eq!(time(&survivor["window"]["closes_at"]), at(86_400 + 9), "what the merged one writes counts");
}

/// Every page of a history in one direction, from a first one on; the cursor is named `parameter` and stands in `field`.
async fn walked(world: &World, path: &str, first: &Value, parameter: &str, field: &str) -> Vec<Vec<String>> {
    let (mut pages, mut cursor) = (Vec::new(), first[field].as_str().map(str::to_owned));
    while let Some(place) = cursor {
        let page = world.found(&format!("{path}&{parameter}={place}")).await;
        pages.push(ids(&page));
        cursor = page[field].as_str().map(str::to_owned);
    }
    pages
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_that_was_merged_more_than_once_has_one_history_in_pages_of_either_direction() {
    let world = World::start().await;
    let project = world.project().await;
    for n in 1..=3 {
        let mut facts = vec![seen(vec![bsuid(&format!("US.{n}"))], None, 0), opened(n, None, 0)];
        // They take turns.
        facts.extend([n, n + 3, n + 6].map(|number| received(number, n, number as i64)));
        world.append(project, contact(n), facts).await;
    }
    for (from, into) in [(3, 2), (2, 1)] {
        world.append(project, contact(from), vec![ContactMerged { into: contact(into), at: at(20) }.into()]).await;
    }
    world.catch_up(project).await;
    let all: Vec<String> = (1..=9).map(|number| message_id(number).to_string()).collect();
    for order in ["asc", "desc"] {
        let path = format!("/v1/projects/{project}/contacts/{}/messages?limit=2&order={order}", contact(1));
        let first = world.found(&path).await;
        let mut there = vec![ids(&first)];
        there.extend(walked(&world, &path, &first, "after", "next_cursor").await);
        let mut expected = all.clone();
        if order == "desc" {
            expected.reverse();
        }
        assert_eq!(there.concat(), expected, "{order}");
        // From the first page's end, which is behind the second message.
        let second = world.found(&format!("{path}&after={}", first["next_cursor"].as_str().unwrap())).await;
        assert_eq!(walked(&world, &path, &second, "before", "previous_cursor").await, [expected[..2].to_vec()], "{order}, back");
    }
    let middle = world.found(&format!("/v1/projects/{project}/contacts/{}/messages", contact(2))).await;
    let theirs: Vec<String> = [2, 3, 5, 6, 8, 9].map(|number| message_id(number).to_string()).into();
    assert_eq!(ids(&middle), theirs, "of those that were merged into it, and of nobody else");
}

#[tokio::test(flavor = "multi_thread")]
async fn preferences_and_identities_are_shown_as_they_are_kept() {
    let world = World::start().await;
    let project = world.project().await;
    let stop = ContactPreferenceChanged { category: "marketing_messages".into(), value: "stop".into(), at: at(7) };
    world.say(project, contact(1), vec![seen(vec![bsuid("US.1")], None, 1), stop.into()]).await;
    let shown = world.found(&format!("/v1/projects/{project}/contacts/{}", contact(1))).await;
    assert_eq!(shown["preferences"]["marketing_messages"]["value"], json!("stop"));
    assert_eq!((&shown["phone"], &shown["identities"][0]["kind"]), (&Value::Null, &json!("bsuid")));
    let linked_at: chrono::DateTime<chrono::Utc> = shown["identities"][0]["linked_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(linked_at, at(1));
}
