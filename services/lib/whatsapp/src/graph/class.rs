//! Whether a call that failed may succeed when it is made again.

/// What repeating a call is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// It will work again: repeat it, each time later.
    Transient,
    /// Too many calls: repeat it, much later.
    RateLimited,
    /// Nobody knows, nor whether it was done: a few times, no more than three.
    Unclear,
    /// Never: something else must change first.
    Final,
}

impl Class {
    /// By Meta's code. What is not listed is final.
    pub fn of_code(code: i64) -> Self {
        match code {
            2 | 131_016 | 131_057 | 133_004 => Self::Transient,
            4 | 80_007 | 130_429 | 131_056 => Self::RateLimited,
            1 | 131_000 => Self::Unclear,
            _ => Self::Final,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Error;
    use super::super::error::MetaRefusal;
    use super::*;

    const TRANSIENT: &[i64] = &[2, 131_016, 131_057, 133_004];
    const RATE_LIMITED: &[i64] = &[4, 80_007, 130_429, 131_056];
    const UNCLEAR: &[i64] = &[1, 131_000];
    /// The rest of Meta's error table, the codes of Flows and of templates among them, and one that nobody knows.
    const FINAL: &[i64] = &[
        0, 3, 10, 33, 100, 190, 200, 299, 368, 130_472, 130_497, 131_005, 131_008, 131_009, 131_021, 131_026, 131_030, 131_031, 131_037,
        131_042, 131_044, 131_045, 131_047, 131_048, 131_049, 131_050, 131_051, 131_052, 131_053, 131_055, 131_059, 131_060, 131_062,
        131_063, 131_064, 132_000, 132_001, 132_005, 132_007, 132_008, 132_012, 132_015, 132_016, 132_018, 132_068, 132_069, 133_000,
        133_005, 133_006, 133_008, 133_009, 133_010, 133_015, 133_016, 134_011, 134_100, 134_101, 134_102, 135_000, 137_000, 139_000,
        139_001, 139_002, 139_003, 139_004, 139_006, 147_001, 147_002, 147_003, 147_004, 2_388_019, 2_388_040, 2_388_047, 2_388_072,
        2_388_073, 2_388_293, 2_388_299, 2_494_100, 2_593_107, 2_593_108, 2_593_109, 999_999,
    ];

    fn refused(status: u16, code: i64, transient: bool) -> Error {
        let body = json!({"error": {"message": "", "code": code, "is_transient": transient}});
        Error::Refused(Box::new(MetaRefusal::read(status, &body, &[], None).unwrap()))
    }

    #[test]
    fn what_may_be_repeated_is_what_the_error_table_says_and_a_refusal_with_a_reason_sends_no_message() {
        let table = [(TRANSIENT, Class::Transient), (RATE_LIMITED, Class::RateLimited), (UNCLEAR, Class::Unclear), (FINAL, Class::Final)];
        for (codes, class) in table {
            for &code in codes {
                // Meta's HTTP status decides nothing, whatever it is.
                for status in [200, 400, 401, 403, 404, 500, 503] {
                    let error = refused(status, code, false);
                    assert_eq!(error.class(), class, "{code}");
                    assert_eq!(error.code(), Some(code));
                    assert_eq!(error.proves_unsent(), class != Class::Unclear, "{code} with {status}");
                    assert_eq!(error.ambiguous(), class == Class::Unclear, "{code} with {status}");
                }
                let later = if class == Class::Final { Class::Transient } else { class };
                assert_eq!(refused(400, code, true).class(), later, "{code}, said to be transient");
            }
        }
    }

    #[test]
    fn without_an_error_object_only_what_never_left_proves_that_nothing_was_sent() {
        let unreadable = |status| Error::Unreadable { status, what: "" };
        for (error, class, unsent) in [
            (Error::NotSent, Class::Transient, true),
            (Error::TooLate, Class::Transient, true),
            (Error::Client(String::new()), Class::Final, true),
            (Error::Unaskable(""), Class::Final, true),
            (unreadable(400), Class::Final, false),
            (unreadable(401), Class::Final, false),
            (unreadable(404), Class::Final, false),
            (unreadable(408), Class::Transient, false),
            (unreadable(425), Class::Transient, false),
            (unreadable(429), Class::RateLimited, false),
            (unreadable(499), Class::Transient, false),
            (Error::Unanswered, Class::Transient, false),
            (unreadable(200), Class::Final, false),
            (unreadable(204), Class::Final, false),
            (unreadable(302), Class::Final, false),
            (unreadable(500), Class::Transient, false),
            (unreadable(502), Class::Transient, false),
            (unreadable(504), Class::Transient, false),
        ] {
            assert_eq!(error.class(), class, "{error}");
            assert_eq!(error.proves_unsent(), unsent, "{error}");
            assert_eq!(error.code(), None);
        }
    }
}
