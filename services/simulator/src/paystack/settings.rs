//! Where the local Paystack posts to and whose account it plays.

use chassis::Secret;
use clap::Args;

/// What a local Paystack needs to know about the platform that it is played for.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Simulated Paystack")]
pub struct PaystackSettings {
    /// Where payment webhooks are posted to: ingress, on this machine
    #[arg(long, env = "PAIGE_SIMULATOR_PAYSTACK_TARGET", default_value = "http://127.0.0.1:8080/webhooks/paystack", value_name = "URL")]
    pub paystack_target: String,

    /// Secret key of the simulated account: billing sends it, webhooks are signed with it
    #[arg(
        long,
        env = "PAIGE_PAYSTACK_SECRET_KEY",
        hide_env_values = true,
        default_value = "sk_test_simulator",
        hide_default_value = true,
        value_name = "KEY"
    )]
    pub paystack_secret_key: Secret,
}
