//! `/v1/dev/clock`: the clock of a development installation, moved ahead so that what is due in a month happens now.
//!
//! It moves the time of every service in this process. It does not move the broker's, Postgres', or that of services that run as processes
//! of their own, and it is forgotten when the process ends. Served only where the clock can be moved.
//!
//! It does not leap: it stops at every deadline that a service has announced ([`chassis::Agenda`]), until what was due is done and what followed
//! from it has come to rest. So deadlines of all services happen in the order of their instants, each at its own, and what one leads to, a
//! renewal that is paid and the cycle after it, comes before whatever is due later. That something has come to rest is seen by the log, which
//! has not grown for a moment: no service asks another whether it is ready.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use chassis::{Clock, Json, Problem};
use chrono::{DateTime, TimeDelta, Utc};
use contract::Stream;
use futures::future::try_join_all;
use journal::Journal;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tokio::time::Instant;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How far ahead of the machine's clock it may be: ten years of 366 days.
const AHEAD_SECONDS_MAX: i64 = 10 * 366 * 24 * 60 * 60;
/// How often it is looked whether everything has come to rest, and how many looks in a row must find it so.
const LOOK_EVERY: Duration = Duration::from_millis(20);
const LOOKS: u32 = 10;
/// How long that is waited for. Who is down, or is written to all the time, is late, and keeps the clock from nobody else.
const REST_TIME_MAX: Duration = Duration::from_secs(3);
/// How long one request goes on, from when it came: with the last rest, less than [`chassis::ANSWER_LIMIT`].
const MOVE_TIME_MAX: Duration = Duration::from_secs(25);

/// The clock, moved by one request at a time.
#[derive(Clone)]
struct DevClock {
    clock: Clock,
    journal: Journal,
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

/// The routes, for a clock that can be moved.
pub fn routes(clock: Clock, journal: Journal) -> OpenApiRouter {
    let state = DevClock { clock, journal, moving: Arc::default() };
    OpenApiRouter::new().routes(routes!(show_clock, move_clock)).with_state(state)
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
/// Everything that is due by then happens, in order, each at its own instant and before the answer: trials end, cycles end and are renewed,
/// operations and offers run out of time. It does not go back.
#[utoipa::path(
    post,
    path = "/v1/dev/clock",
    tag = "development",
    request_body = ClockMove,
    responses(
        (status = 200, description = "What it shows now", body = ClockAnswer),
        (status = 422, description = "`invalid_body`: backwards, or more than ten years ahead"),
        (status = 503, description = "`clock_on_its_way`: so much is due on the way that it goes on with the next request; send `to`, which is told"),
    ),
    security(("api_key" = ["dev"])),
)]
async fn move_clock(State(dev): State<DevClock>, Json(wanted): Json<ClockMove>) -> Result<Json<ClockAnswer>, Problem> {
    dev.carry_out(&wanted, Instant::now() + MOVE_TIME_MAX).await.map(Json)
}

impl DevClock {
    /// Moves the clock where it is wanted, or as far as it comes until the time is up.
    async fn carry_out(&self, wanted: &ClockMove, time_is_up: Instant) -> Result<ClockAnswer, Problem> {
        // Two requests that both say "to" end there, and not beyond it.
        let _moving = self.moving.lock().await;
        let before = self.clock.now();
        let by = distance(wanted, before, ahead(&self.clock))?;
        let has_come = self.go(by, wanted.to, time_is_up).await;
        let shown = shown(&self.clock);
        tracing::info!(seconds = by.num_seconds(), now = %shown.now, has_come, "the clock was moved ahead");
        if has_come {
            return Ok(shown);
        }
        let (to, come_to) = ((before + by).to_rfc3339(), shown.now.to_rfc3339());
        let detail = format!("more is due on the way to {to} than happens within one request: it has come to {come_to}");
        let on_its_way = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "clock_on_its_way").detail(detail);
        Err(on_its_way.header(RETRY_AFTER, HeaderValue::from(0)))
    }

    /// Moves the clock by so much, or until it is `to`, from deadline to deadline. False: the time is up, and it stays where it has come to.
    async fn go(&self, by: TimeDelta, to: Option<DateTime<Utc>>, time_is_up: Instant) -> bool {
        let mut moved = TimeDelta::zero();
        loop {
            self.rest().await;
            let now = self.clock.now();
            // What passes meanwhile is a part of the way to an instant, and not of a distance.
            let left = to.map_or(by - moved, |to| to - now);
            if left <= TimeDelta::zero() {
                return true;
            }
            if Instant::now() >= time_is_up {
                return false;
            }
            let step = self.clock.first_due(now).map_or(left, |due| left.min(due - now));
            self.clock.advance(step);
            moved += step;
        }
    }

    /// Until everything that is due is done and nothing follows from it any more.
    async fn rest(&self) {
        let patience = Instant::now() + REST_TIME_MAX;
        let (mut before, mut quiet) = (None, 0);
        while quiet < LOOKS {
            if Instant::now() >= patience {
                tracing::warn!("the clock is moved on, though something is still going on");
                return;
            }
            tokio::time::sleep(LOOK_EVERY).await;
            let said = self.said().await;
            let is_quiet = said.is_some() && said == before && !self.clock.is_behind(self.clock.now());
            quiet = if is_quiet { quiet + 1 } else { 0 };
            before = said;
        }
    }

    /// How much was ever said; none while the log does not answer. How far its readers are is written beside it all the time.
    async fn said(&self) -> Option<u64> {
        let streams = Stream::ALL.into_iter().filter(|stream| *stream != Stream::Position);
        let states = try_join_all(streams.map(|stream| self.journal.state(stream))).await.ok()?;
        Some(states.iter().map(|state| state.last).sum())
    }
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
    use axum::response::IntoResponse;
    use embedded::Nats;
    use journal::ConnectOptions;

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

    #[tokio::test]
    async fn a_clock_whose_time_is_up_says_so_and_goes_on_past_what_is_due_with_the_next_request() {
        let nats = Nats::scratch().await.unwrap();
        let journal = Journal::connect(ConnectOptions::new(nats.url(), "test")).await.unwrap();
        journal.open(&Stream::ALL).await.unwrap();
        let start = Clock::System.now();
        let (due, to) = (start + TimeDelta::days(1), start + TimeDelta::days(2));
        let clock = Clock::manual(start);
        let agenda = clock.agenda();
        agenda.announce(Some(due));
        let dev = DevClock { clock: clock.clone(), journal, moving: Arc::default() };
        let wanted = ClockMove { advance_seconds: None, to: Some(to) };

        let on_its_way = dev.carry_out(&wanted, Instant::now()).await.unwrap_err();
        assert_eq!((on_its_way.status, on_its_way.code.as_str()), (503, "clock_on_its_way"));
        let detail = on_its_way.detail.clone().unwrap();
        assert!(detail.contains(&to.to_rfc3339()) && detail.contains(&start.to_rfc3339()), "{detail}");
        assert_eq!(on_its_way.into_response().headers()[RETRY_AFTER], "0");
        assert_eq!(clock.now(), start, "it stays where it has come to");

        let stopped_at = tokio::spawn(async move {
            clock.reach(due).await;
            let stopped_at = clock.now();
            agenda.announce(None);
            stopped_at
        });
        let moved = dev.carry_out(&wanted, Instant::now() + MOVE_TIME_MAX).await.unwrap();
        assert_eq!((stopped_at.await.unwrap(), moved.now), (due, to));
    }
}
