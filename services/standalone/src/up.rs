//! `paige up`: servers, services and simulator, until a signal.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use access::config::MailArgs;
use billing::config::TermsArgs;
use chassis::{Clock, OutsideArgs, Secret, Shutdown, TelemetryArgs};
use clap::Args;
use embedded::{Servers, ServersOptions};
use tokio::net::TcpListener;

use crate::house::{House, Parts, Terms};
use crate::keys::Keys;
use crate::{Failure, banner};

/// Where it listens if nothing else is said and the port is free.
const LISTEN_DEFAULT: &str = "127.0.0.1:8080";

/// Where the data folder has the objects of projects: code, Flows.
const OBJECTS: &str = "objects";

/// Configuration of `paige up`.
#[derive(Args, Debug)]
pub struct Up {
    /// Folder for the data of NATS and Postgres, for the objects of projects and for the keys; made at the first start
    #[arg(long, env = "PAIGE_DATA", default_value = ".paige", value_name = "FOLDER")]
    pub data: PathBuf,

    /// Address and port for all HTTP routes [default: 127.0.0.1:8080, or a free port if that is taken]
    #[arg(long, env = "PAIGE_LISTEN", value_name = "ADDR:PORT")]
    pub listen: Option<SocketAddr>,

    /// Keep to the machine's clock: without this, the platform key may move the clock ahead (/v1/dev/clock)
    #[arg(long, env = "PAIGE_FIXED_CLOCK")]
    pub fixed_clock: bool,

    #[command(flatten)]
    pub outside: OutsideArgs,
    #[command(flatten)]
    pub mail: MailArgs,
    #[command(flatten)]
    pub terms: TermsArgs,
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}

/// Runs until a signal.
///
/// # Errors
/// Whatever keeps a server from starting or ends a service.
pub async fn run(config: Up) -> Result<(), Failure> {
    let _telemetry = chassis::telemetry::start(&config.telemetry, "paige")?;
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    let terms = config.terms.terms()?;
    let keys = Keys::load_or_create(&config.data)?;
    let data = config.data.canonicalize()?;
    let text = |secret: &Secret| secret.expose().to_owned();
    let options = ServersOptions {
        nats_url: config.outside.nats_url.as_ref().map(text),
        database_url: config.outside.database_url.as_ref().map(text),
        ..ServersOptions::new(&data)
    };
    if options.nats_url.is_some() {
        tracing::warn!("whether nats survives a power cut cannot be asked of it: run it with `sync_interval: always`, see deploy/nats");
    }
    let soft = shutdown.soft();
    let mut servers = tokio::select! {
        servers = Servers::start(options) => servers?,
        () = soft.cancelled() => return Ok(()),
    };
    let outcome = serve(&mut servers, &data, &config, (keys, terms), &shutdown).await;
    servers.stop().await;
    outcome
}

async fn serve(servers: &mut Servers, data: &Path, config: &Up, (keys, terms): (Keys, Terms), shutdown: &Shutdown) -> Result<(), Failure> {
    let listener = bind(config.listen).await?;
    let parts = Parts {
        nats_url: servers.nats_url().to_owned(),
        database_url: servers.database_url().to_owned(),
        storage_url: data.join(OBJECTS).display().to_string(),
        mail: Some(config.mail.clone()),
        terms,
        keys: keys.clone(),
        clock: if config.fixed_clock { Clock::System } else { Clock::movable() },
        listener,
    };
    let soft = shutdown.soft();
    // A server that was given may take long to answer.
    let house = tokio::select! {
        house = House::build(parts) => house?,
        () = soft.cancelled() => return Ok(()),
    };
    banner::ready(house.address, &keys, servers);
    let watch = async {
        tokio::select! {
            () = servers.keep_running() => {}
            () = soft.cancelled() => {}
        }
    };
    let (outcome, ()) = tokio::join!(house.run(shutdown), watch);
    outcome
}

async fn bind(listen: Option<SocketAddr>) -> Result<TcpListener, Failure> {
    let address: SocketAddr = match listen {
        Some(address) => address,
        None => LISTEN_DEFAULT.parse()?,
    };
    match TcpListener::bind(address).await {
        Err(error) if listen.is_none() && error.kind() == ErrorKind::AddrInUse => Ok(TcpListener::bind((address.ip(), 0)).await?),
        bound => bound.map_err(|error| format!("cannot listen on {address}: {error}").into()),
    }
}
