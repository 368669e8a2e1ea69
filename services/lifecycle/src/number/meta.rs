//! Meta's words turned into ours: what an error of the Graph API means for a step, and for a request.

use chassis::Problem;
use contract::{DisplayNameDecided, NumberDescribed};
use projects::{NoLine, meta_problem};
use whatsapp::graph::{Class, Error, Graph, NumberFields};

use super::{MetaId, Number};
use crate::Lifecycle;
use crate::operation::drive::Ran;

/// Meta's words for a name that may be used, and for one that may not.
const APPROVED: [&str; 2] = ["APPROVED", "AVAILABLE_WITHOUT_REVIEW"];
const REFUSED: [&str; 2] = ["DECLINED", "EXPIRED"];
/// And for one about which it has not decided.
const IN_REVIEW: &str = "PENDING_REVIEW";

/// What becomes of a step that Meta did not do.
pub(crate) fn ran(error: &Error) -> Ran {
    match error.class() {
        Class::Transient | Class::RateLimited | Class::Unclear => Ran::Later { cause: error.to_string(), words: error.for_people() },
        Class::Final => Ran::Refused { code: code_of(error), reason: error.for_people() },
    }
}

/// What is answered to a request that Meta did not carry out.
pub(crate) fn problem(error: &Error) -> Problem {
    meta_problem(error, code_of(error))
}

/// Stable names for what owners can do something about.
fn code_of(error: &Error) -> &'static str {
    match error.code() {
        Some(133_005) => "pin_mismatch",
        Some(133_006) => "number_not_verified",
        Some(133_008 | 133_009) => "pin_guesses_exceeded",
        Some(133_015) => "number_recently_deleted",
        Some(133_016) => "registration_limit_reached",
        Some(_) if error.is_access_lost() => "access_lost",
        Some(_) | None => "meta_refused",
    }
}

impl Lifecycle {
    /// Meta, if an app is configured.
    pub(crate) fn meta(&self) -> Result<&Graph, Problem> {
        self.graph.as_ref().ok_or_else(|| NoLine::NotConfigured.into())
    }
}

/// The number, as events describe it.
pub(crate) fn described(fields: &NumberFields) -> NumberDescribed {
    let NumberFields { id, verified_name, quality_rating, name_status, code_verification_status, messaging_limit, status, .. } =
        fields.clone();
    NumberDescribed {
        phone_number_id: id.to_string(),
        verified_name,
        quality_rating,
        name_status,
        code_verification_status,
        messaging_limit,
        status,
    }
}

/// What Meta has decided about the name that it was asked for, as far as it can be seen from the number. Nothing, while it is in review; nor
/// where Meta speaks of another name, or has forgotten this one.
pub(crate) fn decided(name: &str, fields: &NumberFields) -> Option<DisplayNameDecided> {
    let status = match fields.new_display_name.as_deref() {
        Some(new) if new == name => fields.new_name_status.as_deref(),
        Some(_) => None,
        // No change is in review any more: the name became the number's, or was refused.
        None => {
            let in_use = fields.verified_name.as_deref() == Some(name);
            fields.name_status.as_deref().filter(|status| in_use || REFUSED.contains(status))
        }
    }?;
    let (approved, refused) = (APPROVED.contains(&status), REFUSED.contains(&status));
    let reason = Some(status.to_owned()).filter(|_| refused);
    (approved || refused).then(|| DisplayNameDecided { name: name.to_owned(), approved, reason })
}

/// Whether Meta is deciding about this name.
pub(crate) fn in_review(name: &str, fields: &NumberFields) -> bool {
    fields.new_display_name.as_deref() == Some(name) && fields.new_name_status.as_deref() == Some(IN_REVIEW)
}

/// The number, as a project has it.
pub(crate) fn number(id: MetaId, waba: MetaId, fields: &NumberFields) -> Number {
    let display = fields.display_phone_number.as_deref().and_then(|text| text.parse().ok());
    Number { id, waba: Some(waba), display }
}

#[cfg(test)]
mod tests {
    use whatsapp::PhoneNumberId;

    use super::*;

    fn fields(now: (&str, &str), new: Option<(&str, &str)>) -> NumberFields {
        let text = |text: &str| Some(text.to_owned());
        NumberFields {
            id: PhoneNumberId::parse("1").unwrap(),
            display_phone_number: None,
            verified_name: text(now.0),
            quality_rating: None,
            code_verification_status: None,
            name_status: text(now.1),
            new_display_name: new.and_then(|(name, _)| text(name)),
            new_name_status: new.and_then(|(_, status)| text(status)),
            status: None,
            messaging_limit: None,
            is_pin_enabled: None,
            platform_type: None,
        }
    }

    #[test]
    fn what_became_of_a_name_is_read_from_its_number() {
        let no = |reason: &str| Some((false, Some(reason.to_owned())));
        let yes = Some((true, None));
        for (now, new, expected) in [
            (("Old", "APPROVED"), Some(("New", "PENDING_REVIEW")), None),
            (("Old", "DECLINED"), Some(("New", "PENDING_REVIEW")), None),
            (("Old", "APPROVED"), Some(("New", "NONE")), None),
            (("Old", "APPROVED"), Some(("New", "APPROVED")), yes.clone()),
            (("Old", "APPROVED"), Some(("New", "AVAILABLE_WITHOUT_REVIEW")), yes.clone()),
            (("Old", "APPROVED"), Some(("New", "DECLINED")), no("DECLINED")),
            (("Old", "APPROVED"), Some(("New", "EXPIRED")), no("EXPIRED")),
            (("New", "APPROVED"), None, yes.clone()),
            (("New", "AVAILABLE_WITHOUT_REVIEW"), None, yes),
            (("New", "PENDING_REVIEW"), None, None),
            (("New", "DECLINED"), None, no("DECLINED")),
            (("Old", "DECLINED"), None, no("DECLINED")),
            (("Old", "APPROVED"), None, None),
            (("Old", "APPROVED"), Some(("Other", "DECLINED")), None),
            (("Old", "DECLINED"), Some(("Other", "PENDING_REVIEW")), None),
        ] {
            let decided = decided("New", &fields(now, new)).map(|decided| (decided.approved, decided.reason));
            assert_eq!(decided, expected, "{now:?} {new:?}");
            assert_eq!(in_review("New", &fields(now, new)), new == Some(("New", "PENDING_REVIEW")), "{now:?} {new:?}");
        }
    }
}
