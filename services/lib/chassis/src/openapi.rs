//! The description of the API, from the routes themselves, with what the stack around them adds.
//!
//! Services describe their own routes. What is the same for all is written here: the key, the shape of errors, and by which status the stack
//! itself refuses, where a route does not say more about that status.

use axum::Router;
use utoipa::PartialSchema;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, Content, ContentBuilder, InfoBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder, Schema};
use utoipa_axum::router::OpenApiRouter;

use crate::guard::is_guarded;
use crate::problem::PROBLEM_JSON;
use crate::scopes::parameter_after;
use crate::{FieldError, Problem};

/// What routes call the one way to authenticate, see [`crate::scopes`].
pub(crate) const KEY_SCHEME: &str = "api_key";

/// What any route may lack for a while.
const NOT_NOW: &str =
    "`timeout`, or a code that names what does not answer, such as `log_unavailable`, `database_unavailable`, `storage_unavailable`";

/// Splits routes into the router and its description, in which every operation answers errors as [`Problem`] and says by which status the
/// stack around it refuses. A route says of a failure only its status and codes. Pure: the same routes give the same document, so it can be
/// committed.
pub fn describe<S: Clone + Send + Sync + 'static>(routes: OpenApiRouter<S>, title: &str, version: &str) -> (Router<S>, OpenApi) {
    let (router, mut api) = routes.split_for_parts();
    api.info = InfoBuilder::new().title(title).version(version).build();
    let components = api.components.get_or_insert_with(Components::new);
    components.schemas.insert("Problem".to_owned(), Problem::schema());
    components.schemas.insert("FieldError".to_owned(), FieldError::schema());
    components.security_schemes.insert(KEY_SCHEME.to_owned(), RefOr::T(key_scheme()));
    for (path, item) in &mut api.paths.paths {
        for operation in operations(item) {
            // What says that it is open needs no key; what says nothing is refused by the table of scopes.
            let open = operation.security.as_ref().is_some_and(|security| *security == [SecurityRequirement::default()]);
            complete(operation, path, is_guarded(path) && !open);
        }
    }
    (router, api)
}

fn key_scheme() -> SecurityScheme {
    let description = "An API key, a person's session, or the key that the process was started with (PAIGE_API_KEY). Each operation names the scope that it needs.";
    SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(description)).build())
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete, &mut item.head, &mut item.options]
        .into_iter()
        .flatten()
}

/// Adds what is not the route's own word: how the guard, the extractors and the frame answer.
fn complete(operation: &mut Operation, path: &str, guarded: bool) {
    let (unreadable, json) = (unreadable(operation), takes_json(operation));
    let hides = parameter_after(path, "projects").or_else(|| parameter_after(path, "workspaces")).is_some();
    let responses = &mut operation.responses.responses;
    let mut say = |status: &str, description: &str| {
        let said = || RefOr::T(ResponseBuilder::new().description(description).build());
        responses.entry(status.to_owned()).or_insert_with(said);
    };
    say("default", "Any other failure");
    let guard = if guarded { "`authorization_stale`, " } else { "" };
    say("503", &format!("Not now, try again after `Retry-After` seconds: {guard}{NOT_NOW}"));
    if !unreadable.is_empty() {
        say("400", &unreadable.join(", "));
    }
    if json {
        say("413", "`body_too_large`");
        say("415", "`unsupported_media_type`: the body is JSON and says so");
        say("422", "`invalid_body`: JSON of another shape, with a pointer to the field");
    }
    if guarded {
        say("401", "`unauthenticated`: no key or session, or one that does not work");
        say("403", "`insufficient_scope`: the key, or the member's role, does not allow it");
    }
    if guarded && hides {
        say("404", "`not_found`: no such project or workspace, or not for the caller");
    }
    for (_, response) in responses.iter_mut().filter(|(status, _)| is_failure(status)) {
        show_problem(response);
    }
}

fn is_failure(status: &str) -> bool {
    status == "default" || status.starts_with(['4', '5'])
}

/// The body of a failure, unless its route describes another.
fn show_problem(response: &mut RefOr<Response>) {
    if let RefOr::T(response) = response
        && response.content.is_empty()
    {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        response.content.insert(PROBLEM_JSON.to_owned(), RefOr::T(content));
    }
}

/// The codes by which 400 is answered to what cannot be read.
fn unreadable(operation: &Operation) -> Vec<&'static str> {
    let has = |place: ParameterIn| parameters(operation).any(|parameter| parameter.parameter_in == place);
    let codes = [
        (has(ParameterIn::Path), "`invalid_path`"),
        (has(ParameterIn::Query), "`invalid_query`"),
        (parameters(operation).any(|parameter| parameter.name == "cursor"), "`invalid_cursor`"),
        (takes_json(operation), "`malformed_json`"),
    ];
    codes.into_iter().filter_map(|(possible, code)| possible.then_some(code)).collect()
}

fn parameters(operation: &Operation) -> impl Iterator<Item = &Parameter> {
    operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
        RefOr::T(parameter) => Some(parameter),
        RefOr::Ref(_) => None,
    })
}

/// Whether [`crate::Json`] reads its body. Who reads the bytes themselves describes them as a text or an object, without a type of ours.
fn takes_json(operation: &Operation) -> bool {
    let Some(RefOr::T(body)) = &operation.request_body else { return false };
    let typed =
        |content: &RefOr<Content>| matches!(content, RefOr::T(Content { schema: Some(RefOr::Ref(_) | RefOr::T(Schema::Array(_))), .. }));
    body.content.iter().any(|(content_type, content)| content_type.ends_with("json") && typed(content))
}
