//! `at`: a project's rows as they were at a moment.
//!
//! The moment is the broker's: its clock says when the log took an event, and no row was there before that. The time that an event itself
//! names is when it happened, which may be long before, when it waited as a webhook, and in another order than that of the log.

use chrono::SecondsFormat;
use contract::{ProjectId, Stream};
use projections::rebuild::{Column, Past, Row, tables};
use serde_json::{Map, Value, json};

use crate::cli::At;
use crate::filter::FilterArgs;
use crate::projects::projects;
use crate::servers::Servers;
use crate::tables::options;
use crate::{Error, Exit, Out, bars};

/// Columns of text in which nobody's words, numbers or names are. What is not listed here is not shown unless asked for.
const IMPERSONAL: [&str; 17] = [
    "id",
    "contact_id",
    "conversation_id",
    "message_id",
    "request_id",
    "flow_id",
    "wamid",
    "reply_to_wamid",
    "target_wamid",
    "inherited_from",
    "merged_into",
    "direction",
    "origin",
    "type",
    "status",
    "kind",
    "close_reason",
];

/// What stands for a value that was not asked for.
const HIDDEN: &str = "…";

pub(crate) async fn at(servers: &Servers, filter: &FilterArgs, at: &At, out: &mut Out) -> Result<Exit, Error> {
    let [project] = filter.project[..] else { return Err(Error::Usage("name one --project".to_owned())) };
    // Whether the log knows it.
    projects(servers, filter).await?;
    let moment = at.time.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    let created = servers.journal.state(Stream::Conversation).await?.created;
    if at.time < created {
        let created = created.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        return Err(Error::NotFound(format!("the log begins at {created}: of {moment} it knows nothing")));
    }
    let through = servers.journal.sequence_at(Stream::Conversation, at.time).await?;
    let (bar, follow) = bars::follow(out.watched);
    let past = Past::new(servers.journal.clone(), options(&at.reading)).watched(follow);
    let (content, mut count) = (at.reading.show_content, 0_u64);
    let tell =
        |row: Row| {
            count += 1;
            let columns = row.columns.into_iter().map(|column| (column.name, shown(column, content)));
            // What is told is not written into the bar.
            bar.suspend(|| {
                if out.json_rows { out.row(object(project, through, row.table, columns)) } else { out.row(line(row.table, columns)) }
            })
        };
    let events = past.rows(project, filter.contact, through, &at.table, tell).await?;
    bar.finish_and_clear();
    match filter.contact {
        Some(contact) if count == 0 => Err(Error::NotFound(format!("{project} had no such row of {contact} at {moment}"))),
        Some(_) | None => {
            if !out.json_rows {
                out.text(format!("{project}  {count} rows by {moment}, when the log had come to {through}; {events} events"))?;
            }
            Ok(Exit::Fine)
        }
    }
}

/// A table by its name, with or without its schema.
pub(crate) fn table(text: &str) -> Result<&'static str, String> {
    let name = |table: &&'static str| *table == text || table.split_once('.').is_some_and(|(_, name)| name == text);
    tables().into_iter().find(name).ok_or_else(|| format!("tables are {}", tables().join(", ")))
}

fn shown(column: Column, content: bool) -> Value {
    let personal = matches!(column.kind, "text" | "json") && !IMPERSONAL.contains(&column.name);
    if content || !personal || column.value.is_null() { column.value } else { HIDDEN.into() }
}

fn object(project: ProjectId, through: u64, table: &str, columns: impl Iterator<Item = (&'static str, Value)>) -> Value {
    let row: Map<String, Value> = columns.map(|(name, value)| (name.to_owned(), value)).collect();
    json!({ "project": project, "checkpoint": through, "table": table, "row": row })
}

/// Values as in JSON, so that words with line breaks are one line; without those that are not there.
fn line(table: &str, columns: impl Iterator<Item = (&'static str, Value)>) -> String {
    let values = columns.filter(|(_, value)| !value.is_null()).map(|(name, value)| format!("{name}={value}"));
    format!("{table}  {}", values.collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_of_people_are_hidden_unless_asked_for_and_what_is_not_there_is_no_secret() {
        let column = |name, kind, value| Column { name, kind, value };
        for (column, hidden) in [
            (column("wamid", "text", json!("wamid.1")), false),
            (column("sent_at", "timestamptz", json!("2026-11-18T09:00:03+00:00")), false),
            (column("version", "bigint", json!(7)), false),
            (column("phone", "text", Value::Null), false),
            (column("phone", "text", json!("+16505550123")), true),
            (column("content", "json", json!("{}")), true),
            (column("a_column_of_tomorrow", "text", json!("words")), true),
        ] {
            assert_eq!(shown(column.clone(), false) == json!(HIDDEN), hidden, "{column:?}");
            assert_eq!(shown(column.clone(), true), column.value);
        }
    }

    #[test]
    fn a_table_is_named_with_or_without_its_schema() {
        assert_eq!(table("contacts"), Ok("public.contacts"));
        assert_eq!(table("paige.statuses"), Ok("paige.statuses"));
        assert!(table("paige.checkpoint").unwrap_err().contains("public.messages"));
    }
}
