//! Lets nats-server gather atomic batches in memory instead of on the disk.
//!
//! With one replica, the server opens a file store of its own for every batch, in the folder `batches` below the stream's folder. It syncs
//! four small files there and deletes them again after the commit. These syncs were most of what a batch cost, and there is no setting to
//! turn them off. (With several replicas the server gathers in memory anyway.) So each stream's `batches` is made a link into memory, as
//! soon as the stream's folder appears without one.
//!
//! What is gathered there is needed once more after a crash: a server that is killed during a commit has written part of the batch into the
//! stream, and its next start writes the rest from `batches`. So nothing is deleted before a start. It is deleted after the start, when the
//! server has taken what it needs and removed the links; and whoever ends a server, this code or the watcher, leaves folders alone that are
//! not empty. A power cut does empty the memory. What is then left of a batch in the stream is taken out by [`crate::torn`].
//!
//! A stream whose first batch came before the link keeps its folder on the disk until the next start of the server. It is slower, but just
//! as correct.

use std::fs::DirBuilder;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use nix::sys::statvfs::statvfs;
use nix::unistd::geteuid;

/// Where Linux has a file system in memory; other systems have none, and gather on the disk.
const MEMORY: &str = "/dev/shm";
/// With less room than this the disk is used: a batch is up to 8 MiB, and each of a dozen streams may have several open.
const ROOM_MIN: u128 = 256 << 20;
/// How often new streams are looked for. A look is one listing of a folder of about a dozen.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The folder in memory that the links of one server lead to, and the thread that puts them there. Dropping it deletes the folder, except for
/// what a server that was killed still needs.
#[derive(Debug)]
pub(crate) struct Staging {
    folder: PathBuf,
    streams: PathBuf,
    /// Whether there is room in memory for more.
    roomy: bool,
    /// The server goes for good: nothing is needed any more.
    pub(crate) throwaway: bool,
    /// Dropped to end the thread.
    living: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Staging {
    /// For the server with this store: where the last one gathered, if that is still there. `None` where there is no room in memory: that is
    /// no failure.
    pub(crate) fn for_store(store: &Path) -> Option<Staging> {
        let room = statvfs(MEMORY).ok().map(|memory| u128::from(memory.blocks_available()) * u128::from(memory.fragment_size()))?;
        let roomy = room >= ROOM_MIN;
        if !roomy {
            tracing::info!(memory = MEMORY, room, "too little room: batches are gathered on the disk");
        }
        // The account that every client is in as long as none is configured.
        let streams = store.join("jetstream").join("$G").join("streams");
        let new = || roomy.then(|| Path::new(MEMORY).join(format!("paige-{:016x}", rand::random::<u64>())));
        let folder = left_by_the_last(&streams).or_else(new)?;
        private_folder(&folder).ok()?;
        Some(Staging { folder, streams, roomy, throwaway: false, living: None, thread: None })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The server is about to start, and will find the links as they are.
    pub(crate) fn starting(&mut self) {
        self.living = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }

    /// The server has started, has finished what one that was killed left half done, and has deleted the links: puts them back at once, and
    /// goes on looking for new streams.
    pub(crate) fn started(&mut self) {
        for left in std::fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if std::fs::read_link(self.streams.join(left.file_name()).join("batches")).is_err() {
                // What cannot be deleted is in nobody's way: each batch has a name of its own.
                let _ = std::fs::remove_dir_all(left.path());
            }
        }
        if !self.roomy {
            return;
        }
        link_all(&self.streams, &self.folder);
        let (living, ended) = channel();
        let (streams, folder) = (self.streams.clone(), self.folder.clone());
        let thread = std::thread::Builder::new().name("nats-staging".to_owned()).spawn(move || keep_linked(&streams, &folder, &ended));
        (self.living, self.thread) = (Some(living), thread.ok());
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        self.starting();
        if self.throwaway {
            let _ = std::fs::remove_dir_all(&self.folder);
            return;
        }
        for of_stream in std::fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let _ = std::fs::remove_dir(of_stream.path()); // not if a batch is in it
        }
        let _ = std::fs::remove_dir(&self.folder);
    }
}

/// Where the links lead to, if it is ours alone: anybody may make folders in memory.
fn left_by_the_last(streams: &Path) -> Option<PathBuf> {
    let links =
        std::fs::read_dir(streams).into_iter().flatten().flatten().filter_map(|of| std::fs::read_link(of.path().join("batches")).ok());
    links.filter_map(|link| link.parent().map(Path::to_path_buf)).find(|folder| {
        let found = folder.symlink_metadata();
        folder.starts_with(MEMORY) && found.is_ok_and(|it| it.is_dir() && it.uid() == geteuid().as_raw() && it.mode() & 0o077 == 0)
    })
}

fn keep_linked(streams: &Path, folder: &Path, ended: &Receiver<()>) {
    while matches!(ended.recv_timeout(LOOK_EVERY), Err(RecvTimeoutError::Timeout)) {
        link_all(streams, folder);
    }
}

/// Each stream's `batches` that is not there becomes a link. One that is there stays: the server may be at work in it. Where the links lead
/// to is made again each time: some systems tidy up memory when a user logs out.
fn link_all(streams: &Path, folder: &Path) {
    for stream in std::fs::read_dir(streams).into_iter().flatten().flatten() {
        let (target, batches) = (folder.join(stream.file_name()), stream.path().join("batches"));
        let mut linked = private_folder(&target);
        if linked.is_ok() && batches.symlink_metadata().is_err() {
            linked = std::os::unix::fs::symlink(&target, &batches);
        }
        if let Err(error) = linked {
            // The server was faster, or the stream is gone again.
            tracing::debug!(batches = %batches.display(), %error, "not linked");
        }
    }
}

/// What people write to each other lies in it for a moment: for nobody else to read.
fn private_folder(path: &Path) -> std::io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}
