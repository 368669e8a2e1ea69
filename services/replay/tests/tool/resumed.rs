//! A run that was killed is gone on with: nothing is left out, nothing that was found is forgotten, and no half file passes for a whole one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use contract::MessageReceived;
use nix::sys::signal::Signal;
use replay::Exit;
use serde_json::Value;
use sqlx::Executor;

use crate::bench::{Bench, at};
use crate::killed::BLOCKED;
use crate::process::{PATIENCE, ended, signal};

/// Enough that an export of it is seen in the middle.
const MESSAGES: usize = 10_000;
/// Kills that may come too early or too late.
const ATTEMPTS_MAX: usize = 50;
const POLL: Duration = Duration::from_millis(1);

fn lines(file: &Path) -> Vec<Value> {
    std::fs::read_to_string(file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Project and result of each line.
fn said(lines: &[Value]) -> Vec<(String, &str)> {
    lines.iter().map(|line| (line["project"].as_str().unwrap().to_owned(), line["result"].as_str().unwrap())).collect()
}

fn part_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_verify_goes_on_with_the_other_projects_and_what_it_found_is_in_the_end() {
    let first = Bench::start(60).await;
    let (second, third) = (first.beside(61).await, first.beside(62).await);
    for bench in [&first, &second, &third] {
        bench.alone().await;
    }
    let names = [&first, &second, &third].map(|bench| bench.project.to_string());
    first.execute("UPDATE public.contacts SET name = 'Mallory'").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("verdicts");
    let (line, part) = (format!("verify --out {}", file.display()), part_of(&file));

    // It waits in the third project, and the others are told.
    let mut holder = third.connection().await;
    holder.execute("BEGIN").await.unwrap();
    holder.execute("LOCK TABLE public.messages").await.unwrap();
    let process = first.begin(&line);
    third.until_sessions(1, BLOCKED).await;
    let busy = first.process(&format!("{line} --resume")).await;
    assert!(busy.code == Some(4) && busy.err.contains("another run"), "{:?}: {}", busy.code, busy.err);
    signal(&process, Signal::SIGKILL);
    assert_eq!(ended(&line, process).await.code, None);
    holder.execute("ROLLBACK").await.unwrap();
    assert!(!file.exists(), "a part of it has the name of the whole");
    let left = lines(&part);
    assert_eq!(said(&left), [(names[0].clone(), "differ"), (names[1].clone(), "equal")]);
    let beyond = first.process(&line).await;
    assert!(beyond.code == Some(4) && beyond.err.contains("--resume"), "{:?}: {}", beyond.code, beyond.err);

    // What happens to the second one now, no verdict of before speaks of. A last line was cut off.
    second.execute("UPDATE public.contacts SET name = 'Mallory'").await;
    let mut cut = std::fs::read_to_string(&part).unwrap();
    cut.push_str(r#"{"project":"prj_"#);
    std::fs::write(&part, cut).unwrap();
    let resumed = first.process(&format!("{line} --resume")).await;
    assert_eq!(resumed.code, Some(1), "the first one differs: {}{}", resumed.out, resumed.err);
    for (name, words) in names.iter().zip(["1 rows differed from", "rows equalled the log up to", "rows equal the log up to"]) {
        let told = resumed.out.lines().find(|told| told.starts_with(name)).unwrap_or_else(|| panic!("{name}: {}", resumed.out));
        assert!(told.contains(words), "{told}");
        assert_eq!(told.contains("in an earlier run"), words != "rows equal the log up to", "{told}");
    }
    assert!(resumed.out.contains("an earlier run compared 2 of 3 projects"), "{}", resumed.out);
    let whole = lines(&file);
    assert_eq!(whole[..2], left[..], "a verdict of before is not as it was");
    assert_eq!(said(&whole[2..]), [(names[2].clone(), "equal")]);
    assert!(!part.exists());

    let again = first.process(&format!("{line} --resume")).await;
    assert!(again.code == Some(4) && again.err.contains("there already"), "{:?}: {}", again.code, again.err);
    let (exit, now) = first.json("verify").await;
    assert_eq!(exit, Exit::Found);
    let differ = |name: &String| now.iter().any(|line| line["project"] == **name && line["result"] == "differ");
    assert_eq!([&names[0], &names[1], &names[2]].map(differ), [true, true, false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_is_tried_again_and_what_was_compared_with_another_log_is_not_gone_on_with() {
    let bench = Bench::start(63).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("verdicts");
    let (line, part) = (format!("verify --out {}", file.display()), part_of(&file));
    bench.execute("UPDATE paige.checkpoint SET sequence = sequence + 1000").await;
    assert_eq!(bench.run(&line).await.0, Exit::Refused);
    std::fs::rename(&file, &part).unwrap();
    bench.execute("UPDATE paige.checkpoint SET sequence = sequence - 1000").await;
    let (exit, told) = bench.json(&format!("{line} --resume")).await;
    assert_eq!((exit, said(&told)), (Exit::Fine, vec![(bench.project.to_string(), "equal")]));
    assert!(told[0].get("earlier").is_none(), "{told:?}");
    let whole = lines(&file);
    assert_eq!(said(&whole), [(bench.project.to_string(), "failed"), (bench.project.to_string(), "equal")]);

    // Of a run that had come to its last project.
    std::fs::rename(&file, &part).unwrap();
    let (exit, told) = bench.json(&format!("{line} --resume")).await;
    assert_eq!((exit, &told[0]["earlier"], told.len()), (Exit::Fine, &true.into(), 1), "{told:?}");
    assert_eq!(told[0]["at"], whole[1]["at"]);

    let mut other = whole[1].clone();
    other["log"] = serde_json::to_value(at()).unwrap();
    for (wrong, why) in [(other.to_string(), "another log"), ("{}".to_owned(), "no verdict")] {
        let _ = std::fs::remove_file(&file);
        std::fs::write(&part, format!("{wrong}\n")).unwrap();
        let (exit, printed) = bench.run(&format!("{line} --resume")).await;
        assert!(exit == Exit::Refused && printed.contains(why), "{exit:?}: {printed}");
        assert_eq!(std::fs::read_to_string(&part).unwrap(), format!("{wrong}\n"), "it was changed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_export_leaves_no_file_of_that_name_and_goes_on_to_the_same_bytes() {
    let bench = Bench::start(64).await;
    bench.say_all((0..MESSAGES).map(|number| MessageReceived(bench.message(&format!("wamid.{number:05}"))).into()).collect()).await;
    let folder = tempfile::tempdir().unwrap();
    let (whole, cut) = (folder.path().join("whole"), folder.path().join("cut"));
    let line = |file: &Path| format!("log export --stream conversation --out {}", file.display());
    assert_eq!(bench.process(&line(&whole)).await.code, Some(0));
    let right = std::fs::read(&whole).unwrap();

    let left = killed_in_the_middle(&bench, &line(&cut), &cut, right.len()).await;
    assert!(right.starts_with(&left), "what is left is not the beginning");
    let beyond = bench.process(&line(&cut)).await;
    assert!(beyond.code == Some(4) && beyond.err.contains("--resume"), "{:?}: {}", beyond.code, beyond.err);
    assert_eq!(std::fs::read(part_of(&cut)).unwrap(), left, "it was changed");
    let resumed = bench.process(&format!("{} --resume", line(&cut))).await;
    assert_eq!(resumed.code, Some(0), "{}", resumed.err);
    assert!(resumed.out.starts_with(&format!("{} events in ", MESSAGES + 5)), "{}", resumed.out);
    assert!(std::fs::read(&cut).unwrap() == right, "it is not the same");
    assert!(!part_of(&cut).exists());
    assert_eq!(bench.process(&format!("{} --resume", line(&cut))).await.code, Some(4), "a whole one is not gone on with");
}

/// Kills exports until one is seen in the middle; gives what it left.
async fn killed_in_the_middle(bench: &Bench, line: &str, file: &Path, whole: usize) -> Vec<u8> {
    let part = part_of(file);
    for _ in 0..ATTEMPTS_MAX {
        let process = bench.begin(line);
        let begun = async {
            while std::fs::metadata(&part).map_or(0, |part| part.len()) == 0 && !file.exists() {
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(PATIENCE, begun).await.expect("nothing is ever written");
        signal(&process, Signal::SIGKILL);
        let code = ended(line, process).await.code;
        let left = std::fs::read(&part).unwrap_or_default();
        if code.is_none() && !file.exists() && !left.is_empty() && left.len() < whole {
            return left;
        }
        for file in [file, part.as_path()] {
            let _ = std::fs::remove_file(file);
        }
    }
    panic!("{ATTEMPTS_MAX} exports were never killed in the middle");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_was_cut_off_anywhere_goes_on_where_it_stopped() {
    let bench = Bench::start(65).await;
    let folder = tempfile::tempdir().unwrap();
    let (whole, cut) = (folder.path().join("whole"), folder.path().join("cut"));
    assert_eq!(bench.run(&format!("log export --out {}", whole.display())).await.0, Exit::Fine);
    let lines = std::fs::read_to_string(&whole).unwrap();
    assert_eq!(lines.lines().count(), 7);
    assert_eq!(bench.run(&format!("log export --out {}", whole.display())).await.0, Exit::Refused, "a file was overwritten");
    let resume = format!("log export --resume --out {}", cut.display());
    for length in 0..=lines.len() {
        if length % 61 == 0 || length == lines.len() {
            std::fs::write(part_of(&cut), &lines[..length]).unwrap();
            assert_eq!(bench.run(&resume).await.0, Exit::Fine);
            assert_eq!(std::fs::read_to_string(&cut).unwrap(), lines, "cut off after {length} bytes");
            std::fs::remove_file(&cut).unwrap();
        }
    }
    std::fs::write(part_of(&cut), &lines).unwrap();
    let (exit, printed) = bench.run(&format!("{resume} --stream project")).await;
    assert!(exit == Exit::Refused && printed.contains("stream conversation, which is not asked for"), "{exit:?}: {printed}");
    assert_eq!(std::fs::read_to_string(part_of(&cut)).unwrap(), lines, "it was changed");
}
