//! Paystack in this process, as strict as the real one: its key, its references, its sums; and able to be away, to lose its answers, or to
//! say nothing usable of one payment.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Json;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub(crate) const SECRET: &str = "sk_test_0123456789abcdef";
pub(crate) const CODE: &str = "AUTH_never_in_the_log";

/// A transaction, as it is told.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) status: &'static str,
    pub(crate) amount: u64,
    pub(crate) currency: String,
    pub(crate) paid_at: Option<DateTime<Utc>>,
    pub(crate) reusable: bool,
    pub(crate) email: String,
    pub(crate) by_code: bool,
    pub(crate) created_at: DateTime<Utc>,
    /// What asking about it is answered with, if not with what it is.
    pub(crate) broken: Option<StatusCode>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Fine,
    /// 503 to everything.
    Away,
    /// Does what it is told and answers 500.
    Mute,
}

pub(crate) struct Desk {
    pub(crate) held: BTreeMap<String, Held>,
    pub(crate) mood: Mood,
    /// What a charge by code becomes.
    pub(crate) charges_become: &'static str,
    pub(crate) verified: u64,
    pub(crate) now: DateTime<Utc>,
}

#[derive(Clone)]
pub(crate) struct Provider {
    pub(crate) url: String,
    pub(crate) desk: Arc<Mutex<Desk>>,
}

type Answer = (StatusCode, Json<Value>);

impl Provider {
    pub(crate) async fn start(now: DateTime<Utc>) -> Self {
        let desk = Desk { held: BTreeMap::new(), mood: Mood::Fine, charges_become: "success", verified: 0, now };
        let desk = Arc::new(Mutex::new(desk));
        let router = Router::new()
            .route("/transaction/initialize", post(initialise))
            .route("/transaction/charge_authorization", post(charge))
            .route("/transaction/verify/{reference}", get(verify))
            .route("/transaction", get(list))
            .with_state(Arc::clone(&desk));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, desk }
    }

    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Desk) -> T) -> T {
        act(&mut self.desk.lock().unwrap())
    }

    /// What the customer did at the page, or the bank with a charge.
    pub(crate) fn set(&self, payment: &str, change: impl FnOnce(&mut Held)) {
        self.with(|desk| change(desk.held.get_mut(&payment.replace('_', "-")).expect("the provider knows it")));
    }

    pub(crate) fn knows(&self, payment: &str) -> bool {
        self.with(|desk| desk.held.contains_key(&payment.replace('_', "-")))
    }
}

fn no(status: StatusCode, message: &str) -> Answer {
    (status, Json(json!({"status": false, "message": message})))
}

fn gate(desk: &Desk, headers: &HeaderMap) -> Result<(), Answer> {
    if desk.mood == Mood::Away {
        return Err(no(StatusCode::SERVICE_UNAVAILABLE, "down"));
    }
    let key = headers.get("authorization").and_then(|value| value.to_str().ok());
    if key == Some(&format!("Bearer {SECRET}")) { Ok(()) } else { Err(no(StatusCode::UNAUTHORIZED, "Invalid key")) }
}

fn take(desk: &mut Desk, body: &Value, by_code: bool) -> Result<String, Answer> {
    let bad = |message| no(StatusCode::BAD_REQUEST, message);
    let reference = body["reference"].as_str().ok_or(bad("no reference"))?.to_owned();
    if !reference.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.,=".contains(&byte)) {
        return Err(bad("Invalid character in reference"));
    }
    if desk.held.contains_key(&reference) {
        return Err(bad("Duplicate Transaction Reference"));
    }
    if !body["metadata"]["project"].as_str().is_some_and(|project| project.starts_with("prj_")) {
        return Err(bad("a payment that names no project could not be erased with it"));
    }
    let amount = body["amount"].as_u64().filter(|amount| *amount > 0).ok_or(bad("Invalid amount"))?;
    let currency = body["currency"].as_str().filter(|currency| *currency == "ZAR").ok_or(bad("Currency not supported"))?.to_owned();
    let email = body["email"].as_str().filter(|email| email.contains('@')).ok_or(bad("Invalid Email"))?.to_owned();
    let status = if by_code { desk.charges_become } else { "ongoing" };
    let paid_at = (status == "success").then_some(desk.now);
    let held = Held { status, amount, currency, paid_at, reusable: true, email, by_code, created_at: desk.now, broken: None };
    desk.held.insert(reference.clone(), held);
    Ok(reference)
}

fn tell(reference: &str, held: &Held) -> Value {
    json!({
        "reference": reference, "status": held.status, "amount": held.amount, "currency": held.currency,
        "paid_at": held.paid_at.map(|at| at.to_rfc3339()), "gateway_response": if held.status == "failed" { "Declined" } else { "Successful" },
        "authorization": {"authorization_code": CODE, "reusable": held.reusable, "last4": "4081"}, "customer": {"email": held.email},
    })
}

fn answer(desk: &Desk, data: Value) -> Answer {
    if desk.mood == Mood::Mute {
        return no(StatusCode::INTERNAL_SERVER_ERROR, "lost");
    }
    (StatusCode::OK, Json(json!({"status": true, "message": "ok", "data": data})))
}

async fn initialise(State(desk): State<Arc<Mutex<Desk>>>, headers: HeaderMap, Json(body): Json<Value>) -> Answer {
    let mut desk = desk.lock().unwrap();
    let taken = gate(&desk, &headers).and_then(|()| take(&mut desk, &body, false));
    taken.map_or_else(
        |no| no,
        |reference| {
            answer(
                &desk,
                json!({"authorization_url": format!("https://checkout.test/{reference}"), "access_code": "x", "reference": reference}),
            )
        },
    )
}

async fn charge(State(desk): State<Arc<Mutex<Desk>>>, headers: HeaderMap, Json(body): Json<Value>) -> Answer {
    let mut desk = desk.lock().unwrap();
    let allowed = gate(&desk, &headers).and_then(|()| {
        if body["authorization_code"] == CODE { Ok(()) } else { Err(no(StatusCode::BAD_REQUEST, "Authorization code does not exist")) }
    });
    let taken = allowed.and_then(|()| take(&mut desk, &body, true));
    taken.map_or_else(
        |no| no,
        |reference| {
            let told = tell(&reference, &desk.held[&reference]);
            answer(&desk, told)
        },
    )
}

async fn verify(State(desk): State<Arc<Mutex<Desk>>>, headers: HeaderMap, Path(reference): Path<String>) -> Answer {
    let mut desk = desk.lock().unwrap();
    desk.verified += 1;
    if let Err(no) = gate(&desk, &headers) {
        return no;
    }
    match desk.held.get(&reference) {
        Some(Held { broken: Some(status), .. }) => (*status, Json(json!({"status": true, "message": "?", "data": {}}))),
        Some(held) => (StatusCode::OK, Json(json!({"status": true, "message": "ok", "data": tell(&reference, held)}))),
        None => no(StatusCode::BAD_REQUEST, "Transaction reference not found"),
    }
}

async fn list(State(desk): State<Arc<Mutex<Desk>>>, headers: HeaderMap, Query(query): Query<BTreeMap<String, String>>) -> Answer {
    let desk = desk.lock().unwrap();
    if let Err(no) = gate(&desk, &headers) {
        return no;
    }
    let number = |name: &str| query[name].parse::<usize>().unwrap();
    let (page, size) = (number("page"), number("perPage"));
    let time = |name: &str| DateTime::parse_from_rfc3339(&query[name]).unwrap();
    let (from, to) = (time("from"), time("to"));
    assert!(from <= to, "{from} is after {to}");
    let begun = desk.held.iter().filter(|(_, held)| (from..=to).contains(&held.created_at.fixed_offset()));
    let told: Vec<Value> = begun.skip((page - 1) * size).take(size).map(|(reference, held)| tell(reference, held)).collect();
    (StatusCode::OK, Json(json!({"status": true, "message": "ok", "data": told, "meta": {"page": page, "perPage": size}})))
}
