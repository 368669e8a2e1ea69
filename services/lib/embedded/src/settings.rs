//! The servers' settings, each from one documented file.

/// The very file that a single server is deployed with; address and port are overridden on the command line.
pub(crate) const NATS: &str = include_str!("../../../../deploy/nats/single.conf");

/// Names the store folder to [`NATS`], as a value in that file's own syntax.
pub(crate) const NATS_STORE_VARIABLE: &str = "PAIGE_NATS_STORE";

/// Replaces what initdb writes.
pub(crate) const POSTGRES: &str = include_str!("postgresql.conf");

/// `max_payload` of [`NATS`], to see that the server took the file.
pub(crate) const NATS_MAX_PAYLOAD: u64 = 8 * 1024 * 1024;

/// For glibc's malloc; other systems' pass over it. Postgres gives the memory of every statement back to malloc, and malloc gave it back to the
/// system each time, which then had to find and clear it again: a tenth of the time that small statements took. So each session keeps up to
/// 16 MiB instead, of what it has used.
pub(crate) const POSTGRES_MEMORY: [(&str, &str); 2] = [("MALLOC_TRIM_THRESHOLD_", "16777216"), ("MALLOC_TOP_PAD_", "262144")];
