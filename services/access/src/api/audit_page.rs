//! A page of an audit log, of a project or of a workspace: what is asked for, and how an entry looks to callers.

use chassis::{Json, PageLimit, Problem, cursor};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use tables::unsigned;
use utoipa::{IntoParams, ToSchema};

use crate::actor::Actor;
use crate::audit::ActorKind;
use crate::store::audit::{Of, Row, Wanted};
use crate::{Access, store};

/// Most entries on a page.
const LIMIT_MAX: u32 = 200;
/// Longest event type that is looked for.
const TYPE_BYTES_MAX: usize = 100;

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReadAudit {
    /// 1 to 200 entries a page.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Only by `person`, `key`, `agent`, `system` or `provider`; or by one of them: `usr_…`, `key_…`, `agent:key_…`, `key_platform`.
    actor: Option<String>,
    /// Only events of this type, `project.project_created.v2`.
    #[serde(rename = "type")]
    event_type: Option<String>,
}

/// A page of an audit log, the youngest entry first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditPage {
    data: Vec<AuditEntry>,
    /// Where the next page begins; null: this is the last one.
    next_cursor: Option<String>,
}

/// Something that happened.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditEntry {
    /// The event.
    #[schema(example = "evt_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    id: String,
    at: DateTime<Utc>,
    actor: AuditActor,
    /// The request that it came from, as in its answer's `x-request-id`.
    request_id: Option<String>,
    #[serde(rename = "type")]
    #[schema(example = "project.project_updated.v1")]
    event_type: String,
    /// What it happened to.
    #[schema(example = "project.prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")]
    subject: String,
    project: Option<String>,
    workspace: Option<String>,
}

/// Who did it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditActor {
    /// `person`, `key`, `agent`, `system` or `provider`.
    #[schema(example = "person")]
    kind: String,
    /// The person, the key, or the provider's name; null for the system.
    id: Option<String>,
}

/// The last entry of a page.
#[derive(Debug, Serialize, Deserialize)]
struct LastEntry {
    at: DateTime<Utc>,
    stream: String,
    sequence: u64,
}

/// One page of an audit log.
pub(super) async fn page(access: &Access, of: &Of, query: ReadAudit) -> Result<Json<AuditPage>, Problem> {
    let limit = PageLimit::up_to(LIMIT_MAX, query.limit)?;
    let wanted = wanted(query)?;
    let mut rows = store::audit::list(&access.pool, of, &wanted, limit).await?;
    let last = |row: &Row| LastEntry { at: row.at, stream: row.stream.clone(), sequence: unsigned(row.sequence) };
    let next_cursor = limit.cut(&mut rows, last)?;
    Ok(Json(AuditPage { data: rows.into_iter().map(AuditEntry::of).collect(), next_cursor }))
}

fn wanted(query: ReadAudit) -> Result<Wanted, Problem> {
    let mut wanted = Wanted::default();
    if let Some(actor) = query.actor {
        let kind = ActorKind::ALL.into_iter().find(|kind| kind.as_str() == actor);
        (wanted.actor_kind, wanted.actor_id) = match (kind, Actor::parse(&actor)) {
            (Some(kind), _) => (Some(kind.as_str()), None),
            (None, Some(Actor::Agent(key))) => (Some(ActorKind::Agent.as_str()), Some(key.to_string())),
            (None, Some(known)) => (None, Some(known.to_string())),
            (None, None) => return Err(Problem::invalid_query("/actor", "neither a kind of actor nor one of them")),
        };
    }
    if let Some(event_type) = query.event_type {
        let usable =
            event_type.len() <= TYPE_BYTES_MAX && event_type.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte));
        wanted.event_type = Some(event_type).filter(|_| usable);
        if !usable {
            return Err(Problem::invalid_query("/type", "not the type of an event"));
        }
    }
    let before = query.cursor.as_deref().map(cursor::decode::<LastEntry>).transpose()?;
    wanted.before = before.map(|last| (last.at, last.stream, last.sequence));
    Ok(wanted)
}

impl AuditEntry {
    fn of(row: Row) -> Self {
        Self {
            id: row.event_id,
            at: row.at,
            actor: AuditActor { kind: row.actor_kind, id: row.actor_id },
            request_id: row.request_id,
            event_type: row.event_type,
            subject: row.subject,
            project: row.project_id,
            workspace: row.workspace_id,
        }
    }
}
