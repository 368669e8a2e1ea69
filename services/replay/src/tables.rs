//! What the verbs that fold the log have in common: how they are set up, and how a report reads.

use projections::rebuild::{Difference, DifferenceKind, Options, Rebuild, Report};
use serde_json::{Value, json};

use crate::cli::{How, Reading};
use crate::servers::Servers;
use crate::{Error, Out};

/// Key columns whose values are people's numbers and names.
const PERSONAL: [&str; 2] = ["value", "participant"];

pub(crate) fn rebuild(servers: &Servers, how: &How) -> Result<Rebuild, Error> {
    let options = Options { differences_max: how.differences, ..options(&how.reading) };
    Ok(Rebuild::new(servers.journal.clone(), servers.databases()?, options))
}

pub(crate) fn options(reading: &Reading) -> Options {
    Options { memory_bytes_max: reading.memory as usize * 1024 * 1024, events_per_second_max: reading.rate, ..Options::default() }
}

/// A report as JSON. `verb` is what is said of rows that differ.
pub(crate) fn told(report: &Report, verb: &str, content: bool) -> Value {
    let tables: Vec<Value> = report.tables.iter().map(|table| {
        let differences: Vec<Value> = table.differences.iter().map(|difference| object(difference, content)).collect();
        json!({ "table": table.table, "rows": table.rows, "missing": table.missing, "surplus": table.surplus, "changed": table.changed, "differences": differences })
    }).collect();
    let mut told = json!({
        "project": report.project, "result": verb, "checkpoint": report.checkpoint, "events": report.events, "passes": report.passes,
        "rows": report.rows(), "differing_rows": report.differing_rows(), "tables": tables,
    });
    if let Some(contact) = report.contact {
        told["contact"] = json!(contact);
    }
    if let Some(at) = report.at {
        told["at"] = json!(at);
    }
    told
}

/// Prints a report: a line for the project, one for each table that differs, one for each difference that is told.
pub(crate) fn print(report: &Report, verb: &str, content: bool, out: &mut Out) -> Result<(), Error> {
    let (project, rows, differing) = (report.project, report.rows(), report.differing_rows());
    let whose = match report.contact {
        None => project.to_string(),
        Some(contact) if rows == 0 && differing == 0 => return Err(Error::NotFound(format!("{project} has no contact {contact}"))),
        Some(contact) => format!("{project}  {contact}"),
    };
    let summary = match differing {
        0 => format!("{whose}  {rows} rows equal the log up to {}, {} events", report.checkpoint, report.events),
        _ => format!("{whose}  {differing} rows {verb}, compared with the log up to {}, {} events", report.checkpoint, report.events),
    };
    out.line(summary, &told(report, verb, content))?;
    for table in report.tables.iter().filter(|table| table.differing_rows() > 0) {
        out.text(format!(
            "  {}: {} missing, {} surplus, {} changed, of {}",
            table.table, table.missing, table.surplus, table.changed, table.rows
        ))?;
        for difference in &table.differences {
            out.text(format!("    {}", line(difference, content)))?;
        }
        let told = table.differences.len() as u64;
        if told < table.differing_rows() {
            out.text(format!("    … and {} more", table.differing_rows() - told))?;
        }
    }
    Ok(())
}

fn key(difference: &Difference, content: bool) -> impl Iterator<Item = (&'static str, &str)> {
    difference
        .key
        .iter()
        .map(move |(column, value)| (*column, if content || !PERSONAL.contains(column) || value.is_empty() { value.as_str() } else { "…" }))
}

fn line(difference: &Difference, content: bool) -> String {
    let key = key(difference, content).map(|(column, value)| format!("{column}={value}")).collect::<Vec<_>>().join(" ");
    match &difference.kind {
        DifferenceKind::Missing => format!("missing  {key}"),
        DifferenceKind::Surplus => format!("surplus  {key}"),
        DifferenceKind::Changed(columns) if content => {
            let null = || "null".to_owned();
            let values = columns
                .iter()
                .map(|c| format!("{}: {} → {}", c.column, c.stored.clone().unwrap_or_else(null), c.log.clone().unwrap_or_else(null)));
            format!("changed  {key}  {}", values.collect::<Vec<_>>().join(", "))
        }
        DifferenceKind::Changed(columns) => {
            format!("changed  {key}  {}", columns.iter().map(|column| column.column).collect::<Vec<_>>().join(", "))
        }
    }
}

fn object(difference: &Difference, content: bool) -> Value {
    let key: serde_json::Map<String, Value> = key(difference, content).map(|(column, value)| (column.to_owned(), value.into())).collect();
    match &difference.kind {
        DifferenceKind::Missing => json!({ "kind": "missing", "key": key }),
        DifferenceKind::Surplus => json!({ "kind": "surplus", "key": key }),
        DifferenceKind::Changed(columns) if content => {
            let columns: Vec<Value> = columns.iter().map(|c| json!({ "column": c.column, "log": c.log, "stored": c.stored })).collect();
            json!({ "kind": "changed", "key": key, "columns": columns })
        }
        DifferenceKind::Changed(columns) => {
            let columns: Vec<Value> = columns.iter().map(|column| json!({ "column": column.column })).collect();
            json!({ "kind": "changed", "key": key, "columns": columns })
        }
    }
}
