//! Which message of ours a status is about: Meta returns what was sent with it, the message's id, in every status.

use contract::{MessageId, UnassignedItemReceived};
use serde::Deserialize;

/// The property in which it comes back. Looked for before anything is parsed: most statuses are read for nothing.
const CALLBACK_DATA: &str = "biz_opaque_callback_data";
/// Under which key statuses come.
const STATUSES: &str = "statuses";

#[derive(Deserialize)]
struct Status {
    id: Option<String>,
    biz_opaque_callback_data: Option<String>,
}

/// The message, of a status as Meta sent it.
pub(crate) fn told(raw: &str) -> Option<MessageId> {
    parse(raw)?.biz_opaque_callback_data?.parse().ok()
}

/// The message and Meta's id of it, of a status whose contact nobody knew.
pub(crate) fn told_unassigned(item: &UnassignedItemReceived) -> Option<(MessageId, String)> {
    if item.key != STATUSES {
        return None;
    }
    let status = parse(item.raw.get())?;
    Some((status.biz_opaque_callback_data?.parse().ok()?, status.id?))
}

fn parse(raw: &str) -> Option<Status> {
    if !raw.contains(CALLBACK_DATA) {
        return None;
    }
    serde_json::from_str(raw).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_names_its_message_or_nothing_of_ours() {
        let id = "msg_01J00000000000000000000000";
        let with = |data: &str| format!(r#"{{"id":"wamid.A","status":"sent","biz_opaque_callback_data":{data}}}"#);
        assert_eq!(told(&with(&format!("\"{id}\""))).map(|id| id.to_string()).as_deref(), Some(id));
        for other in ["\"job=1\"", "null", "5"] {
            assert_eq!(told(&with(other)), None, "{other}");
        }
        assert_eq!(told(r#"{"id":"wamid.A","status":"sent"}"#), None);
        let raw = contract::RawJson::parse(&with(&format!("\"{id}\""))).unwrap();
        let item = |key: &str| UnassignedItemReceived { key: key.to_owned(), raw: raw.clone() };
        assert_eq!(told_unassigned(&item("statuses")).map(|(_, wamid)| wamid).as_deref(), Some("wamid.A"));
        assert_eq!(told_unassigned(&item("errors")), None);
    }
}
