//! Configuration of this service alone.

use chassis::{Secret, SecretParser};
use clap::Args;
use whatsapp::{AppSecrets, EmptySecret};

use crate::PaymentSecrets;

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
    #[arg(long, env = "PAIGE_META_VERIFY_TOKEN", hide_env_values = true, value_name = "TOKEN", value_parser = SecretParser(token))]
    pub meta_verify_token: Secret,
}

/// Whoever repeats nothing would repeat an empty one.
fn token(text: &str) -> Result<(), &'static str> {
    if text.is_empty() { Err("a token is not empty") } else { Ok(()) }
}

impl MetaArgs {
    /// The keys for checking signatures.
    pub fn secrets(&self) -> Result<AppSecrets, EmptySecret> {
        AppSecrets::new(self.meta_app_secret.expose(), self.meta_app_secret_previous.as_ref().map(Secret::expose))
    }
}

/// The account at the payment provider.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Payments")]
pub struct PaystackArgs {
    /// Secret key of the Paystack account, with which Paystack signs webhooks; without it they are answered with 503
    #[arg(long, env = "PAIGE_PAYSTACK_SECRET_KEY", hide_env_values = true, value_name = "KEY")]
    pub paystack_secret_key: Option<Secret>,

    /// The secret key before the current one, accepted as well while a rotation lasts
    #[arg(long, env = "PAIGE_PAYSTACK_SECRET_KEY_PREVIOUS", hide_env_values = true, value_name = "KEY")]
    pub paystack_secret_key_previous: Option<Secret>,
}

impl PaystackArgs {
    /// The keys for checking signatures, if there are any.
    pub fn secrets(&self) -> Option<PaymentSecrets> {
        let text = |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.expose().to_owned());
        PaymentSecrets::new(text(&self.paystack_secret_key).as_deref(), text(&self.paystack_secret_key_previous).as_deref())
    }
}
