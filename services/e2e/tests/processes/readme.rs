//! README's blocks are run as they stand there: everything is started by `make run`, the walk is pasted block by block into one bash beside it,
//! Ctrl-C ends it. Filled in is only what its reader fills in, from what was printed. Not run is cargo: what it would build is built already.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use e2e::binaries::binary;
use e2e::installation::{Installation, START_MAX, Up};
use nix::sys::signal::Signal;
use tokio::process::Command;
use tokio::time::timeout;

use crate::said::is_as_published;

const WALK_MAX: Duration = Duration::from_secs(900);
const STOP_MAX: Duration = Duration::from_secs(30);
/// How README begins.
const START: &str = "\n## Start\n\n```\nmake run\n```\n";
/// From the walk through everything that builds on it. What comes then needs Node, and has a test of its own.
const FROM: &str = "\n## A walk\n";
const TO: &str = "\n## Follow the log from outside\n";
/// Before each block in what is said.
const MARK: &str = "=== block ";

/// In the place of cargo, for make. What it becomes ends with whoever asked for it, also when that is killed.
const CARGO: &str = r#"#!/bin/sh
[ "$*" = "run --quiet --release -p standalone --bin paige -- up" ] || { echo "nobody runs: cargo $*" >&2; exit 1; }
( trap '' INT; while kill -0 $PPID; do sleep 1; done; kill -s INT $$ ) </dev/null >/dev/null 2>&1 &
exec "$PROGRAM" up
"#;
/// What a reader does beside pasting: looks whether an answer is a refusal, ends with Ctrl-C what follows for ever, waits for cargo.
const READER: &str = r#"
set -eEuo pipefail
trap 'echo "!!! $BASH_COMMAND"' ERR
curl() {
  case " $* " in
    *" -sN "*) timeout --signal=INT 2 curl "$@" || [ $? = 124 ] ;;
    *) command curl --fail-with-body "$@" ;;
  esac
}
cargo() {
  [ "$1 $2 $3 $4 $5 $6" = "run -q --release -p replay --" ]
  shift 6
  "$REPLAY" "$@"
}
"#;

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// An installation that is started as README says, with what stands in the place of cargo in a folder.
fn made(readme: &str, tools: &Path) -> Installation {
    assert!(readme.contains(START), "README begins otherwise");
    let cargo = tools.join("cargo");
    std::fs::write(&cargo, CARGO).unwrap();
    std::fs::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut paige = Installation::new(None);
    let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap());
    let program = binary("paige").display().to_string();
    // The tests may be run by make themselves, with words that are not meant for this one.
    let env = [("PATH", path), ("PROGRAM", program), ("MAKEFLAGS", String::new())];
    paige.program.path = "make".into();
    paige.program.args = vec!["-C".to_owned(), top().display().to_string(), "run".to_owned()];
    paige.program.env.extend(env.map(|(name, value)| (name.to_owned(), value)));
    paige
}

/// Every block between the two headings.
fn blocks(readme: &str) -> Vec<String> {
    let (_, from) = readme.split_once(FROM).expect("README has its walk");
    let (walk, _) = from.split_once(TO).expect("README has what comes after it");
    walk.split("\n```\n").skip(1).step_by(2).map(|block| format!("{block}\n")).collect()
}

/// What stands in the place of something that was printed, and what that is.
fn filled_in(blocks: &[String], up: &Up) -> Vec<String> {
    let gaps = [
        ("BASE=http://127.0.0.1:8080 ", format!("BASE={} ", up.base)),
        ("KEY=paige_…", format!("KEY={}", up.key)),
        ("PAIGE_NATS_URL=nats://…", format!("PAIGE_NATS_URL={}", up.printed("NATS            "))),
        ("PAIGE_DATABASE_URL=postgres://…", format!("PAIGE_DATABASE_URL={}", up.printed("Postgres        "))),
    ];
    for (gap, _) in &gaps {
        assert_eq!(blocks.iter().map(|block| block.matches(gap).count()).sum::<usize>(), 1, "README has the gap {gap:?} once");
    }
    let fill = |block: &String| gaps.iter().fold(block.clone(), |block, (gap, with)| block.replace(gap, with));
    let filled: Vec<String> = blocks.iter().map(fill).collect();
    assert!(filled.iter().all(|block| !block.contains('…')), "README has a gap that nobody fills in");
    filled
}

/// Runs them, and gives what each said.
async fn pasted(blocks: &[String], folder: &Path) -> Vec<String> {
    let marked = blocks.iter().enumerate().map(|(number, block)| format!("echo; echo '{MARK}{number}'\n{block}"));
    let script = folder.join("pasted.sh");
    std::fs::write(&script, READER.to_owned() + &marked.collect::<String>()).unwrap();
    let mut bash = Command::new("bash");
    for (name, _) in std::env::vars_os().filter(|(name, _)| e2e::process::is_ours(&name.to_string_lossy())) {
        bash.env_remove(name);
    }
    bash.arg(&script).current_dir(folder).env("REPLAY", binary("replay")).stdin(Stdio::null()).kill_on_drop(true);
    let output = timeout(WALK_MAX, bash.output()).await.unwrap_or_else(|_| panic!("README takes longer than {WALK_MAX:?}"));
    let output = output.expect("README needs bash, curl, python3 and psql");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let parts: Vec<String> = said.split(MARK).skip(1).map(str::to_owned).collect();
    if !output.status.success() {
        let (at, last) = (parts.len().saturating_sub(1), parts.last().cloned().unwrap_or_default());
        panic!("{} at\n{}\nit said {last}\n{}", output.status, blocks[at], String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(parts.len(), blocks.len(), "{said}");
    parts
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_pastes_the_readme_block_by_block_gets_what_it_says() {
    let (readme, tools) = (std::fs::read_to_string(top().join("README.md")).unwrap(), tempfile::tempdir().unwrap());
    let paige = made(&readme, tools.path());
    let mut up = paige.start(START_MAX).await;
    // README is read in the workspace's folder, by somebody who has a menu.
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(top().join("schemas"), folder.path().join("schemas")).unwrap();
    std::fs::write(folder.path().join("menu.pdf"), "%PDF-1.4\n").unwrap();
    let blocks = filled_in(&blocks(&readme), &up);
    let said = pasted(&blocks, folder.path()).await;

    let said_by = |word: &str| {
        let of = blocks.iter().position(|block| block.contains(word)).unwrap_or_else(|| panic!("no block has {word}"));
        &said[of]
    };
    let table = said_by("psql ");
    assert!(table.contains("| Hi! Do you have a table for two? |"), "{table}");
    let ticks = said_by("answer-1");
    for status in ["requested", "sending", "accepted", "sent", "delivered"] {
        assert!(ticks.contains(&format!("\"status\":\"{status}\"")), "{status} is missing: {ticks}");
    }
    let submission = said_by("/submissions");
    assert!(submission.contains("\"first_name\":\"Ana\"") && submission.contains("\"revision\":1,"), "{submission}");
    let proved = said_by("verify");
    assert_eq!(proved.matches(" rows equal the log up to ").count(), 2, "verify and rebuild: {proved}");
    let deleted = said_by("/v1/operations/");
    assert!(deleted.contains("\"kind\":\"delete_project\",\"status\":\"succeeded\""), "{deleted}");
    let paid = said.last().unwrap();
    assert!(paid.contains("\"purpose\":\"renew\""), "{paid}");

    // What the log says of all that, to whoever follows it.
    let types = is_as_published(&up.printed("NATS            ")).await;
    assert!(types.len() > 50, "README leads to few types of events: {types:?}");

    let pid = up.process.pid();
    // As a terminal does it. Make says of itself that it was interrupted, once the program has ended.
    up.process.signal_group(Signal::SIGINT);
    up.process.ended_within(STOP_MAX).await;
    paige.all_gone(pid).await;
}
