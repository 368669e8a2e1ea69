//! Webhooks that Meta signs and nobody expects: every sample with hostile values in any place. Nothing crashes, nothing holds up the number
//! that it came to, everything stays provable.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use contract::Stream;
use e2e::dice::Dice;
use e2e::{Stage, bodies};
use futures::StreamExt;
use projections::rebuild::{Options, Rebuild};
use serde_json::{Value, json};

const NUMBER: &str = "207358419203847";
const SECOND: i64 = 1_794_992_403;
/// Bodies of a run.
const POISONED: usize = 3_000;
/// After so many comes a sane one.
const SANE_EVERY: usize = 50;

/// What is put in a value's place. Text that JSON can say and serde cannot hold is put in afterwards.
fn hostile(dice: &mut Dice) -> Value {
    let long = "x".repeat(70_000);
    let deep = (0..120).fold(json!("deep"), |inner, _| json!([inner]));
    let choices = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5e300),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(""),
        json!(" "),
        json!("\u{0}"),
        json!("a\u{0}b"),
        json!("LONE_SURROGATE"),
        json!("HUGE_NUMBER"),
        json!("99999999999999999999"),
        json!("-9223372036854775808"),
        json!("253402300800"),
        json!("8210266876800"),
        json!("1e400"),
        json!("\u{202e}\u{feff}\u{fffd}"),
        json!("'; DROP TABLE messages; --"),
        json!("{}\\\"\n\r\t"),
        json!("*.>"),
        json!(long),
        deep,
        json!([]),
        json!({}),
        json!([null]),
        json!({ "": null, "\u{0}": "\u{0}", "id": ["x"] }),
        json!("wamid.SAME"),
        json!("16505550142"),
        json!("207358419203847"),
        json!("US.18274650918273645091"),
    ];
    choices[dice.below(choices.len() as u64) as usize].clone()
}

/// Every place in a change's value, as JSON pointers.
fn places(value: &Value, at: String, out: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, inner)| places(inner, format!("{at}/{name}"), out)),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, inner)| places(inner, format!("{at}/{index}"), out)),
        _leaf => {}
    }
    out.push(at);
}

fn poisoned(dice: &mut Dice, samples: &[(String, Vec<u8>)]) -> Vec<u8> {
    let (_, sample) = &samples[dice.below(samples.len() as u64) as usize];
    let mut body: Value = serde_json::from_slice(sample).unwrap();
    for _ in 0..dice.between(1..4) {
        let mut all = Vec::new();
        if let Some(value) = body.pointer("/entry/0/changes/0/value") {
            places(value, "/entry/0/changes/0/value".to_owned(), &mut all);
        }
        if all.is_empty() {
            break;
        }
        let place = &all[dice.below(all.len() as u64) as usize];
        // Where it is addressed to stays, or it would go to another number.
        if !place.contains("metadata") && !place.ends_with("/value") {
            *body.pointer_mut(place).unwrap() = hostile(dice);
        }
    }
    body.to_string().replace("\"LONE_SURROGATE\"", r#""\ud800 \udc00""#).replace("\"HUGE_NUMBER\"", "1e999").into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_meta_signs_crashes_anything_or_holds_up_its_number() {
    let stage = Stage::start().await;
    let project = stage.connected("bot", NUMBER).await;
    let samples = bodies::samples();
    let mut dice = Dice::new(20_261_120);
    let mut all: Vec<Vec<u8>> = (0..POISONED).map(|_| poisoned(&mut dice, &samples)).collect();
    let sane = POISONED / SANE_EVERY;
    for index in 0..sane {
        let body = bodies::text(NUMBER, "16505559999", &format!("wamid.sane.{index:03}"), SECOND, &format!("sane {index:03}"));
        all.insert(index * (SANE_EVERY + 1), body);
    }
    let answers: Vec<u16> = futures::stream::iter(&all).map(|body| stage.webhook(body.clone())).buffer_unordered(32).collect().await;
    assert!(answers.iter().all(|status| *status == 200));
    stage.settle().await;
    let held = e2e::parked(&stage.journal).await;
    assert!(held.is_empty(), "{held:?}");
    let recorded =
        stage.count(project, "SELECT count(*) FROM public.messages WHERE wamid LIKE 'wamid.sane.%' AND text LIKE 'sane %'").await;
    assert_eq!(recorded, sane as i64);
    for table in [
        "SELECT count(*) FROM public.messages",
        "SELECT count(*) FROM paige.statuses",
        "SELECT count(*) FROM paige.unassigned",
        "SELECT count(*) FROM public.contacts",
    ] {
        println!("{table}: {}", stage.count(project, table).await);
    }
    let rebuild = Rebuild::new(stage.journal.clone(), stage.databases.clone(), Options::default());
    let report = rebuild.verify(project).await.unwrap();
    assert!(report.is_clean(), "{:?}", report.tables);

    // Shown, page by page, without an error.
    let base = format!("/v1/projects/{project}");
    let contacts = stage.call(reqwest::Method::GET, &format!("{base}/contacts?limit=100"), None).await;
    for contact in contacts["data"].as_array().unwrap() {
        let id = contact["id"].as_str().unwrap();
        for what in ["", "/conversations", "/messages"] {
            stage.call(reqwest::Method::GET, &format!("{base}/contacts/{id}{what}"), None).await;
        }
    }
    // All of it once more changes nothing.
    let log = stage.journal.state(Stream::Conversation).await.unwrap().last;
    let answers: Vec<u16> = futures::stream::iter(&all).map(|body| stage.webhook(body.clone())).buffer_unordered(32).collect().await;
    assert!(answers.iter().all(|status| *status == 200));
    stage.settle().await;
    assert_eq!(stage.journal.state(Stream::Conversation).await.unwrap().last, log);
    stage.finish(0).await;
}
