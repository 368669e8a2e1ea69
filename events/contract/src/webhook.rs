//! What ingress keeps. The data is of those who sent it, so there is nothing to decode here: `whatsapp` reads it.

/// One change of a webhook body. Data: the change object `{"value": …, "field": …}` as Meta sent it.
pub const CHANGE_RECEIVED: &str = "webhook.change_received.v1";

/// A body that was signed by Meta and could not be split into changes. Data: the whole body.
pub const BODY_UNREADABLE: &str = "webhook.body_unreadable.v1";

/// A webhook of the payment provider. Data: the body as the provider sent it, less what identifies card and person.
pub const PAYMENT_REPORTED: &str = "webhook.payment_reported.v1";

/// Extension attribute: `entry[].id` of the body, the WABA or business portfolio.
pub const WABA_ID: &str = "wabaid";

/// Extension attribute: `entry[].time` of the body, Unix seconds.
pub const ENTRY_TIME: &str = "entrytime";

pub(crate) const TYPES: &[&str] = &[CHANGE_RECEIVED, BODY_UNREADABLE, PAYMENT_REPORTED];
