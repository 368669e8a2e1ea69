//! Configuration that several services share, as groups for clap: flatten the ones a service needs.
//!
//! Each value is a flag and a variable; the flag wins. Values that may carry a password are [`Secret`] and their
//! variables are hidden in `--help`. Variables of one service alone live in that service.

use std::io;
use std::net::SocketAddr;

use clap::Args;
use tokio::net::TcpListener;

use crate::{Secret, SecretParser};

/// A key shorter than this can be guessed.
const API_KEY_BYTES_MIN: usize = 16;
/// A key longer than this does not fit a request's headers comfortably.
const API_KEY_BYTES_MAX: usize = 512;

/// Where the process listens for HTTP.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "HTTP")]
pub struct HttpArgs {
    /// Address and port for all HTTP routes; port 0 takes a free one
    #[arg(long, env = "PAIGE_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDR:PORT")]
    pub listen: SocketAddr,
}

impl HttpArgs {
    /// Binds the address. Read the port from the listener when it was 0.
    ///
    /// # Errors
    /// The system's, which names the address too.
    pub async fn bind(&self) -> io::Result<TcpListener> {
        let named = |error: io::Error| io::Error::new(error.kind(), format!("cannot listen on {}: {error}", self.listen));
        TcpListener::bind(self.listen).await.map_err(named)
    }
}

/// The event log.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Event log")]
pub struct NatsArgs {
    /// NATS servers with JetStream, separated by commas: nats://user:password@host:port
    #[arg(long, env = "PAIGE_NATS_URL", hide_env_values = true, value_name = "URL", value_parser = SecretParser(url))]
    pub nats_url: Secret,

    /// Copies of each stream that is created: 1 on a single server, 3 on a cluster, which copies nothing by itself
    #[arg(long, env = "PAIGE_NATS_REPLICAS", default_value_t = 1, value_name = "COPIES", value_parser = clap::value_parser!(u8).range(1..=5))]
    pub nats_replicas: u8,
}

/// The platform database.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Database")]
pub struct PostgresArgs {
    /// Platform database, as a role that may create databases and roles: postgres://user:password@host:port/name
    #[arg(long, env = "PAIGE_DATABASE_URL", hide_env_values = true, value_name = "URL", value_parser = SecretParser(url))]
    pub database_url: Secret,
}

/// Servers for a process that brings its own when none are given. Not together with [`NatsArgs`] or [`PostgresArgs`].
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Servers from outside")]
pub struct OutsideArgs {
    /// NATS servers with JetStream, separated by commas; none: one is started here
    #[arg(long, env = "PAIGE_NATS_URL", hide_env_values = true, value_name = "URL", value_parser = SecretParser(url))]
    pub nats_url: Option<Secret>,

    /// Platform database, as a role that may create databases and roles; none: one is started here
    #[arg(long, env = "PAIGE_DATABASE_URL", hide_env_values = true, value_name = "URL", value_parser = SecretParser(url))]
    pub database_url: Option<Secret>,
}

/// The key of the HTTP API.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "HTTP")]
pub struct KeyArgs {
    /// Platform key, which may do everything under /v1: `Authorization: Bearer <key>`; 16 to 512 visible ASCII characters
    #[arg(long, env = "PAIGE_API_KEY", hide_env_values = true, value_name = "KEY", value_parser = SecretParser(api_key))]
    pub api_key: Secret,
}

fn api_key(text: &str) -> Result<(), &'static str> {
    let fits = (API_KEY_BYTES_MIN..=API_KEY_BYTES_MAX).contains(&text.len());
    let visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    if fits && visible { Ok(()) } else { Err("a key is 16 to 512 visible ASCII characters without spaces") }
}

fn url(text: &str) -> Result<(), &'static str> {
    if text.contains("://") { Ok(()) } else { Err("a URL has a scheme and a host") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_that_somebody_has_is_named() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let listen = taken.local_addr().unwrap();
        let error = HttpArgs { listen }.bind().await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        assert!(error.to_string().starts_with(&format!("cannot listen on {listen}: ")), "{error}");
    }
}
