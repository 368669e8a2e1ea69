//! One nats-server with JetStream on loopback, its store in a folder.

use std::ffi::OsString;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::error::{Error, Result};
use crate::find::Programs;
use crate::process::{Process, Spec};
use crate::scratch::Folder;
use crate::staging::Staging;
use crate::{lock, port, settings, torn, unclean};

const SERVER: &str = "nats-server";
/// Reading the index of a large store: about 1.5 s for a million subjects.
const READY_MAX: Duration = Duration::from_secs(60);
/// One greeting.
const GREETING_MAX: Duration = Duration::from_secs(2);
const POLL_EVERY: Duration = Duration::from_millis(5);
/// It closes its files; every acknowledged event is on disk already.
const STOP_MAX: Duration = Duration::from_secs(15);
/// How often another port is tried when somebody took the chosen one first.
const PORT_TRIES_MAX: u32 = 5;

/// Where and how to start a nats-server.
#[derive(Debug, Clone)]
pub struct NatsOptions {
    /// Its folder: store, log, settings. Created when missing; a second start finds all data again.
    pub data: PathBuf,
    /// `None`: the port of the last start on this folder if it is free, else any free one.
    pub port: Option<u16>,
    /// Where nats-server is looked for.
    pub programs: Programs,
}

impl NatsOptions {
    /// Any port, programs of this machine.
    pub fn new(data: impl Into<PathBuf>) -> NatsOptions {
        NatsOptions { data: data.into(), port: None, programs: Programs::default() }
    }
}

/// A running nats-server. Dropping it kills it, which loses nothing acknowledged.
#[derive(Debug)]
pub struct Nats {
    process: Process,
    program: PathBuf,
    data: PathBuf,
    port: u16,
    staging: Option<Staging>,
    /// Goes after the process, which is dropped first.
    scratch: Option<Folder>,
}

impl Nats {
    /// Starts one and waits until it answers.
    ///
    /// # Errors
    /// When no program new enough is found or fetched, another process uses the folder, or the server does not get ready.
    pub async fn start(options: NatsOptions) -> Result<Nats> {
        let data = std::path::absolute(&options.data).map_err(Error::file("find", &options.data))?;
        let program = options.programs.nats_server().await?;
        std::fs::create_dir_all(&data).map_err(Error::file("create", &data))?;
        let memory = data.join("port");
        let mut port = port::choose(options.port, &memory)?;
        let mut staging = Staging::for_store(&store_in(&data));
        let mut tries = 1;
        let process = loop {
            match launch(&program, &data, port, lock::START_WAIT_MAX, staging.as_mut()).await {
                Err(Error::Died { .. }) if options.port.is_none() && !port::is_free(port) && tries < PORT_TRIES_MAX => {
                    port = port::free_port()?;
                    tries += 1;
                }
                result => break result?,
            }
        };
        port::remember(port, &memory)?;
        Ok(Nats { process, program, data, port, staging, scratch: None })
    }

    /// Dropping it deletes everything.
    pub(crate) fn make_throwaway(&mut self, folder: Folder) {
        self.scratch = Some(folder);
        if let Some(staging) = &mut self.staging {
            staging.throwaway = true;
        }
    }

    /// `nats://127.0.0.1:<port>`; the same after a restart.
    pub fn url(&self) -> String {
        format!("nats://{}:{}", Ipv4Addr::LOCALHOST, self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's own process number.
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// What it says.
    pub fn log_path(&self) -> PathBuf {
        log_in(&self.data)
    }

    /// How it ended, if it has.
    pub fn exited(&mut self) -> Option<ExitStatus> {
        self.process.exited()
    }

    /// SIGKILL, as in a crash. Back by [`Nats::restart`].
    pub async fn kill(&mut self) {
        self.process.kill().await;
    }

    /// Starts it again on the same port and folder; stops it first if it runs.
    ///
    /// # Errors
    /// As [`Nats::start`]. Nothing runs then, and it may be tried again.
    pub async fn restart(&mut self) -> Result<()> {
        stop(&mut self.process, &self.data).await;
        self.process = launch(&self.program, &self.data, self.port, lock::RESTART_WAIT_MAX, self.staging.as_mut()).await?;
        Ok(())
    }

    /// Stops it gracefully; kills it when it takes too long.
    pub async fn stop(mut self) {
        stop(&mut self.process, &self.data).await;
    }
}

fn log_in(data: &Path) -> PathBuf {
    data.join("nats-server.log")
}

fn store_in(data: &Path) -> PathBuf {
    data.join("store")
}

/// Starts the server. If the last one was killed, the server is first started on another port, where nobody can reach it: what was written
/// is synced, and what was half written is taken out, before anybody can be told that it is stored.
async fn launch(program: &Path, data: &Path, port: u16, lock_wait: Duration, mut staging: Option<&mut Staging>) -> Result<Process> {
    if unclean::was_killed(data) {
        let aside = port::free_port()?;
        let mut process = start(program, data, aside, lock_wait, staging.as_deref_mut()).await?;
        torn::take_out(aside).await?;
        stop(&mut process, data).await;
    }
    let mut process = start(program, data, port, lock_wait, staging.as_deref_mut()).await?;
    // Also left by a disk that was full, and then by a server that was stopped.
    if torn::take_out(port).await? == 0 {
        return Ok(process);
    }
    stop(&mut process, data).await;
    start(program, data, port, lock_wait, staging).await
}

async fn stop(process: &mut Process, data: &Path) {
    process.stop(Signal::SIGTERM, STOP_MAX).await;
    if process.exited().is_some_and(|status| status.success()) {
        unclean::stopped(data);
    }
}

async fn start(program: &Path, data: &Path, port: u16, lock_wait: Duration, mut staging: Option<&mut Staging>) -> Result<Process> {
    let lock = lock::take(data, lock_wait).await?;
    if unclean::was_killed(data) {
        unclean::sync(&store_in(data))?;
    }
    unclean::runs(data)?;
    if let Some(staging) = &mut staging {
        staging.starting();
    }
    let config = data.join("nats-server.conf");
    std::fs::write(&config, settings::NATS).map_err(Error::file("write", &config))?;
    let name = format!("paige-{:08x}", rand::random::<u32>());
    let args: [OsString; 8] = [
        "--config".into(),
        config.into(),
        "--addr".into(),
        Ipv4Addr::LOCALHOST.to_string().into(),
        "--port".into(),
        port.to_string().into(),
        "--name".into(),
        name.clone().into(),
    ];
    let store = quoted(&store_in(data));
    let env = vec![(settings::NATS_STORE_VARIABLE, store)];
    let log = log_in(data);
    // SIGKILL is as good as any: what it has acknowledged is synced, and it ends at once.
    let give_up = Signal::SIGKILL;
    let in_memory = staging.as_deref().map(Staging::folder);
    let spec = Spec { server: SERVER, program, args: args.into(), env, account: None, log: &log, give_up, in_memory };
    let mut process = Process::start(spec, lock)?;
    wait_until_ready(&mut process, port, &name).await?;
    if let Some(staging) = staging {
        staging.started();
    }
    Ok(process)
}

/// A path as a string of the configuration's syntax.
fn quoted(path: &Path) -> OsString {
    let escaped = path.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{escaped}\"").into()
}

/// The part of the server's greeting that is of interest.
#[derive(Deserialize)]
struct Greeting {
    server_name: String,
    max_payload: u64,
    #[serde(default)]
    jetstream: bool,
}

/// It opens its port to clients after JetStream has read its store.
async fn wait_until_ready(process: &mut Process, port: u16, name: &str) -> Result<()> {
    let give_up = Instant::now() + READY_MAX;
    loop {
        if let Some(status) = process.exited() {
            return Err(process.died(status));
        }
        let last = match greeting(port).await {
            Ok(greeting) if greeting.server_name != name => "another server has its port".to_owned(),
            Ok(greeting) => return fit(&greeting),
            Err(error) => error.to_string(),
        };
        if Instant::now() >= give_up {
            return Err(Error::NotReady { server: SERVER, after: READY_MAX, last, log: process.log_tail() });
        }
        tokio::time::sleep(POLL_EVERY).await;
    }
}

fn fit(greeting: &Greeting) -> Result<()> {
    let unfit = |what: String| Err(Error::Unfit { server: SERVER, what });
    if !greeting.jetstream {
        return unfit("JetStream is off".to_owned());
    }
    if greeting.max_payload != settings::NATS_MAX_PAYLOAD {
        return unfit(format!("max_payload is {} bytes", greeting.max_payload));
    }
    Ok(())
}

/// The line `INFO {…}` that a nats-server sends to whoever connects.
async fn greeting(port: u16) -> std::io::Result<Greeting> {
    let read = async {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).await?;
        let json = line.strip_prefix("INFO ").ok_or_else(|| std::io::Error::other("not a nats-server"))?;
        Ok(serde_json::from_str(json)?)
    };
    tokio::time::timeout(GREETING_MAX, read).await.map_err(|_| std::io::Error::from(std::io::ErrorKind::TimedOut))?
}
