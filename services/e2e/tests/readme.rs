//! README's blocks are run as they stand there: pasted one after another into one bash, beside a `paige up` of their own. Filled in is only
//! what its reader fills in, from what `paige up` printed.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use e2e::binaries::binary;
use e2e::installation::{FIRST_START_MAX, Installation, Up};
use tokio::process::Command;
use tokio::time::timeout;

const WALK_MAX: Duration = Duration::from_secs(240);
const STOP_MAX: Duration = Duration::from_secs(30);
/// From the walk through everything that builds on it. What comes then needs Node, and has a test of its own.
const FROM: &str = "\n## A walk\n";
const TO: &str = "\n## Follow the log from outside\n";
/// Before each block in what is said.
const MARK: &str = "=== block ";

/// What a reader does beside pasting: looks whether an answer is a refusal, ends with Ctrl-C what follows for ever, waits for cargo. The
/// program is built already.
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

/// Every block between the two headings.
fn blocks() -> Vec<String> {
    let readme = std::fs::read_to_string(top().join("README.md")).unwrap();
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
    let paige = Installation::new(None);
    let mut up = paige.start(FIRST_START_MAX).await;
    // README is read in the workspace's folder, by somebody who has a menu.
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(top().join("schemas"), folder.path().join("schemas")).unwrap();
    std::fs::write(folder.path().join("menu.pdf"), "%PDF-1.4\n").unwrap();
    let blocks = filled_in(&blocks(), &up);
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

    let pid = up.process.pid();
    up.process.stop(STOP_MAX).await;
    paige.all_gone(pid).await;
}
