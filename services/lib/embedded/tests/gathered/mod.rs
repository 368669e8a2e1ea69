//! Where a server gathers its batches.

use std::path::{Path, PathBuf};

use crate::waiting;

/// Where the batches of stream `kept` are gathered by the server with this folder: a link into memory, where this machine has room there.
pub(crate) fn in_memory(data: &Path) -> Option<PathBuf> {
    let memory = nix::sys::statvfs::statvfs("/dev/shm").ok()?;
    let room = u128::from(memory.blocks_available()) * u128::from(memory.fragment_size());
    if room < 300 << 20 {
        return None;
    }
    let batches = data.join("store/jetstream/$G/streams/kept/batches");
    waiting::until(|| std::fs::read_link(&batches).err().map(|error| error.to_string()));
    std::fs::read_link(&batches).ok()
}
