//! The command line of a running simulator: what the page does by clicking. One file per command.

mod call;
mod flow;
mod meta;
mod phone;
mod replay;
mod send;
mod tap;
mod template;

use axum::http::Method;
use clap::{Args, Subcommand};
use serde_json::Value;

pub use crate::client::CallError;
use crate::client::HttpClient;

/// Where the simulator runs.
#[derive(Args, Clone, Debug)]
pub struct Remote {
    /// A running simulator
    #[arg(long, env = "PAIGE_SIMULATOR_URL", default_value = "http://127.0.0.1:8080", value_name = "URL", global = true)]
    pub simulator: String,
}

/// What to do with it.
#[derive(Subcommand, Clone, Debug)]
pub enum Command {
    /// Send a message as a person would
    Send(send::Send),
    Call(call::Call),
    /// Make a phone, change its person, or show its chat
    Phone(phone::Phone),
    /// Send recorded webhook bodies
    Replay(replay::Replay),
    Tap(tap::Tap),
    Submit(tap::Submit),
    Marketing(tap::Marketing),
    Template(template::Template),
    Flow(flow::Flow),
    Signup(meta::Signup),
    Review(meta::Review),
    /// Set what goes wrong on the way; without a flag all is well again
    Faults(crate::Faults),
    /// Set how Meta behaves: limits, delays, reviews; without a flag as Meta does
    Rules(crate::Rules),
    /// Show the messages that phones received
    Received,
    /// Show the webhooks and their attempts
    Deliveries,
}

impl Command {
    /// Does it; what the simulator answered.
    ///
    /// # Errors
    /// [`CallError`]: there is no simulator, or it refused.
    pub async fn run(self, remote: &Remote) -> Result<Value, CallError> {
        let client = HttpClient::new().map_err(CallError::Unreadable)?;
        let (method, path, body) = match self {
            Self::Send(send) => send.request(),
            Self::Call(call) => call.request(),
            Self::Phone(phone) => phone.request(),
            Self::Replay(replay) => replay.request(),
            Self::Tap(tap) => tap.request(),
            Self::Submit(submit) => submit.request(),
            Self::Marketing(marketing) => marketing.request(),
            Self::Template(template) => template.request(),
            Self::Flow(flow) => flow.request(),
            Self::Signup(signup) => signup.request(),
            Self::Review(review) => review.request(),
            Self::Faults(faults) => (Method::PUT, "faults".to_owned(), json(&faults)),
            Self::Rules(rules) => (Method::PUT, "rules".to_owned(), json(&rules)),
            Self::Received => (Method::GET, "received".to_owned(), None),
            Self::Deliveries => (Method::GET, "deliveries".to_owned(), None),
        };
        client.call(method, &format!("{}/sim/api/{path}", remote.simulator.trim_end_matches('/')), body.as_ref()).await
    }
}

/// Method, path under `/sim/api/`, body.
type Request = (Method, String, Option<Value>);

fn json(value: &impl serde::Serialize) -> Option<Value> {
    serde_json::to_value(value).ok()
}
