//! `GET /v1/projects/{project}/conversations/states`: which states there are, and how many conversations are in each.
//!
//! States are found by jumping through an index from one to the next, and counted in it up to a limit, so that the time does not grow
//! with the number of conversations.

use axum::extract::State;
use chassis::{Json, Path, Problem};
use contract::ProjectId;
use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use crate::{Conversations, Error};

/// Most states that are told.
const STATES_MAX: i64 = 1_000;
/// How far the open conversations of a state are counted: those are what somebody works on.
const OPEN_COUNT_MAX: i64 = 10_000;
/// How far the closed ones are.
const CLOSED_COUNT_MAX: i64 = 1_000;

/// The states of a project's conversations.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct States {
    /// By name, those without a state last; at most 1,000.
    data: Vec<StateCount>,
}

/// How many conversations are in a state.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StateCount {
    /// The state; null: none.
    state: Option<String>,
    /// Open conversations in it, counted up to 10,000.
    #[schema(minimum = 0)]
    open: i64,
    /// False: there are more.
    open_exact: bool,
    /// All conversations in it, the open ones and up to 1,000 that were closed in it.
    #[schema(minimum = 0)]
    all: i64,
    /// False: there are more.
    all_exact: bool,
}

/// Lists the states of conversations
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/conversations/states",
    tag = "conversations",
    security(("api_key" = ["conversations:read"])),
    params(("project" = String, Path, description = "The project's id")),
    responses(
        (status = 200, description = "Every state with its numbers", body = States),
        (status = 404, description = "`project_not_found`"),
        (status = 409, description = "`project_not_ready`, `project_failed`"),
        (status = 503, description = "`database_unavailable`, `log_unavailable`"),
    )
)]
pub(crate) async fn list_states(
    State(conversations): State<Conversations>,
    Path(project): Path<ProjectId>,
) -> Result<Json<States>, Problem> {
    let database = conversations.database(project).await?;
    let found = select(&database).await?;
    let count = |(state, open, closed): (Option<String>, i64, i64)| {
        let (open_exact, closed_exact) = (open <= OPEN_COUNT_MAX, closed <= CLOSED_COUNT_MAX);
        let (open, closed) = (open.min(OPEN_COUNT_MAX), closed.min(CLOSED_COUNT_MAX));
        StateCount { state, open, open_exact, all: open + closed, all_exact: open_exact && closed_exact }
    };
    Ok(Json(States { data: found.into_iter().map(count).collect() }))
}

/// One more of each than is told says that there are more.
async fn select(database: &PgPool) -> Result<Vec<(Option<String>, i64, i64)>, Error> {
    const QUERY: &str = include_str!("list_states.sql");
    Ok(sqlx::query_as(QUERY).bind(OPEN_COUNT_MAX + 1).bind(STATES_MAX).bind(CLOSED_COUNT_MAX + 1).fetch_all(database).await?)
}
