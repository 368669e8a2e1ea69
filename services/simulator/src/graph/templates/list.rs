//! `GET /{waba}/message_templates` and `GET /{template}`

use serde_json::Value;

use super::Template;
use super::edit::of_token;
use crate::graph::page::Page;
use crate::graph::{GraphRefusal, Meta, Request, token};

/// Those of an account that fit, in pages, from the oldest.
pub(crate) fn list(meta: &Meta, request: &Request, waba: &str) -> Result<Value, GraphRefusal> {
    let waba = token::for_account(meta, request, waba)?;
    let page = Page::asked(request)?;
    let fields = request.query("fields");
    let items = meta.templates.of(Some(&waba)).filter(|template| fits(template, request)).map(|template| (template.serial, template));
    Ok(page.of(request, items, |template| template.describe(fields)))
}

fn fits(template: &Template, request: &Request) -> bool {
    let is = |name: &str, value: &str| request.query(name).is_none_or(|asked| asked.eq_ignore_ascii_case(value));
    let says = |text: &str| template.name.contains(text) || template.components.to_string().contains(text);
    is("status", template.status.as_str())
        && is("category", &template.category)
        && is("language", &template.language)
        && is("quality_score", &template.quality)
        && request.query("name").is_none_or(|name| template.name.contains(name))
        && request.query("name_or_content").is_none_or(says)
}

/// One of them.
pub(crate) fn show(meta: &Meta, request: &Request, id: &str) -> Result<Value, GraphRefusal> {
    Ok(of_token(meta, request, id)?.describe(request.query("fields")))
}
