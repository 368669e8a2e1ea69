//! Configuration of lifecycle as a process of its own.

use chassis::{HttpArgs, KeyArgs, NatsArgs, PostgresArgs, Secret, TelemetryArgs};
use clap::{Args, Parser};
use sealing::MasterKeyArgs;
use whatsapp::graph::{self, Graph, Settings, Token};

/// Meta's Graph API. Without an app nobody can sign a number up; all else works.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Meta")]
pub struct MetaArgs {
    /// Graph API with its version
    #[arg(long, env = "PAIGE_META_GRAPH_URL", default_value = graph::URL_DEFAULT, value_name = "URL")]
    pub meta_graph_url: String,

    /// Id of the app at Meta that numbers are signed up for
    #[arg(long, env = "PAIGE_META_APP_ID", value_name = "ID", requires = "meta_app_secret")]
    pub meta_app_id: Option<String>,

    /// Secret of that app
    #[arg(long, env = "PAIGE_META_APP_SECRET", hide_env_values = true, value_name = "SECRET")]
    pub meta_app_secret: Option<Secret>,
}

impl MetaArgs {
    /// The client, if an app is configured.
    ///
    /// # Errors
    /// The URL is none.
    pub fn graph(&self) -> Result<Option<Graph>, graph::Error> {
        let (Some(app_id), Some(secret)) = (&self.meta_app_id, &self.meta_app_secret) else { return Ok(None) };
        let app_secret = Token::new(secret.expose());
        Graph::new(Settings { url: self.meta_graph_url.clone(), app_id: app_id.clone(), app_secret }).map(Some)
    }
}

/// Projects: create, show, update, reset, transfer, delete; connect a number.
#[derive(Parser, Debug)]
#[command(name = "lifecycle", version, about)]
pub struct Config {
    #[command(flatten)]
    pub http: HttpArgs,
    #[command(flatten)]
    pub key: KeyArgs,
    #[command(flatten)]
    pub nats: NatsArgs,
    #[command(flatten)]
    pub postgres: PostgresArgs,
    #[command(flatten)]
    pub master: MasterKeyArgs,
    #[command(flatten)]
    pub meta: MetaArgs,
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}
