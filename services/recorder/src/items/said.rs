//! What a person said: by a message, or by calling.

use chrono::{DateTime, Utc};
use contract::{Identity, IdentityKind};
use whatsapp::Bsuid;
use whatsapp::payload::{Call, Interactive, Kind, Message, SystemEvent};

use super::{How, Replaced, Said, Submitted};
use crate::fit::{NAME_CHARS_MAX, TEXT_CHARS_MAX, TOKEN_CHARS_MAX, fit};
use crate::raw::{keep, keep_text};

/// The type of a message that is a call.
const CALL: &str = "call";

/// None without an id: it could not be told from a second delivery.
pub(super) fn by_message(message: &Message, how: How) -> Option<Said> {
    let wamid = message.wamid.as_ref()?;
    let received = how == How::Received;
    Some(Said {
        how,
        wamid: wamid.as_str().to_owned(),
        stamp_ms: stamp_ms(message.timestamp),
        kind: fit(message.kind.name(), NAME_CHARS_MAX),
        text: message.kind.text().map(|text| fit(text, TEXT_CHARS_MAX)),
        reply_to: message.context.as_ref().and_then(|context| context.id.as_ref()).map(|id| id.as_str().to_owned()),
        target: target(&message.kind),
        group: message.group_id.as_ref().map(|group| group.as_str().to_owned()),
        replaced: replaced_by(message),
        submitted: submitted(&message.kind).filter(|_| received),
        raw: keep(&message.raw),
    })
}

/// Whoever calls has something to say, and may be answered in writing, whether or not anybody answers the call. None if it is not a person who
/// calls, or only tells how the call went on.
pub(super) fn by_call(call: &Call) -> Option<Said> {
    let id = call.id.as_ref().filter(|_| call.is_from_a_person())?;
    Some(Said {
        how: How::Received,
        wamid: id.as_str().to_owned(),
        stamp_ms: stamp_ms(call.timestamp),
        kind: CALL.to_owned(),
        text: None,
        reply_to: None,
        target: None,
        group: None,
        replaced: Vec::new(),
        submitted: None,
        raw: keep(&call.raw),
    })
}

fn stamp_ms(at: Option<DateTime<Utc>>) -> u64 {
    at.map_or(0, |at| u64::try_from(at.timestamp_millis()).unwrap_or(0))
}

fn target(kind: &Kind) -> Option<String> {
    let wamid = match kind {
        Kind::Reaction { message_id, .. } => message_id,
        Kind::Edit(edit) => &edit.original_message_id,
        Kind::Revoke { original_message_id } => original_message_id,
        _says_something_by_itself => return None,
    };
    Some(wamid.as_str().to_owned())
}

/// An answer by a form of WhatsApp's own, an address say, is not one of a Flow.
fn submitted(kind: &Kind) -> Option<Submitted> {
    let Kind::Interactive(Interactive::NfmReply(reply)) = kind else { return None };
    if reply.name.as_deref().is_some_and(|name| name != "flow") {
        return None;
    }
    Some(Submitted {
        flow_token: reply.flow_token().map(|token| fit(token, TOKEN_CHARS_MAX)),
        response: keep_text(reply.response_json.as_deref()?),
    })
}

fn replaced_by(message: &Message) -> Vec<Replaced> {
    let Kind::System(system) = &message.kind else { return Vec::new() };
    if !matches!(system.event, SystemEvent::UserChangedNumber | SystemEvent::UserChangedUserId) {
        return Vec::new();
    }
    let number = message.from.as_ref().zip(system.wa_id.as_ref()).map(|(previous, current)| Replaced {
        previous: Identity { kind: IdentityKind::Phone, value: previous.canonical().as_str().to_owned() },
        current: Identity { kind: IdentityKind::Phone, value: current.canonical().as_str().to_owned() },
        wa_id: Some(current.as_str().to_owned()),
    });
    let ids = [
        (IdentityKind::Bsuid, &message.from_user_id, &system.user_id),
        (IdentityKind::ParentBsuid, &message.from_parent_user_id, &system.parent_user_id),
    ];
    let ids = ids.into_iter().filter_map(|(kind, previous, current)| {
        let identity = |id: &Bsuid| Identity { kind, value: id.as_str().to_owned() };
        Some(Replaced { previous: identity(previous.as_ref()?), current: identity(current.as_ref()?), wa_id: None })
    });
    number.into_iter().chain(ids).filter(|replaced| replaced.previous != replaced.current).collect()
}
