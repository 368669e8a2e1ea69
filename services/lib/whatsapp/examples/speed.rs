//! How fast one core checks, cuts and reads a text message: `cargo run --release -p whatsapp --example speed`.

use std::hint::black_box;
use std::time::Instant;

use whatsapp::payload::Value;
use whatsapp::{AppSecrets, sign, split};

const ROUNDS: u32 = 200_000;

fn main() {
    let body = include_bytes!("../../../../schemas/meta/webhooks/messages-text.json");
    let secrets = AppSecrets::new("secret", Some("the one before")).expect("not empty");
    let header = sign("secret", body);
    let changes = split(body).expect("a sample");
    let raw = changes[0].raw;
    let time = |name: &str, work: &dyn Fn()| {
        let started = Instant::now();
        (0..ROUNDS).for_each(|_| work());
        let each = started.elapsed() / ROUNDS;
        eprintln!("{name:8} {:>8.2} µs", each.as_nanos() as f64 / 1_000.0);
    };
    eprintln!("{} bytes", body.len());
    time("verify", &|| secrets.verify(black_box(body), Some(&header)).expect("signed"));
    time("split", &|| drop(black_box(split(black_box(body)))));
    time("parse", &|| drop(black_box(Value::parse(black_box(raw)))));
}
