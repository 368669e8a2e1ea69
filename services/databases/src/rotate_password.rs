//! `POST /v1/projects/{project}/database/rotate`: gives the project's bot another password. The old one no longer works.
//!
//! The event is the decision. The server is told at once, so that the answer is true. If that fails, or the process is killed before, the
//! follower of `database` tells it.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use chassis::{Caller, Path, Problem, RequestId, idempotency_key};
use contract::{Context, DatabaseEvent, DatabasePasswordRotated, Event, EventId, ProjectId, Subject};
use journal::{AppendError, Expect};

use crate::Databases;
use crate::ensure::SOURCE;
use crate::error::Error;
use crate::login::Known;
use crate::progress::Rotation;
use crate::show_database::{DatabaseAnswer, Usable};

const SCOPE: &str = "databases:write";
/// How often it is decided anew because others wrote of the same database.
const TRIES_MAX: u32 = 5;

/// Rotates the password of a project's database
///
/// For when somebody who knows the URL must not use it any more. The password before is refused from then on and every session of the bot's role is
/// ended, also those of the bot: give it the new URL. Removing a member or revoking a key does not do this by itself.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/database/rotate",
    tag = "databases",
    security(("api_key" = ["databases:write"])),
    params(
        ("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W"),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 visible ASCII characters, of the caller's own; the same key never rotates a second time"),
    ),
    responses(
        (status = 200, description = "The login of the project's bot from now on", body = DatabaseAnswer),
        (status = 400, description = "`invalid_path`, `idempotency_key_invalid`"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`database_not_ready`: it is being made; `database_failed`: it could not be made"),
        (status = 503, description = "`database_unavailable`: it is decided, and done as soon as the server can be told; `contended`, `log_unavailable`: ask again, with the same key"),
    )
)]
pub(crate) async fn rotate_password(
    State(databases): State<Databases>,
    caller: Caller,
    request: RequestId,
    Path(id): Path<ProjectId>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Problem> {
    // The log itself remembers the key, for ever: it names the event.
    let event = match idempotency_key(&headers)? {
        Some(key) => EventId::derive("idempotency_key:rotate_password", &[&id.to_string(), caller.actor(), key]),
        None => EventId::from_ulid(databases.ids.ulid()),
    };
    let context = Context::of_request(request.as_str(), caller.actor(), chassis::traceparent::current());
    let rotation = databases.rotate(&caller, id, event, &context).await?;
    let rotated = Known { rotation: Some(rotation), ..Known::default() };
    databases.renew_login(id, rotated).await?;
    // Looked at again: whose the project is may be another by now, and then the password is not for this caller.
    let Usable { ready, known, .. } = databases.usable(&caller, id, SCOPE).await?;
    Ok(databases.shown(id, ready, known.later(rotated)))
}

impl Databases {
    /// Says that there is another password, unless `event` is in the log already.
    async fn rotate(&self, caller: &Caller, project: ProjectId, event: EventId, context: &Context) -> Result<Rotation, Problem> {
        let mut tries = 1;
        loop {
            let Usable { progress, .. } = self.usable(caller, project, SCOPE).await?;
            if let Some(done) = progress.rotations.iter().find(|rotation| rotation.event == event) {
                return Ok(*done);
            }
            let rotated = DatabaseEvent::from(DatabasePasswordRotated {}).into_new(event, SOURCE, self.clock.now(), context.clone());
            match self.journal.append(&Subject::database(project), Expect::At(progress.sequence), vec![rotated]).await {
                Ok(position) => return Ok(Rotation { sequence: position.sequence, event }),
                Err(AppendError::Conflict { .. }) if tries < TRIES_MAX => tries += 1,
                Err(error) => return Err(Error::from(error).into()),
            }
        }
    }
}
