//! A page at the payment provider, where a customer pays: asked for when a payment begins, and given to whoever began it.

use chassis::Problem;
use contract::{PaymentId, ProjectId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::account::Account;
use crate::answer::PageAnswer;
use crate::command::Origin;
use crate::decide::{Command, Outcome};
use crate::paystack::{ProviderError, Sum};
use crate::{Billing, Error};

/// Longest e-mail address (RFC 5321).
const EMAIL_BYTES_MAX: usize = 254;
/// Longest address to come back to.
const CALLBACK_BYTES_MAX: usize = 2_048;
/// Why a payment has failed whose page was asked for in vain: no customer can pay there.
pub(crate) const NOBODY_HAS_IT: &str = "nobody was given the page";

/// Who pays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Payer {
    /// Where the provider sends its receipt. It is kept sealed, together with what can be charged again.
    #[schema(example = "ada@example.com", max_length = 254)]
    pub(crate) email: String,
    /// Where the customer comes back to, http or https.
    #[serde(default)]
    #[schema(max_length = 2048)]
    pub(crate) callback_url: Option<String>,
}

impl Payer {
    fn check(&self) -> Result<(), Problem> {
        let wrong = |pointer, detail| {
            Err(Problem::unprocessable("invalid_body", "the payer cannot be like this").field(pointer, "invalid", detail))
        };
        let (name, host) = self.email.split_once('@').unwrap_or_default();
        let visible = self.email.bytes().all(|byte| byte.is_ascii_graphic());
        if name.is_empty() || !host.contains('.') || host.contains('@') || !visible || self.email.len() > EMAIL_BYTES_MAX {
            return wrong("/email", "must be an e-mail address");
        }
        let callback = self.callback_url.as_deref().unwrap_or("https://");
        let http = callback.starts_with("https://") || callback.starts_with("http://");
        if !http || callback.len() > CALLBACK_BYTES_MAX || !callback.bytes().all(|byte| byte.is_ascii_graphic()) {
            return wrong("/callback_url", "must be an http or https address");
        }
        Ok(())
    }
}

/// The payment is in the log before the provider hears of it: whatever is reported about it finds it.
pub(crate) async fn open_page(
    billing: &Billing,
    project: ProjectId,
    (payment, command): (PaymentId, Command),
    payer: &Payer,
    origin: Origin<'_>,
) -> Result<PageAnswer, Problem> {
    payer.check()?;
    let provider = billing.provider()?.clone();
    let account = billing.command(project, &command, origin).await?;
    let sum = sum(project, &account, payment)?;
    match provider.initialise(sum, &payer.email, payer.callback_url.as_deref()).await {
        Ok(url) => PageAnswer::of(&account, payment, url).ok_or_else(|| Problem::internal("a payment is not in its account")),
        Err(error) => {
            let reason = match &error {
                ProviderError::Refused(_) => error.to_string(),
                // The page may exist or not: nobody has its address. Left open, it would count against whoever tries again as they were told to.
                ProviderError::Unavailable(_) | ProviderError::Unreadable(_) => NOBODY_HAS_IT.to_owned(),
            };
            billing.say(project, payment, Outcome::Failed { reason }, Origin::Provider).await?;
            Err(Error::Provider(error).into())
        }
    }
}

fn sum(project: ProjectId, account: &Account, payment: PaymentId) -> Result<Sum<'_>, Problem> {
    let found = account.payments.get(&payment).ok_or_else(|| Problem::internal("a payment is not in its account"))?;
    Ok(Sum { payment, project, amount_minor: found.amount_minor, currency: &found.currency })
}
