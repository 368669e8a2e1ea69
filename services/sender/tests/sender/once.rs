//! Never twice: whatever is repeated, killed or doubled.

use std::collections::HashMap;

use contract::{ConversationEvent, UnknownOutcome};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::meta::Act;
use crate::world::{World, ends, wait_for};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_log_delivered_again_changes_nothing() {
    let world = World::new().await;
    let shop = world.shop().await;
    let running = world.sender().await;
    let messages: Vec<_> = (0..20).map(|_| (world.contact(), world.message())).collect();
    for (index, (contact, message)) in messages.iter().enumerate() {
        let act = [Act::Accept, Act::Refuse(400, 131_047), Act::AcceptInSilence, Act::Refuse(503, 2)][index % 4];
        world.meta.script(message, [act]);
        world.ask(&shop, *contact, *message).await;
    }
    for (contact, message) in &messages {
        world.until_ended(&shop, *contact, *message).await;
    }
    world.until_rows(5).await;
    running.stop().await;
    // Without rows, and with rows that know it all already.
    for set_back in [
        "DELETE FROM sender.messages; DELETE FROM sender.reads; UPDATE sender.position SET sequence = 0",
        "UPDATE sender.position SET sequence = 0",
    ] {
        let calls = world.meta.book().calls.len();
        let last = world.journal.state(contract::Stream::Conversation).await.expect("state").last;
        sqlx::raw_sql(set_back).execute(&world.pool).await.expect("set back");
        let running = world.sender().await;
        world.until_rows(5).await;
        let (contact, after) = (world.contact(), world.message());
        world.ask(&shop, contact, after).await;
        world.until_ended(&shop, contact, after).await;
        assert_eq!(world.meta.book().calls.len(), calls + 1);
        let now = world.journal.state(contract::Stream::Conversation).await.expect("state").last;
        assert_eq!(now, last + 3, "a request, a start, an outcome");
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_senders_at_once_send_each_message_once_and_in_order() {
    let world = World::new().await;
    let shop = world.shop().await;
    let (one, other) = (world.sender().await, world.sender().await);
    let contacts: Vec<_> = (0..10).map(|_| world.contact()).collect();
    let mut asked = HashMap::new();
    for _ in 0..10 {
        for contact in &contacts {
            let message = world.message();
            world.ask(&shop, *contact, message).await;
            asked.entry(*contact).or_insert_with(Vec::new).push(message);
        }
    }
    for (contact, messages) in &asked {
        for message in messages {
            let ended = world.until_ended(&shop, *contact, *message).await;
            assert!(matches!(ended, ConversationEvent::MessageAccepted(_)));
            assert_eq!(world.meta.calls(message).len(), 1);
        }
        let calls: Vec<_> = messages.iter().map(|message| world.meta.calls(message)[0].at).collect();
        assert!(calls.is_sorted(), "in the order in which they were asked for");
    }
    one.stop().await;
    other.stop().await;
}

/// What happens to a message, and whether its sender is killed afterwards.
type Script = Vec<(Vec<Act>, u8)>;

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => Just(Act::Accept),
        2 => Just(Act::AcceptInSilence),
        1 => Just(Act::Silence),
        1 => Just(Act::BreakAfter(500)),
        1 => Just(Act::BreakBefore(502)),
        1 => Just(Act::BreakAfter(408)),
        1 => Just(Act::RefuseAfter(500, 131_000)),
        1 => Just(Act::Refuse(500, 131_000)),
        1 => Just(Act::Refuse(400, 131_047)),
        2 => Just(Act::Refuse(503, 2)),
        1 => (1_u64..80).prop_map(Act::Slow),
    ]
}

#[test]
fn whatever_meta_does_and_whenever_senders_die_each_message_is_taken_at_most_once_and_ends() {
    let scripts = prop::collection::vec((prop::collection::vec(act(), 1..3), 0_u8..10), 8..30);
    let mut runner = TestRunner::new(Config { cases: 6, max_shrink_iters: 12, failure_persistence: None, ..Config::default() });
    let run = |script: Script| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        runtime.block_on(play(script));
        Ok(())
    };
    runner.run(&scripts, run).unwrap_or_else(|failed| panic!("{failed}"));
}

async fn play(script: Script) {
    let world = World::new().await;
    let shop = world.shop().await;
    world.policy(&shop, UnknownOutcome::GiveUp).await;
    let contacts: Vec<_> = (0..5).map(|_| world.contact()).collect();
    let mut running = world.impatient_sender().await;
    let mut messages = Vec::new();
    for (index, (acts, chance)) in script.into_iter().enumerate() {
        let (contact, message) = (contacts[index % contacts.len()], world.message());
        world.meta.script(message, acts);
        world.ask(&shop, contact, message).await;
        messages.push((contact, message));
        if chance < 3 {
            wait_for("something was asked", async || chance == 0 || !world.meta.book().calls.is_empty()).await;
            running.kill().await;
            running = world.impatient_sender().await;
        }
    }
    for (contact, message) in &messages {
        world.until_ended(&shop, *contact, *message).await;
    }
    // Now Meta's statuses arrive, also of what was given up.
    for (contact, message) in &messages {
        let taken = world.meta.taken(message);
        assert!(taken.len() <= 1, "{message} was taken {} times", taken.len());
        if let Some(wamid) = taken.first() {
            world.status(&shop, *contact, *message, wamid).await;
            let accepted =
                |event: &ConversationEvent| matches!(event, ConversationEvent::MessageAccepted(accepted) if accepted.wamid == *wamid);
            world.until(&shop, *contact, *message, "accepted, for Meta has it", accepted).await;
        }
        let said = world.said(&shop, *contact, *message).await;
        let ended = said.iter().filter(|event| ends(event)).count();
        assert!((1..=2).contains(&ended), "{said:#?}");
        assert!(!taken.is_empty() || !said.iter().any(|event| matches!(event, ConversationEvent::MessageAccepted(_))), "{said:#?}");
    }
    running.stop().await;
}
