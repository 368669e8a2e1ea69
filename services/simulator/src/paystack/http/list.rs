//! `GET /transaction`: the transactions, the newest first, page by page.

use axum::Json;
use axum::extract::{RawQuery, State};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::paystack::Paystack;
use crate::paystack::account::Filter;
use crate::paystack::refusal::Refusal;

/// Most transactions on a page.
const PER_PAGE_MAX: usize = 100;
const PER_PAGE_DEFAULT: usize = 50;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    per_page: Option<usize>,
    page: Option<usize>,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    status: Option<String>,
}

/// Lists transactions, as Paystack's route of this name.
#[utoipa::path(get, path = "/sim/paystack/transaction", tag = "simulated paystack",
    params(
        ("perPage" = Option<usize>, Query, description = "1 to 100, default 50"),
        ("page" = Option<usize>, Query, description = "From 1 on"),
        ("from" = Option<String>, Query, description = "RFC 3339"),
        ("to" = Option<String>, Query, description = "RFC 3339"),
        ("status" = Option<String>, Query, description = "success, failed, abandoned, reversed"),
    ),
    responses((status = 200, body = Object), (status = 400, body = Object), (status = 401, body = Object)))]
pub(crate) async fn list(State(paystack): State<Paystack>, RawQuery(query): RawQuery) -> Result<Json<Value>, Refusal> {
    let uri: axum::http::Uri = format!("/?{}", query.unwrap_or_default()).parse().map_err(|_| Refusal::Parameter("query"))?;
    let asked = axum::extract::Query::<Asked>::try_from_uri(&uri).map_err(|_| Refusal::Parameter("query"))?.0;
    let (page, per_page) = (asked.page.unwrap_or(1), asked.per_page.unwrap_or(PER_PAGE_DEFAULT));
    if page == 0 {
        return Err(Refusal::Parameter("page"));
    }
    if !(1..=PER_PAGE_MAX).contains(&per_page) {
        return Err(Refusal::Parameter("perPage"));
    }
    let filter = Filter { from: asked.from, to: asked.to, status: asked.status };
    let office = paystack.office();
    let (mut total, mut volume, mut data) = (0_usize, 0_u64, Vec::new());
    let first = (page - 1).saturating_mul(per_page);
    for transaction in office.account.list(&filter) {
        if total >= first && data.len() < per_page {
            data.push(transaction.json());
        }
        total += 1;
        volume += transaction.amount;
    }
    let meta = json!({
        "total": total, "total_volume": volume, "skipped": first, "perPage": per_page, "page": page, "pageCount": total.div_ceil(per_page),
    });
    Ok(Json(json!({ "status": true, "message": "Transactions retrieved", "data": data, "meta": meta })))
}
