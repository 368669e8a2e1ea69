//! What a person sees on the terminal: where everything is and what to type next.

use std::io::Write;
use std::net::SocketAddr;

use embedded::Servers;

use crate::Failure;
use crate::keys::Keys;

/// Everything runs.
pub fn ready(address: SocketAddr, keys: &Keys, servers: &Servers) {
    let base = format!("http://{address}");
    let key = keys.api_key.expose();
    line(&format!(
        "
  Paige is up.

    API             {base}/v1        (description: {base}/docs)
    simulated phone {base}/sim
    webhooks        {base}/webhooks/meta
    NATS            {nats}
    Postgres        {postgres}
    API key         {key}

  Three lines to begin with, for another terminal:

    curl -sX POST {base}/v1/projects -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{{\"name\":\"My bot\"}}'
    curl -sX PUT {base}/v1/projects/PROJECT/number -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{{\"phone_number_id\":\"207358419203847\"}}'
    curl -sX POST {base}/sim/api/phones/16505550142/messages -H 'Content-Type: application/json' -d '{{\"to\":\"207358419203847\",\"type\":\"text\",\"text\":\"Hi!\"}}'

  Put the project's id from the first answer in the place of PROJECT. The README goes on from there. Ctrl-C stops everything.
",
        nats = servers.nats_url(),
        postgres = servers.database_url(),
    ));
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
