//! Does waiting mend it? The one answer for everybody who keeps tables. An outage is waited out. What Postgres refuses for what it was given
//! will be refused tomorrow: whoever follows the log parks it with the reason, so that somebody looks.

/// Classes of SQLSTATE that say nothing about what was to be written: connection, login, no such database, a transaction that met another,
/// insufficient resources, an object in use, operator intervention, system error.
/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
const PASSING_CLASSES: [&str; 8] = ["08", "28", "3D", "40", "53", "55", "57", "58"];
/// States of other classes of which the same is true: the server only reads for now, a session that stood still was ended, a statement was
/// prepared before its table changed; and a table or column that is not there yet, while tables are brought forward.
const PASSING_STATES: [&str; 5] = ["25006", "25P03", "0A000", "42P01", "42703"];

/// Whether the statement may succeed as it is, once something else has changed: the database answers again, or somebody lets go of a row.
pub fn is_outage(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(refusal) => refusal.code().is_some_and(|state| passes(&state)),
        // A value that does not fit Postgres, or is not what its column promises.
        sqlx::Error::Encode(_)
        | sqlx::Error::Decode(_)
        | sqlx::Error::ColumnDecode { .. }
        | sqlx::Error::ColumnNotFound(_)
        | sqlx::Error::ColumnIndexOutOfBounds { .. }
        | sqlx::Error::TypeNotFound { .. } => false,
        // The connection, or the pool of them.
        _ => true,
    }
}

fn passes(state: &str) -> bool {
    PASSING_STATES.contains(&state) || PASSING_CLASSES.iter().any(|class| state.starts_with(class))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::fmt::{Display, Formatter};

    use sqlx::error::{DatabaseError, ErrorKind};

    use super::*;

    /// What Postgres answers, as far as it counts here.
    #[derive(Debug)]
    struct Answer(&'static str);

    impl Display for Answer {
        fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.0)
        }
    }

    impl std::error::Error for Answer {}

    impl DatabaseError for Answer {
        fn message(&self) -> &str {
            self.0
        }

        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.into())
        }

        fn as_error(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
            self
        }

        fn as_error_mut(&mut self) -> &mut (dyn std::error::Error + Send + Sync + 'static) {
            self
        }

        fn into_error(self: Box<Self>) -> Box<dyn std::error::Error + Send + Sync + 'static> {
            self
        }

        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    #[test]
    fn an_outage_is_waited_out_and_what_was_refused_for_itself_is_not() {
        for (state, outage) in [
            // connection_exception, connection_does_not_exist, connection_failure
            ("08000", true),
            ("08003", true),
            ("08006", true),
            // read_only_sql_transaction: a standby took over, and is not promoted yet
            ("25006", true),
            // idle_in_transaction_session_timeout
            ("25P03", true),
            // invalid_password, invalid_catalog_name
            ("28P01", true),
            ("3D000", true),
            // serialization_failure, deadlock_detected
            ("40001", true),
            ("40P01", true),
            // disk_full, out_of_memory, too_many_connections
            ("53100", true),
            ("53200", true),
            ("53300", true),
            // lock_not_available
            ("55P03", true),
            // query_canceled, admin_shutdown, crash_shutdown, cannot_connect_now
            ("57014", true),
            ("57P01", true),
            ("57P02", true),
            ("57P03", true),
            // io_error
            ("58030", true),
            // feature_not_supported: a cached plan must not change its result
            ("0A000", true),
            // undefined_table, undefined_column
            ("42P01", true),
            ("42703", true),
            // string_data_right_truncation, numeric_value_out_of_range, datetime_field_overflow
            ("22001", false),
            ("22003", false),
            ("22008", false),
            // character_not_in_repertoire: NUL in a text; untranslatable_character: NUL in a jsonb
            ("22021", false),
            ("22P05", false),
            // not null, foreign key, unique, check
            ("23502", false),
            ("23503", false),
            ("23505", false),
            ("23514", false),
            // cardinality_violation: one statement that writes one row twice
            ("21000", false),
            // program_limit_exceeded: a value that no index holds
            ("54000", false),
            // raise_exception, syntax_error, insufficient_privilege, internal_error
            ("P0001", false),
            ("42601", false),
            ("42501", false),
            ("XX000", false),
        ] {
            assert_eq!(is_outage(&sqlx::Error::Database(Box::new(Answer(state)))), outage, "{state}");
        }
    }

    #[test]
    fn a_lost_connection_is_an_outage_and_a_value_that_does_not_fit_is_none() {
        let io = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        for error in [sqlx::Error::Io(io), sqlx::Error::PoolTimedOut, sqlx::Error::PoolClosed, sqlx::Error::Tls("handshake".into())] {
            assert!(is_outage(&error), "{error:?}");
        }
        for error in [
            sqlx::Error::Encode("too long".into()),
            sqlx::Error::Decode("not a time".into()),
            sqlx::Error::ColumnDecode { index: "at".into(), source: "not a time".into() },
            sqlx::Error::ColumnNotFound("at".into()),
        ] {
            assert!(!is_outage(&error), "{error:?}");
        }
    }
}
