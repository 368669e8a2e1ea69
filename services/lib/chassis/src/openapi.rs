//! The description of the API, from the routes themselves, with what the stack around them adds.
//!
//! Services describe their own routes; the key and the shape of errors are the same for all and are written here.

use axum::Router;
use utoipa::PartialSchema;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Components, ContentBuilder, InfoBuilder, OpenApi, Ref, RefOr, ResponseBuilder};
use utoipa_axum::router::OpenApiRouter;

use crate::guard::is_guarded;
use crate::problem::PROBLEM_JSON;
use crate::{FieldError, Problem};

/// What routes call the one way to authenticate, see [`crate::scopes`].
pub(crate) const KEY_SCHEME: &str = "api_key";

/// Splits routes into the router and its description, in which every operation answers errors as [`Problem`] and every
/// operation under `/v1` says how it refuses who may not. Pure: the same routes give the same document, so it can be committed.
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
            complete(operation, is_guarded(path) && !open);
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

fn complete(operation: &mut Operation, guarded: bool) {
    let problem = |description: &str| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        RefOr::T(ResponseBuilder::new().description(description).content(PROBLEM_JSON, content).build())
    };
    let responses = &mut operation.responses.responses;
    responses.entry("default".to_owned()).or_insert_with(|| problem("Any other failure"));
    if guarded {
        responses.entry("401".to_owned()).or_insert_with(|| problem("`unauthenticated`: no key or session, or one that does not work"));
        responses
            .entry("403".to_owned())
            .or_insert_with(|| problem("`insufficient_scope`: the key, or the member's role, does not allow it"));
    }
}
