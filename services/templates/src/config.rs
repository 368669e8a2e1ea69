//! Configuration of templates: how often they are compared with Meta, also for a process that runs all services; and templates as a process
//! of its own.

use std::time::Duration;

use chassis::{HttpArgs, KeyArgs, NatsArgs, Secret, TelemetryArgs};
use clap::{Args, Parser};
use sealing::MasterKeyArgs;
use whatsapp::graph::{self, Graph, Settings, Token};

/// How templates are kept in step with Meta.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Templates")]
pub struct ReconcileArgs {
    /// How long after a comparison of a project's templates with Meta the next one begins. Each costs one call for every 100 templates of the
    /// account
    #[arg(long, env = "PAIGE_TEMPLATES_RECONCILE_SECONDS", default_value_t = 3_600, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=604_800))]
    pub templates_reconcile_seconds: u64,
}

impl ReconcileArgs {
    pub fn interval(&self) -> Duration {
        Duration::from_secs(self.templates_reconcile_seconds)
    }
}

/// Meta's Graph API. Without an app nothing can be asked of Meta.
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

/// The message templates of projects: asked of Meta, and how each stands there.
#[derive(Parser, Debug)]
#[command(name = "templates", version, about)]
pub struct Config {
    #[command(flatten)]
    pub http: HttpArgs,
    #[command(flatten)]
    pub key: KeyArgs,
    #[command(flatten)]
    pub nats: NatsArgs,
    #[command(flatten)]
    pub master_key: MasterKeyArgs,
    #[command(flatten)]
    pub meta: MetaArgs,
    #[command(flatten)]
    pub reconcile: ReconcileArgs,
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}
