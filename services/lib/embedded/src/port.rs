//! Loopback ports. A server keeps the port it had the last time when it is still free, so that URLs outlive a restart.
//!
//! Whoever is given a port keeps it to its end, also while nobody listens on it because a server is being started again: a UDP socket of the
//! same number says so to other processes of ours, and goes with the process. Nobody speaks over it.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::error::{Error, Result};

/// Ports below the range from which Linux (32768) and macOS (49152) take ports for outgoing connections, so that no outgoing connection can
/// occupy a server's port while the server restarts.
const RANGE: Range<u16> = 15_000..32_000;
/// How many ports to try before giving up.
const TRIES_MAX: u32 = 200;

/// The port asked for; else the one in `memory` if nobody took it since; else any free one.
pub(crate) fn choose(asked: Option<u16>, memory: &Path) -> Result<u16> {
    if let Some(port) = asked {
        return Ok(port);
    }
    let remembered = std::fs::read_to_string(memory).ok().and_then(|text| text.trim().parse().ok());
    match remembered.filter(|port| is_free(*port)) {
        Some(port) => {
            // After a restart in the same process it is reserved already.
            reserve(port);
            Ok(port)
        }
        None => free_port(),
    }
}

/// A port that nobody listens on, and that no process that asks here is given before this one ends. Whoever asks elsewhere may still take it
/// first: the caller tries again.
///
/// # Errors
/// [`Error::NoPort`].
pub fn free_port() -> Result<u16> {
    static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| AtomicU16::new(rand::random()));
    let mut next = (0..TRIES_MAX).map(|_| RANGE.start + NEXT.fetch_add(1, Ordering::Relaxed) % (RANGE.end - RANGE.start));
    next.find(|port| reserve(*port) && is_free(*port)).ok_or(Error::NoPort { tries: TRIES_MAX })
}

/// False: somebody has it, perhaps this process. What turns out not to be free stays reserved: it is one of very many.
fn reserve(port: u16) -> bool {
    static RESERVED: Mutex<Vec<UdpSocket>> = Mutex::new(Vec::new());
    let Ok(socket) = UdpSocket::bind((Ipv4Addr::LOCALHOST, port)) else { return false };
    RESERVED.lock().unwrap_or_else(PoisonError::into_inner).push(socket);
    true
}

/// Writes the port down for the next start.
pub(crate) fn remember(port: u16, memory: &Path) -> Result<()> {
    std::fs::write(memory, format!("{port}\n")).map_err(Error::file("write", memory))
}

pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_kept_until_somebody_else_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let memory = folder.path().join("port");
        let first = choose(None, &memory).unwrap();
        remember(first, &memory).unwrap();
        assert_eq!(choose(None, &memory).unwrap(), first);

        let _somebody = TcpListener::bind((Ipv4Addr::LOCALHOST, first)).unwrap();
        assert_ne!(choose(None, &memory).unwrap(), first);
        assert_eq!(choose(Some(first), &memory).unwrap(), first, "a port asked for is never replaced by another");
    }

    #[test]
    fn a_port_that_was_given_is_reserved_also_while_nobody_listens() {
        let given = free_port().unwrap();
        assert!(is_free(given) && !reserve(given));
    }
}
