//! What became of a message, from everything that was said about it. A pure function of a set: any order of arrival, also
//! before the message itself, gives the same answer.

use chrono::{DateTime, Utc};

use crate::rows::Summary;

/// Something that was said about a message.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Effect<'a> {
    /// Meta reported a status.
    Status { status: &'a str, at: DateTime<Utc>, error_code: Option<i64> },
    /// A reaction, an edit or a revocation, itself a message.
    Message { kind: &'a str, inbound: bool, at: DateTime<Utc>, wamid: &'a str, text: Option<&'a str> },
}

/// Sums up the effects of one message.
pub(crate) fn summarise<'a>(effects: impl Iterator<Item = Effect<'a>>) -> Summary {
    let mut latest = Latest::default();
    for effect in effects {
        match effect {
            Effect::Status { status, at, error_code } => {
                latest.status = latest.status.max(Some((rank(status), Reversed(at), status, error_code)))
            }
            Effect::Message { kind: "reaction", inbound: true, at, wamid, text } => {
                latest.contact_reaction = latest.contact_reaction.max(Some((at, wamid, text)))
            }
            Effect::Message { kind: "reaction", inbound: false, at, wamid, text } => {
                latest.business_reaction = latest.business_reaction.max(Some((at, wamid, text)))
            }
            Effect::Message { kind: "edit", at, wamid, text, .. } => latest.edit = latest.edit.max(Some((at, wamid, text))),
            Effect::Message { kind: "revoke", at, .. } => {
                latest.revoked_at = Some(latest.revoked_at.map_or(at, |earlier: DateTime<Utc>| earlier.min(at)))
            }
            Effect::Message { .. } => {}
        }
    }
    latest.into()
}

/// The candidates that win: by time, then by wamid, so that two in the same second do not depend on order.
#[derive(Default)]
struct Latest<'a> {
    status: Option<(u8, Reversed, &'a str, Option<i64>)>,
    contact_reaction: Option<(DateTime<Utc>, &'a str, Option<&'a str>)>,
    business_reaction: Option<(DateTime<Utc>, &'a str, Option<&'a str>)>,
    edit: Option<(DateTime<Utc>, &'a str, Option<&'a str>)>,
    revoked_at: Option<DateTime<Utc>>,
}

impl From<Latest<'_>> for Summary {
    fn from(latest: Latest<'_>) -> Self {
        Self {
            status: latest.status.map(|(_, _, status, _)| status.to_owned()),
            status_at: latest.status.map(|(_, Reversed(at), _, _)| at),
            error_code: latest.status.and_then(|(_, _, _, code)| code),
            edited_at: latest.edit.map(|(at, _, _)| at),
            edited_text: latest.edit.and_then(|(_, _, text)| text.map(str::to_owned)),
            revoked_at: latest.revoked_at,
            contact_reaction: latest.contact_reaction.and_then(|(_, _, emoji)| emoji.map(str::to_owned)),
            business_reaction: latest.business_reaction.and_then(|(_, _, emoji)| emoji.map(str::to_owned)),
        }
    }
}

/// Of equal statuses (participants of a group) the earliest time counts.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Reversed(DateTime<Utc>);

impl Ord for Reversed {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        other.0.cmp(&self.0)
    }
}

impl PartialOrd for Reversed {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Meta's word, and ours, for what was not sent.
pub(crate) const FAILED: &str = "failed";

/// First our own steps, up to `abandoned`, then Meta's: `accepted < sent < delivered < read < played`. What Meta says of a message counts
/// more than what we gave up waiting for. A failure is terminal and stays visible whatever comes later; a word that nobody knows counts
/// least. Source: Meta's message status page.
fn rank(status: &str) -> u8 {
    match status {
        "requested" => 1,
        "sending" => 2,
        "waiting" => 3,
        "unknown" => 4,
        "abandoned" => 5,
        "pending" => 6,
        "accepted" => 7,
        "sent" => 8,
        "delivered" => 9,
        "read" => 10,
        "played" => 11,
        "deleted" => 12,
        "error" => 13,
        FAILED => 14,
        _not_known => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    /// Every order of `effects` must give `expected`.
    fn check(effects: &[Effect<'_>], expected: &Summary) {
        let mut order: Vec<usize> = (0..effects.len()).collect();
        permute(&mut order, 0, &mut |order| {
            assert_eq!(&summarise(order.iter().map(|&i| effects[i].clone())), expected, "in order {order:?}");
        });
    }

    fn permute(order: &mut Vec<usize>, from: usize, visit: &mut impl FnMut(&[usize])) {
        if from == order.len() {
            return visit(order);
        }
        for i in from..order.len() {
            order.swap(from, i);
            permute(order, from + 1, visit);
            order.swap(from, i);
        }
    }

    fn status(status: &'static str, second: i64) -> Effect<'static> {
        Effect::Status { status, at: at(second), error_code: (status == "failed").then_some(131_026) }
    }

    fn message(kind: &'static str, wamid: &'static str, second: i64, text: Option<&'static str>) -> Effect<'static> {
        Effect::Message { kind, inbound: true, at: at(second), wamid, text }
    }

    #[test]
    fn statuses_only_move_forward() {
        check(
            &[status("sent", 1), status("delivered", 2), status("read", 2)],
            &Summary { status: Some("read".into()), status_at: Some(at(2)), ..Summary::default() },
        );
        check(
            &[status("sent", 5), status("brand_new", 9)],
            &Summary { status: Some("sent".into()), status_at: Some(at(5)), ..Summary::default() },
        );
    }

    #[test]
    fn our_own_steps_come_before_anything_that_meta_says_in_every_order() {
        let steps = ["requested", "sending", "waiting", "unknown", "abandoned", "accepted", "sent", "delivered", "read", "played"];
        for (last, second) in (0..steps.len()).zip(0_i64..) {
            // The latest one by rank has the earliest time: it is not time that decides.
            let effects: Vec<Effect<'_>> = steps[..=last].iter().rev().take(5).zip(0_i64..).map(|(step, at)| status(step, at)).collect();
            check(&effects, &Summary { status: Some(steps[last].into()), status_at: Some(at(0)), ..Summary::default() });
            let failed =
                Summary { status: Some("failed".into()), status_at: Some(at(second)), error_code: Some(131_026), ..Summary::default() };
            check(&[status(steps[last], 0), status("brand_new", 50), status("failed", second)], &failed);
        }
    }

    #[test]
    fn a_failure_stays_visible_in_all_24_orders() {
        let failed = Summary { status: Some("failed".into()), status_at: Some(at(3)), error_code: Some(131_026), ..Summary::default() };
        check(&[status("sent", 1), status("delivered", 2), status("read", 4), status("failed", 3)], &failed);
    }

    #[test]
    fn the_last_reaction_edit_and_the_first_revocation_count() {
        let effects = [
            message("reaction", "a", 1, Some("❤️")),
            message("reaction", "b", 1, None),
            message("edit", "c", 2, Some("new")),
            message("edit", "d", 1, Some("old")),
            message("revoke", "e", 7, None),
            message("revoke", "f", 6, None),
        ];
        check(
            &effects,
            &Summary { edited_at: Some(at(2)), edited_text: Some("new".into()), revoked_at: Some(at(6)), ..Summary::default() },
        );
    }
}
