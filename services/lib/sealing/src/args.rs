//! The master key as configuration, for every service that needs it.

use chassis::{Secret, SecretParser};
use clap::Args;

use crate::{MasterKey, MasterKeyError};

/// The installation's key.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Master key")]
pub struct MasterKeyArgs {
    /// The installation's key: 64 hexadecimal digits. The passwords of the bots' database roles are derived from it (changing it changes
    /// every password), and the keys under which tokens are sealed are wrapped by it
    #[arg(long, env = "PAIGE_MASTER_KEY", hide_env_values = true, value_name = "HEX", value_parser = SecretParser(master_key))]
    pub master_key: Secret,

    /// The key before it, after a rotation: what was wrapped by it can still be opened
    #[arg(long, env = "PAIGE_MASTER_KEY_PREVIOUS", hide_env_values = true, value_name = "HEX", value_parser = SecretParser(master_key))]
    pub master_key_previous: Option<Secret>,
}

impl MasterKeyArgs {
    /// The key.
    ///
    /// # Errors
    /// A text is not a key; the parser of the arguments has refused it already.
    pub fn key(&self) -> Result<MasterKey, MasterKeyError> {
        let key: MasterKey = self.master_key.expose().parse()?;
        let previous: Option<MasterKey> = self.master_key_previous.as_ref().map(|key| key.expose().parse()).transpose()?;
        Ok(match previous {
            Some(previous) => key.with_previous(previous),
            None => key,
        })
    }
}

fn master_key(text: &str) -> Result<(), &'static str> {
    text.parse::<MasterKey>().map(drop).map_err(|_| "a master key is 64 hexadecimal digits, not all of them 0")
}
