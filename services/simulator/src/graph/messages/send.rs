//! A message is held against the limits, the recipient and what it names; then it is accepted, and its statuses are to come.
//!
//! Nothing here looks through lists: a benchmark sends thousands in a second.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use whatsapp::payload::UserPreference;
use whatsapp::{PhoneNumberId, WaId, WabaId, Wamid};

use super::ask::{Ask, Message, To};
use super::{checks, mark_read};
use crate::chat::Bubble;
use crate::graph::{GraphRefusal, Request, token};
use crate::made_up;
use crate::person::Person;
use crate::rate::Limit;
use crate::schedule::{Due, Step, StepName};
use crate::view::View;
use crate::world::World;

/// How long a business may answer freely.
const WINDOW: TimeDelta = TimeDelta::hours(24);
/// What a number may send in a second that is in use in the WhatsApp Business app too.
const COEXISTENCE_PER_SECOND_MAX: u32 = 20;
/// Webhooks that one message may bring.
const STATUSES_MAX: usize = 3;

/// `POST /{version}/{phone}/messages`. `fails` is the code that an accepted message fails with.
pub(crate) fn answer(
    world: &mut World,
    request: &Request,
    asked: Result<Ask, GraphRefusal>,
    fails: Option<i64>,
    now: DateTime<Utc>,
) -> Result<Value, GraphRefusal> {
    let from = token::for_sending(&world.meta, request, request.path.first().map(String::as_str).unwrap_or_default())?;
    match asked? {
        Ask::Read { wamid, typing } => mark_read::mark_read(world, &from, &wamid, typing, now),
        Ask::Send(message) => send(world, &from, *message, fails, now),
    }
}

fn send(world: &mut World, from: &PhoneNumberId, message: Message, fails: Option<i64>, now: DateTime<Utc>) -> Result<Value, GraphRefusal> {
    let number = world.number(from).map_err(|refused| busy(&refused))?;
    let (described, dialled) = (number.waba_id.clone(), number.display_phone_number.clone());
    let waba = world.meta.lines.get(from).map_or(described, |line| line.waba.clone());
    let throughput = throughput(world, from);
    if !world.sent.get(from).copied().unwrap_or_default().allows(throughput, now) {
        let details = "Cloud API message throughput has been reached.";
        return Err(GraphRefusal::message(130_429, "Rate limit hit", details));
    }
    let (wa_id, known) = recipient(world, &message.to)?;
    if wa_id.as_str() == dialled {
        return Err(GraphRefusal::message(131_021, "Recipient cannot be sender", "Sender and recipient phone number is the same"));
    }
    let pair = (world.rules.pair_burst > 0 && world.rules.pair_gap_ms > 0)
        .then(|| Limit { burst: world.rules.pair_burst, gap: TimeDelta::milliseconds(world.rules.pair_gap_ms.into()) });
    let told = (wa_id, from.clone());
    if world.chats.get(&told).is_some_and(|chat| !chat.pair.allows(pair, now)) {
        let details = "Message failed to send because there were too many messages sent from this phone number to the same phone number";
        return Err(GraphRefusal::message(131_056, "(Business Account, Consumer Account) pair rate limit hit", details));
    }
    if world.schedule.is_full() {
        return Err(unavailable("too many messages wait"));
    }
    world.outbox.refuse_if_full(STATUSES_MAX).map_err(|refused| busy(&refused))?;
    if let Some(reached) = world.reached.get_mut(&waba) {
        reached.forget(now);
    }
    let ready = prepare(world, &told, &waba, known, &message, now)?;
    world.sent.entry(from.clone()).or_default().take(throughput, now);
    if known {
        world.chat(&told.0, from).pair.take(pair, now);
    }
    let fails = ready.fails.or(fails.map(|code| (code, "Simulated failure")));
    if ready.is_unasked && fails.is_none() {
        world.reached.entry(waba).or_default().take(&told.0, now);
    }
    let answer = accept(world, told, known, message, Ready { fails, ..ready }, now);
    world.run_due(now);
    Ok(answer)
}

fn throughput(world: &World, from: &PhoneNumberId) -> Option<Limit> {
    let per_second = world.rules.throughput;
    let in_the_app = world.meta.lines.get(from).is_some_and(|line| line.coexistence);
    Limit::per_second(if in_the_app { per_second.min(COEXISTENCE_PER_SECOND_MAX) } else { per_second })
}

/// What is known of a message before it is accepted.
struct Ready {
    view: View,
    /// Why it will not arrive, if that is known already.
    fails: Option<(i64, &'static str)>,
    category: &'static str,
    flow_id: Option<String>,
    is_template: bool,
    /// Nobody has written: it counts for the messaging limit.
    is_unasked: bool,
}

fn prepare(
    world: &World,
    told: &(WaId, PhoneNumberId),
    waba: &WabaId,
    known: bool,
    message: &Message,
    now: DateTime<Utc>,
) -> Result<Ready, GraphRefusal> {
    let chat = world.chats.get(told);
    let found = checks::find(&world.meta, (&told.1, waba), &message.outbound, chat, now)?;
    let category = match found.template.map(|template| template.category.as_str()) {
        Some("MARKETING") => "marketing",
        Some("UTILITY") => "utility",
        Some("AUTHENTICATION") => "authentication",
        _ => "service",
    };
    if matches!(message.to, To::User(_)) && category == "authentication" {
        let details = "Business-scoped user ids cannot be used with one-tap, zero-tap and copy code authentication templates";
        return Err(GraphRefusal::message(
            131_062,
            "Business-scoped User ID (BSUID) recipients are not supported for this message",
            details,
        ));
    }
    let open = world.rules.always_open || chat.and_then(|chat| chat.person_spoke_at).is_some_and(|at| now - at < WINDOW);
    let fails = if !known {
        Some((131_026, "Message undeliverable"))
    } else if message.outbound.needs_window() && !open {
        Some((131_047, "Re-engagement message"))
    } else if category == "marketing" && chat.is_some_and(|chat| chat.no_marketing) {
        Some((UserPreference::STOPPED_CODE, "Message undeliverable: the user has stopped marketing messages"))
    } else if !open && world.reached.get(waba).is_some_and(|reached| !reached.allows(&told.0, world.rules.messaging_limit)) {
        Some((131_064, "Messaging limit reached"))
    } else {
        None
    };
    if let Some((code, title)) = fails.filter(|_| world.rules.refuse_at_once) {
        return Err(GraphRefusal::message(code, title, title));
    }
    let view = View::of(&message.outbound, found.template);
    Ok(Ready { view, fails, category, flow_id: found.flow_id, is_template: found.template.is_some(), is_unasked: !open })
}

/// From here on it is sent.
fn accept(
    world: &mut World,
    (wa_id, from): (WaId, PhoneNumberId),
    known: bool,
    message: Message,
    ready: Ready,
    now: DateTime<Utc>,
) -> Value {
    let wamid = made_up::wamid(&wa_id, true, &mut world.dice);
    let Message { input, outbound, opaque, .. } = message;
    let opaque: Option<Arc<str>> = opaque.map(Into::into);
    let body = Arc::new(outbound.json().clone());
    let target = outbound.target().and_then(Wamid::parse);
    if let Some(id) = &ready.flow_id {
        world.meta.flows.sent(id, now);
    }
    if known {
        let chat = world.chat(&wa_id, &from);
        chat.typing_until = None;
        match &target {
            Some(target) if ready.fails.is_none() => {
                if let Some(bubble) = chat.find(target) {
                    bubble.business_reaction = outbound.text();
                }
            }
            Some(_) => {}
            None => {
                let mut bubble = Bubble::new(wamid.clone(), false, outbound.kind(), ready.view.text, now);
                bubble.reply_to = outbound.reply_to().and_then(Wamid::parse);
                (bubble.choices, bubble.look) = (ready.view.choices, ready.view.look);
                (bubble.opaque, bubble.body, bubble.flow_id) = (opaque.clone(), Some(body.clone()), ready.flow_id);
                let gone = chat.push(bubble);
                world.forget(gone);
            }
        }
    }
    let name = ready.fails.map_or(StepName::Sent, |(code, title)| StepName::Failed(code, title));
    let step = Step { told: (wa_id.clone(), from, wamid.clone()), name, opaque, category: ready.category, last: target.is_some(), body };
    world.schedule.at(now + TimeDelta::milliseconds(world.rules.sent_ms.into()), Due::Status(Box::new(step)));
    let contact = world.people.get(&wa_id).map_or_else(|| json!({"input": input, "wa_id": wa_id}), |person| contact(person, &input));
    let mut message = json!({ "id": wamid });
    if ready.is_template {
        message["message_status"] = json!("accepted");
    }
    json!({"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]})
}

fn contact(person: &Person, input: &str) -> Value {
    match person.hidden {
        true => json!({"input": input, "user_id": person.user_id}),
        false => json!({"input": input, "wa_id": person.wa_id, "user_id": person.user_id}),
    }
}

/// Who it goes to, and whether such a phone exists.
fn recipient(world: &mut World, to: &To) -> Result<(WaId, bool), GraphRefusal> {
    match to {
        To::Phone(wa_id) => {
            if world.rules.everybody {
                world.person(wa_id).map_err(|refused| busy(&refused))?;
            }
            Ok((wa_id.clone(), world.people.contains_key(wa_id)))
        }
        To::User(user_id) => {
            let wa_id = world.users.get(user_id.as_str()).cloned();
            wa_id.map(|wa_id| (wa_id, true)).ok_or_else(|| GraphRefusal::invalid("recipient is not a user id of this business"))
        }
    }
}

fn busy(refused: &crate::Refused) -> GraphRefusal {
    unavailable(&refused.to_string())
}

fn unavailable(details: &str) -> GraphRefusal {
    GraphRefusal::new(500, 131_016, "(#131016) Service unavailable").details(details)
}
