//! `POST /v1/projects/{project}/number/signup`: what Meta's Embedded Signup gave the browser becomes a number of the project.
//!
//! The code lives for 30 seconds, so it is exchanged here and now, and once: a request that is repeated goes on with the token that was kept.
//! Everything else that the browser says is a claim: Meta is asked whose the token is, which accounts it opens, and whether the number is in
//! the account, before anything is said of the project.

use std::time::{Duration, Instant};

use axum::extract::State;
use axum::response::IntoResponse;
use chassis::{Caller, Json, Path, Problem, RequestId};
use contract::{NumberOffered, OperationId, ProjectId};
use sealing::MasterKey;
use serde::Deserialize;
use utoipa::ToSchema;
use whatsapp::graph::{Class, Graph, NumberFields, Pin, Token};
use whatsapp::{PhoneNumberId, WabaId};

use super::secrets::Secrets;
use super::{MetaId, meta};
use crate::Lifecycle;
use crate::decide::{self, Command};
use crate::error::Error;
use crate::operation::accepted::accepted;
use crate::operation::answer::OperationAnswer;
use crate::origin::Origin;
use crate::project::Project;

/// Longest code, in bytes. Meta's have about 400.
const CODE_BYTES_MAX: usize = 2048;
/// How long to wait before what Meta did not answer is asked again.
const ASK_AGAIN_AFTER: [Duration; 2] = [Duration::from_millis(500), Duration::from_millis(1_500)];
/// So long after the first call nothing is asked again: a call takes 8 s at most, and the whole request 30 s.
const ASK_AGAIN_WITHIN: Duration = Duration::from_secs(3);

/// How the popup ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum SignupEvent {
    /// With an account and a number.
    Finish,
    /// With an account alone.
    FinishOnlyWaba,
    /// With a number that stays in use in the WhatsApp Business app.
    FinishWhatsappBusinessAppOnboarding,
}

/// What the browser has after the popup.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignUp {
    /// `response.authResponse.code`: works once, for 30 seconds.
    #[schema(example = "AQBx7…", max_length = 2048)]
    code: String,
    /// `event` of the `message` event.
    event: SignupEvent,
    /// `data.waba_id`, if the `message` event came; else the account that was granted last.
    #[schema(example = "104857392016384", pattern = "^[0-9]{1,32}$")]
    waba_id: Option<String>,
    /// `data.phone_number_id`; else the account's only number.
    #[schema(example = "207358419203847", pattern = "^[0-9]{1,32}$")]
    phone_number_id: Option<String>,
    /// The PIN of the number's two-step verification, if it has one; else it gets the one that this installation gives it, always the same.
    #[schema(pattern = "^[0-9]{6}$")]
    pin: Option<String>,
}

/// Connects a number through Meta's signup
///
/// The code is exchanged before this is answered, and once: what Meta gave for it is kept, sealed, until the operation has begun, for an hour
/// at most. Whoever gets no answer, or 503, repeats the same request, and it goes on from there. The rest are steps of an operation, each one
/// call of Meta's: `subscribe_app`, `register`, `read_number`, with which the number is connected; then `give_back`, for another number that
/// it takes the place of. What fails says which step and what Meta said, and can be tried again with `POST …/retry`. Of `give_back` it says
/// what is left at Meta; the new number stays connected. If a step before that fails, what was taken at Meta until then is given back:
/// `give_back` is done soon after the failure, with what Meta kept, if it did, in `left`; another try begins with the first step. Signing the
/// same number up again renews its token. Never refused for the sake of billing.
#[utoipa::path(
    post,
    path = "/v1/projects/{project}/number/signup",
    tag = "projects",
    security(("api_key" = ["projects:write"])),
    params(("project" = String, Path, description = "The project's id", example = "prj_01JD3X8K2M4N5P6Q7R8S9T0V1W")),
    request_body = SignUp,
    responses(
        (status = 202, description = "The number is being connected", body = OperationAnswer, headers(("Location" = String, description = "The operation"))),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`number_taken`; `operation_running`: `Location` names it, and it may be what the same code led to; `project_not_ready`, `project_failed`, `project_deleting`"),
        (status = 422, description = "`invalid_body`; `code_refused`: Meta does not take the code, or not any more: sign up again; `foreign_token`, `account_not_granted`, `number_not_in_account`, `number_not_chosen`: Meta says otherwise than the browser; `access_lost`, `meta_refused`: Meta refuses a call, in its words. `step` is the call of Meta's that told, as below"),
        (status = 429, description = "`too_many_requests`: the project was changed too often"),
        (status = 502, description = "`meta_unreadable`: Meta refuses, and not in a form that says why"),
        (status = 503, description = "`meta_unavailable`, `meta_rate_limited`: repeat the same request; `contended`: another with the same code is under way, or an operation has ended meanwhile, repeat it as well; `meta_not_configured`. `step` is the call of Meta's that failed: `exchange_code`, `debug_token` or `phone_numbers`"),
    )
)]
pub(crate) async fn sign_up(
    State(lifecycle): State<Lifecycle>,
    Path(id): Path<ProjectId>,
    request: RequestId,
    caller: Caller,
    Json(body): Json<SignUp>,
) -> Result<impl IntoResponse, Problem> {
    let claims = parse(&body)?;
    let graph = lifecycle.meta()?;
    // Before the code is spent.
    let project = lifecycle.with_room(id).await?;
    decide::number::signable(&project).map_err(Error::Refused)?;
    let token = lifecycle.token_of(&project, &body.code).await?;
    let granted = verify(graph, token, &claims).await?;
    let number: MetaId = granted.number.as_str().parse().map_err(|_| Problem::internal("a number's id is digits"))?;
    let pin = match claims.pin {
        Some(pin) => pin,
        None => kept_pin(&lifecycle, &project, &granted.number).await?.map_or_else(|| own_pin(&lifecycle.master, &granted.number), Ok)?,
    };
    let (key, wrapped_key) = lifecycle.data_key(id).await?;
    let sealed = Secrets { token: granted.token, pin }.seal(&key, number.as_str());
    let offer = NumberOffered {
        operation: OperationId::from_ulid(lifecycle.ids.ulid()),
        phone_number_id: number.as_str().to_owned(),
        waba_id: granted.waba.to_string(),
        coexistence: body.event == SignupEvent::FinishWhatsappBusinessAppOnboarding,
        sealed_token: sealed.token,
        sealed_pin: sealed.pin,
    };
    let command = Command::OfferNumber { number, offer, wrapped_key };
    let project = lifecycle.command(id, &command, None, &Origin::request(&request, &caller)).await?;
    lifecycle.forget_code(id, &body.code).await;
    Ok(accepted(&lifecycle, &project).await)
}

/// What the browser claims.
struct Claims {
    waba: Option<WabaId>,
    number: Option<PhoneNumberId>,
    pin: Option<Pin>,
}

/// What Meta says.
struct Granted {
    token: Token,
    waba: WabaId,
    number: PhoneNumberId,
}

fn parse(body: &SignUp) -> Result<Claims, Problem> {
    let refused = |pointer: &str, detail: &str| {
        Problem::unprocessable("invalid_body", "the signup cannot be like this").field(pointer, "invalid", detail)
    };
    if !(1..=CODE_BYTES_MAX).contains(&body.code.len()) || !body.code.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(refused("/code", "a code has 1 to 2048 visible ASCII characters"));
    }
    let digits = "an id of Meta's has 1 to 32 digits";
    let waba = body.waba_id.as_deref().map(|id| WabaId::parse(id).ok_or_else(|| refused("/waba_id", digits)));
    let number = body.phone_number_id.as_deref().map(|id| PhoneNumberId::parse(id).ok_or_else(|| refused("/phone_number_id", digits)));
    let pin = body.pin.as_deref().map(|pin| pin.parse().map_err(|_| refused("/pin", "a PIN has six digits")));
    Ok(Claims { waba: waba.transpose()?, number: number.transpose()?, pin: pin.transpose()? })
}

/// Asks Meta whether the claims are so.
async fn verify(graph: &Graph, token: Token, claims: &Claims) -> Result<Granted, Problem> {
    let begun = Instant::now();
    let step = "debug_token";
    let facts = patiently(begun, step, || graph.debug_token(&token)).await?;
    if !facts.is_valid || facts.app_id.as_deref() != Some(graph.app_id()) {
        let detail = "the code gave a token that is not valid for this installation's app";
        let detail = facts.why_invalid.map_or_else(|| detail.to_owned(), |why| format!("{detail}: {why}"));
        return Err(otherwise(step, "foreign_token", "/code", &detail));
    }
    let waba = match &claims.waba {
        Some(claimed) if facts.wabas.contains(claimed) => claimed,
        Some(_) => return Err(otherwise(step, "account_not_granted", "/waba_id", "the signup did not grant this account")),
        None => facts.wabas.first().ok_or_else(|| otherwise(step, "account_not_granted", "/code", "the signup granted no account"))?,
    };
    let step = "phone_numbers";
    let numbers = patiently(begun, step, || graph.phone_numbers(&token, waba)).await?;
    let number = match (&claims.number, numbers.as_slice()) {
        (Some(claimed), numbers) if numbers.iter().any(|number| number.id == *claimed) => claimed.clone(),
        (Some(_), _) => return Err(otherwise(step, "number_not_in_account", "/phone_number_id", "the account does not have this number")),
        (None, [NumberFields { id, .. }]) => id.clone(),
        (None, _) => {
            return Err(otherwise(step, "number_not_chosen", "/phone_number_id", "the account has none or several numbers: say which"));
        }
    };
    Ok(Granted { token, waba: waba.clone(), number })
}

/// Asks again what Meta did not answer: a moment of trouble is not the user's.
async fn patiently<T, A>(begun: Instant, step: &'static str, ask: impl Fn() -> A) -> Result<T, Problem>
where
    A: Future<Output = Result<T, whatsapp::graph::Error>>,
{
    for pause in ASK_AGAIN_AFTER {
        match ask().await {
            Err(error) if passes(&error) && begun.elapsed() < ASK_AGAIN_WITHIN => {
                tracing::warn!(step, %error, "Meta does not answer for a signup, asking again");
                tokio::time::sleep(pause).await;
            }
            answer => return answer.map_err(|error| not_told(step, &error)),
        }
    }
    ask().await.map_err(|error| not_told(step, &error))
}

/// Whether asking again in a moment is of use.
fn passes(error: &whatsapp::graph::Error) -> bool {
    match error.class() {
        Class::Transient | Class::Unclear => true,
        Class::RateLimited | Class::Final => false,
    }
}

/// What the browser claims is not so: by which call that was found out, and which claim.
pub(super) fn otherwise(step: &'static str, name: &str, pointer: &str, detail: &str) -> Problem {
    Problem::unprocessable(name, detail).field(pointer, "refused", detail).with("step", step)
}

/// At which call it failed, and Meta's words.
pub(super) fn not_told(step: &'static str, error: &whatsapp::graph::Error) -> Problem {
    meta::problem(error).detail(error.for_people()).with("step", step)
}

/// The PIN that this project gave the number before: Meta wants the same again.
async fn kept_pin(lifecycle: &Lifecycle, project: &Project, number: &PhoneNumberId) -> Result<Option<Pin>, Error> {
    let Some(offer) = project.offer_of(number.as_str()) else { return Ok(None) };
    match lifecycle.open_offer(project.id, offer).await {
        Ok(secrets) => Ok(Some(secrets.pin)),
        Err(Error::Sealed(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The PIN that this installation gives a number: derived, so that a number which comes back, also to another project, meets the same.
fn own_pin(master: &MasterKey, number: &PhoneNumberId) -> Result<Pin, Problem> {
    let derived = master.derive("number-pin", &format!("phone_{number}"));
    let (first, _) = derived.split_first_chunk::<8>().ok_or_else(|| Problem::internal("a derived key is shorter than a number"))?;
    format!("{:06}", u64::from_be_bytes(*first) % 1_000_000).parse().map_err(Problem::internal)
}
