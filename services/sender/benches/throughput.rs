//! How fast messages leave: from the request in the log to the call at a Meta that answers at once.
//!
//! `cargo bench -p sender`. Broker, database, Meta and sender share the machine; the number behind each project may send as fast as it
//! likes, so that what is measured is the sender.

#[path = "../tests/sender/meta.rs"]
#[expect(dead_code, reason = "the tests tell Meta what to do, a bench lets it accept")]
mod meta;
#[path = "../tests/sender/world.rs"]
#[expect(dead_code, reason = "the tests look at more than a bench")]
mod world;

use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt};
use sender::Limits;

use world::{World, limits, wait_for};

/// One after the other.
const SINGLE: usize = 300;
/// All at once.
const MANY: usize = 10_000;
const PROJECTS: usize = 20;
/// As outside of tests: on a busy machine an answer may take a while.
const SEND_LIMIT: Duration = Duration::from_secs(10);
const APPENDS_AT_ONCE: usize = 2_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let world = World::new().await;
        let running = world.sender_within(Limits { number_rate: 10_000, ..limits() }, SEND_LIMIT).await;
        single(&world).await;
        many(&world).await;
        running.stop().await;
    });
}

async fn single(world: &World) {
    let shop = world.shop().await;
    let mut took: Vec<Duration> = Vec::new();
    for _ in 0..SINGLE {
        let (contact, message) = (world.contact(), world.message());
        let asked = Instant::now();
        world.ask(&shop, contact, message).await;
        wait_for("Meta is asked", async || !world.meta.calls(message).is_empty()).await;
        took.push(world.meta.calls(message)[0].at - asked);
        world.until_ended(&shop, contact, message).await;
    }
    took.sort();
    let at = |share: usize| took[(took.len() - 1) * share / 100];
    eprintln!("one at a time, append of the request to the call at Meta: p50 {:?}, p99 {:?}", at(50), at(99));
}

async fn many(world: &World) {
    let mut shops = Vec::new();
    for _ in 0..PROJECTS {
        shops.push(world.shop().await);
    }
    let before = world.meta.book().calls.len();
    let began = Instant::now();
    let asks = (0..MANY).map(|index| {
        let shop = &shops[index % PROJECTS];
        async move { world.ask(shop, world.contact(), world.message()).await }
    });
    stream::iter(asks).buffer_unordered(APPENDS_AT_ONCE).for_each(|_| std::future::ready(())).await;
    let asked = began.elapsed();
    wait_for("all are sent", async || world.meta.book().calls.len() - before == MANY).await;
    let sent = began.elapsed();
    world.until_rows(0).await;
    let per_second = |took: Duration| MANY as f64 / took.as_secs_f64();
    eprintln!(
        "{MANY} messages of {PROJECTS} projects: asked for at {:.0} a second, sent at {:.0} a second",
        per_second(asked),
        per_second(sent)
    );
}
