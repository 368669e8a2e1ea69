//! Configuration of media as a process of its own.

use chassis::{HttpArgs, KeyArgs, NatsArgs, PostgresArgs, TelemetryArgs};
use clap::{Args, Parser};
use sealing::MasterKeyArgs;
use storage::StorageArgs;
use whatsapp::graph::{self, Graph, Settings, Token};

/// Where Meta answers. Files are asked for with the token of each project's number; the app itself asks for nothing.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Meta")]
pub struct MetaArgs {
    /// Graph API with its version
    #[arg(long, env = "PAIGE_META_GRAPH_URL", default_value = graph::URL_DEFAULT, value_name = "URL")]
    pub meta_graph_url: String,
}

impl MetaArgs {
    /// The client.
    ///
    /// # Errors
    /// The URL is none.
    pub fn graph(&self) -> Result<Graph, graph::Error> {
        Graph::new(Settings { url: self.meta_graph_url.clone(), app_id: String::new(), app_secret: Token::new("") })
    }
}

/// Files: those that contacts send are fetched and kept, those to be sent are taken in.
#[derive(Parser, Debug)]
#[command(name = "media", version, about)]
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
    pub storage: StorageArgs,
    #[command(flatten)]
    pub master_key: MasterKeyArgs,
    #[command(flatten)]
    pub meta: MetaArgs,
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}
