//! Chats from before the number was connected, in chunks (coexistence numbers).

use serde_json::value::RawValue;

use super::value::read_items;
use super::{Leftover, Message, MetaError};
use crate::lenient::{Object, elements, is_null};

/// One chunk, or the refusal to share any (`errors`, code 2593109).
#[derive(Debug, Clone)]
pub struct HistoryChunk {
    /// 0, 1 or 2.
    pub phase: Option<i64>,
    pub chunk_order: Option<i64>,
    /// Percent of the whole.
    pub progress: Option<i64>,
    pub threads: Vec<HistoryThread>,
    pub errors: Vec<MetaError>,
}

/// One chat.
#[derive(Debug, Clone)]
pub struct HistoryThread {
    /// The person's number or user id.
    pub id: Option<String>,
    pub messages: Vec<Message>,
}

impl HistoryChunk {
    pub(crate) fn read(chunk: &Object<'_>, leftovers: &mut Vec<Leftover>) -> Self {
        let metadata = chunk.object("metadata");
        let number = |key: &str| metadata.as_ref().and_then(|metadata| metadata.integer(key));
        let mut threads = Vec::new();
        for listing in chunk.all("threads") {
            each_object("history.threads", listing, leftovers, |thread, left| threads.push(HistoryThread::read(&thread, left)));
        }
        let mut errors = Vec::new();
        for listing in chunk.all("errors") {
            read_items("history.errors", listing, &mut errors, leftovers, MetaError::read);
        }
        Self { phase: number("phase"), chunk_order: number("chunk_order"), progress: number("progress"), threads, errors }
    }
}

impl HistoryThread {
    fn read(thread: &Object<'_>, leftovers: &mut Vec<Leftover>) -> Self {
        let mut messages = Vec::new();
        for listing in thread.all("messages") {
            read_items("history.threads.messages", listing, &mut messages, leftovers, Message::read);
        }
        Self { id: thread.string("id"), messages }
    }
}

/// Hands every object of the list on, with the leftovers, because it has lists of its own; what is no object is left over.
pub(crate) fn each_object<'a>(
    list: &'static str,
    json: &'a RawValue,
    leftovers: &mut Vec<Leftover>,
    mut take: impl FnMut(Object<'a>, &mut Vec<Leftover>),
) {
    if is_null(json) {
        return;
    }
    let Some(elements) = elements(json) else {
        return leftovers.push(Leftover::new(list, json));
    };
    for element in elements {
        match Object::read(element) {
            Some(object) => take(object, leftovers),
            None => leftovers.push(Leftover::new(list, element)),
        }
    }
}
