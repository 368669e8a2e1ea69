//! With which code the process ends: each that `--help` documents is met here, and no other is documented.

use std::collections::BTreeSet;

use contract::{HoldKind, KeyHeld, OperationId, ParkedEvent, ProjectErased, ProjectEvent, ProjectId, Stream, Subject};
use nix::sys::signal::Signal;
use replay::Exit;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::bench::Bench;
use crate::process::{ended, run, signal};

const DOCUMENTED: [Exit; 6] = [Exit::Fine, Exit::Found, Exit::Usage, Exit::Unavailable, Exit::Refused, Exit::Interrupted];

/// An address at which nobody listens, and nobody will.
fn nobody() -> String {
    format!("127.0.0.1:{}", embedded::free_port().unwrap())
}

async fn check(bench: &Bench, line: &str, expected: Exit) {
    let ended = bench.process(line).await;
    assert_eq!(ended.code, Some(expected.code().into()), "{line}: {}{}", ended.out, ended.err);
}

#[tokio::test]
async fn the_help_names_every_code() {
    let help = run("--help", &[]).await;
    assert_eq!(help.code, Some(0));
    let (_, codes) = help.out.split_once("Exit codes:\n").expect("the help tells of exit codes");
    let lines = codes.lines().take_while(|line| !line.trim().is_empty());
    let told: BTreeSet<u8> = lines.filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect();
    assert_eq!(told, DOCUMENTED.map(Exit::code).into());
}

#[tokio::test]
async fn a_command_line_that_is_wrong_ends_with_2() {
    let bench = Bench::start(20).await;
    let (project, contact) = (format!("--project {}", bench.project), format!("--contact {}", bench.contact));
    for line in ["", "nonsense", "verify --rate 0", "verify --memory 0", "explain con_x", "at", "at 1h"] {
        check(&bench, line, Exit::Usage).await;
    }
    for line in [
        format!("verify {contact}"),
        format!("rebuild {project} {contact}"),
        format!("verify {project} {contact} --out file"),
        format!("at yesterday {project}"),
        format!("at 2999-01-01T00:00:00Z {project}"),
        format!("at 1h {project} --until 1h"),
        format!("at 1h {project} --table checkpoint"),
    ] {
        check(&bench, &line, Exit::Usage).await;
    }
    let unnamed = run("verify", &[]).await;
    assert!(unnamed.code == Some(2) && unnamed.err.contains("PAIGE_NATS_URL"), "{}", unnamed.err);
    let unnamed = run("verify --json", &bench.servers()[..2]).await;
    assert!(unnamed.code == Some(2) && unnamed.err.contains("PAIGE_DATABASE_URL"), "{}", unnamed.err);
}

#[tokio::test]
async fn what_is_found_or_not_ends_with_1_or_0() {
    let bench = Bench::start(21).await;
    for line in ["status", "plan", "verify", "repair", "rebuild", "log count", "parked list"] {
        check(&bench, line, Exit::Fine).await;
    }
    bench.execute("UPDATE public.contacts SET name = 'Mallory'").await;
    for line in ["verify", "verify --json", "repair"] {
        check(&bench, line, Exit::Found).await;
    }
    check(&bench, "repair --yes", Exit::Fine).await;
    check(&bench, "verify", Exit::Fine).await;
    let key = format!("conversation.{}", bench.project);
    let held = KeyHeld { key, from_sequence: 3, kind: HoldKind::Parked, cause: "not readable".into(), attempts: 1 };
    bench.tell(Subject::parked("projector", Stream::Conversation).unwrap(), ParkedEvent::from(held)).await;
    check(&bench, "parked list", Exit::Found).await;
}

#[tokio::test]
async fn what_cannot_be_worked_with_ends_with_4() {
    let bench = Bench::start(22).await;
    for line in ["explain wamid.nobody", "verify --project prj_00000000010000000000000001", "parked retry conversation.nobody --yes"] {
        check(&bench, line, Exit::Refused).await;
    }
    let (project, gone, operation) = (bench.project, ProjectId::from_ulid(7_u128.into()), OperationId::from_ulid(7_u128.into()));
    bench.tell(Subject::project(gone), ProjectEvent::from(ProjectErased { operation, left: None })).await;
    for (line, why) in [
        (format!("at 2020-01-01T00:00:00Z --project {project}"), "the log begins at"),
        (format!("at 0s --project {project} --contact con_00000000010000000000000001"), "no such row of con_"),
        (format!("verify --project {project} --contact con_00000000010000000000000001"), "has no contact"),
        ("at 0s --project prj_00000000010000000000000001".to_owned(), "the log knows no project"),
        (format!("at 0s --project {gone}"), "was deleted"),
        ("log export --out /nowhere/at/all/log".to_owned(), "cannot write"),
        ("verify --out /nowhere/at/all/verdicts".to_owned(), "cannot write"),
    ] {
        let ended = bench.process(&line).await;
        assert!(ended.code == Some(4) && ended.err.contains(why), "{line}: {:?}: {}{}", ended.code, ended.out, ended.err);
    }
    bench.execute("UPDATE paige.checkpoint SET sequence = 1000").await;
    for line in ["verify", "repair --yes", "rebuild --yes"] {
        check(&bench, line, Exit::Refused).await;
    }
}

#[tokio::test]
async fn a_log_or_a_database_that_is_away_ends_with_3() {
    let bench = Bench::start(23).await;
    let [nats, log, database, tables] = bench.servers();
    let (no_log, no_tables) = (format!("nats://{}", nobody()), format!("postgres://paige@{}/postgres", nobody()));
    // It is waited for before it is given up; the others need not wait for that.
    let without_log = tokio::spawn(async move { run("verify --json", &[nats, no_log, database, tables]).await });
    for line in ["status", "plan", "verify", "repair --yes", "rebuild --yes"] {
        let ended = run(line, &["--nats-url".into(), log.clone(), "--database-url".into(), no_tables.clone()]).await;
        assert_eq!(ended.code, Some(3), "{line}: {}{}", ended.out, ended.err);
    }
    let ended = without_log.await.unwrap();
    assert!(ended.code == Some(3) && ended.err.contains("\"exit_code\":3"), "{:?}: {}", ended.code, ended.err);
}

#[tokio::test]
async fn a_complaint_is_json_too_once_the_command_line_is_understood() {
    let bench = Bench::start(25).await;
    for (line, exit) in [
        ("explain con_x --json", Exit::Usage),
        ("log tail --to 9 --json", Exit::Usage),
        ("explain wamid.nobody --json", Exit::Refused),
        ("parked retry conversation.nobody --json", Exit::Refused),
    ] {
        let ended = bench.process(line).await;
        let told: Value = serde_json::from_str(&ended.err).unwrap_or_else(|_| panic!("{line}: {}", ended.err));
        assert_eq!((ended.code, ended.out.as_str()), (Some(exit.code().into()), ""), "{line}");
        assert_eq!(told["exit_code"], exit.code(), "{line}");
        assert!(told["error"].is_string(), "{line}: {told}");
    }
    let ended = bench.process("verify --nonsense --json").await;
    assert!(ended.code == Some(2) && ended.err.contains("--nonsense"), "{:?}: {}", ended.code, ended.err);
}

#[tokio::test]
async fn ctrl_c_while_it_works_ends_with_130() {
    let bench = Bench::start(24).await;
    bench.alone().await;
    // Its first word says that it works.
    let mut tail = bench.begin("log tail --from 1");
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    assert!(lines.next_line().await.unwrap().is_some());
    signal(&tail, Signal::SIGINT);
    assert_eq!(ended("log tail", tail).await.code, Some(130));

    for line in ["verify --rate 1", "repair --yes --rate 1", "rebuild --yes --rate 1"] {
        let process = bench.begin(line);
        bench.until_sessions(1, "true").await;
        signal(&process, Signal::SIGINT);
        let ended = ended(line, process).await;
        assert_eq!((ended.code, ended.out.as_str()), (Some(130), ""), "{line}: {}", ended.err);
        bench.until_sessions(0, "true").await;
    }
    check(&bench, "verify", Exit::Fine).await;
}
