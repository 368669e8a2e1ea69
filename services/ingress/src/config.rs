//! Configuration of this service alone.

use chassis::Secret;
use clap::Args;
use whatsapp::{AppSecrets, EmptySecret};

/// What Meta and we agreed on in the app dashboard.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Meta")]
pub struct MetaArgs {
    /// App secret with which Meta signs webhooks
    #[arg(long, env = "PAIGE_META_APP_SECRET", hide_env_values = true, value_name = "SECRET")]
    pub meta_app_secret: Secret,

    /// The app secret before the current one, accepted as well while a rotation lasts
    #[arg(long, env = "PAIGE_META_APP_SECRET_PREVIOUS", hide_env_values = true, value_name = "SECRET")]
    pub meta_app_secret_previous: Option<Secret>,

    /// Token that Meta repeats when the callback URL is set up
    #[arg(long, env = "PAIGE_META_VERIFY_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub meta_verify_token: Secret,
}

impl MetaArgs {
    /// The keys for checking signatures.
    pub fn secrets(&self) -> Result<AppSecrets, EmptySecret> {
        AppSecrets::new(self.meta_app_secret.expose(), self.meta_app_secret_previous.as_ref().map(Secret::expose))
    }
}
