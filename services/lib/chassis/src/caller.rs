//! Who makes a request, and what they may do: what the guard before the routes hands to handlers.
//!
//! Nothing here knows people, keys or events; whoever does (an [`crate::Authority`]) answers through [`Standing`]. Answers are about now:
//! a caller that is kept, by a live stream say, loses what was taken from them.

use std::fmt;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use futures::future::{BoxFuture, FutureExt};

use crate::Problem;

/// The actor of whoever holds the key that the process was started with.
pub const PLATFORM_ACTOR: &str = "key_platform";
/// `Retry-After` while nobody can say what anybody may do.
const RETRY_AFTER_S: u16 = 1;

/// What a request needs: a scope, in a workspace, in a project, or wherever the caller has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need<'a> {
    /// One of [`crate::SCOPES`].
    pub scope: &'a str,
    /// The workspace that the request names, as it was sent.
    pub workspace: Option<&'a str>,
    /// The project that the request names, as it was sent.
    pub project: Option<&'a str>,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// 401: no credentials, or none that work (any more).
    #[error("no valid credentials")]
    Unauthenticated,
    /// 404: there is no such project or workspace, or the caller must not know that there is.
    #[error("no such project or workspace for this caller")]
    Hidden,
    /// 403: the caller knows it and may not do that there.
    #[error("not allowed to do that there")]
    Insufficient,
    /// 503: what is known of keys and members is too old to decide on.
    #[error("what is known of keys and members is too old")]
    Stale,
}

/// Which projects somebody sees: of a list, show those whose workspace is in the one list or whose id is in the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visible {
    /// Every project.
    All,
    /// Some.
    Some {
        /// Workspaces of which all projects are seen.
        workspaces: Vec<String>,
        /// Single projects besides.
        projects: Vec<String>,
    },
}

/// What a caller may do, asked at any time after they were let in.
pub trait Standing: Send + Sync {
    /// Whether `need` is met now. Also says no when the credentials work no more.
    ///
    /// # Errors
    /// Why not.
    fn allows(&self, need: Need<'_>) -> Result<(), Denied>;

    /// Waits, for a bounded time, until this process knows everything that was in the log before the call, so that nobody is refused
    /// because the process was behind.
    ///
    /// # Errors
    /// [`Denied::Stale`] if that cannot be had.
    fn catch_up(&self) -> BoxFuture<'_, Result<(), Denied>>;

    /// The projects in which `scope` is had now.
    fn visible(&self, scope: &str) -> Visible;
}

/// Who makes the request. Cheap to clone; as an extractor it needs a route under `/v1` that declares a scope.
#[derive(Clone)]
pub struct Caller(Arc<Identity>);

struct Identity {
    actor: String,
    user: Option<String>,
    workspace: Option<String>,
    all: bool,
    standing: Arc<dyn Standing>,
}

impl Caller {
    /// Somebody with `standing`. See the methods of the same names for the rest.
    pub fn new(actor: String, user: Option<String>, workspace: Option<String>, standing: Arc<dyn Standing>) -> Caller {
        Caller(Arc::new(Identity { actor, user, workspace, all: false, standing }))
    }

    /// Whoever holds the key that the process was started with: may do everything everywhere.
    pub fn platform() -> Caller {
        let standing = Arc::new(Unlimited);
        Caller(Arc::new(Identity { actor: PLATFORM_ACTOR.to_owned(), user: None, workspace: None, all: true, standing }))
    }

    /// Who they are, for an event's actor: `usr_…`, `key_…`, `agent:key_…`, or [`PLATFORM_ACTOR`].
    pub fn actor(&self) -> &str {
        &self.0.actor
    }

    /// The person, `usr_…`, if it is one.
    pub fn user(&self) -> Option<&str> {
        self.0.user.as_deref()
    }

    /// Where new things go if the request does not say: a key's workspace, a person's personal one. None for the platform key.
    pub fn workspace(&self) -> Option<&str> {
        self.0.workspace.as_deref()
    }

    /// Whether it is the platform key.
    pub fn all(&self) -> bool {
        self.0.all
    }

    /// Which projects a list may show whose route needs `scope`: those of which the caller may also ask one by one.
    pub fn visible(&self, scope: &str) -> Visible {
        self.0.standing.visible(scope)
    }

    /// Whether the caller still may, without waiting: for whoever keeps a caller longer than a request lasts.
    ///
    /// # Errors
    /// Why not.
    pub fn allows(&self, need: Need<'_>) -> Result<(), Denied> {
        self.0.standing.allows(need)
    }

    /// Waits, for a bounded time, until everything is known here of keys, people and projects that was said before. Of the platform key there is
    /// nothing to know.
    ///
    /// # Errors
    /// [`Denied::Stale`] if that cannot be had.
    pub async fn catch_up(&self) -> Result<(), Denied> {
        self.0.standing.catch_up().await
    }

    /// The same as the guard does before a route, for what a route's path does not name.
    ///
    /// # Errors
    /// 401 `unauthenticated`, 403 `insufficient_scope`, 404 `not_found`, 503 `authorization_stale`.
    pub async fn require(&self, need: Need<'_>) -> Result<(), Problem> {
        let standing = &self.0.standing;
        match standing.allows(need) {
            Ok(()) => Ok(()),
            Err(Denied::Unauthenticated) => Err(Denied::Unauthenticated.problem(need.scope)),
            Err(Denied::Hidden | Denied::Insufficient | Denied::Stale) => {
                let told = standing.catch_up().await.and_then(|()| standing.allows(need));
                told.map_err(|denied| denied.problem(need.scope))
            }
        }
    }

    /// [`Caller::require`] in one project.
    ///
    /// # Errors
    /// As there.
    pub async fn require_in_project(&self, scope: &str, project: &str) -> Result<(), Problem> {
        self.require(Need { scope, workspace: None, project: Some(project) }).await
    }

    /// [`Caller::require`] in one workspace.
    ///
    /// # Errors
    /// As there.
    pub async fn require_in_workspace(&self, scope: &str, workspace: &str) -> Result<(), Problem> {
        self.require(Need { scope, workspace: Some(workspace), project: None }).await
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Caller").field(&self.0.actor).finish()
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Caller, Problem> {
        parts.extensions.get::<Caller>().cloned().ok_or_else(|| Problem::internal("the route stands behind no guard"))
    }
}

impl Denied {
    /// The answer to a request that needed `scope`.
    pub fn problem(self, scope: &str) -> Problem {
        match self {
            Denied::Unauthenticated => Problem::new(StatusCode::UNAUTHORIZED, "unauthenticated")
                .detail("send one key or session as `Authorization: Bearer <key>`")
                .header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            Denied::Hidden => Problem::not_found("there is no such project or workspace"),
            Denied::Insufficient => {
                Problem::new(StatusCode::FORBIDDEN, "insufficient_scope").detail(format!("this needs the scope `{scope}` there"))
            }
            // Without a cause: one log line for each request would make an outage worse.
            Denied::Stale => Problem::new(StatusCode::SERVICE_UNAVAILABLE, "authorization_stale")
                .detail("who may do what cannot be read at the moment")
                .header(RETRY_AFTER, HeaderValue::from(RETRY_AFTER_S)),
        }
    }
}

/// What the platform key may do.
struct Unlimited;

impl Standing for Unlimited {
    fn allows(&self, _need: Need<'_>) -> Result<(), Denied> {
        Ok(())
    }

    fn catch_up(&self) -> BoxFuture<'_, Result<(), Denied>> {
        async { Ok(()) }.boxed()
    }

    fn visible(&self, _scope: &str) -> Visible {
        Visible::All
    }
}
