//! Stops a server where an append lies half in its stream.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use embedded::Nats;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Most stops find it waiting for the disk, or gathering. One comes into the middle of an append within this, also on a busy machine.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// Stops the server again and again, until the last message in the files of stream `kept` is one that others of its append have yet to follow.
/// It stays stopped. Somebody must be appending meanwhile.
pub(crate) async fn within_an_append(nats: &Nats) {
    let pid = Pid::from_raw(nats.pid().cast_signed());
    let began = Instant::now();
    for tries in 1_u64.. {
        assert!(began.elapsed() < WAIT_MAX, "no append lay half in the stream at one of {tries} stops");
        // Some stops come soon and some late, not always behind the same step.
        tokio::time::sleep(Duration::from_micros(tries * 1_700 % 9_000)).await;
        kill(pid, Signal::SIGSTOP).expect("the server runs");
        if lies_half_in_the_stream(nats) {
            // What was being written when it was told to stop is written.
            tokio::time::sleep(Duration::from_millis(5)).await;
            if lies_half_in_the_stream(nats) {
                return;
            }
        }
        kill(pid, Signal::SIGCONT).expect("the server is there");
    }
}

fn lies_half_in_the_stream(nats: &Nats) -> bool {
    const MORE: &[u8] = b"Paige-More:";
    let block = newest_block(nats);
    let last = block.as_deref().and_then(last_record);
    last.is_some_and(|record| record.windows(MORE.len()).any(|window| window == MORE))
}

fn newest_block(nats: &Nats) -> Option<Vec<u8>> {
    let folder = nats.log_path().with_file_name("store").join("jetstream/$G/streams/kept/msgs");
    let files = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
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
