//! The streams of the log. Their broker settings are `journal`'s; what they hold is said here.

use std::fmt;

/// A stream: events of one area, kept together, in one order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    /// Each change of each webhook body, raw as Meta sent it; kept 30 days. Written by ingress.
    Webhook,
    /// The project's life, its number, its operations. Written by lifecycle.
    Project,
    /// Provisioning of project databases. Written by databases.
    Database,
    /// Contact, conversation, message and status facts. Written by recorder, conversations and sender.
    Conversation,
    /// Members, roles, keys, people. Written by access; the last use of a key by whoever checks it.
    Workspace,
    /// Subscriptions and payments. Written by billing.
    Billing,
    /// What was used of what is paid by use. Written by whoever used it; through billing's API by programs.
    Usage,
    /// The code of bots. Written by bots.
    Bot,
    /// WhatsApp Flows. Written by flow-sync.
    Flow,
    /// Message templates. Written by templates.
    Template,
    /// Files that contacts sent or that are kept to be sent. Written by media.
    Media,
    /// What could not be handled, and the key it holds back. Written by any follower.
    Parked,
    /// How far each follower has come: a hint, never a checkpoint. Written by any follower.
    Position,
}

impl Stream {
    /// Every stream, in the order of the table in ARCHITECTURE.md.
    pub const ALL: [Self; 13] = [
        Self::Webhook,
        Self::Project,
        Self::Database,
        Self::Conversation,
        Self::Workspace,
        Self::Billing,
        Self::Usage,
        Self::Bot,
        Self::Flow,
        Self::Template,
        Self::Media,
        Self::Parked,
        Self::Position,
    ];

    /// The broker's name for it, and the first token of its subjects.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Project => "project",
            Self::Database => "database",
            Self::Conversation => "conversation",
            Self::Workspace => "workspace",
            Self::Billing => "billing",
            Self::Usage => "usage",
            Self::Bot => "bot",
            Self::Flow => "flow",
            Self::Template => "template",
            Self::Media => "media",
            Self::Parked => "parked",
            Self::Position => "position",
        }
    }

    /// The stream of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stream| stream.name() == name)
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
