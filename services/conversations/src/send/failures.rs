//! What may still become of a message that was taken, as the descriptions of the routes tell it: from the list that the sender fails by.

use contract::SendFailure;

/// What is said of a route, and after it why its messages may fail.
pub(super) fn described(route: &str) -> String {
    let causes: Vec<String> = SendFailure::ALL.iter().map(|cause| format!("`{}`: {}", cause.name(), cause.meaning())).collect();
    format!(
        "{route}\n\nA message that is not sent after all ends with `message_failed`, which tells why in its `code`, and Meta's own code in \
         `meta_code` where it gave one. {}. The list can grow.",
        causes.join("; ")
    )
}
