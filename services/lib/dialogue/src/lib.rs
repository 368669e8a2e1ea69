//! Does a conversation go on, or does another begin? The one rule, for whoever adds a message to a contact: the recorder for what Meta
//! brings, conversations for what is sent.
//!
//! Pure: what was and when it is are arguments. It makes no ids and appends nothing.

use chrono::{DateTime, TimeDelta, Utc};
use contract::{CloseReason, ConversationClosed, ConversationId, ConversationOpened};

/// The latest conversation of a contact in one place: one to one, or in a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latest {
    /// Its id.
    pub id: ConversationId,
    /// Its state.
    pub state: Option<String>,
    /// When the last message was sent, or it was opened or reopened.
    pub last_message_at: DateTime<Utc>,
    /// Whether it takes no more messages.
    pub closed: bool,
}

/// Where a message belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Into the latest conversation.
    GoesOn(ConversationId),
    /// Into another, which it opens.
    Begins(Beginning),
}

/// How another conversation begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beginning {
    /// The end of the one before, where its time was up and nobody has said so yet. Comes first in the log.
    pub closes: Option<ConversationClosed>,
    /// The state it starts in: the one in which the one before ended.
    pub state: Option<String>,
    /// The conversation that the state comes from.
    pub inherited_from: Option<ConversationId>,
}

impl Beginning {
    /// The event that opens it, with the time of its first message.
    pub fn opened(self, conversation: ConversationId, group: Option<String>, at: DateTime<Utc>) -> ConversationOpened {
        ConversationOpened { conversation, group, state: self.state, inherited_from: self.inherited_from, at }
    }
}

/// Which conversation a message sent at the instant `at` belongs to. `idle` is the time without a message after which a conversation ends;
/// `None`: it never does.
///
/// What `follows` goes where the talk was last, however long ago and also if it was closed: what is about another message (a reaction,
/// an edit, a revocation), what WhatsApp itself says, what is imported. A message exactly at the limit still belongs to the
/// conversation, one later does not.
pub fn next(latest: Option<&Latest>, idle: Option<TimeDelta>, at: DateTime<Utc>, follows: bool) -> Next {
    let Some(latest) = latest else { return Next::Begins(Beginning { closes: None, state: None, inherited_from: None }) };
    let over_since = idle.and_then(|idle| latest.last_message_at.checked_add_signed(idle)).filter(|ends_at| at > *ends_at);
    if follows || (!latest.closed && over_since.is_none()) {
        return Next::GoesOn(latest.id);
    }
    let closes = over_since.filter(|_| !latest.closed);
    Next::Begins(Beginning {
        closes: closes.map(|at| ConversationClosed { conversation: latest.id, reason: CloseReason::Idle, at }),
        state: latest.state.clone(),
        inherited_from: latest.state.is_some().then_some(latest.id),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulid::Ulid;

    const FIRST: ConversationId = ConversationId::from_ulid(Ulid::from_parts(1, 1));

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(60 * minute, 0).unwrap()
    }

    /// The last message came at minute 10.
    fn latest(state: Option<&str>, closed: bool) -> Latest {
        Latest { id: FIRST, state: state.map(str::to_owned), last_message_at: at(10), closed }
    }

    fn check(latest: Option<&Latest>, idle_minutes: Option<i64>, minute: i64, follows: bool, expected: &Next) {
        let idle = idle_minutes.map(TimeDelta::minutes);
        assert_eq!(&next(latest, idle, at(minute), follows), expected, "{latest:?}, idle {idle:?}, at {minute}, follows {follows}");
    }

    fn begins(closes_at: Option<i64>, state: Option<&str>) -> Next {
        let closes = closes_at.map(|minute| ConversationClosed { conversation: FIRST, reason: CloseReason::Idle, at: at(minute) });
        Next::Begins(Beginning { closes, state: state.map(str::to_owned), inherited_from: state.map(|_| FIRST) })
    }

    #[test]
    fn a_conversation_goes_on_until_its_time_is_up() {
        let open = latest(Some("billing"), false);
        check(Some(&open), Some(60), 5, false, &Next::GoesOn(FIRST));
        check(Some(&open), Some(60), 70, false, &Next::GoesOn(FIRST));
        check(Some(&open), Some(60), 71, false, &begins(Some(70), Some("billing")));
        check(Some(&open), None, 1_000_000, false, &Next::GoesOn(FIRST));
    }

    #[test]
    fn a_closed_one_is_not_closed_again_and_hands_its_state_on() {
        check(Some(&latest(Some("billing"), true)), Some(60), 11, false, &begins(None, Some("billing")));
        check(Some(&latest(None, true)), Some(60), 500, false, &begins(None, None));
        check(None, Some(60), 500, false, &begins(None, None));
    }

    #[test]
    fn what_follows_goes_where_the_talk_was_last() {
        check(Some(&latest(None, false)), Some(60), 500, true, &Next::GoesOn(FIRST));
        check(Some(&latest(None, true)), Some(60), 500, true, &Next::GoesOn(FIRST));
        check(None, Some(60), 500, true, &begins(None, None));
    }

    #[test]
    fn a_limit_beyond_the_calendar_is_none() {
        check(Some(&latest(None, false)), Some(TimeDelta::MAX.num_minutes()), 500, false, &Next::GoesOn(FIRST));
    }

    #[test]
    fn the_opening_says_what_was_inherited() {
        let Next::Begins(beginning) = next(Some(&latest(Some("billing"), true)), None, at(11), false) else { panic!("it goes on") };
        let second = ConversationId::from_ulid(Ulid::from_parts(2, 2));
        let opened = beginning.opened(second, Some("group".into()), at(11));
        assert_eq!((opened.conversation, opened.state.as_deref(), opened.inherited_from), (second, Some("billing"), Some(FIRST)));
        assert_eq!((opened.group.as_deref(), opened.at), (Some("group"), at(11)));
    }
}
