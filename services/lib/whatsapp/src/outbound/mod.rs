//! What is sent: a message in Meta's own shape, held against Meta's limits before anybody stores it or asks Meta.
//!
//! An [`Outbound`] has every property that Meta knows for its type and no other. Who it goes to and what marks it as ours is
//! added by [`Outbound::body`]. Whether the window is open, a file is there, a Flow is published or a template is approved is not known here.

mod change;
mod contacts;
mod interactive;
mod kind;
mod media;
mod place;
mod reaction;
mod recipient;
mod template;
mod text;
mod uses;

use kind::Kind;
pub use media::MediaKind;
pub use recipient::Recipient;
use serde_json::Value;
pub(crate) use template::{LONE_BODY_TEXT_MAX, check_language, check_name};
pub use uses::{FlowMode, FlowUse, MediaUse, TemplateUse};

use crate::Wamid;
use crate::field_error::{Code, FieldError};
use crate::strict::{Findings, Node};

/// A message as JSON, in bytes. Callers refuse a longer request body before they parse it; what is accepted is never longer. Ours: Meta names
/// none. 257 cards of two kilobytes, a picture of 300 KB in base64 among a Flow's data, and a parameter of 32,768 characters of four bytes each
/// stay below it; a page of a hundred such messages is as much as one answer should be.
pub const OUTBOUND_BYTES_MAX: usize = 512 * 1024;

/// Meta's limit on `biz_opaque_callback_data`, in characters. Whoever makes that text keeps to it.
pub const CALLBACK_DATA_MAX: usize = 512;

/// Whom it goes to and whose it is: said once, by the one who sends it.
const SET_WHEN_SENT: [&str; 5] = ["messaging_product", "to", "recipient", "recipient_type", "biz_opaque_callback_data"];

/// A hash of ours or Meta's, hex or base64.
const HASH_MAX: usize = 256;

/// What Meta's ids of calls begin with.
const OF_CALLS: &str = "wacid.";

/// A message that Meta would take, as far as its own text tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Outbound {
    kind: Kind,
    json: Value,
}

impl Outbound {
    /// # Errors
    /// All that is wrong, at most [`crate::FIELD_ERRORS_MAX`].
    pub fn parse(message: &Value) -> Result<Self, Vec<FieldError>> {
        let findings = Findings::default();
        let root = Node::root(message, &findings);
        let kind = check(&root);
        let (Some(kind), true) = (kind, findings.is_empty()) else { return Err(findings.take()) };
        let mut json = message.clone();
        change::normalise(&mut json);
        let length = json.to_string().len();
        if length > OUTBOUND_BYTES_MAX {
            root.refuse(Code::TooLong, format!("must have at most {OUTBOUND_BYTES_MAX} bytes as JSON, has {length}"));
            return Err(findings.take());
        }
        Ok(Self { kind, json })
    }

    /// Meta's `type`.
    pub fn kind(&self) -> &'static str {
        self.kind.name()
    }

    /// Whether Meta takes it only inside the customer service window.
    pub fn needs_window(&self) -> bool {
        self.kind != Kind::Template
    }

    /// Normalised: coordinates are numbers, a template's language has an underscore, a button's index is text.
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// What is posted to `/{phone}/messages`. `callback_data` comes back in every status, at most [`CALLBACK_DATA_MAX`] characters.
    pub fn body(&self, to: &Recipient, callback_data: &str) -> Value {
        let mut body = self.json.as_object().cloned().unwrap_or_default();
        let mut set = |key: &str, text: &str| body.insert(key.to_owned(), Value::from(text));
        set("messaging_product", "whatsapp");
        set("recipient_type", "individual");
        set("biz_opaque_callback_data", callback_data);
        match to {
            // without the + Meta may put the business's own country code in front
            Recipient::Phone(wa_id) => set("to", &format!("+{}", wa_id.as_str())),
            Recipient::User(bsuid) => set("recipient", bsuid.as_str()),
        };
        Value::Object(body)
    }
}

/// `None` only if something is wrong.
fn check(message: &Node<'_>) -> Option<Kind> {
    let object = message.object()?;
    for key in SET_WHEN_SENT {
        object.forbidden(key, "must be left out: it is set when the message is sent");
    }
    if let Some(hash) = object.optional("recipient_identity_key_hash") {
        hash.token(HASH_MAX);
    }
    let context = object.optional("context");
    let Some(kind) = object.required("type").and_then(|name| name.choice(&Kind::ALL, Kind::name)) else {
        object.leave_the_rest();
        return None;
    };
    match (context, kind) {
        (Some(context), Kind::Reaction) => context.refuse(Code::NotAllowed, "must be left out: a reaction names its message itself"),
        (Some(context), _) => reply(&context),
        (None, _) => {}
    }
    if let Some(content) = object.required(kind.name()) {
        kind.check(&content);
    }
    Some(kind)
}

fn reply(context: &Node<'_>) {
    if let Some(object) = context.object()
        && let Some(message_id) = object.required("message_id")
    {
        wamid(&message_id);
    }
}

/// The id of another message. Nobody answers a call, or reacts to one.
fn wamid(node: &Node<'_>) {
    let Some(text) = node.string() else { return };
    if text.starts_with(OF_CALLS) {
        return node.refuse(Code::Value, "must be the id of a message, and this is one of a call");
    }
    node.matches(text, Wamid::parse(text).is_some(), "must be the id of a message: 1 to 512 printable ASCII characters");
}
