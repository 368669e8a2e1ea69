//! The guard of the API: every path under `/v1` needs `Authorization: Bearer <key>`, and the key needs the scope that the route declares.
//!
//! It stands in front of the router, not on single routes. So no route can be added without it, and a caller without a key does not learn
//! which paths exist. What a caller may do is decided by the [`Authority`]; the guard itself knows only the platform key, which the process
//! was started with.

use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::scopes::{Rule, Table};
use crate::{Authority, Caller, Denied, Need, Problem, Secret};

/// Longer credentials are none of ours.
const CREDENTIALS_BYTES_MAX: usize = 1_024;

#[derive(Clone)]
pub(crate) struct Guard {
    /// SHA-256 of the key: comparing digests takes the same time whatever was sent, also whatever its length.
    key: [u8; 32],
    authority: Arc<dyn Authority>,
    table: Arc<Table>,
}

impl Guard {
    pub(crate) fn new(key: &Secret, authority: Arc<dyn Authority>, table: Table) -> Guard {
        Guard { key: Sha256::digest(key.expose()).into(), authority, table: Arc::new(table) }
    }

    /// Whose request it is; none if its route is open.
    async fn admit(&self, parts: &mut Parts) -> Result<Option<Caller>, Problem> {
        let template = parts.extensions.get::<MatchedPath>().cloned();
        let rule = template.as_ref().and_then(|template| self.table.rule(&parts.method, template.as_str()));
        if rule.is_some_and(|rule| rule.scope.is_none()) {
            return Ok(None);
        }
        let caller = self.identify(&parts.headers).await.map_err(|denied| denied.problem(""))?;
        match (template, rule) {
            (Some(_), Some(rule)) => meet(rule, &caller, parts).await?,
            // Whatever answers there has not said what it needs.
            (Some(_), None) if !caller.all() => return Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed")),
            (Some(_), None) | (None, _) => {}
        }
        Ok(Some(caller))
    }

    async fn identify(&self, headers: &HeaderMap) -> Result<Caller, Denied> {
        let credentials = bearer(headers).ok_or(Denied::Unauthenticated)?;
        if bool::from(Sha256::digest(credentials).ct_eq(&self.key)) {
            return Ok(Caller::platform());
        }
        let ours = (1..=CREDENTIALS_BYTES_MAX).contains(&credentials.len()) && credentials.iter().all(u8::is_ascii_graphic);
        let text = std::str::from_utf8(credentials).ok().filter(|_| ours).ok_or(Denied::Unauthenticated)?;
        self.authority.identify(text).await
    }
}

/// What follows `Bearer ` in the one header that there must be.
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, credentials) = value.as_bytes().split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then_some(credentials)
}

async fn meet(rule: &Rule, caller: &Caller, parts: &mut Parts) -> Result<(), Problem> {
    let scope = rule.scope.as_deref().unwrap_or_default();
    // As the handler will see them, or the handler will refuse them.
    let sent = RawPathParams::from_request_parts(parts, &()).await.map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "invalid_path"))?;
    let value = |wanted: &Option<String>| {
        let wanted = wanted.as_deref()?;
        sent.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value)
    };
    let (workspace, project) = (value(&rule.workspace), value(&rule.project));
    caller.require(Need { scope, workspace, project }).await
}

pub(crate) fn is_guarded(path: &str) -> bool {
    path.strip_prefix("/v1").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

pub(crate) async fn guard(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    if !is_guarded(request.uri().path()) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    match guard.admit(&mut parts).await {
        Ok(caller) => {
            if let Some(caller) = caller {
                parts.extensions.insert(caller);
            }
            next.run(Request::from_parts(parts, body)).await
        }
        Err(problem) => problem.into_response(),
    }
}
