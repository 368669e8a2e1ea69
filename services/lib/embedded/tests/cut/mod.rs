//! Stops a server where an append lies half in its stream.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use embedded::Nats;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Most stops find it waiting for the disk, or gathering. One comes into the middle of an append within this, also on a busy machine.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// Stops the server again and again, until the last message in the files of a stream is one that others of its append have yet to follow.
/// It stays stopped. Somebody must be appending meanwhile.
pub(crate) async fn within_an_append(nats: &Nats, stream: &str) {
    let pid = Pid::from_raw(nats.pid().cast_signed());
    let began = Instant::now();
    for tries in 1_u64.. {
        assert!(began.elapsed() < WAIT_MAX, "no append lay half in the stream at one of {tries} stops");
        // Some stops come soon and some late, not always behind the same step.
        tokio::time::sleep(Duration::from_micros(tries * 1_700 % 9_000)).await;
        kill(pid, Signal::SIGSTOP).expect("the server runs");
        until_stopped(pid).await;
        if lies_half_in_the_stream(nats, stream) {
            return;
        }
        kill(pid, Signal::SIGCONT).expect("the server is there");
    }
}

/// A process that is told to stop has stopped when each of its threads has: until then one of them may go on writing.
async fn until_stopped(pid: Pid) {
    let threads = PathBuf::from(format!("/proc/{pid}/task"));
    if !threads.is_dir() {
        // Not on Linux: nobody says when.
        return tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let began = Instant::now();
    // A thread's state is behind its name, which is in parentheses and may hold anything.
    let stopped = |stat: String| stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'));
    let all = || {
        threads
            .read_dir()
            .expect("the server is there")
            .flatten()
            .all(|one| std::fs::read_to_string(one.path().join("stat")).is_ok_and(stopped))
    };
    while !all() {
        assert!(began.elapsed() < WAIT_MAX, "the server does not stop");
        tokio::task::yield_now().await;
    }
}

fn lies_half_in_the_stream(nats: &Nats, stream: &str) -> bool {
    const MORE: &[u8] = b"Paige-More:";
    let block = newest_block(nats, stream);
    let last = block.as_deref().and_then(last_record);
    last.is_some_and(|record| record.windows(MORE.len()).any(|window| window == MORE))
}

/// The folder of a stream.
pub(crate) fn folder(nats: &Nats, stream: &str) -> PathBuf {
    nats.log_path().with_file_name("store").join("jetstream/$G/streams").join(stream)
}

fn newest_block(nats: &Nats, stream: &str) -> Option<Vec<u8>> {
    let files = std::fs::read_dir(folder(nats, stream).join("msgs")).ok()?.flatten().map(|entry| entry.path());
    let number = |path: &PathBuf| path.file_name()?.to_str()?.strip_suffix(".blk")?.parse::<u32>().ok();
    let (_, newest) = files.filter_map(|path| Some((number(&path)?, path))).max()?;
    std::fs::read(newest).ok()
}

/// The last whole record of a block. Each begins with its length in four bytes, least first, whose highest bit says that there are headers.
fn last_record(mut block: &[u8]) -> Option<&[u8]> {
    let mut last = None;
    while let Some(length) = block.first_chunk() {
        let length = u32::from_le_bytes(*length) & (u32::MAX >> 1);
        let Some((record, rest)) = block.split_at_checked(length.max(4) as usize) else { break };
        (last, block) = (Some(record), rest);
    }
    last
}
