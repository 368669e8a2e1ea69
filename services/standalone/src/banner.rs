//! What a person sees on the terminal: where everything is and what to type next.

use std::io::Write;
use std::net::SocketAddr;

use embedded::Servers;

use crate::Failure;
use crate::keys::Keys;

/// Everything runs.
pub fn ready(address: SocketAddr, keys: &Keys, servers: &Servers) {
    line(&words(address, keys.api_key.expose(), servers.nats_url(), servers.database_url()));
}

fn words(address: SocketAddr, key: &str, nats: &str, postgres: &str) -> String {
    let base = format!("http://{address}");
    // Only what is served is told: the simulator is not where other machines could reach it.
    let (phone, how_many, write) = match simulator::loopback(address) {
        Ok(()) => (
            format!("{base}/sim"),
            "Three",
            format!(
                "\n    curl -sX POST {base}/sim/api/phones/16505550142/messages -H 'Content-Type: application/json' -d '{{\"to\":\"207358419203847\",\"type\":\"text\",\"text\":\"Hi!\"}}'"
            ),
        ),
        Err(_) => ("none, nor a simulated Meta: they are served on a loopback address alone".to_owned(), "Two", String::new()),
    };
    format!(
        "
  Paige is up.

    API             {base}/v1        (description: {base}/docs)
    simulated phone {phone}
    webhooks        {base}/webhooks/meta
    NATS            {nats}
    Postgres        {postgres}
    API key         {key}

  {how_many} lines to begin with, for another terminal:

    curl -sX POST {base}/v1/projects -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{{\"name\":\"My bot\"}}'
    curl -sX PUT {base}/v1/projects/PROJECT/number -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{{\"phone_number_id\":\"207358419203847\"}}'{write}

  Put the project's id from the first answer in the place of PROJECT. The README goes on from there. Ctrl-C stops everything.
"
    )
}

/// Something a person should read.
pub fn line(text: &str) {
    // A closed terminal is no reason to stop serving.
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// The command failed.
pub fn failed(error: &Failure) {
    let _ = writeln!(std::io::stderr(), "paige: {error}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_served_is_printed() {
        for (listen, lines) in [("127.0.0.1:8080", 3), ("[::1]:8080", 3), ("0.0.0.0:8080", 2), ("192.0.2.1:80", 2)] {
            let words = words(listen.parse().unwrap(), "paige_key", "nats://n", "postgres://p");
            assert_eq!(words.lines().filter(|line| line.trim_start().starts_with("curl ")).count(), lines, "{words}");
            assert_eq!(words.contains("/sim"), lines == 3, "{words}");
        }
    }
}
