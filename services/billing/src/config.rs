//! Configuration of billing: the plan and the provider, also for a process that runs all services; and billing as a process of its own.

use chassis::{HttpArgs, KeyArgs, NatsArgs, PostgresArgs, Secret, SecretParser, TelemetryArgs};
use clap::{Args, Parser};
use sealing::MasterKeyArgs;

use crate::paystack::Paystack;
use crate::terms::{Pack, Terms, TermsError};

/// What is charged, and how long things last. A day is 24 hours.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Billing")]
pub struct TermsArgs {
    /// What a paid cycle costs, in minor units of the currency
    #[arg(long, env = "PAIGE_PLAN_AMOUNT_MINOR", default_value_t = 57_000, value_name = "AMOUNT")]
    pub plan_amount_minor: u64,
    /// Currency of everything that is charged, ISO 4217
    #[arg(long, env = "PAIGE_PLAN_CURRENCY", default_value = "ZAR", value_name = "CODE")]
    pub plan_currency: String,
    /// How long a trial lasts
    #[arg(long, env = "PAIGE_TRIAL_DAYS", default_value_t = 14, value_name = "DAYS")]
    pub trial_days: u32,
    /// How long a paid cycle lasts
    #[arg(long, env = "PAIGE_CYCLE_DAYS", default_value_t = 30, value_name = "DAYS")]
    pub cycle_days: u32,
    /// How long a project stays live after a cycle whose renewal is not paid
    #[arg(long, env = "PAIGE_GRACE_DAYS", default_value_t = 7, value_name = "DAYS")]
    pub grace_days: u32,
    /// Days after the end of a cycle at which its owner is reminded
    #[arg(long, env = "PAIGE_REMINDER_DAYS", value_delimiter = ',', default_value = "0,3,6", value_name = "DAYS")]
    pub reminder_days: Vec<u32>,
    /// How long the outcome of a charge is waited for before it counts as failed
    #[arg(long, env = "PAIGE_CHARGE_DAYS", default_value_t = 30, value_name = "DAYS")]
    pub charge_days: u32,
    /// AI credits that can be bought, credits:price in minor units
    #[arg(long, env = "PAIGE_CREDIT_PACKS", value_delimiter = ',', default_value = "500:10000,2500:45000", value_parser = pack, value_name = "PACKS")]
    pub credit_packs: Vec<Pack>,
}

impl TermsArgs {
    /// # Errors
    /// Which value makes no sense.
    pub fn terms(&self) -> Result<Terms, TermsError> {
        let terms = Terms {
            amount_minor: self.plan_amount_minor,
            currency: self.plan_currency.clone(),
            trial_days: self.trial_days,
            cycle_days: self.cycle_days,
            grace_days: self.grace_days,
            reminder_days: self.reminder_days.clone(),
            charge_days: self.charge_days,
            packs: self.credit_packs.clone(),
        };
        terms.check()
    }
}

fn pack(text: &str) -> Result<Pack, String> {
    let parsed =
        text.split_once(':').and_then(|(credits, price)| Some(Pack { credits: credits.parse().ok()?, amount_minor: price.parse().ok()? }));
    parsed.ok_or_else(|| "a pack is credits:price, such as 500:10000".to_owned())
}

/// The payment provider.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Payment provider")]
pub struct PaystackArgs {
    /// Address of Paystack's API
    #[arg(long, env = "PAIGE_PAYSTACK_URL", default_value = "https://api.paystack.co", value_name = "URL")]
    pub paystack_url: String,
    /// Paystack's secret key; none: nothing can be paid here
    #[arg(long, env = "PAIGE_PAYSTACK_SECRET_KEY", hide_env_values = true, value_name = "KEY", value_parser = SecretParser(secret_key))]
    pub paystack_secret_key: Option<Secret>,
}

impl PaystackArgs {
    /// # Errors
    /// The client cannot be built, in words.
    pub fn provider(&self) -> Result<Option<Paystack>, String> {
        self.paystack_secret_key.as_ref().map(|key| Paystack::new(&self.paystack_url, key.clone())).transpose()
    }
}

fn secret_key(text: &str) -> Result<(), &'static str> {
    let visible = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    if visible { Ok(()) } else { Err("a secret key is visible ASCII characters") }
}

/// Trial, paid cycles, pause and cancellation, AI credits.
#[derive(Parser, Debug)]
#[command(name = "billing", version, about)]
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
    pub master_key: MasterKeyArgs,
    #[command(flatten)]
    pub terms: TermsArgs,
    #[command(flatten)]
    pub paystack: PaystackArgs,
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}
