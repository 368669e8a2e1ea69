//! Reads a list page by page to its end. A list that cannot be read to its end is an error, because callers take whatever is missing in it
//! for deleted.

use std::collections::HashSet;

use reqwest::Method;
use serde_json::Value;

use super::answer::text;
use super::call::Call;
use super::{Error, Graph, Token};

/// Entries of a page.
const PAGE_ENTRIES: &str = "100";
/// Pages of a list. An account has 6,000 templates at most.
const PAGES_MAX: usize = 100;
/// Bytes of a page: a template has some ten thousand at most, a Flow as many for what is wrong with it.
const PAGE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How often a list is begun again.
const RESTARTS_MAX: usize = 2;
/// The page that was asked for is forgotten at Meta: begin again.
const CURSOR_INVALID: i64 = 131_059;

impl Graph {
    /// All entries of what is asked for, each once: a list that changes meanwhile may show one twice.
    pub(super) async fn pages(&self, name: &'static str, token: &Token, path: &str, asked: &[(&str, &str)]) -> Result<Vec<Value>, Error> {
        let mut entries = Vec::new();
        let mut after: Option<String> = None;
        let mut restarts = 0;
        for _ in 0..PAGES_MAX {
            let mut query = [asked, &[("limit", PAGE_ENTRIES)]].concat();
            query.extend(after.as_deref().map(|cursor| ("after", cursor)));
            let page = self.call(Call { query: &query, bytes_max: PAGE_BYTES_MAX, ..Call::new(name, Method::GET, path, token) }).await;
            match page {
                Err(error) if error.code() == Some(CURSOR_INVALID) && after.is_some() && restarts < RESTARTS_MAX => {
                    restarts += 1;
                    entries.clear();
                    after = None;
                }
                Err(error) => return Err(error),
                Ok(page) => match take(page, after.as_deref(), &mut entries)? {
                    Some(next) => after = Some(next),
                    None => return Ok(once(entries)),
                },
            }
        }
        Err(unreadable("it has too many pages"))
    }
}

/// Takes the entries out of a page; gives the cursor of the next.
fn take(mut page: Value, after: Option<&str>, entries: &mut Vec<Value>) -> Result<Option<String>, Error> {
    let Some(Value::Array(data)) = page.get_mut("data").map(Value::take) else { return Err(unreadable("it is no list")) };
    entries.extend(data);
    if page.pointer("/paging/next").and_then(Value::as_str).is_none() {
        return Ok(None);
    }
    let cursor = page.pointer("/paging/cursors").and_then(|cursors| text(cursors, "after"));
    match cursor.filter(|cursor| Some(cursor.as_str()) != after) {
        Some(cursor) => Ok(Some(cursor)),
        None => Err(unreadable("its next page is none")),
    }
}

fn once(mut entries: Vec<Value>) -> Vec<Value> {
    let mut seen = HashSet::new();
    entries.retain(|entry| text(entry, "id").is_none_or(|id| seen.insert(id)));
    entries
}

fn unreadable(what: &'static str) -> Error {
    Error::Unreadable { status: 200, what }
}
