//! Sending: a message is checked, written down as asked for, and answered. Who asks Meta is another service.
//!
//! Everything that Meta would refuse, and that can be known here, is refused before anything is stored.

mod answer;
mod decide;
mod dry_run;
mod failures;
mod files;
mod message;
pub(crate) mod to_contact;
pub(crate) mod to_conversation;

use std::sync::Arc;

use chassis::Problem;
use contract::{
    ContactId, Context, ConversationEvent, ConversationId, Event, FileUse, MessageId, MessageRequested, ProjectId, Stream, Subject,
};
use futures::StreamExt;
use journal::{Filter, Range};
use projects::{Flow, Template};
use sqlx::PgPool;
use whatsapp::template::flow_button;

use crate::refusal::Refusal;
use crate::talk::{Asked, Talk, said_at, talk};
use crate::write::{ATTEMPTS_MAX, Written};
use crate::{Conversations, Error};

pub(crate) use answer::{CheckedMessage, RequestedMessage};
pub(crate) use decide::may_send;
pub(crate) use message::SEND_BYTES_MAX;

use decide::{Ground, decide};
use message::Wish;

/// What came of a wish.
enum Sent {
    /// It is in the log, or was before.
    Requested(RequestedMessage),
    /// It would be sent.
    Checked(CheckedMessage),
}

/// A wish, and where it is to go.
struct Request<'a> {
    project: ProjectId,
    contact: ContactId,
    /// The conversation that it names.
    conversation: Option<ConversationId>,
    /// Under which it may be sent again; none: it is only checked.
    key: Option<&'a str>,
    wish: Wish,
    context: Context,
}

impl Conversations {
    /// Carries out a request, once for each key.
    async fn send(&self, database: &PgPool, request: &Request<'_>) -> Result<Sent, Problem> {
        let message = MessageId::of_request(request.project, request.contact, request.key.unwrap_or_default());
        let _lock = self.locks.of(request.contact).await;
        // Nothing is refused for what is not known yet: before a refusal everything is asked for once.
        let (mut sure, mut flows_read) = (false, false);
        for _ in 0..ATTEMPTS_MAX {
            let Some(talk) = talk(database, request.contact, message).await? else {
                if sure {
                    return Err(Error::NotFound("the contact").into());
                }
                self.be_sure(database, request).await?;
                sure = true;
                continue;
            };
            if let Some(asked) = talk.asked.as_ref().filter(|_| request.key.is_some()) {
                return self.again(request, message, asked).await.map(Sent::Requested);
            }
            let decided = match self.ground(database, request, &talk).await? {
                Ok(ground) => decide(&ground, &request.wish, message, request.conversation, self.clock.now()),
                Err(refusal) => Err(refusal),
            };
            let decided = match decided {
                Ok(decided) if flows_read || decided.requested.flow.is_none() => decided,
                // The revision of its Flow comes back with the answers, and is said for ever: it is the one that the log has.
                Ok(_) => {
                    self.catalogue.catch_up(request.project).await.map_err(Error::from)?;
                    flows_read = true;
                    continue;
                }
                Err(refusal) if sure => return Err(refusal.into()),
                Err(_) => {
                    self.be_sure(database, request).await?;
                    (sure, flows_read) = (true, true);
                    continue;
                }
            };
            if request.key.is_none() {
                return Ok(Sent::Checked(CheckedMessage::new(&talk, &request.wish, &decided)));
            }
            let parts = [&*request.project.to_string(), &*message.to_string()];
            let events = decided.facts.iter().map(|fact| self.derived(fact.clone(), &parts, &request.context)).collect();
            match self.write(request.project, talk.contact, talk.version, events).await? {
                Written::Stored(sequence) => {
                    self.show(database, sequence).await;
                    metrics::counter!("conversations_messages_requested_total").increment(1);
                    return Ok(Sent::Requested(RequestedMessage::new(talk.contact, &decided)));
                }
                Written::Lost(sequence) => self.wait_for(database, sequence).await?,
            }
        }
        Err(Error::Contended(ATTEMPTS_MAX).into())
    }

    /// Waits until what is known here is what the log has.
    async fn be_sure(&self, database: &PgPool, request: &Request<'_>) -> Result<(), Error> {
        self.projects.fresh(request.project).await?;
        if request.wish.message.template().is_some() || request.wish.message.flow().is_some() {
            self.catalogue.catch_up(request.project).await?;
        }
        // Of nobody in particular: the contact may have been merged into another.
        self.catch_up(database, request.project, None).await
    }

    /// What there is to decide on.
    async fn ground<'a>(&self, database: &PgPool, request: &Request<'_>, talk: &'a Talk) -> Result<Result<Ground<'a>, Refusal>, Error> {
        let project = self.project(request.project).await?;
        let message = &request.wish.message;
        let waba = project.number.as_ref().and_then(|number| number.waba_id.as_deref());
        let templates: Vec<Arc<Template>> =
            message.template().map(|used| self.catalogue.templates(request.project, used.name, waba)).unwrap_or_default();
        let template = message.template().and_then(|used| Template::best(&templates, used.language));
        let flow: Option<Arc<Flow>> = match message.flow() {
            Some(used) => self.catalogue.find_flow(request.project, used.flow_id, used.flow_name),
            None => {
                let button = template.as_ref().and_then(|template| flow_button(&template.components));
                button.and_then(|button| self.catalogue.flow_behind(request.project, &button))
            }
        };
        let files: Vec<FileUse> = match self.files(request.project, message).await? {
            Ok(files) => files,
            Err(wrong) => return Ok(Err(Refusal::InvalidMessage(wrong))),
        };
        let languages = templates.iter().map(|template| template.language.clone()).collect();
        let reacted_to_at = match message.target() {
            Some(wamid) => said_at(database, talk.contact, wamid).await?,
            None => None,
        };
        Ok(Ok(Ground { project, talk, template, languages, flow, files, reacted_to_at }))
    }

    /// The answer to a request that came before: as the message stands now.
    async fn again(&self, request: &Request<'_>, message: MessageId, asked: &Asked) -> Result<RequestedMessage, Problem> {
        let requested = self.requested(request.project, message, asked).await?.ok_or(Error::NotFound("the message"))?;
        if requested.digest != request.wish.digest(request.conversation) {
            return Err(Refusal::KeyReused.into());
        }
        Ok(RequestedMessage::again(asked, requested))
    }

    /// The event that asked for a message.
    async fn requested(&self, project: ProjectId, message: MessageId, asked: &Asked) -> Result<Option<MessageRequested>, Error> {
        let only = Range { from: asked.sequence, through: Some(asked.sequence) };
        let subject = Subject::conversation(project, asked.contact);
        let mut events = std::pin::pin!(self.journal.replay(Stream::Conversation, only, Filter::subjects([subject.as_str()])));
        let Some(event) = events.next().await else { return Ok(None) };
        let ConversationEvent::MessageRequested(requested) = ConversationEvent::decode(&event?)? else { return Ok(None) };
        Ok(Some(requested).filter(|requested| requested.message == message))
    }
}
