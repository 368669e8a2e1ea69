//! The servers end with their parent, also when the parent is killed with -9, and the next start finds all data. As whoever runs
//! the tests, and, when that is root, as an ordinary user too.

#![expect(clippy::unwrap_used, reason = "a test fails by it")]

mod gathered;
mod waiting;
mod wire;

use std::io::{BufRead, BufReader};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, User};
use sqlx::{Connection, Executor, PgConnection};

/// The program that starts servers as a child of the test, so that it can be killed.
struct Parent {
    child: Child,
    nats_port: u16,
    database_url: String,
}

fn start(data: &Path, user: Option<&User>) -> Parent {
    let mut command = Command::new(env!("CARGO_BIN_EXE_embedded"));
    if let Some(user) = user {
        let program = data.parent().unwrap().join("program");
        std::fs::copy(env!("CARGO_BIN_EXE_embedded"), &program).unwrap();
        command = Command::new(program);
        command.uid(user.uid.as_raw()).gid(user.gid.as_raw()).current_dir("/").env("HOME", data.parent().unwrap());
    }
    command.arg(data).env_remove("PAIGE_NATS_URL").env_remove("PAIGE_DATABASE_URL");
    let mut child = command.env("PAIGE_CACHE", embedded::cache_folder()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut url = || lines.next().expect("it ended: see its output").unwrap().split(' ').next().unwrap().to_owned();
    let (nats_url, database_url) = (url(), url());
    let nats_port = nats_url.rsplit_once(':').unwrap().1.parse().unwrap();
    Parent { child, nats_port, database_url }
}

/// Every living process: number, parent's number, command line. What has ended and was not yet waited for is not living.
fn processes() -> Vec<(u32, u32, String)> {
    let listed = Command::new("ps").args(["-A", "-o", "pid=,ppid=,stat=,args="]).output().unwrap();
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    let parse = |line: &str| {
        let mut fields = line.split_whitespace();
        let (pid, parent) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
        let living = !fields.next()?.starts_with('Z');
        living.then(|| (pid, parent, fields.collect::<Vec<_>>().join(" ")))
    };
    text.lines().filter_map(parse).collect()
}

/// The parent's children and theirs, and whatever names the data folder on its command line, such as the watchers.
fn belonging_to(parent: u32, data: &Path) -> Vec<u32> {
    let all = processes();
    let data = data.to_string_lossy();
    let mut found: Vec<u32> = all.iter().filter(|(_, _, args)| args.contains(&*data)).map(|(pid, ..)| *pid).collect();
    found.push(parent);
    loop {
        let more: Vec<u32> = all.iter().filter(|(pid, of, _)| found.contains(of) && !found.contains(pid)).map(|(pid, ..)| *pid).collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

/// Waits until none of these lives and nothing names the folder any more.
fn wait_until_gone(pids: &[u32], data: &Path) {
    let data = data.to_string_lossy();
    waiting::until(|| {
        let left: Vec<String> = processes()
            .into_iter()
            .filter(|(pid, _, args)| pids.contains(pid) || args.contains(&*data))
            .map(|(pid, _, args)| format!("{pid} {}", args.chars().take(60).collect::<String>()))
            .collect();
        (!left.is_empty()).then(|| format!("still living: {left:?}"))
    });
}

async fn lives_with_its_parent(user: Option<&User>) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    if let Some(user) = user {
        for path in [folder.path(), &data] {
            chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw())).unwrap();
        }
    }

    let mut first = start(&data, user);
    wire::create_stream(first.nats_port);
    wire::append(first.nats_port, "acknowledged");
    let memory = gathered::in_memory(&data.join("nats"));
    wire::append_batch(first.nats_port, "batch");
    let mut connection = PgConnection::connect(&first.database_url).await.unwrap();
    connection.execute("CREATE TABLE kept AS SELECT 'committed' AS what").await.unwrap();
    let all = belonging_to(first.child.id(), &data);
    assert!(all.len() >= 5, "the program, two servers, two watchers at least: {all:?}");
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    wait_until_gone(&all, &data);
    assert!(!memory.is_some_and(|of_stream| of_stream.parent().unwrap().exists()), "what batches were gathered in");

    let mut second = start(&data, user);
    assert_eq!(second.database_url, first.database_url);
    assert_eq!(wire::messages(second.nats_port), 4);
    let mut connection = PgConnection::connect(&second.database_url).await.unwrap();
    let kept: String = sqlx::query_scalar("SELECT what FROM kept").fetch_one(&mut connection).await.unwrap();
    assert_eq!(kept, "committed");

    let all = belonging_to(second.child.id(), &data);
    kill(Pid::from_raw(second.child.id().cast_signed()), Signal::SIGTERM).unwrap();
    assert!(second.child.wait().unwrap().success(), "it ends by itself when asked");
    wait_until_gone(&all, &data);
}

#[tokio::test]
async fn no_process_outlives_a_killed_parent_and_nothing_is_lost() {
    lives_with_its_parent(None).await;
}

#[tokio::test]
async fn what_a_killed_server_has_gathered_is_there_for_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let data = folder.path().join("data");
    let mut first = start(&data, None);
    wire::create_stream(first.nats_port);
    let Some(memory) = gathered::in_memory(&data.join("nats")) else { return };
    std::fs::create_dir(memory.join("half")).unwrap();
    let all = belonging_to(first.child.id(), &data);
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    wait_until_gone(&all, &data);
    assert!(memory.join("half").exists(), "the next start may need it");

    let mut second = start(&data, None);
    assert_eq!(gathered::in_memory(&data.join("nats")).unwrap(), memory);
    assert!(!memory.join("half").exists(), "and has taken it");
    kill(Pid::from_raw(second.child.id().cast_signed()), Signal::SIGTERM).unwrap();
    second.child.wait().unwrap();
    assert!(!memory.parent().unwrap().exists());
}

#[tokio::test]
async fn the_same_as_an_ordinary_user() {
    if nix::unistd::geteuid().is_root() {
        let nobody = User::from_name("nobody").unwrap().expect("every system has a user nobody");
        lives_with_its_parent(Some(&nobody)).await;
    }
}

#[tokio::test]
async fn a_server_that_ends_by_itself_is_started_again_on_its_port() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut options = embedded::ServersOptions::new(folder.path().join("data"));
    options.database_url = Some("postgres://elsewhere/paige".to_owned());
    let mut servers = embedded::Servers::start(options).await.unwrap();
    assert!(servers.postgres.is_none());
    assert_eq!(servers.database_url(), "postgres://elsewhere/paige");

    let nats = servers.nats.as_ref().unwrap();
    let (port, killed) = (nats.port(), Pid::from_raw(nats.pid().cast_signed()));
    kill(killed, Signal::SIGKILL).unwrap();
    let answers = tokio::task::spawn_blocking(move || {
        waiting::until(|| kill(killed, None).ok().map(|()| "the killed one was not waited for".to_owned()));
        waiting::until(|| std::net::TcpStream::connect(("127.0.0.1", port)).err().map(|error| error.to_string()));
    });
    tokio::select! {
        () = servers.keep_running() => unreachable!("it never returns"),
        answered = answers => answered.unwrap(),
    }
}

#[test]
fn whoever_asks_for_help_gets_no_servers_in_a_folder_of_that_name() {
    let place = tempfile::tempdir().unwrap();
    for flag in [None, Some("--help"), Some("-h")] {
        let asked = Command::new(env!("CARGO_BIN_EXE_embedded")).args(flag).current_dir(&place).output().unwrap();
        let said = String::from_utf8_lossy(&asked.stderr).into_owned();
        assert!(!asked.status.success() && said.contains("usage: embedded <folder>"), "{flag:?}: {said}");
    }
    assert_eq!(std::fs::read_dir(&place).unwrap().count(), 0);
}

#[test]
fn a_root_that_keeps_its_data_in_a_closed_folder_gets_them_elsewhere() {
    if !nix::unistd::geteuid().is_root() {
        return;
    }
    let closed = tempfile::tempdir().unwrap();
    std::fs::set_permissions(closed.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
    let data = closed.path().join("data");
    let elsewhere: Vec<PathBuf> = (0..2)
        .map(|_| {
            let mut parent = start(&data, None);
            let all = belonging_to(parent.child.id(), &data);
            let home = std::fs::read_link(data.join("postgres/home")).unwrap();
            parent.child.kill().unwrap();
            parent.child.wait().unwrap();
            wait_until_gone(&all, &data);
            home
        })
        .collect();
    assert_eq!(elsewhere[0], elsewhere[1], "the second start goes on where the first was");
    std::fs::remove_dir_all(&elsewhere[0]).unwrap();
}
