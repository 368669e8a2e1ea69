//! The one table of stream settings: `open` creates what is missing and refuses what differs, naming each field.
//!
//! An existing stream is never changed from here: a setting that differs is somebody's decision or somebody's accident, and
//! both are for a person to look at.

use std::time::Duration;

use contract::Stream;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::request::code;
use crate::{Difference, Error, Journal};

/// The broker drops a second message of the same id within this time. Longer memory belongs to the data.
pub(crate) const DUPLICATE_WINDOW: Duration = Duration::from_secs(120);
/// Webhook bodies hold people's words; after this they live on as conversation events only.
const WEBHOOK_AGE_MAX: Duration = Duration::from_secs(30 * 24 * 3600);

/// The settings of a stream, in the broker's own words (JetStream stream configuration, ADR-33 and ADR-50).
fn settings(stream: Stream) -> Map<String, Value> {
    let age_max = match stream {
        Stream::Webhook => WEBHOOK_AGE_MAX,
        Stream::Project
        | Stream::Database
        | Stream::Conversation
        | Stream::Workspace
        | Stream::Billing
        | Stream::Usage
        | Stream::Bot
        | Stream::Flow
        | Stream::Template
        | Stream::Media
        | Stream::Parked
        | Stream::Position => Duration::ZERO,
    };
    // A follower's position replaces the one before it; everywhere else nothing is ever dropped for something newer.
    let (per_subject, discard) = match stream {
        Stream::Position => (1, "old"),
        Stream::Webhook
        | Stream::Project
        | Stream::Database
        | Stream::Conversation
        | Stream::Workspace
        | Stream::Billing
        | Stream::Usage
        | Stream::Bot
        | Stream::Flow
        | Stream::Template
        | Stream::Media
        | Stream::Parked => (-1, "new"),
    };
    let settings = json!({
        "name": stream.name(),
        "subjects": [format!("{stream}.>")],
        "storage": "file",
        "retention": "limits",
        "discard": discard,
        "max_msgs": -1,
        "max_bytes": -1,
        "max_msg_size": -1,
        "max_consumers": -1,
        "max_msgs_per_subject": per_subject,
        "max_age": nanos(age_max),
        "duplicate_window": nanos(DUPLICATE_WINDOW),
        "compression": "none",      // costs 40 % of the reading speed for 21 % of the disk
        "allow_direct": true,
        "allow_atomic": true,
        "deny_delete": false,       // erasure of a project or a person purges
        "deny_purge": false,
        "allow_rollup_hdrs": false, // nobody may shorten a subject by writing to it
        "allow_msg_ttl": false,     // nor write what goes by itself
        "subject_transform": null,  // what is written is found where it was written
        "sources": null,            // and comes from nobody else
        "republish": null,          // and is repeated nowhere
        "sealed": false,
        "no_ack": false,
    });
    match settings {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[derive(Deserialize)]
struct Found {
    config: Map<String, Value>,
}

impl Journal {
    /// Creates the streams that are missing and checks the others.
    ///
    /// # Errors
    /// `StreamDiffers` names the stream and every field that is not as the table says.
    pub async fn open(&self, streams: &[Stream]) -> Result<(), Error> {
        for stream in streams {
            let info = format!("$JS.API.STREAM.INFO.{stream}");
            match self.link.request::<Found>(&info, &Value::Null).await {
                Ok(found) => {
                    compare(*stream, &found.config)?;
                    self.look_at_copies(*stream, &found.config);
                }
                Err(Error::Refused { code: code::NO_STREAM, .. }) => self.create(*stream).await?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Logs a stream that has fewer replicas than configured. That is no reason to stop, because servers are added and streams changed
    /// while everything runs.
    fn look_at_copies(&self, stream: Stream, found: &Map<String, Value>) {
        let (copies, wanted) = (found.get("num_replicas").and_then(Value::as_u64).unwrap_or(1), self.link.replicas as u64);
        if copies < wanted {
            tracing::warn!(%stream, copies, wanted, "the stream has fewer copies than asked for");
        }
    }

    /// A second creator that was faster is no error: creating what exists with the same settings changes nothing.
    async fn create(&self, stream: Stream) -> Result<(), Error> {
        let mut wanted = settings(stream);
        wanted.insert("num_replicas".into(), self.link.replicas.into());
        let created: Found = self.link.request(&format!("$JS.API.STREAM.CREATE.{stream}"), &Value::Object(wanted)).await?;
        compare(stream, &created.config)
    }
}

/// Every field of the table against the broker's answer, which leaves out what is false or zero.
fn compare(stream: Stream, found: &Map<String, Value>) -> Result<(), Error> {
    let mut differences = Vec::new();
    for (field, wanted) in settings(stream) {
        let absent = match wanted {
            Value::Bool(_) => Value::Bool(false),
            Value::Number(_) => json!(0),
            _ => Value::Null,
        };
        let found = found.get(&field).unwrap_or(&absent);
        if *found != wanted {
            differences.push(Difference { field, wanted: wanted.to_string(), found: found.to_string() });
        }
    }
    if differences.is_empty() { Ok(()) } else { Err(Error::StreamDiffers { stream, differences }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stream_agrees_with_its_own_settings() {
        for stream in Stream::ALL {
            assert_eq!(compare(stream, &settings(stream)), Ok(()));
        }
    }

    #[test]
    fn a_difference_is_named_with_both_values() {
        let mut found = settings(Stream::Webhook);
        found.insert("discard".into(), json!("old"));
        found.remove("allow_atomic");
        let error = compare(Stream::Webhook, &found).unwrap_err().to_string();
        assert_eq!(
            error,
            r#"stream webhook differs from its definition: allow_atomic should be true and is false, discard should be "new" and is "old""#
        );
    }

    #[test]
    fn what_a_stream_has_beyond_its_definition_is_a_difference_too() {
        for (field, value) in [
            ("allow_msg_ttl", json!(true)),
            ("subject_transform", json!({ "src": "webhook.>", "dest": "webhook.elsewhere.>" })),
            ("sources", json!([{ "name": "another" }])),
            ("republish", json!({ "src": ">", "dest": "repeated.>" })),
        ] {
            let mut found = settings(Stream::Webhook);
            // The broker leaves out what is not there.
            found.retain(|_, value| !value.is_null());
            assert_eq!(compare(Stream::Webhook, &found), Ok(()));
            found.insert(field.into(), value);
            let error = compare(Stream::Webhook, &found).unwrap_err().to_string();
            assert!(error.starts_with(&format!("stream webhook differs from its definition: {field} should be ")), "{error}");
        }
    }
}
