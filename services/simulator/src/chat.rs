//! A chat as the phone shows it: bubbles and their ticks.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use whatsapp::Wamid;

use crate::rate::Used;
use crate::view::{Choice, Look};

/// What a bubble is that is a call.
const CALL: &str = "call";
/// Bubbles that a phone keeps; the oldest go first.
const BUBBLES_MAX: usize = 1_000;

#[derive(Debug, Default)]
pub(crate) struct Chat {
    bubbles: VecDeque<Bubble>,
    /// The serial number of each bubble; that of the first is `first`.
    serials: HashMap<Wamid, u64>,
    first: u64,
    /// When the person last wrote or called: free answers are allowed for 24 hours from then.
    pub(crate) person_spoke_at: Option<DateTime<Utc>>,
    /// The business is shown as typing until then.
    pub(crate) typing_until: Option<DateTime<Utc>>,
    /// The person wants no marketing from this business.
    pub(crate) no_marketing: bool,
    /// What the business has used of the limit for one person.
    pub(crate) pair: Used,
}

/// One message on the phone.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Bubble {
    #[schema(value_type = String)]
    pub wamid: Wamid,
    /// Whether the person wrote it; otherwise the business did.
    pub from_person: bool,
    /// Meta's type: `text`, `image`, `button_reply`, … `call`: they called.
    pub kind: String,
    /// What there is to read.
    pub text: String,
    pub at: DateTime<Utc>,
    pub tick: Tick,
    /// Meta's code, of a message that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<i64>,
    /// The message it answers.
    #[schema(value_type = Option<String>)]
    pub reply_to: Option<Wamid>,
    pub person_reaction: Option<String>,
    pub business_reaction: Option<String>,
    pub edited: bool,
    pub revoked: bool,
    /// What can be tapped on, in a message of the business.
    pub choices: Vec<Choice>,
    /// What else there is to see.
    #[serde(flatten)]
    pub look: Look,
    /// What the business gave with it, for its statuses.
    #[serde(skip)]
    pub(crate) opaque: Option<Arc<str>>,
    /// As the business sent it.
    #[serde(skip)]
    pub(crate) body: Option<Arc<Value>>,
    /// The Flow that it carries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow_id: Option<String>,
}

/// How far a message got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tick {
    /// A clock: accepted, not sent.
    Accepted,
    /// One tick: Meta has it.
    Sent,
    /// Two ticks: the webhook was answered with 200, or the phone has the business' message.
    Delivered,
    /// Two blue ticks.
    Read,
    /// Not delivered, and never will be.
    Failed,
}

impl Chat {
    /// Puts a bubble at the end; the one that had to go for it.
    pub(crate) fn push(&mut self, bubble: Bubble) -> Option<Bubble> {
        let gone = if self.bubbles.len() == BUBBLES_MAX { self.bubbles.pop_front() } else { None };
        if let Some(gone) = &gone {
            self.first += 1;
            self.serials.remove(&gone.wamid);
        }
        self.serials.insert(bubble.wamid.clone(), self.first + self.bubbles.len() as u64);
        self.bubbles.push_back(bubble);
        gone
    }

    pub(crate) fn bubbles(&self) -> impl Iterator<Item = &Bubble> {
        self.bubbles.iter()
    }

    pub(crate) fn get(&self, wamid: &Wamid) -> Option<&Bubble> {
        let serial = *self.serials.get(wamid)?;
        self.bubbles.get(usize::try_from(serial - self.first).ok()?)
    }

    pub(crate) fn find(&mut self, wamid: &Wamid) -> Option<&mut Bubble> {
        let serial = *self.serials.get(wamid)?;
        self.bubbles.get_mut(usize::try_from(serial - self.first).ok()?)
    }

    /// Ticks only move forward, and nothing follows a failure.
    pub(crate) fn tick(&mut self, wamid: &Wamid, tick: Tick) {
        if let Some(bubble) = self.find(wamid)
            && tick > bubble.tick
        {
            bubble.tick = tick;
        }
    }

    /// The business has read this message of the person, and with it all before.
    pub(crate) fn read_by_business(&mut self, wamid: &Wamid) {
        let Some(serial) = self.serials.get(wamid) else { return };
        let count = usize::try_from(serial - self.first).unwrap_or_default() + 1;
        for bubble in self.bubbles.iter_mut().take(count).rev() {
            if bubble.from_person && !bubble.is_call() && bubble.tick < Tick::Read {
                bubble.tick = Tick::Read;
            }
        }
    }
}

impl Bubble {
    pub(crate) fn new(wamid: Wamid, from_person: bool, kind: &str, text: String, at: DateTime<Utc>) -> Self {
        Self {
            wamid,
            from_person,
            kind: kind.to_owned(),
            text,
            at,
            tick: if from_person { Tick::Sent } else { Tick::Accepted },
            error: None,
            reply_to: None,
            person_reaction: None,
            business_reaction: None,
            edited: false,
            revoked: false,
            choices: Vec::new(),
            look: Look::default(),
            opaque: None,
            body: None,
            flow_id: None,
        }
    }

    /// A person called.
    pub(crate) fn call(wacid: Wamid, at: DateTime<Utc>) -> Self {
        Self::new(wacid, true, CALL, "Voice call".to_owned(), at)
    }

    /// A call stands among the messages and is none: nothing answers it or reacts to it, and nobody has read it.
    pub(crate) fn is_call(&self) -> bool {
        self.kind == CALL
    }
}
