//! Exchanges the code of a signup for its token. Meta accepts a code once, so the token is kept, sealed, from that moment until the number
//! is offered in the log. If our answer is lost or the process is killed, the same request can be sent again and goes on from there.
//!
//! The token is kept for an hour at most, for its project alone, under a digest of the code that only the master key can make. One loss
//! cannot be made good: if Meta's answer never reaches the table, Meta says that the code is spent, and the user has to sign up again.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chassis::Problem;
use chrono::TimeDelta;
use contract::{OperationId, ProjectId};
use sealing::DataKey;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use whatsapp::graph::Token;

use super::signup::{not_told, otherwise};
use crate::decide;
use crate::error::Error;
use crate::project::Project;
use crate::store::{Kept, Turn};
use crate::{Lifecycle, store};

/// How long a token waits for the request that goes on with it.
const KEPT_FOR: TimeDelta = TimeDelta::hours(1);
/// So long a request may take to exchange a code, a call of 8 s at most; after that it counts as killed, and the next tries.
const EXCHANGE_TIME_MAX: TimeDelta = TimeDelta::seconds(10);
/// How often, and how many times, others with the same code look how far that is: a little longer than it may take.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(250);
const LOOKS_MAX: u32 = 44;
/// `Retry-After` for whoever waited in vain.
const RETRY_AFTER_S: u32 = 1;
/// Between attempts to forget while the database does not answer.
const PAUSE: Duration = Duration::from_secs(60);

/// Forgets tokens that nobody came back for, until `shutdown`.
pub(crate) async fn run(lifecycle: &Lifecycle, shutdown: &CancellationToken) {
    loop {
        let forget_and_wait = async {
            let now = lifecycle.clock.now();
            match store::forget_old_codes(&lifecycle.pool, now - KEPT_FOR).await {
                // Whatever comes meanwhile is younger.
                Ok(oldest) => lifecycle.clock.reach(oldest.unwrap_or(now) + KEPT_FOR).await,
                Err(error) => {
                    tracing::warn!(error = %chassis::error_chain(&error), "codes of signups cannot be forgotten, trying again");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = forget_and_wait => {}
        }
    }
}

impl Lifecycle {
    /// The token of `code`: kept since it was exchanged, or exchanged now. `project` is as it was when the request began.
    pub(super) async fn token_of(&self, project: &Project, code: &str) -> Result<Token, Problem> {
        let digest = self.digest(code);
        for _ in 0..LOOKS_MAX {
            let now = self.clock.now();
            match store::take_code(&self.pool, project.id, &digest, now, now - EXCHANGE_TIME_MAX).await? {
                Turn::Kept(kept) => return Ok(self.open_kept(project.id, &digest, &kept).await?),
                Turn::Others => tokio::time::sleep(LOOK_AGAIN_AFTER).await,
                Turn::Ours => {
                    let (lifecycle, id, before, code) = (self.clone(), project.id, project.operation.id, code.to_owned());
                    let exchange = async move { lifecycle.exchange(id, before, &code, &digest).await };
                    // A task of its own: who hangs up meanwhile does not take the token with them.
                    return tokio::spawn(exchange.in_current_span()).await.map_err(Problem::internal)?;
                }
            }
        }
        let detail = "another request with this code is under way: repeat this one";
        Err(Problem::unavailable("contended", RETRY_AFTER_S, "a code is still being exchanged").detail(detail))
    }

    /// The number that `code` brought is offered: its token is in the log.
    pub(super) async fn forget_code(&self, project: ProjectId, code: &str) {
        if let Err(error) = store::forget_code(&self.pool, project, &self.digest(code)).await {
            tracing::warn!(project.id = %project, error = %chassis::error_chain(&error), "the token of a signup is forgotten later");
        }
    }

    /// Exchanges a code that is this request's to exchange, and keeps the token.
    async fn exchange(&self, id: ProjectId, before: OperationId, code: &str, digest: &str) -> Result<Token, Problem> {
        let exchanged = self.ask_for_token(id, before, code).await;
        let noted = match &exchanged {
            Ok(token) => self.keep(id, digest, token).await,
            Err(_) => store::leave_code(&self.pool, id, digest).await,
        };
        if let Err(error) = noted {
            tracing::warn!(project.id = %id, error = %chassis::error_chain(&error), "what became of a signup's code could not be kept");
        }
        exchanged
    }

    async fn ask_for_token(&self, id: ProjectId, before: OperationId, code: &str) -> Result<Token, Problem> {
        let graph = self.meta()?;
        // Whoever had the same code until now may have come to its end, and what it led to may run.
        let project = self.with_room(id).await?;
        decide::number::signable(&project).map_err(Error::Refused)?;
        // Or has ended as well: then the code may be spent.
        if project.operation.id != before {
            let detail = "an operation has begun and ended meanwhile, perhaps by this code: look at the project, or repeat this request";
            return Err(Problem::unavailable("contended", RETRY_AFTER_S, "an operation came before the exchange").detail(detail));
        }
        let step = "exchange_code";
        graph.exchange_code(code).await.map_err(|error| match error.code() {
            Some(100) => otherwise(step, "code_refused", "/code", &error.for_people()),
            _ => not_told(step, &error),
        })
    }

    async fn keep(&self, id: ProjectId, digest: &str, token: &Token) -> Result<(), Error> {
        let (key, wrapped_key) = self.data_key(id).await?;
        let sealed_token = key.seal(&token_context(digest), token.expose().as_bytes());
        store::keep_token(&self.pool, id, digest, &Kept { sealed_token, wrapped_key }).await
    }

    async fn open_kept(&self, id: ProjectId, digest: &str, kept: &Kept) -> Result<Token, Error> {
        let key = match &kept.wrapped_key {
            Some(wrapped) => DataKey::unwrap(wrapped, &self.master, id)?,
            None => self.data_key(id).await?.0,
        };
        let token = key.open(&token_context(digest), &kept.sealed_token)?.into_secret()?;
        Ok(Token::new(token.expose()))
    }

    /// By what a code is known here: it cannot be read from that, nor tried out without the master key.
    fn digest(&self, code: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.master.derive("signup-code", &format!("code_{code}")).as_slice())
    }
}

fn token_context(digest: &str) -> String {
    format!("signup_token/{digest}")
}
