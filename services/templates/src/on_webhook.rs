//! What Meta reports about templates: how one stands, into which category it came, how people take it, what it says.
//!
//! A webhook names the account, so it is about a template of each project whose number is of it. What names a template that nobody knows lets
//! the account be compared with Meta: it was made elsewhere, or is being made. The raw webhook is in the log anyway.

use chrono::{DateTime, Utc};
use contract::{ENTRY_TIME, ProjectId, Recorded, Stream, TemplateId};
use journal::{Follow, Handled, Handler};

use crate::Templates;
use crate::command::Origin;
use crate::decide::Refusal;
use crate::decide::hear::hear;
use crate::error::Error;
use crate::follow_project::{SERVICE, stop};
use crate::report::{self, FIELDS, Notice};
use crate::template::Id;

/// Accounts handled at the same time.
const PARALLEL: usize = 4;
const BATCH_MAX: usize = 64;

/// Follows the webhooks about templates.
pub(crate) struct OnWebhook(pub(crate) Templates);

pub(crate) fn follow() -> Follow {
    Follow {
        service: SERVICE,
        stream: Stream::Webhook,
        filters: FIELDS.iter().map(|field| format!("webhook.*.{field}")).collect(),
        key_tokens: 2,
        parallel: PARALLEL,
        batch_max: BATCH_MAX,
        version: 1,
    }
}

impl Handler for OnWebhook {
    async fn handle(&self, _key: &str, events: &[Recorded]) -> Handled {
        Handled::one_by_one(events.iter().map(|recorded| async move { self.0.webhook(recorded).await.map_err(stop) })).await
    }
}

impl Templates {
    async fn webhook(&self, recorded: &Recorded) -> Result<(), Error> {
        let Some(notice) = report::read(&recorded.data) else {
            tracing::warn!(stream.seq = recorded.sequence, "a webhook about a template cannot be read");
            return Ok(());
        };
        let waba = recorded.subject.token(1).unwrap_or_default();
        for project in self.projects.by_waba(waba) {
            self.notice(project, waba, &notice, recorded).await?;
        }
        Ok(())
    }

    async fn notice(&self, project: ProjectId, waba: &str, notice: &Notice, recorded: &Recorded) -> Result<(), Error> {
        self.library.catch_up(project).await?;
        if self.library.space(project).erased.is_some() {
            return Ok(());
        }
        let named = notice.name.as_ref().zip(notice.language.as_ref());
        let by_meta_id = notice.meta_id.as_ref().and_then(|meta_id| self.library.by_meta_id(project, meta_id));
        let Some(template) = by_meta_id.or_else(|| named.map(|(name, language)| TemplateId::of_name(project, waba, name, language))) else {
            self.asked.ask(project);
            return Ok(());
        };
        let mut ask = false;
        let origin = Origin::webhook(recorded);
        let heard = self.carry_out(Id { project, template }, &origin, |template| {
            let heard = hear(template, notice, said_at(recorded));
            ask = heard.ask;
            Ok(heard.events)
        });
        match heard.await {
            // It went meanwhile.
            Err(Error::Refused(Refusal::ProjectEnds)) => return Ok(()),
            heard => drop(heard?),
        }
        if ask {
            self.asked.ask(project);
        }
        metrics::counter!("templates_webhooks_total", "doubtful" => if ask { "true" } else { "false" }).increment(1);
        Ok(())
    }
}

/// When Meta said it. A webhook can be days late; what it says is not newer for that.
fn said_at(recorded: &Recorded) -> DateTime<Utc> {
    let seconds = recorded.extension(ENTRY_TIME).and_then(|text| text.parse().ok());
    seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0)).unwrap_or(recorded.time)
}
