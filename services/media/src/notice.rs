//! Which files an event of a conversation tells of. Pure: an event in, files to fetch out.
//!
//! A message names at most one file itself; a Flow that was filled in may bring several, in the answers of its pickers. Whatever a message
//! says of a file is a claim by others: it is cleaned here, once.

use chrono::{DateTime, TimeDelta, Utc};
use contract::{ConversationEvent, MediaId, Message, MessageId, ProjectId};
use serde_json::Value;
use whatsapp::payload::{Interactive, Kind, Media};

use crate::digest::Digest;
use crate::label;

/// How long Meta keeps a file for whoever was told of it by a webhook (reference: Meta's "Media" page).
pub(crate) const KEPT_BY_META: TimeDelta = TimeDelta::days(7);
/// Files of one message; a picker gives at most 30.
const FILES_MAX: usize = 100;
/// How deep files are looked for in a Flow's answers.
const DEPTH_MAX: usize = 8;
/// The longest id of a file that Meta may give, in bytes.
const META_ID_BYTES_MAX: usize = 256;
/// What a file is called that was filled into a Flow.
const KIND_FLOW: &str = "flow";

/// A file that a message names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Noted {
    pub(crate) project: ProjectId,
    /// Ours.
    pub(crate) id: MediaId,
    pub(crate) message: MessageId,
    /// Meta's.
    pub(crate) media_id: String,
    /// Meta's type of the message, or `flow`.
    pub(crate) kind: String,
    pub(crate) mime_type: Option<String>,
    /// What the bytes must have.
    pub(crate) sha256: Option<Digest>,
    pub(crate) name: Option<String>,
    /// When it was heard of.
    pub(crate) at: DateTime<Utc>,
    /// Until when Meta keeps it.
    pub(crate) deadline: DateTime<Utc>,
}

/// The files that `event`, recorded at `at`, tells of, each once.
pub(crate) fn notice(project: ProjectId, event: &ConversationEvent, at: DateTime<Utc>) -> Vec<Noted> {
    let Some(message) = event.said() else { return Vec::new() };
    // What is imported may be months old; Meta has given its ids out now.
    let given = if matches!(event, ConversationEvent::MessageImported(_)) { at } else { message.sent_at.min(at) };
    let mut noted: Vec<Noted> = Vec::new();
    for claim in claims(message).into_iter().take(FILES_MAX) {
        let id = MediaId::of_message(project, message.message, &claim.id);
        if !is_id(&claim.id) || noted.iter().any(|known| known.id == id) {
            continue;
        }
        noted.push(Noted {
            project,
            id,
            message: message.message,
            media_id: claim.id,
            kind: claim.kind,
            mime_type: claim.mime_type.as_deref().and_then(label::mime_type),
            sha256: claim.sha256.as_deref().and_then(Digest::parse),
            name: claim.name.as_deref().and_then(label::name),
            at,
            deadline: given + KEPT_BY_META,
        });
    }
    noted
}

/// What Meta says of a file.
struct Claim {
    id: String,
    kind: String,
    mime_type: Option<String>,
    sha256: Option<String>,
    name: Option<String>,
}

fn claims(message: &Message) -> Vec<Claim> {
    // A text is most of what is said, and holds none.
    if message.kind == "text" {
        return Vec::new();
    }
    let change = format!(r#"{{"value":{{"messages":[{}]}}}}"#, message.raw.get());
    let value = whatsapp::payload::Value::parse(&change);
    let Some(message) = value.messages.into_iter().next() else { return Vec::new() };
    let kind = match message.kind {
        Kind::Edit(edit) => *edit.kind,
        kind => kind,
    };
    if let Some(media) = kind.media() {
        return vec![claim(kind.name(), media)];
    }
    let mut found = Vec::new();
    if let Kind::Interactive(Interactive::NfmReply(reply)) = kind
        && let Some(response) = &reply.response
    {
        picked(response, DEPTH_MAX, &mut found);
    }
    found
}

fn claim(kind: &str, media: &Media) -> Claim {
    Claim {
        id: media.id.clone(),
        kind: kind.to_owned(),
        mime_type: media.mime_type.clone(),
        sha256: media.sha256.clone(),
        name: media.filename.clone(),
    }
}

/// Looks for `[{"file_name", "mime_type", "sha256", "id"}]`, wherever a Flow put it.
fn picked(value: &Value, depth: usize, found: &mut Vec<Claim>) {
    if depth == 0 || found.len() >= FILES_MAX {
        return;
    }
    match value {
        Value::Array(values) => values.iter().for_each(|value| picked(value, depth - 1, found)),
        Value::Object(members) => {
            let text = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
            let id = match members.get("id") {
                Some(Value::Number(number)) => Some(number.to_string()),
                Some(Value::String(text)) => Some(text.clone()),
                Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => None,
            };
            if let (Some(id), Some(sha256), Some(mime_type)) = (id, text("sha256"), text("mime_type")) {
                let (mime_type, sha256) = (Some(mime_type), Some(sha256));
                found.push(Claim { id, kind: KIND_FLOW.to_owned(), mime_type, sha256, name: text("file_name") });
            } else {
                members.values().for_each(|value| picked(value, depth - 1, found));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What cannot be an id of Meta's names no file.
fn is_id(text: &str) -> bool {
    (1..=META_ID_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use contract::{ConversationId, Direction, MessageEchoed, MessageImported, MessageReceived, RawJson};
    use serde_json::json;
    use ulid::Ulid;

    use super::*;

    fn at() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn message(kind: &str, raw: &Value) -> Message {
        Message {
            message: MessageId::from_ulid(Ulid::from_parts(1, 1)),
            conversation: ConversationId::from_ulid(Ulid::from_parts(1, 2)),
            wamid: "wamid.A".into(),
            sent_at: at() - TimeDelta::hours(1),
            kind: kind.into(),
            text: None,
            reply_to: None,
            target: None,
            group: None,
            raw: RawJson::parse(&raw.to_string()).unwrap(),
        }
    }

    fn noted(kind: &str, raw: &Value) -> Vec<Noted> {
        notice(ProjectId::from_ulid(Ulid::from_parts(1, 3)), &MessageReceived(message(kind, raw)).into(), at())
    }

    fn flow(response: &Value) -> Value {
        json!({"id": "wamid.A", "type": "interactive", "interactive": {"type": "nfm_reply",
            "nfm_reply": {"name": "flow", "body": "Sent", "response_json": response.to_string()}}})
    }

    #[test]
    fn every_message_with_a_file_is_one_and_what_is_said_of_it_is_clean() {
        for kind in ["image", "video", "audio", "document", "sticker"] {
            let raw = json!({"id": "wamid.A", "type": kind, kind: {"id": "17", "mime_type": "a/b", "sha256": "x", "filename": "../c"}});
            let found = noted(kind, &raw);
            assert_eq!(found.len(), 1, "{kind}");
            let Noted { media_id, kind: found_kind, mime_type, sha256, name, deadline, .. } = &found[0];
            assert_eq!((media_id.as_str(), found_kind.as_str(), mime_type.as_deref()), ("17", kind, Some("a/b")));
            assert_eq!((*sha256, name.as_deref()), (None, Some("c")));
            assert_eq!(*deadline, at() - TimeDelta::hours(1) + KEPT_BY_META);
        }
        let edit = json!({"id": "wamid.A", "type": "edit", "edit": {"original_message_id": "wamid.B",
            "message": {"type": "image", "image": {"id": "18"}}}});
        let found = noted("edit", &edit);
        assert_eq!(found.iter().map(|noted| (noted.media_id.as_str(), noted.kind.as_str())).collect::<Vec<_>>(), [("18", "image")]);
    }

    #[test]
    fn a_message_without_a_file_is_none() {
        for (kind, raw) in [
            ("text", json!({"id": "wamid.A", "type": "text", "text": {"body": "17"}})),
            ("image", json!({"id": "wamid.A", "type": "image", "image": {"mime_type": "a/b"}})),
            ("unsupported", json!({"id": "wamid.A", "type": "unsupported", "errors": [{"code": 131_052}]})),
            ("image", json!({"id": "wamid.A", "type": "image", "image": {"id": "a b"}})),
            ("image", json!({"id": "wamid.A", "type": "image", "image": {"id": "1\u{0}"}})),
            ("image", json!({"id": "wamid.A", "type": "image", "image": {"id": "1".repeat(257)}})),
            ("image", json!([])),
        ] {
            assert_eq!(noted(kind, &raw), [], "{raw}");
        }
    }

    #[test]
    fn files_that_were_filled_into_a_flow_are_found_wherever_they_are() {
        let file = |id: Value| json!({"file_name": "a.jpg", "mime_type": "image/jpeg", "sha256": "x", "id": id});
        let answers = json!({"flow_token": "unused", "photos": [file(json!("1")), file(json!(2))], "more": {"papers": [file(json!("3"))]},
            "again": [file(json!("1"))], "choice": [{"id": "4", "title": "no file"}]});
        let found = noted("interactive", &flow(&answers));
        let ids: Vec<_> = found.iter().map(|noted| (noted.media_id.as_str(), noted.kind.as_str())).collect();
        assert_eq!(ids.len(), 3, "{ids:?}");
        for id in ["1", "2", "3"] {
            assert!(ids.contains(&(id, "flow")), "{ids:?}");
        }
        let many = json!({"photos": (0..500).map(|id| file(json!(id.to_string()))).collect::<Vec<_>>()});
        assert_eq!(noted("interactive", &flow(&many)).len(), FILES_MAX);
        let mut deep = json!([file(json!("1"))]);
        for _ in 0..50 {
            deep = json!([deep]);
        }
        assert_eq!(noted("interactive", &flow(&deep)), []);
    }

    #[test]
    fn what_is_imported_is_kept_from_now_on_and_no_time_stamp_makes_it_longer() {
        let project = ProjectId::from_ulid(Ulid::from_parts(1, 3));
        let raw = json!({"id": "wamid.A", "type": "image", "image": {"id": "17"}});
        let mut said = message("image", &raw);
        said.sent_at = at() - TimeDelta::days(100);
        let imported = MessageImported { direction: Direction::Outbound, status: None, message: said.clone() };
        assert_eq!(notice(project, &imported.into(), at())[0].deadline, at() + KEPT_BY_META);
        said.sent_at = at() + TimeDelta::days(100);
        assert_eq!(notice(project, &MessageEchoed(said).into(), at())[0].deadline, at() + KEPT_BY_META);
    }
}
