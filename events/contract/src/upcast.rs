//! Old versions, read as new ones. A stored version is frozen; a new shape is a new version with an entry here.

use std::borrow::Cow;

use crate::{DecodeError, WorkspaceId};

/// One step from an old version to the next: its type, the next type, and how the data changes.
pub(crate) struct Upcast {
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
    pub(crate) change: fn(serde_json::Value) -> serde_json::Value,
}

/// Every step.
pub(crate) const UPCASTS: &[Upcast] = &[
    Upcast {
        // Projects had no owner: they belong to the workspace of the installation.
        from: "project.project_created.v1",
        to: "project.project_created.v2",
        change: |mut old| {
            old["workspace"] = serde_json::json!(WorkspaceId::INSTALLATION);
            old
        },
    },
    // A reminder did not say what is due: that stays unknown.
    Upcast { from: "billing.reminder_due.v1", to: "billing.reminder_due.v2", change: |old| old },
    // What Meta had for a new Flow was not looked at: that stays unknown.
    Upcast { from: "flow.flow_linked.v1", to: "flow.flow_linked.v2", change: |old| old },
    // Names were not compared: none was found to be another.
    Upcast { from: "flow.flow_drift_found.v1", to: "flow.flow_drift_found.v2", change: |old| old },
    // A revision of ours was named also where nobody had looked what was published: which one it is, the next comparison says.
    Upcast { from: "flow.flow_published.v1", to: "flow.flow_published.v2", change: |old| old },
    Upcast {
        // A name that stayed the same was told to nobody.
        from: "flow.flow_updated.v1",
        to: "flow.flow_updated.v2",
        change: |mut old| {
            old["name_given_back"] = serde_json::json!(false);
            old
        },
    },
    // Of what Meta did not take back nothing was said.
    Upcast { from: "project.project_erased.v1", to: "project.project_erased.v2", change: |old| old },
    Upcast { from: "project.operation_step_completed.v1", to: "project.operation_step_completed.v2", change: |old| old },
];

/// The types that are read and written no more.
pub fn superseded() -> impl Iterator<Item = &'static str> {
    UPCASTS.iter().map(|step| step.from)
}

/// Takes data through every step that applies, then reads it as the current version.
pub(crate) fn decode<E>(
    event_type: &str,
    data: &[u8],
    steps: &[Upcast],
    decode_current: fn(&str, &[u8]) -> Result<E, DecodeError>,
) -> Result<E, DecodeError> {
    let (mut current, mut data) = (Cow::Borrowed(event_type), Cow::Borrowed(data));
    for step in steps {
        if step.from == current {
            let malformed = |source| DecodeError::Malformed { event_type: step.from.to_owned(), source };
            let old = serde_json::from_slice(&data).map_err(malformed)?;
            data = Cow::Owned(serde_json::to_vec(&(step.change)(old)).map_err(malformed)?);
            current = Cow::Borrowed(step.to);
        }
    }
    decode_current(&current, &data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn current(event_type: &str, data: &[u8]) -> Result<Value, DecodeError> {
        match event_type {
            "thing.done.v3" => Ok(serde_json::from_slice(data).unwrap()),
            other => Err(DecodeError::UnknownType(other.to_owned())),
        }
    }

    const STEPS: &[Upcast] = &[
        Upcast { from: "thing.done.v1", to: "thing.done.v2", change: |old| json!({"name": old["title"]}) },
        Upcast {
            from: "thing.done.v2",
            to: "thing.done.v3",
            change: |mut old| {
                old["count"] = json!(1);
                old
            },
        },
    ];

    #[test]
    fn the_oldest_version_is_read_as_the_newest() {
        assert_eq!(decode("thing.done.v1", br#"{"title":"a"}"#, STEPS, current).unwrap(), json!({"name": "a", "count": 1}));
        assert_eq!(decode("thing.done.v3", br#"{"name":"b"}"#, STEPS, current).unwrap(), json!({"name": "b"}));
        assert!(matches!(decode("thing.done.v4", b"{}", STEPS, current), Err(DecodeError::UnknownType(_))));
        assert!(matches!(decode("thing.done.v1", b"{", STEPS, current), Err(DecodeError::Malformed { .. })));
    }
}
