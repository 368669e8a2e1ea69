//! Meta's limits on templates, written down once more from its reference ("Template management", "Components", "Time to live", and the pages
//! of limited-time offers, carousels and authentication templates), with the codes that it refuses with.
//!
//! As with messages (`limits.rs`), the simulator judges a template with the same code as whoever asks for it. This table shares nothing with
//! that code, and each row goes the way that a business goes: what is just at a limit is created, what is one above is refused. The tables of
//! Flow documents are in `services/lib/flow-json/tests/`, and `flow_samples.rs` here.

use std::cell::Cell;

use serde_json::{Value, json};

use crate::flows::flow_json;
use crate::meta::Meta;

const NUMBER: &str = "101";
const WABA: &str = "201";

// Meta's subcodes of 100. For buttons and for the frame of a template it documents none.
const LENGTH: Option<i64> = Some(2_388_040);
pub(crate) const HEADER: Option<i64> = Some(2_388_047);
pub(crate) const FOOTER: Option<i64> = Some(2_388_073);

/// What is limited, how much of it Meta takes, what it says to more, and a template with so much of it.
type Row = (&'static str, usize, Option<i64>, fn(usize) -> Value);

/// An account at the simulated Meta.
pub(crate) struct Account {
    meta: Meta,
    token: String,
    /// Of an uploaded picture.
    handle: String,
    flow: String,
    asked: Cell<usize>,
}

impl Account {
    pub(crate) async fn new() -> Account {
        let meta = Meta::new().await;
        let token = meta.business(NUMBER, WABA).await;
        let handle = meta.handle(&token).await;
        let flow = json!({"name": "Survey", "categories": ["OTHER"], "flow_json": flow_json("First"), "publish": true});
        let flow = meta.graph("POST", &format!("/{WABA}/flows"), &token, Some(flow)).await.expect("published");
        let flow = flow["id"].as_str().expect("an id").to_owned();
        Account { meta, token, handle, flow, asked: Cell::new(0) }
    }

    /// Meta's error, if it refuses.
    async fn error(&self, template: &Value) -> Option<Value> {
        self.asked.set(self.asked.get() + 1);
        let text = template.to_string().replace("THE_HANDLE", &self.handle).replace("THE_FLOW", &self.flow);
        let body = serde_json::from_str(&text.replace("THE_NAME", &format!("t_{}", self.asked.get()))).expect("json");
        let path = format!("/sim/graph/v26.0/{WABA}/message_templates");
        let (status, answer) = self.meta.ask("POST", &path, &self.token, Some(body)).await;
        (!status.is_success()).then(|| answer["error"].clone())
    }

    pub(crate) async fn takes(&self, template: &Value) {
        assert_eq!(self.error(template).await, None, "{template}");
    }

    pub(crate) async fn refuses(&self, place: &str, subcode: Option<i64>, template: &Value) {
        let error = self.error(template).await.unwrap_or_else(|| panic!("{place} is taken: {template}"));
        assert_eq!(error["code"], 100, "{place}: {error}");
        assert!(subcode.is_none_or(|subcode| error["error_subcode"] == subcode), "{place}: {subcode:?}, not {error}");
        let details = error["error_data"]["details"].as_str().expect("details");
        assert!(details.contains(place), "not {place}: {details}");
    }

    async fn holds(&self, rows: &[Row]) {
        for (place, most, subcode, make) in rows {
            self.takes(&make(*most)).await;
            self.refuses(place, *subcode, &make(*most + 1)).await;
        }
    }
}

fn long(count: usize) -> String {
    "ä".repeat(count)
}

pub(crate) fn put(mut template: Value, place: &str, value: impl Into<Value>) -> Value {
    *template.pointer_mut(place).unwrap_or_else(|| panic!("no {place}")) = value.into();
    template
}

fn of(category: &str, components: Value) -> Value {
    json!({"name": "THE_NAME", "language": "en_US", "category": category, "components": components})
}

pub(crate) fn utility(components: Value) -> Value {
    of("UTILITY", components)
}

pub(crate) fn body(text: &str) -> Value {
    json!({"type": "BODY", "text": text})
}

/// Below a body.
pub(crate) fn below(component: Value) -> Value {
    utility(json!([body("Hello"), component]))
}

pub(crate) fn above(component: Value) -> Value {
    utility(json!([component, body("Hello")]))
}

/// `{{1}} and {{2}} …`
fn variables(count: usize) -> String {
    (1..=count).map(|n| format!("{{{{{n}}}}}")).collect::<Vec<_>>().join(" and ")
}

pub(crate) fn buttons(buttons: Value) -> Value {
    of("MARKETING", json!([body("Hello"), {"type": "BUTTONS", "buttons": buttons}]))
}

/// So many of a type, with labels that differ.
fn several(count: usize, rest: &Value) -> Value {
    let button = |n: usize| {
        let mut button = rest.clone();
        button["text"] = json!(format!("Button {n}"));
        button
    };
    buttons((0..count).map(button).collect())
}

fn labelled(kind: &str, count: usize) -> Value {
    buttons(json!([{"type": kind, "text": long(count)}]))
}

fn url(url: &str) -> Value {
    buttons(json!([{"type": "URL", "text": "Go", "url": url}]))
}

fn phone() -> Value {
    json!({"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+15550100234"})
}

fn offer(text: &str, body_length: usize) -> Value {
    of("MARKETING", json!([body(&long(body_length)), {"type": "LIMITED_TIME_OFFER", "limited_time_offer": {"text": text}}]))
}

/// Cards with a text of so many characters, and so many buttons.
fn carousel(cards: usize, characters: usize, buttons: usize) -> Value {
    let reply = |n: usize| json!({"type": "QUICK_REPLY", "text": format!("Button {n}")});
    let card = json!({"components": [
        {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["THE_HANDLE"]}},
        body(&long(characters)),
        {"type": "BUTTONS", "buttons": (0..buttons).map(reply).collect::<Value>()},
    ]});
    of("MARKETING", json!([body("Hello"), {"type": "CAROUSEL", "cards": vec![card; cards]}]))
}

/// A code that an app fills in, valid for so many minutes.
pub(crate) fn code(minutes: usize, apps: usize) -> Value {
    let app = json!({"package_name": "com.example.app", "signature_hash": "K8a/AINcGX7"});
    let button =
        json!({"type": "OTP", "otp_type": "ONE_TAP", "text": "Copy", "autofill_text": "Fill in", "supported_apps": vec![app; apps]});
    of(
        "AUTHENTICATION",
        json!([{"type": "BODY"}, {"type": "FOOTER", "code_expiration_minutes": minutes}, {"type": "BUTTONS", "buttons": [button]}]),
    )
}

fn lives(category: &str, seconds: usize) -> Value {
    let mut template = if category == "AUTHENTICATION" { code(5, 1) } else { of(category, json!([body("Hello")])) };
    template["message_send_ttl_seconds"] = json!(seconds);
    template
}

/// "Components": header, body, footer; "Template management": the name.
const TEXTS: [Row; 5] = [
    ("/name", 512, LENGTH, |n| put(utility(json!([body("Hello")])), "/name", "a".repeat(n))),
    ("/components/0/text", 60, LENGTH, |n| above(json!({"type": "HEADER", "format": "TEXT", "text": long(n)}))),
    ("/components/0/text", 1, HEADER, |n| {
        let text = format!("Your {} today", variables(n));
        above(json!({"type": "HEADER", "format": "TEXT", "text": text, "example": {"header_text": vec!["a"; n]}}))
    }),
    ("/components/0/text", 1024, LENGTH, |n| utility(json!([body(&long(n))]))),
    ("/components/1/text", 60, LENGTH, |n| below(json!({"type": "FOOTER", "text": long(n)}))),
];

/// "Components": how many buttons.
const NUMBERS: [Row; 5] = [
    ("/components/1/buttons", 10, None, |n| several(n, &json!({"type": "QUICK_REPLY"}))),
    ("/components/1/buttons", 2, None, |n| several(n, &json!({"type": "URL", "url": "https://a.example"}))),
    ("/components/1/buttons", 1, None, |n| several(n, &phone())),
    ("/components/1/buttons", 1, None, |n| several(n, &json!({"type": "COPY_CODE", "example": "CODE"}))),
    ("/components/1/buttons", 1, None, |n| several(n, &json!({"type": "FLOW", "flow_id": "THE_FLOW"}))),
];

/// "Components": what stands on a button, and what is behind it.
const BUTTONS: [Row; 10] = [
    ("/components/1/buttons/0/text", 25, LENGTH, |n| labelled("QUICK_REPLY", n)),
    ("/components/1/buttons/0/text", 25, LENGTH, |n| labelled("CATALOG", n)),
    ("/components/1/buttons/0/text", 25, LENGTH, |n| labelled("MPM", n)),
    ("/components/1/buttons/0/text", 25, LENGTH, |n| put(url("https://a.example"), "/components/1/buttons/0/text", long(n))),
    ("/components/1/buttons/0/text", 25, LENGTH, |n| put(buttons(json!([phone()])), "/components/1/buttons/0/text", long(n))),
    ("/components/1/buttons/0/text", 25, LENGTH, |n| buttons(json!([{"type": "FLOW", "text": long(n), "flow_id": "THE_FLOW"}]))),
    ("/components/1/buttons/0/url", 2000, LENGTH, |n| url(&format!("https://a.example/{}", "x".repeat(n - 18)))),
    ("/components/1/buttons/0/url", 1, None, |n| {
        let url = format!("https://a.example/{}", variables(n).replace(" and ", "/"));
        buttons(json!([{"type": "URL", "text": "Go", "url": url, "example": ["https://a.example/b"]}]))
    }),
    ("/components/1/buttons/0/phone_number", 20, LENGTH, |n| {
        put(buttons(json!([phone()])), "/components/1/buttons/0/phone_number", format!("+1{}5550100234", "-".repeat(n - 12)))
    }),
    ("/components/1/buttons/0/example", 20, LENGTH, |n| buttons(json!([{"type": "COPY_CODE", "example": "A".repeat(n)}]))),
];

/// "Limited-time offer templates", "Media card carousel templates", "Authentication templates", "Time to live".
const FAMILIES: [Row; 13] = [
    ("/components/1/limited_time_offer/text", 16, LENGTH, |n| offer(&long(n), 9)),
    ("/components/0/text", 600, LENGTH, |n| offer("Ends soon", n)),
    ("/components/1/cards", 10, None, |n| carousel(n, 9, 1)),
    ("/components/1/cards/0/components/1/text", 160, LENGTH, |n| carousel(2, n, 1)),
    ("/components/1/cards/0/components/2/buttons", 2, None, |n| carousel(2, 9, n)),
    ("/components/0/text", 1024, LENGTH, |n| put(carousel(2, 9, 1), "/components/0/text", long(n))),
    ("/components/1/code_expiration_minutes", 90, FOOTER, |n| code(n, 1)),
    ("/components/2/buttons/0/supported_apps", 5, None, |n| code(5, n)),
    ("/components/2/buttons/0/text", 25, LENGTH, |n| put(code(5, 1), "/components/2/buttons/0/text", long(n))),
    ("/components/2/buttons/0/autofill_text", 25, LENGTH, |n| put(code(5, 1), "/components/2/buttons/0/autofill_text", long(n))),
    ("/message_send_ttl_seconds", 900, None, |n| lives("AUTHENTICATION", n)),
    ("/message_send_ttl_seconds", 43_200, None, |n| lives("UTILITY", n)),
    ("/message_send_ttl_seconds", 2_592_000, None, |n| lives("MARKETING", n)),
];

#[tokio::test]
async fn as_much_as_meta_takes_is_created_and_no_more() {
    let account = Account::new().await;
    account.holds(&TEXTS).await;
    account.holds(&NUMBERS).await;
    account.holds(&BUTTONS).await;
    account.holds(&FAMILIES).await;
}

#[tokio::test]
async fn as_little_as_meta_takes_is_created_and_no_less() {
    let account = Account::new().await;
    let fewest: [Row; 6] = [
        ("/components/1/buttons", 1, None, |n| several(n, &json!({"type": "QUICK_REPLY"}))),
        ("/components/1/cards", 2, None, |n| carousel(n, 9, 1)),
        ("/components/1/code_expiration_minutes", 1, FOOTER, |n| code(n, 1)),
        ("/message_send_ttl_seconds", 30, None, |n| lives("AUTHENTICATION", n)),
        ("/message_send_ttl_seconds", 30, None, |n| lives("UTILITY", n)),
        ("/message_send_ttl_seconds", 43_200, None, |n| lives("MARKETING", n)),
    ];
    for (place, least, subcode, make) in fewest {
        account.takes(&make(least)).await;
        account.refuses(place, subcode, &make(least - 1)).await;
    }
}
