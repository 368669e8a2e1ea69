//! The columns of a row, read in the order in which the query names them. No look-up by name and nothing copied: histories are read
//! thousands of times a second.

use std::str::FromStr;

use serde_json::value::RawValue;
use sqlx::postgres::PgRow;
use sqlx::{Decode, Postgres, Row, Type};

use crate::Error;

pub(crate) struct Columns<'r> {
    row: &'r PgRow,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(crate) fn of(row: &'r PgRow) -> Self {
        Self::from(row, 0)
    }

    /// Those behind the first `passed`.
    pub(crate) fn from(row: &'r PgRow, passed: usize) -> Self {
        Self { row, next: passed }
    }

    /// The next column.
    pub(crate) fn take<T: Decode<'r, Postgres> + Type<Postgres>>(&mut self) -> Result<T, Error> {
        self.next += 1;
        Ok(self.row.try_get(self.next - 1)?)
    }

    /// The next column, a sequence of the log.
    pub(crate) fn sequence(&mut self) -> Result<u64, Error> {
        u64::try_from(self.take::<i64>()?).map_err(|_| Error::Corrupt("a sequence"))
    }

    /// The next column, an id of ours that may be null. `what` names it where somebody must look.
    pub(crate) fn optional_id<I: FromStr>(&mut self, what: &'static str) -> Result<Option<I>, Error> {
        let text = self.take::<Option<&str>>()?;
        text.map(|text| text.parse().map_err(|_| Error::Corrupt(what))).transpose()
    }

    /// The next column, of type `json`, as it is stored.
    pub(crate) fn json(&mut self) -> Result<&'r RawValue, Error> {
        self.next += 1;
        let value = self.row.try_get_raw(self.next - 1)?;
        let text = value.as_str().map_err(sqlx::Error::Decode)?;
        Ok(serde_json::from_str(text)?)
    }

    /// The same for a column that may be null.
    pub(crate) fn optional_json(&mut self) -> Result<Option<&'r RawValue>, Error> {
        use sqlx::ValueRef;
        if self.row.try_get_raw(self.next)?.is_null() {
            self.next += 1;
            return Ok(None);
        }
        self.json().map(Some)
    }
}
