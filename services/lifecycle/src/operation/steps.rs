//! The steps of every kind of operation, who does each, and how long the whole may take.

use chrono::TimeDelta;
use contract::OperationKind;

/// Who does a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// Another service, which follows the stream and says when it is done.
    Others,
    /// This one: see `operation::drive`. Its turn comes when every step before it is done.
    Lifecycle,
}

/// A named step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    /// As written in events and answers.
    pub name: &'static str,
    /// Who does it.
    pub by: By,
}

pub(crate) const DATABASE: &str = "database";
pub(crate) const CODE: &str = "code";
pub(crate) const FLOW_SPACE: &str = "flow_space";
pub(crate) const TEMPLATES: &str = "templates";
pub(crate) const MEDIA: &str = "media";
pub(crate) const TRIAL: &str = "trial";
pub(crate) const BILLING: &str = "billing";
pub(crate) const NUMBER: &str = "number";
pub(crate) const LOG: &str = "log";
pub(crate) const KEY: &str = "key";
pub(crate) const SUBSCRIBE_APP: &str = "subscribe_app";
pub(crate) const REGISTER: &str = "register";
pub(crate) const READ_NUMBER: &str = "read_number";
pub(crate) const GIVE_BACK: &str = "give_back";

/// The calls that `number` and `give_back` consist of, two for each number. Each is noted when it is done, so that it is not made again for
/// the sake of another: Meta counts how often a number is given back.
const DEREGISTER: &str = "deregister/";
const UNSUBSCRIBE: &str = "unsubscribe/";

/// A database is made in a second; the rest of the time is for a server that is restarted meanwhile.
const CREATE_TIME_MAX: TimeDelta = TimeDelta::minutes(15);
/// A few requests to Meta, each of which may be asked to wait.
const CONNECT_TIME_MAX: TimeDelta = TimeDelta::minutes(10);
const DISCONNECT_TIME_MAX: TimeDelta = TimeDelta::minutes(10);
const RESET_TIME_MAX: TimeDelta = TimeDelta::minutes(5);
/// Erasing goes gently on a log that others write: a million events take an hour, in a stream of more than 2 GiB much longer.
const DELETE_TIME_MAX: TimeDelta = TimeDelta::hours(72);

/// The steps of `kind`, in order.
pub(crate) const fn of(kind: OperationKind) -> &'static [Step] {
    match kind {
        OperationKind::CreateProject => const { &[others(DATABASE), others(CODE), others(FLOW_SPACE), others(TRIAL)] },
        // With the third the number is connected; the last is for numbers that other signups brought before. If one of the first three is given
        // up, it is for what they took at Meta, and is all that is still done.
        OperationKind::ConnectNumber => const { &[own(SUBSCRIBE_APP), own(REGISTER), own(READ_NUMBER), own(GIVE_BACK)] },
        OperationKind::DisconnectNumber => const { &[own(NUMBER)] },
        OperationKind::ResetProject => const { &[others(CODE)] },
        // The log after what is reported in it. The key at the end: until then a try again may need a token.
        OperationKind::DeleteProject => {
            const {
                &[
                    own(NUMBER),
                    others(DATABASE),
                    others(CODE),
                    others(FLOW_SPACE),
                    others(TEMPLATES),
                    others(MEDIA),
                    others(BILLING),
                    own(LOG),
                    own(KEY),
                ]
            }
        }
    }
}

/// The call that gives a number back.
pub(crate) fn deregister(number: &str) -> String {
    format!("{DEREGISTER}{number}")
}

/// Which number was given back by such a call.
pub(crate) fn deregistered(done: &str) -> Option<&str> {
    done.strip_prefix(DEREGISTER)
}

/// The call after which an account's webhooks do not come any more.
pub(crate) fn unsubscribe(account: &str) -> String {
    format!("{UNSUBSCRIBE}{account}")
}

/// Whether what is done is such a call, and no step.
pub(crate) fn is_call_back(done: &str) -> bool {
    done.starts_with(DEREGISTER) || done.starts_with(UNSUBSCRIBE)
}

/// How long an operation, or a further try of it, may take.
pub(crate) const fn time_max(kind: OperationKind) -> TimeDelta {
    match kind {
        OperationKind::CreateProject => CREATE_TIME_MAX,
        OperationKind::ConnectNumber => CONNECT_TIME_MAX,
        OperationKind::DisconnectNumber => DISCONNECT_TIME_MAX,
        OperationKind::ResetProject => RESET_TIME_MAX,
        OperationKind::DeleteProject => DELETE_TIME_MAX,
    }
}

const fn own(name: &'static str) -> Step {
    Step { name, by: By::Lifecycle }
}

const fn others(name: &'static str) -> Step {
    Step { name, by: By::Others }
}
