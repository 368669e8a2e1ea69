//! `/v1/dev/clock`: the clock of a development installation, moved ahead so that what is due in a month happens now.
//!
//! It moves the time of every service in this process. It does not move the broker's, Postgres', or that of services that run as processes
//! of their own, and it is forgotten when the process ends. Served only where the clock can be moved.

use std::sync::Arc;

use axum::extract::State;
use chassis::{Clock, Json, Problem};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How far ahead of the machine's clock it may be: ten years of 366 days.
const AHEAD_SECONDS_MAX: i64 = 10 * 366 * 24 * 60 * 60;

/// The clock, moved by one request at a time.
#[derive(Clone)]
struct DevClock {
    clock: Clock,
    moving: Arc<Mutex<()>>,
}

/// Where the clock is to go; exactly one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ClockMove {
    /// So many seconds on, 0 or more.
    #[schema(example = 1_209_600)]
    advance_seconds: Option<i64>,
    /// To this instant, now or later.
    to: Option<DateTime<Utc>>,
}

/// What the clock shows.
#[derive(Debug, Serialize, ToSchema)]
struct ClockAnswer {
    /// The time of every service here.
    now: DateTime<Utc>,
    /// By how much it is ahead of the machine's clock.
    ahead_seconds: i64,
}

/// The routes, if the clock can be moved.
pub fn routes(clock: &Clock) -> Option<OpenApiRouter> {
    match clock {
        Clock::System => None,
        Clock::Ahead(_) | Clock::Manual(_) => {
            let state = DevClock { clock: clock.clone(), moving: Arc::default() };
            Some(OpenApiRouter::new().routes(routes!(show_clock, move_clock)).with_state(state))
        }
    }
}

/// Shows the clock
///
/// Only on a development installation, and with the platform key.
#[utoipa::path(
    get,
    path = "/v1/dev/clock",
    tag = "development",
    responses((status = 200, description = "What it shows", body = ClockAnswer)),
    security(("api_key" = ["dev"])),
)]
async fn show_clock(State(dev): State<DevClock>) -> Json<ClockAnswer> {
    Json(shown(&dev.clock))
}

/// Moves the clock ahead
///
/// Everything that is due by then happens, in order: trials end, cycles end, operations run out of time. It does not go back.
#[utoipa::path(
    post,
    path = "/v1/dev/clock",
    tag = "development",
    request_body = ClockMove,
    responses(
        (status = 200, description = "What it shows now", body = ClockAnswer),
        (status = 422, description = "`invalid_body`: backwards, or more than ten years ahead", body = Problem, content_type = "application/problem+json"),
    ),
    security(("api_key" = ["dev"])),
)]
async fn move_clock(State(dev): State<DevClock>, Json(wanted): Json<ClockMove>) -> Result<Json<ClockAnswer>, Problem> {
    // Two requests that both say "to" end there, and not beyond it.
    let _moving = dev.moving.lock().await;
    let by = distance(&wanted, dev.clock.now(), ahead(&dev.clock))?;
    dev.clock.advance(by);
    tracing::info!(seconds = by.num_seconds(), "the clock was moved ahead");
    Ok(Json(shown(&dev.clock)))
}

/// How far to move a clock that shows `now` and is `ahead` of the machine's.
fn distance(wanted: &ClockMove, now: DateTime<Utc>, ahead: TimeDelta) -> Result<TimeDelta, Problem> {
    let refuse = |pointer: &str, detail: &str| {
        Err(Problem::unprocessable("invalid_body", "the clock cannot be moved like this").field(pointer, "invalid", detail))
    };
    let (pointer, by) = match (wanted.advance_seconds, wanted.to) {
        (Some(seconds), None) => ("/advance_seconds", TimeDelta::try_seconds(seconds).unwrap_or(TimeDelta::MAX)),
        (None, Some(to)) => ("/to", to - now),
        (Some(_), Some(_)) | (None, None) => return refuse("", "send advance_seconds or to"),
    };
    if by < TimeDelta::zero() {
        return refuse(pointer, "the clock goes forwards only");
    }
    match ahead.checked_add(&by) {
        Some(far) if far <= TimeDelta::seconds(AHEAD_SECONDS_MAX) => Ok(by),
        Some(_) | None => refuse(pointer, "the clock may be ten years ahead, not more"),
    }
}

fn ahead(clock: &Clock) -> TimeDelta {
    clock.now() - Clock::System.now()
}

fn shown(clock: &Clock) -> ClockAnswer {
    // To the nearest: two clocks are read one after the other.
    let ahead_seconds = (ahead(clock) + TimeDelta::milliseconds(500)).num_seconds();
    ClockAnswer { now: clock.now(), ahead_seconds }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_goes_forwards_and_not_too_far() {
        let now = DateTime::from_timestamp(1_794_992_403, 0).unwrap();
        let check = |advance_seconds, to, ahead_seconds| {
            let by = distance(&ClockMove { advance_seconds, to }, now, TimeDelta::seconds(ahead_seconds));
            by.map(|by| by.num_seconds()).map_err(|problem| problem.errors[0].pointer.clone())
        };
        assert_eq!(check(Some(5), None, 0), Ok(5));
        assert_eq!(check(Some(0), None, 0), Ok(0));
        assert_eq!(check(None, Some(now + TimeDelta::days(30)), 0), Ok(30 * 86_400));
        assert_eq!(check(None, Some(now), 0), Ok(0));
        assert_eq!(check(Some(-1), None, 0), Err("/advance_seconds".into()));
        assert_eq!(check(None, Some(now - TimeDelta::microseconds(1)), 0), Err("/to".into()));
        assert_eq!(check(Some(AHEAD_SECONDS_MAX), None, 0), Ok(AHEAD_SECONDS_MAX));
        assert_eq!(check(Some(AHEAD_SECONDS_MAX), None, 1), Err("/advance_seconds".into()));
        assert_eq!(check(Some(i64::MAX), None, 0), Err("/advance_seconds".into()));
        assert_eq!(check(None, Some(DateTime::<Utc>::MAX_UTC), 0), Err("/to".into()));
        assert_eq!(check(None, None, 0), Err(String::new()));
        assert_eq!(check(Some(1), Some(now), 0), Err(String::new()));
    }

    #[test]
    fn a_clock_that_cannot_be_moved_has_no_routes() {
        assert!(routes(&Clock::System).is_none());
        assert!(routes(&Clock::movable()).is_some());
    }
}
