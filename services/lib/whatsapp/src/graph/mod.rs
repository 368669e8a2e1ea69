//! Meta's Graph API as this software calls it: one function for each call, typed errors, limits on everything.
//!
//! It repeats nothing by itself: [`Error::class`] says whether that would help, and who calls knows whether it may. It logs the name of a
//! call, how it ended and Meta's ids of it; never a token, a PIN, a code, a number, a URL or what a message
//! holds.

mod answer;
mod args;
mod call;
mod class;
mod download;
mod error;
mod flows;
mod media;
mod messages;
mod number;
mod pages;
mod profile;
mod signup;
mod templates;
mod token;
mod upload;

use std::sync::Arc;
use std::time::Duration;

pub use args::{AppArgs, GraphArgs};
pub use class::Class;
pub use error::{Error, MetaRefusal};
pub use flows::{CreatedFlow, FLOW_JSON_BYTES_MAX, FlowFacts, FlowPreview};
pub use media::MediaFacts;
pub use messages::Sent;
pub use number::{NumberFields, Pin};
pub use profile::{Profile, ProfileChange};
pub use signup::TokenFacts;
pub use templates::{CreatedTemplate, TemplateFacts};
pub use token::Token;
pub use upload::{FileType, Upload};

/// Where Meta answers, in the version that this software was written for.
pub const URL_DEFAULT: &str = "https://graph.facebook.com/v26.0";

const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// A whole call, from its first byte to the last of the answer. Three of them fit into a request of ours.
const CALL_LIMIT: Duration = Duration::from_secs(8);
/// The same for sending a message. After a send without an answer, the sender waits longer than this before it looks for what became of it.
pub const SEND_LIMIT: Duration = Duration::from_secs(10);
/// The same for a call that brings a file.
const UPLOAD_LIMIT: Duration = Duration::from_secs(20);
/// The same for a call at which Meta does some work before it answers.
const SLOW_LIMIT: Duration = Duration::from_secs(20);
/// The same for a file of any size, up or down: 100 MB at 1 MB a second, and a little.
const FILE_LIMIT: Duration = Duration::from_secs(120);
/// Connections that are kept for the next calls. As many sends as these run at once without connecting anew.
const IDLE_CONNECTIONS_MAX: usize = 512;
/// For how long. Shorter than the other end keeps them: a call on a connection that is being closed has no answer.
const IDLE_LIMIT: Duration = Duration::from_secs(30);

/// Which app of Meta's this is, and where Meta answers.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Base URL with the version, without a slash at its end: [`URL_DEFAULT`].
    pub url: String,
    /// The app's id.
    pub app_id: String,
    /// The app's secret.
    pub app_secret: Token,
}

/// The client. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct Graph(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    settings: Settings,
    client: reqwest::Client,
    send_limit: Duration,
}

impl Graph {
    /// Nothing is connected yet.
    ///
    /// # Errors
    /// [`Error::Client`]: the URL is none, or the system's certificates cannot be read.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        let url = settings.url.trim_end_matches('/').to_owned();
        if !(url.starts_with("https://") || url.starts_with("http://")) {
            return Err(Error::Client("the URL of the Graph API starts with https://".to_owned()));
        }
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_LIMIT)
            .timeout(CALL_LIMIT)
            .redirect(reqwest::redirect::Policy::none())
            // Nothing may be sent twice behind our back.
            .retry(reqwest::retry::never())
            .http1_only()
            .tcp_nodelay(true)
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .pool_idle_timeout(IDLE_LIMIT)
            .user_agent("paige")
            .build()
            .map_err(|error| Error::Client(error.without_url().to_string()))?;
        Ok(Self(Arc::new(Parts { settings: Settings { url, ..settings }, client, send_limit: SEND_LIMIT })))
    }

    /// The same client, with another limit than [`SEND_LIMIT`] for sending a message.
    #[must_use]
    pub fn with_send_limit(self, send_limit: Duration) -> Self {
        let Parts { settings, client, .. } = &*self.0;
        Self(Arc::new(Parts { settings: settings.clone(), client: client.clone(), send_limit }))
    }

    /// How long sending a message takes at most: after that, whatever came of it has come.
    pub fn send_limit(&self) -> Duration {
        self.0.send_limit
    }

    /// The app whose calls these are.
    pub fn app_id(&self) -> &str {
        &self.0.settings.app_id
    }

    /// What stands for the app itself: `id|secret`.
    fn app_token(&self) -> Token {
        let Settings { app_id, app_secret, .. } = &self.0.settings;
        Token::new(format!("{app_id}|{}", app_secret.expose()))
    }
}
