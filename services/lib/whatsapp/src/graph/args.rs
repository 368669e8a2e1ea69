//! The Graph API as configuration, for every service that calls it: alone, or with the app in whose name some calls are made.

use chassis::Secret;
use clap::Args;

use super::{Error, Graph, Settings, Token, URL_DEFAULT};

/// Where Meta answers, for whoever asks with the tokens of projects alone: the app itself is not needed.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Meta")]
pub struct GraphArgs {
    /// Graph API with its version
    #[arg(long, env = "PAIGE_META_GRAPH_URL", default_value = URL_DEFAULT, value_name = "URL")]
    pub meta_graph_url: String,
}

impl GraphArgs {
    /// The client, in no app's name.
    ///
    /// # Errors
    /// The URL is none.
    pub fn graph(&self) -> Result<Graph, Error> {
        self.in_the_name_of("", Token::new(""))
    }

    fn in_the_name_of(&self, app_id: &str, app_secret: Token) -> Result<Graph, Error> {
        Graph::new(Settings { url: self.meta_graph_url.clone(), app_id: app_id.to_owned(), app_secret })
    }
}

/// The same with the app: without one there is no client, and a service does what it can without Meta.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Meta")]
pub struct AppArgs {
    #[command(flatten)]
    pub meta: GraphArgs,

    /// Id of the app at Meta that numbers are signed up for
    #[arg(long, env = "PAIGE_META_APP_ID", value_name = "ID", requires = "meta_app_secret")]
    pub meta_app_id: Option<String>,

    /// Secret of that app
    #[arg(long, env = "PAIGE_META_APP_SECRET", hide_env_values = true, value_name = "SECRET")]
    pub meta_app_secret: Option<Secret>,
}

impl AppArgs {
    /// The client, if an app is configured.
    ///
    /// # Errors
    /// The URL is none.
    pub fn graph(&self) -> Result<Option<Graph>, Error> {
        let (Some(app_id), Some(secret)) = (&self.meta_app_id, &self.meta_app_secret) else { return Ok(None) };
        self.meta.in_the_name_of(app_id, Token::new(secret.expose())).map(Some)
    }
}
