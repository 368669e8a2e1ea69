//! Which route needs what: the table that the guard looks into, read from the description of the API.
//!
//! A route says it in its own description, `security(("api_key" = ["projects:read"]))`; one that must be open to everybody says
//! `security(())`. What says neither does not start. The parameter after `/projects/` names the project, the one after `/workspaces/` the
//! workspace, whatever they are called.

use std::collections::HashMap;

use axum::http::Method;
use serde_json::Value;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::{Operation, PathItem};

use crate::guard::is_guarded;
use crate::openapi::KEY_SCHEME;

/// Everything that can be allowed, first what is of one project. `self` is every person's, `dev` the platform key's alone; see README for the
/// others.
pub const SCOPES: [&str; 21] = [
    "projects:read",
    "projects:write",
    "projects:delete",
    "conversations:read",
    "conversations:write",
    "code:read",
    "code:write",
    "flows:read",
    "flows:write",
    "templates:read",
    "templates:write",
    "billing:read",
    "billing:write",
    "databases:read",
    "databases:write",
    "audit:read",
    "workspace:read",
    "members:write",
    "keys:write",
    "workspace:own",
    "self",
];
/// What can be granted to a member, project by project: the first of [`SCOPES`]. The others are of roles, and of keys.
pub const PROJECT_SCOPES: [&str; 16] = *SCOPES.first_chunk().expect("they are the first of all scopes");
/// Of no key and no role.
const SCOPE_DEV: &str = "dev";

/// A route that must not be served.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SiteError {
    /// It does not say what it needs.
    #[error("{method} {path} must declare exactly one scope, `security((\"api_key\" = [\"…\"]))`, or that it is open, `security(())`")]
    Scope {
        /// Of the route.
        method: Method,
        /// Its template.
        path: String,
    },
    /// It needs something that nobody can have.
    #[error("{method} {path} declares `{scope}`, which is no scope")]
    UnknownScope {
        /// Of the route.
        method: Method,
        /// Its template.
        path: String,
        /// What it says.
        scope: String,
    },
}

/// What a route needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// None: it is open.
    pub(crate) scope: Option<String>,
    /// The parameter that names the project.
    pub(crate) project: Option<String>,
    /// The parameter that names the workspace.
    pub(crate) workspace: Option<String>,
}

/// Method and template → rule, for every described route under `/v1`.
#[derive(Debug, Default)]
pub(crate) struct Table(HashMap<String, HashMap<Method, Rule>>);

impl Table {
    pub(crate) fn read(api: &OpenApi) -> Result<Table, SiteError> {
        let mut table = HashMap::new();
        for (path, item) in api.paths.paths.iter().filter(|(path, _)| is_guarded(path)) {
            let rules = operations(item).map(|(method, operation)| Ok((method.clone(), rule(method, path, operation)?)));
            table.insert(path.clone(), rules.collect::<Result<HashMap<_, _>, _>>()?);
        }
        Ok(Table(table))
    }

    /// The rule of a route. A `HEAD` is answered by what answers the `GET`.
    pub(crate) fn rule(&self, method: &Method, template: &str) -> Option<&Rule> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.0.get(template)?.get(method)
    }
}

fn operations(item: &PathItem) -> impl Iterator<Item = (Method, &Operation)> {
    let all = [
        (Method::GET, &item.get),
        (Method::PUT, &item.put),
        (Method::POST, &item.post),
        (Method::PATCH, &item.patch),
        (Method::DELETE, &item.delete),
        (Method::OPTIONS, &item.options),
        (Method::HEAD, &item.head),
        (Method::TRACE, &item.trace),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}

fn rule(method: Method, path: &str, operation: &Operation) -> Result<Rule, SiteError> {
    let refused = || SiteError::Scope { method: method.clone(), path: path.to_owned() };
    // Its fields are private; what it says in the document is what counts anyway.
    let security = serde_json::to_value(&operation.security).unwrap_or_default();
    let [Value::Object(requirement)] = security.as_array().map(Vec::as_slice).unwrap_or_default() else { return Err(refused()) };
    let scope = match requirement.iter().collect::<Vec<_>>().as_slice() {
        [] => None,
        [(name, Value::Array(scopes))] if *name == KEY_SCHEME => match scopes.as_slice() {
            [Value::String(scope)] => Some(scope.clone()),
            _ => return Err(refused()),
        },
        _ => return Err(refused()),
    };
    if let Some(scope) = scope.as_deref().filter(|scope| *scope != SCOPE_DEV && !SCOPES.contains(scope)) {
        return Err(SiteError::UnknownScope { method, path: path.to_owned(), scope: scope.to_owned() });
    }
    Ok(Rule { scope, project: parameter_after(path, "projects"), workspace: parameter_after(path, "workspaces") })
}

/// The name of the parameter that follows the segment `literal`.
pub(crate) fn parameter_after(template: &str, literal: &str) -> Option<String> {
    let mut segments = template.split('/').skip_while(|segment| *segment != literal);
    let name = segments.nth(1)?.strip_prefix('{')?.strip_suffix('}')?;
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scopes_of_a_project_end_where_those_of_its_workspace_begin() {
        assert_eq!((PROJECT_SCOPES.first(), PROJECT_SCOPES.last()), (Some(&"projects:read"), Some(&"audit:read")));
        assert_eq!(SCOPES[PROJECT_SCOPES.len()], "workspace:read");
    }

    #[test]
    fn the_parameter_after_a_word_is_found_whatever_it_is_called() {
        assert_eq!(parameter_after("/v1/projects/{id}/database", "projects").as_deref(), Some("id"));
        assert_eq!(parameter_after("/v1/workspaces/{workspace}/projects/{p}", "projects").as_deref(), Some("p"));
        assert_eq!(parameter_after("/v1/workspaces/{workspace}/projects/{p}", "workspaces").as_deref(), Some("workspace"));
        for none in ["/v1/projects", "/v1/projects/", "/v1/projects/all", "/v1/operations/{project}"] {
            assert_eq!(parameter_after(none, "projects"), None, "{none}");
        }
    }
}
