//! Configuration of access as a process of its own.

use chassis::{Clock, HttpArgs, KeyArgs, NatsArgs, PostgresArgs, Secret, SecretParser, TelemetryArgs};
use clap::{Args, Parser};
use sealing::MasterKeyArgs;

use crate::mail::{Mailer, MailerError};

/// How mails are sent.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Mail")]
pub struct MailArgs {
    /// Mail server, smtp://user:password@host:port or smtps://…; none: mails stay in memory, for development
    #[arg(long, env = "PAIGE_SMTP_URL", hide_env_values = true, value_name = "URL", value_parser = SecretParser(smtp_url))]
    pub smtp_url: Option<Secret>,

    /// Who mails are from
    #[arg(long, env = "PAIGE_MAIL_FROM", default_value = "Paige <paige@localhost.localdomain>", value_name = "ADDRESS")]
    pub mail_from: String,

    /// Where people use Paige in a browser: links in mails begin so; none: invitations hold the token alone, reminders the API's route
    #[arg(long, env = "PAIGE_CONSOLE_URL", value_name = "URL")]
    pub console_url: Option<String>,
}

impl MailArgs {
    /// The mailer of these settings.
    ///
    /// # Errors
    /// See [`MailerError`].
    pub fn mailer(&self, clock: Clock) -> Result<Mailer, MailerError> {
        match &self.smtp_url {
            Some(url) => Mailer::smtp(url.expose(), &self.mail_from),
            None => Ok(Mailer::mailbox(clock)),
        }
    }
}

fn smtp_url(text: &str) -> Result<(), &'static str> {
    let smtp = text.starts_with("smtp://") || text.starts_with("smtps://");
    if smtp { Ok(()) } else { Err("a mail server's URL starts with smtp:// or smtps://") }
}

/// People, workspaces, invitations, API keys, and who did what.
#[derive(Parser, Debug)]
#[command(name = "access", version, about)]
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
    pub mail: MailArgs,
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}
