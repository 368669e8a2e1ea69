//! `GET /v1/projects/{project}/database`: how to log in to a project's database as its bot, with psql or any other client.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use axum::response::IntoResponse;
use chassis::{Caller, Json, Need, Path, Problem};
use contract::{DatabaseReady, ProjectId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Databases;
use crate::login::Known;
use crate::password::bot_password;
use crate::progress::Progress;

/// How to log in as the bot.
#[derive(Serialize, ToSchema)]
pub(crate) struct DatabaseAnswer {
    #[schema(example = "127.0.0.1")]
    host: String,
    #[schema(example = 5432)]
    port: u16,
    #[schema(example = "paige_prj_01jd3x8k2m4n5p6q7r8s9t0v1w")]
    database: String,
    /// The bot's role: it reads the system tables and owns whatever else it creates.
    #[schema(example = "paige_prj_01jd3x8k2m4n5p6q7r8s9t0v1w_bot")]
    role: String,
    /// Secret. Another after the project has changed hands, and after each rotation.
    password: String,
    /// All of it in one, for `psql <url>`. Secret.
    url: String,
    /// The version of the system tables.
    schema_version: u32,
}

/// Shows how to log in to a project's database
#[utoipa::path(
    get,
    path = "/v1/projects/{project}/database",
    tag = "databases",
    security(("api_key" = ["databases:read"])),
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    responses(
        (status = 200, description = "The login of the project's bot", body = DatabaseAnswer),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`database_not_ready`: it is being made; `database_failed`: it could not be made"),
    )
)]
pub(crate) async fn show_database(
    State(databases): State<Databases>,
    caller: Caller,
    Path(id): Path<ProjectId>,
) -> Result<impl IntoResponse, Problem> {
    let Usable { ready, known, .. } = databases.usable(&caller, id, "databases:read").await?;
    Ok(databases.shown(id, ready, known))
}

/// A database that can be used, as the log has it.
pub(crate) struct Usable {
    pub(crate) ready: DatabaseReady,
    pub(crate) known: Known,
    pub(crate) progress: Progress,
}

/// How to log in, for nobody to keep on the way.
pub(crate) type Shown = ([(HeaderName, HeaderValue); 1], Json<DatabaseAnswer>);

impl Databases {
    /// The database of `project`, if it can be used, for a caller who may there what `scope` says.
    ///
    /// # Errors
    /// 404 `not_found`, 409 `database_failed` and `database_not_ready`, and those of [`Caller::require`].
    pub(crate) async fn usable(&self, caller: &Caller, project: ProjectId, scope: &str) -> Result<Usable, Problem> {
        let no_project = || Problem::not_found("there is no such project");
        let tenure = self.tenure(project).await?;
        let owner = tenure.owner.ok_or_else(no_project)?;
        let progress = self.progress(project).await?;
        let Some(ready) = progress.ready.clone() else {
            if progress.dropped {
                return Err(no_project());
            }
            return Err(match progress.failed {
                Some(failed) => Problem::conflict("database_failed", failed.reason),
                None => Problem::conflict("database_not_ready", "the database is being made: follow the project's operation"),
            });
        };
        // The password is the owner's of now, by the log itself: who was let in for the owner of a moment ago does not get it.
        let (workspace, id) = (owner.to_string(), project.to_string());
        caller.require(Need { scope, workspace: Some(&workspace), project: Some(&id) }).await?;
        Ok(Usable { ready, known: Known { tenure, rotation: progress.rotation() }, progress })
    }

    /// The answer that shows it.
    pub(crate) fn shown(&self, project: ProjectId, ready: DatabaseReady, known: Known) -> Shown {
        let platform = &self.server.platform;
        let (host, port) = (platform.get_host(), platform.get_port());
        let password = bot_password(&self.server.key, project, known.generation());
        let password = password.expose();
        let authority = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let answer = DatabaseAnswer {
            url: format!("postgres://{}:{password}@{authority}:{port}/{}", ready.bot_role, ready.database),
            host: host.to_owned(),
            port,
            database: ready.database,
            role: ready.bot_role,
            password: password.to_owned(),
            schema_version: ready.schema_version,
        };
        ([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(answer))
    }
}
