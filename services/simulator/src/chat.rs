//! A chat as the phone shows it: bubbles and their ticks.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use whatsapp::Wamid;

/// Bubbles that a phone keeps; the oldest go first.
const BUBBLES_MAX: usize = 1_000;

#[derive(Debug, Default)]
pub(crate) struct Chat {
    pub(crate) bubbles: VecDeque<Bubble>,
    /// When the person last wrote: free answers are allowed for 24 hours from then.
    pub(crate) person_wrote_at: Option<DateTime<Utc>>,
}

/// One message on the phone.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Bubble {
    #[schema(value_type = String)]
    pub wamid: Wamid,
    /// Whether the person wrote it; otherwise the business did.
    pub from_person: bool,
    /// Meta's type: `text`, `image`, `button_reply`, …
    pub kind: String,
    /// What there is to read.
    pub text: String,
    pub at: DateTime<Utc>,
    pub tick: Tick,
    /// The message it answers.
    #[schema(value_type = Option<String>)]
    pub reply_to: Option<Wamid>,
    pub person_reaction: Option<String>,
    pub business_reaction: Option<String>,
    pub edited: bool,
    pub revoked: bool,
    /// What can be tapped on, in a message of the business.
    pub choices: Vec<Choice>,
    /// What the business gave with it, for its statuses.
    #[serde(skip)]
    pub(crate) opaque: Option<String>,
}

/// How far a message got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tick {
    /// One tick: Meta has it.
    Sent,
    /// Two ticks: the webhook was answered with 200, or the phone has the business' message.
    Delivered,
    /// Two blue ticks.
    Read,
    /// Not delivered, and never will be.
    Failed,
}

/// A button or a row that the person can answer with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Choice {
    /// Type of the answer: `button_reply`, `list_reply`, `button`, `nfm_reply`, `location`.
    pub answer: &'static str,
    pub id: String,
    pub title: String,
    pub description: Option<String>,
}

impl Chat {
    pub(crate) fn push(&mut self, bubble: Bubble) {
        if self.bubbles.len() == BUBBLES_MAX {
            self.bubbles.pop_front();
        }
        self.bubbles.push_back(bubble);
    }

    pub(crate) fn find(&mut self, wamid: &Wamid) -> Option<&mut Bubble> {
        self.bubbles.iter_mut().rev().find(|bubble| bubble.wamid == *wamid)
    }

    /// Ticks only move forward, and nothing follows a failure.
    pub(crate) fn tick(&mut self, wamid: &Wamid, tick: Tick) {
        if let Some(bubble) = self.find(wamid)
            && tick > bubble.tick
        {
            bubble.tick = tick;
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
            tick: Tick::Sent,
            reply_to: None,
            person_reaction: None,
            business_reaction: None,
            edited: false,
            revoked: false,
            choices: Vec::new(),
            opaque: None,
        }
    }
}
