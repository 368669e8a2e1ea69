//! Who used the processors: from `/proc`, so on Linux alone. Elsewhere there is nothing to say, and nothing is said.

use std::fs;
use std::time::{Duration, Instant};

/// Ticks of `/proc/<pid>/stat` a second: the same on every Linux that runs here.
const TICKS_PER_SECOND: f64 = 100.0;
const KIB_PER_MIB: f64 = 1_024.0;

/// The processor time of processes, from its beginning to [`Meter::cores`].
pub struct Meter {
    began: Instant,
    of: Vec<(&'static str, u32, Option<f64>)>,
}

impl Meter {
    /// Begins. Each process is counted with its children, as Postgres works in those.
    pub fn start(of: impl IntoIterator<Item = (&'static str, u32)>) -> Self {
        Self { began: Instant::now(), of: of.into_iter().map(|(name, pid)| (name, pid, family_seconds(pid))).collect() }
    }

    /// Cores in use since the beginning, by name.
    pub fn cores(&self) -> Vec<(&'static str, f64)> {
        let elapsed = self.began.elapsed().as_secs_f64();
        let used = |(name, pid, before): &(&'static str, u32, Option<f64>)| Some((*name, (family_seconds(*pid)? - (*before)?) / elapsed));
        self.of.iter().filter_map(used).collect()
    }

    /// As text; `generator` was used by threads of this process that only made the load.
    pub fn line(&self, generator: Option<Duration>) -> String {
        let mut cores = self.cores();
        if let Some(generator) = generator.map(|used| used.as_secs_f64() / self.began.elapsed().as_secs_f64()) {
            cores.iter_mut().filter(|(name, _)| *name == SELF).for_each(|(_, used)| *used -= generator);
            cores.push(("load generator", generator));
        }
        let parts: Vec<String> = cores.iter().map(|(name, used)| format!("{name} {used:.2}")).collect();
        if parts.is_empty() { "cores in use: not known on this system".to_owned() } else { format!("cores in use: {}", parts.join(", ")) }
    }
}

/// How a [`Meter`] calls the process that it runs in.
pub const SELF: &str = "services";

/// Processor time of the calling thread.
pub fn of_this_thread() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// Resident memory of a process.
pub fn resident_mib(pid: u32) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().trim_end_matches(" kB").parse::<f64>().ok().map(|kib| kib / KIB_PER_MIB)
}

/// Processor time of a process by itself, in seconds.
pub fn seconds(pid: u32) -> Option<f64> {
    stat(pid).map(|(_, own)| own)
}

/// A process and its children. Children that ended meanwhile are missing: the servers here keep theirs.
fn family_seconds(pid: u32) -> Option<f64> {
    let own = seconds(pid)?;
    let all = fs::read_dir("/proc").ok()?.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let children = all.filter(|_| pid != std::process::id()).filter_map(stat).filter(|(parent, _)| *parent == pid);
    Some(own + children.map(|(_, used)| used).sum::<f64>())
}

/// Parent and processor time. The name in parentheses may hold anything, so fields are counted from its end.
fn stat(pid: u32) -> Option<(u32, f64)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = text.rsplit_once(") ")?.1.split(' ');
    let parent = fields.nth(1)?.parse().ok()?;
    let user: f64 = fields.nth(9)?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((parent, (user + system) / TICKS_PER_SECOND))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_knows_what_it_used() {
        let before = of_this_thread().expect("schedstat");
        let mut sum = 0_u64;
        while of_this_thread().expect("schedstat") - before < Duration::from_millis(20) {
            sum = sum.wrapping_add(std::hint::black_box(1));
        }
        assert!(seconds(std::process::id()).expect("stat") > 0.0);
        assert!(resident_mib(std::process::id()).expect("status") > 1.0);
    }
}
