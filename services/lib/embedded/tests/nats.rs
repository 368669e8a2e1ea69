//! nats-server as a child: starts, is killed, comes back with all data, refuses what it must.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

mod cut;
mod gathered;
mod waiting;
mod wire;

use std::os::unix::fs::PermissionsExt;

use embedded::{Error, Nats, NatsOptions, Programs};

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_kill_on_the_same_port() {
    let mut nats = Nats::scratch().await.unwrap();
    let (port, pid) = (nats.port(), nats.pid());
    wire::create_stream(port);
    wire::append(port, "first");
    nats.kill().await;
    assert!(nats.exited().is_some());

    nats.restart().await.unwrap();
    assert_eq!(nats.port(), port);
    assert_ne!(nats.pid(), pid);
    assert_eq!(wire::messages(port), 1);
}

#[tokio::test]
async fn a_second_start_on_the_folder_finds_data_and_port_again() {
    let folder = tempfile::tempdir().unwrap();
    let first = Nats::start(NatsOptions::new(folder.path().join("a \"folder\" of data"))).await.unwrap();
    let url = first.url();
    wire::create_stream(first.port());
    wire::append(first.port(), "first");
    first.stop().await;

    let second = Nats::start(NatsOptions::new(folder.path().join("a \"folder\" of data"))).await.unwrap();
    assert_eq!(second.url(), url);
    assert_eq!(wire::messages(second.port()), 1);
}

#[tokio::test]
async fn a_folder_in_use_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let _first = Nats::start(NatsOptions::new(folder.path())).await.unwrap();
    let second = Nats::start(NatsOptions::new(folder.path())).await;
    assert!(matches!(second, Err(Error::InUse { .. })), "{second:?}");
}

#[tokio::test]
async fn a_port_asked_for_and_taken_is_an_error_that_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let other = Nats::scratch().await.unwrap();
    let options = NatsOptions { port: Some(other.port()), ..NatsOptions::new(folder.path()) };
    let error = Nats::start(options).await.unwrap_err();
    assert!(matches!(error, Error::Died { .. }), "{error}");
    assert!(error.to_string().contains("address already in use"), "{error}");
}

#[tokio::test]
async fn a_dropped_one_leaves_no_process_and_no_folder() {
    let nats = Nats::scratch().await.unwrap();
    let (pid, log) = (nats.pid(), nats.log_path());
    assert!(log.exists());
    drop(nats);
    let gone = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid.cast_signed()), None);
    assert_eq!(gone, Err(nix::errno::Errno::ESRCH));
    assert!(!log.exists());
}

#[tokio::test]
async fn a_batch_is_gathered_in_memory_and_kept_on_the_disk() {
    let mut nats = Nats::scratch().await.unwrap();
    wire::create_stream(nats.port());
    let data = nats.log_path().parent().unwrap().to_path_buf();
    let Some(memory) = gathered::in_memory(&data) else {
        wire::append_batch(nats.port(), "on-the-disk");
        return assert_eq!(wire::messages(nats.port()), 3);
    };
    let of_server = memory.parent().unwrap().to_path_buf();
    assert_eq!(of_server.metadata().unwrap().permissions().mode() & 0o777, 0o700, "for nobody else to read");
    wire::append_batch(nats.port(), "first");
    assert_eq!(memory.read_dir().unwrap().count(), 0, "nothing stays");

    // As if it had been killed in the middle of one.
    nats.kill().await;
    std::fs::create_dir(memory.join("half")).unwrap();
    nats.restart().await.unwrap();
    assert_eq!(wire::messages(nats.port()), 3);
    assert_eq!(gathered::in_memory(&data).unwrap(), memory);
    assert!(!memory.join("half").exists());
    wire::append_batch(nats.port(), "second");
    assert_eq!(wire::messages(nats.port()), 6);

    // As if somebody had tidied up the memory.
    std::fs::remove_dir_all(&of_server).unwrap();
    waiting::until(|| (!memory.is_dir()).then(|| "not made again".to_owned()));
    assert_eq!(of_server.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    wire::append_batch(nats.port(), "third");
    assert_eq!(wire::messages(nats.port()), 9);

    drop(nats);
    assert!(!of_server.exists());
}

/// The messages of a batch that is to be cut in two.
const CUT: u32 = 402;

/// How often a server is killed in the middle of an append to see what comes of it twice.
const KILLS_MAX: u32 = 20;

/// Has the server work on one batch after another and kills it when an append of one lies half in the stream.
async fn kill_within_an_append(nats: &mut Nats, round: u32) {
    let port = nats.port();
    let appends = std::thread::spawn(move || {
        for number in 0.. {
            match wire::try_answer_to(port, &wire::batch(&format!("{round}-{number}"), CUT)) {
                Ok(answer) => assert!(answer.contains(&format!("\"count\":{CUT}")), "{answer}"),
                Err(_) => return,
            }
        }
    });
    cut::within_an_append(nats, "kept").await;
    nats.kill().await;
    appends.join().unwrap();
}

fn times_said(nats: &Nats, what: &str) -> usize {
    std::fs::read_to_string(nats.log_path()).unwrap().matches(what).count()
}

#[tokio::test]
async fn a_batch_that_a_kill_cuts_in_two_is_made_whole_by_the_next_start() {
    let mut nats = Nats::scratch().await.unwrap();
    wire::create_stream(nats.port());
    let mut round = 0;
    while times_said(&nats, "Restoring partial batch write") < 2 {
        round += 1;
        assert!(round <= KILLS_MAX, "no batch was cut in two");
        kill_within_an_append(&mut nats, round).await;
        nats.restart().await.unwrap();
        assert_eq!(wire::messages(nats.port()) % u64::from(CUT), 0, "all of a batch or nothing");
    }
    assert_eq!(times_said(&nats, "Failed restoring"), 0);
}

#[tokio::test]
async fn an_append_of_which_a_power_cut_leaves_a_part_is_taken_out_and_whole_ones_stay() {
    let mut nats = Nats::scratch().await.unwrap();
    wire::create_stream(nats.port());
    let data = nats.log_path().parent().unwrap().to_path_buf();
    let mut taken_out = 0;
    for round in 1..=KILLS_MAX {
        let Some(memory) = gathered::in_memory(&data) else { return };
        let said = times_said(&nats, "Failed restoring partial batch write");
        kill_within_an_append(&mut nats, round).await;
        std::fs::remove_dir_all(memory.parent().unwrap()).unwrap();
        nats.restart().await.unwrap();
        let (messages, end) = (wire::messages(nats.port()), wire::of_stream(nats.port(), "last_seq"));
        assert_eq!(messages % 3, 0, "all of an append or nothing");
        // Whole appends of a batch that was cut stay, and the cut one's sequences are not given again.
        taken_out += u32::from(end > messages && times_said(&nats, "Failed restoring partial batch write") > said);
        if taken_out == 2 {
            // What was erased at the end of a stream does not make a cut append of what is left.
            wire::append_batch(nats.port(), "last");
            let erased = format!("{{\"seq\":{}}}", wire::of_stream(nats.port(), "last_seq"));
            wire::ask(nats.port(), "$JS.API.STREAM.MSG.DELETE.kept", &erased);
            let before = wire::messages(nats.port());
            nats.kill().await;
            nats.restart().await.unwrap();
            assert_eq!(wire::messages(nats.port()), before);
            return;
        }
        // Counted anew: holes are seen where the last sequence is beyond the messages.
        wire::ask(nats.port(), "$JS.API.STREAM.DELETE.kept", "");
        wire::create_stream(nats.port());
    }
    panic!("no append was cut in two");
}

#[tokio::test]
async fn its_settings_are_those_that_are_deployed() {
    let nats = Nats::scratch().await.unwrap();
    let account = wire::ask(nats.port(), "$JS.API.INFO", "");
    assert!(account.contains("\"streams\":0"), "{account}");
    let config = std::fs::read_to_string(nats.log_path().with_extension("conf")).unwrap();
    assert!(config.contains("sync_interval: always"), "{config}");
}

#[tokio::test]
async fn one_that_is_too_old_is_refused_by_name_place_and_version() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("nats-server");
    std::fs::write(&program, "#!/bin/sh\necho 'nats-server: v2.9.25'\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let programs = Programs { path: folder.path().into(), cache: folder.path().join("cache"), places: Vec::new(), sources: Vec::new() };
    let options = NatsOptions { programs, ..NatsOptions::new(folder.path().join("data")) };
    let error = Nats::start(options).await.unwrap_err();
    assert!(matches!(error, Error::TooOld { .. }), "{error}");
    let expected = format!("nats-server 2.9.25 at {} is too old, 2.12.0 or newer is needed", program.display());
    assert!(error.to_string().starts_with(&expected), "{error}");
}
