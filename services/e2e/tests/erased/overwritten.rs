//! With `overwrite` a deleted project is not in the files of the broker either. A neighbour's events lie between its own and outweigh them, so
//! no block goes, nor is one written anew: what is not found was overwritten where it lay.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use contract::Stream;
use e2e::apart::SERVICES;
use e2e::erased::marks::{Mark, NAME, NUMBER, PHONE, Place, WORDS};
use e2e::erased::{Doors, Search, WAIT_MAX, traces, until};
use e2e::{Stage, bodies};

use crate::late;

const NEIGHBOUR: &str = "207358419203847";
const THEIR_PHONE: &str = "16505550142";
const THEIR_WORDS: &str = "glorp-wendel-3308";
/// Messages of each, with two marks in each message.
const MESSAGES: u32 = 200;
/// The longest text has 4,096 characters. Theirs alone fill a block of 8 MiB.
const THEIR_EMOJI: u32 = 4_000;
/// Ours are short and long.
const EMOJI_MAX: u32 = 2_000;
/// A letter and a number, by which each mark differs.
const MARK_END: usize = "-a000".len();
/// Streams that hold what a project's people say, write, do or pay.
const HOLDING: [Stream; 9] = [
    Stream::Webhook,
    Stream::Project,
    Stream::Conversation,
    Stream::Billing,
    Stream::Usage,
    Stream::Bot,
    Stream::Flow,
    Stream::Template,
    Stream::Media,
];
/// The broker writes down which subjects there are every other minute.
const FORGOTTEN_AFTER_MAX: Duration = Duration::from_secs(240);

/// A text with a mark at both ends, as Meta writes it: an emoji takes twelve bytes.
fn body(number: &str, from: &str, n: u32, words: &str, emoji: u32, second: i64) -> Vec<u8> {
    let text = format!("{words}-a{n:03} {} {words}-z{n:03}", "😀".repeat(emoji as usize));
    let body = bodies::text(number, from, &format!("wamid.bulk.{number}.{n}"), second, &text);
    String::from_utf8(body).unwrap().replace('😀', "\\ud83d\\ude00").into_bytes()
}

/// Files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Which of the marks that begin with these words are in its files.
fn marks_of(words: &str, folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in files(folder) {
        let bytes = fs::read(&path).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        found.extend(text.match_indices(words).map(|(at, _)| text[at..].chars().take(words.len() + MARK_END).collect::<String>()));
    }
    found
}

/// All of them.
fn all_marks(words: &str) -> BTreeSet<String> {
    (0..MESSAGES).flat_map(|n| ["a", "z"].map(|end| format!("{words}-{end}{n:03}"))).collect()
}

/// Where a stream's events are.
fn folder_of(stream: Stream, broker: &Path) -> PathBuf {
    broker.join("store/jetstream/$G/streams").join(stream.name())
}

/// Whether events are in it, and not which there are.
fn is_block(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "blk")
}

fn blocks(stream: Stream, broker: &Path) -> usize {
    files(&folder_of(stream, broker)).iter().filter(|path| is_block(path)).count()
}

fn looked<'a>(mut search: Search<'a>, folder: &Path) -> Search<'a> {
    traces::files(Place::Log, folder, &mut search);
    search
}

/// At everything but blocks: small files, in which the broker writes down what there is, and forgets it last.
fn looked_beside<'a>(mut search: Search<'a>, folder: &Path) -> Search<'a> {
    files(folder).iter().filter(|path| !is_block(path)).for_each(|path| traces::file(Place::Log, path, &mut search));
    search
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_overwritten_is_not_even_on_the_brokers_disk_and_what_lies_beside_it_is() {
    let mut stage = Stage::start().await;
    let everybody = SERVICES.into_iter().chain(["simulator"]).map(|name| (name, stage.base.clone()));
    let doors = Doors::open(everybody, stage.keys.clone(), stage.journal.clone()).await;
    let (gone, kept) = (doors.project(NAME).await, doors.project("Corner shop").await);
    doors.sign_up(gone).await;
    doors.connect(kept, NEIGHBOUR).await;
    doors.receive(NUMBER, PHONE, MESSAGES, WORDS).await;
    doors.until_recorded(gone, 1).await;
    let (marks, _) = doors.plant(gone).await;
    // Of what is planted, what the log holds, and what nobody does.
    let in_log = |mark: Mark| match mark.kept_in {
        [] => Some(mark),
        kept => kept.contains(&Place::Log).then_some(Mark { kept_in: &[Place::Log], ..mark }),
    };
    let marks: Vec<Mark> = marks.into_iter().filter_map(in_log).collect();
    let second = stage.clock.now().timestamp();
    for n in 0..MESSAGES {
        assert_eq!(stage.webhook(body(NUMBER, PHONE, n, WORDS, n * 37 % EMOJI_MAX, second)).await, 200);
        assert_eq!(stage.webhook(body(NEIGHBOUR, THEIR_PHONE, n, THEIR_WORDS, THEIR_EMOJI, second)).await, 200);
    }
    stage.settle().await;

    let log = stage.nats.log_path();
    let broker = log.parent().unwrap();
    let on_disk = || looked(Search::new(gone, &marks), broker).found();
    assert_eq!(looked(Search::new(gone, &marks), broker).unplanted(), [""; 0]);
    for stream in HOLDING {
        assert!(!looked(Search::new(gone, &marks), &folder_of(stream, broker)).found().is_empty(), "nothing is planted in {stream}");
    }
    for stream in [Stream::Webhook, Stream::Conversation] {
        for words in [WORDS, THEIR_WORDS] {
            let found = marks_of(words, &folder_of(stream, broker));
            assert!(found.is_superset(&all_marks(words)), "{stream} has {} marks of {words}", found.len());
        }
    }
    let webhook_blocks = blocks(Stream::Webhook, broker);
    assert!(webhook_blocks >= 2, "{webhook_blocks} blocks");

    let operation = doors.delete(gone, NAME, true).await;
    doors.until_shown("lifecycle", &operation, "the deletion has succeeded", |shown| shown["status"] == "succeeded").await;
    let is_gone = async || {
        // The blocks are read once nothing is left beside them.
        let beside = looked_beside(Search::new(gone, &marks), broker).found();
        let traces = if beside.is_empty() { on_disk() } else { beside };
        if traces.is_empty() { Ok(()) } else { Err(format!("{traces:#?}")) }
    };
    until("nothing is left", FORGOTTEN_AFTER_MAX, &is_gone).await;
    assert_eq!(blocks(Stream::Webhook, broker), webhook_blocks, "no block has gone, so what was in them was overwritten");
    for stream in [Stream::Webhook, Stream::Conversation] {
        let theirs = marks_of(THEIR_WORDS, &folder_of(stream, broker));
        assert!(theirs.is_superset(&all_marks(THEIR_WORDS)), "{stream} has {} marks of the neighbour's", theirs.len());
    }
    assert_eq!(stage.count(kept, "SELECT count(*) FROM public.messages").await, i64::from(MESSAGES));

    // Somebody who stood still all the time says something of it, and a customer writes to it, which a recorder holds back that starts now and
    // does not know whose the number was. What is found then is overwritten as well.
    stage.restart().await;
    late::speak(&stage, gone).await;
    assert_eq!(stage.webhook(bodies::text(NUMBER, PHONE, "wamid.late", second, WORDS)).await, 200);
    stage.until("it is held", async || stage.journal.parked().await.unwrap().iter().any(|held| held.key.contains(NUMBER))).await;
    until("it is said", WAIT_MAX, async || if on_disk().is_empty() { Err("it is not on the disk".to_owned()) } else { Ok(()) }).await;
    stage.move_clock(stage.clock.now() + late::LOOK).await;
    until("late words are gone too", FORGOTTEN_AFTER_MAX, &is_gone).await;
    assert_eq!(late::heard(&stage, gone).await, 0);
    stage.finish(0).await;
}
