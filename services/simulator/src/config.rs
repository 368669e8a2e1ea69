//! Where the simulator posts to and what it signs with; only loopback, because it speaks in Meta's name.

use std::net::{IpAddr, SocketAddr};

use chassis::Secret;
use clap::Args;

/// The app's id, unless another is configured.
pub const APP_ID: &str = "104857600000001";

/// What a simulator needs to know about the platform it plays Meta for.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Simulator")]
pub struct Settings {
    /// Where webhooks are posted to: ingress, on this machine
    #[arg(long, env = "PAIGE_SIMULATOR_TARGET", default_value = "http://127.0.0.1:8080/webhooks/meta", value_name = "URL")]
    pub target: String,

    /// App secret that webhooks are signed with, the same that ingress checks
    #[arg(long, env = "PAIGE_META_APP_SECRET", hide_env_values = true, value_name = "SECRET")]
    pub app_secret: Secret,

    /// App id that calls of the Graph API are made for
    #[arg(long, env = "PAIGE_META_APP_ID", default_value = APP_ID, value_name = "ID")]
    pub app_id: String,
}

/// An address that other machines could be behind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the simulator speaks to this machine alone, and {0} is not a loopback address")]
pub struct NotLoopback(pub String);

/// Whether the simulator may be served on `address`. Whoever mounts its routes asks first.
pub fn loopback(address: SocketAddr) -> Result<(), NotLoopback> {
    if address.ip().is_loopback() { Ok(()) } else { Err(NotLoopback(address.to_string())) }
}

/// Checks that `url` is plain HTTP to a loopback address or `localhost`.
pub(crate) fn loopback_url(url: &str) -> Result<(), NotLoopback> {
    let authority = url.strip_prefix("http://").and_then(|rest| rest.split(['/', '?', '#']).next());
    match authority {
        Some(authority) if is_loopback_host(authority) => Ok(()),
        _ => Err(NotLoopback(url.to_owned())),
    }
}

/// `localhost`, `127.0.0.1:8080`, `[::1]:8080`; nothing with a user in front.
pub(crate) fn is_loopback_host(authority: &str) -> bool {
    if let Ok(address) = authority.parse::<SocketAddr>() {
        return address.ip().is_loopback();
    }
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loopback() {
        for good in
            ["http://127.0.0.1:8080/webhooks/meta", "http://localhost/x", "http://[::1]:1?y", "http://LOCALHOST:80", "http://127.8.0.1"]
        {
            assert_eq!(loopback_url(good), Ok(()), "{good}");
        }
        for bad in [
            "https://127.0.0.1",
            "http://10.0.0.1/",
            "http://127.0.0.1@evil.example/",
            "http://localhost.evil.example",
            "http://evil.example:80#localhost",
            "",
            "http://",
            "http://0.0.0.0:1",
        ] {
            assert!(loopback_url(bad).is_err(), "{bad}");
        }
        assert!(loopback("0.0.0.0:80".parse().unwrap()).is_err());
        assert!(loopback("[::1]:80".parse().unwrap()).is_ok());
    }
}
