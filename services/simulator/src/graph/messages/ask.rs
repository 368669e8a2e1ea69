//! What a call of `/messages` asks for, as far as its body alone tells. Costs the most and needs no lock.

use serde_json::Value;
use whatsapp::outbound::{CALLBACK_DATA_MAX, Outbound};
use whatsapp::{FieldError, WaId, Wamid};

use crate::graph::{GraphRefusal, Request};

/// See the module.
#[derive(Debug)]
pub(crate) enum Ask {
    /// A message of a person was read; perhaps an answer is being typed.
    Read {
        wamid: Wamid,
        typing: bool,
    },
    Send(Box<Message>),
}

/// A message to send.
#[derive(Debug)]
pub(crate) struct Message {
    pub(super) to: To,
    /// The recipient as the call spelled it.
    pub(super) input: String,
    pub(super) outbound: Outbound,
    pub(super) opaque: Option<String>,
}

/// Who it goes to.
#[derive(Debug)]
pub(super) enum To {
    Phone(WaId),
    User(String),
}

impl Ask {
    pub(crate) fn parse(request: &Request) -> Result<Self, GraphRefusal> {
        let Value::Object(mut body) = request.whatsapp()? else { return Err(GraphRefusal::invalid("the body is not an object")) };
        if body.get("status").is_some_and(|status| status == "read") {
            return read(&Value::Object(body));
        }
        body.remove("messaging_product");
        if body.remove("recipient_type").is_some_and(|kind| kind != "individual") {
            return Err(GraphRefusal::invalid("recipient_type must be individual"));
        }
        let opaque = body.remove("biz_opaque_callback_data");
        let opaque = opaque.map(|opaque| match opaque {
            Value::String(text) if text.chars().count() <= CALLBACK_DATA_MAX => Ok(text),
            _ => Err(GraphRefusal::invalid("biz_opaque_callback_data must be a text of at most 512 characters")),
        });
        let (to, input) = recipient(body.remove("to"), body.remove("recipient"))?;
        body.entry("type").or_insert_with(|| Value::from("text"));
        let outbound = Outbound::parse(&Value::Object(body)).map_err(|errors| refused(&errors))?;
        Ok(Self::Send(Box::new(Message { to, input, outbound, opaque: opaque.transpose()? })))
    }

    /// The name of the call, as faults and the list of calls name it.
    pub(crate) fn name(asked: &Result<Self, GraphRefusal>) -> &'static str {
        match asked {
            Ok(Self::Read { .. }) => "mark_read",
            Ok(Self::Send(_)) | Err(_) => "send_message",
        }
    }
}

fn read(body: &Value) -> Result<Ask, GraphRefusal> {
    let wamid = body["message_id"].as_str().and_then(Wamid::parse).ok_or_else(|| GraphRefusal::invalid("message_id is required"))?;
    let typing = &body["typing_indicator"];
    if !typing.is_null() && typing["type"] != "text" {
        return Err(GraphRefusal::invalid("typing_indicator.type must be text"));
    }
    Ok(Ask::Read { wamid, typing: !typing.is_null() })
}

/// A number counts more than a user id.
fn recipient(to: Option<Value>, recipient: Option<Value>) -> Result<(To, String), GraphRefusal> {
    match (to, recipient) {
        (Some(Value::String(to)), _) => {
            let wa_id = WaId::parse(&to).ok_or_else(|| GraphRefusal::invalid("to is not a phone number"))?;
            Ok((To::Phone(wa_id), to))
        }
        (None, Some(Value::String(user))) => Ok((To::User(user.clone()), user)),
        (None, None) => Err(GraphRefusal::invalid("The parameter to is required.")),
        _ => Err(GraphRefusal::invalid("to and recipient are texts")),
    }
}

/// Meta names one thing at a time: the first.
fn refused(errors: &[FieldError]) -> GraphRefusal {
    let Some(first) = errors.first() else { return GraphRefusal::invalid("the message cannot be read") };
    let details = first.to_string();
    match first.code {
        "required" => GraphRefusal::message(131_008, "Required parameter is missing", &details),
        "too_long" | "unknown_property" => GraphRefusal::invalid(&details),
        _ => GraphRefusal::message(131_009, "Parameter value is not valid", &details),
    }
}
