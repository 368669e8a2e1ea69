//! Pages of a list: how many rows one has, and where the next one begins.

use serde::Serialize;

use crate::{Problem, cursor};

/// Most rows on a page of most lists.
const ROWS_MAX: u32 = 100;
/// Rows on a page when nobody says.
const ROWS_DEFAULT: u32 = 50;

/// How many rows a page may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimit(u32);

impl PageLimit {
    /// 1 to 100; 50 when nobody says.
    ///
    /// # Errors
    /// 400 `invalid_query`.
    pub fn parse(wanted: Option<u32>) -> Result<PageLimit, Problem> {
        PageLimit::up_to(ROWS_MAX, wanted)
    }

    /// 1 to `max`; 50 when nobody says.
    ///
    /// # Errors
    /// 400 `invalid_query`.
    pub fn up_to(max: u32, wanted: Option<u32>) -> Result<PageLimit, Problem> {
        let rows = wanted.unwrap_or(ROWS_DEFAULT);
        if !(1..=max).contains(&rows) {
            return Err(Problem::invalid_query("/limit", format!("must be 1 to {max}")));
        }
        Ok(PageLimit(rows))
    }

    /// So many.
    pub fn rows(self) -> usize {
        self.0 as usize
    }

    /// For `LIMIT` in SQL: one more than the page has tells whether there is a next one.
    pub fn and_one(self) -> i64 {
        i64::from(self.0) + 1
    }

    /// Leaves the rows of this page. Gives the cursor of the next page, made of the last row, if there were more.
    ///
    /// # Errors
    /// As of [`cursor::encode`].
    pub fn cut<T, K: Serialize>(self, rows: &mut Vec<T>, key: impl FnOnce(&T) -> K) -> Result<Option<String>, Problem> {
        let more = rows.len() > self.rows();
        rows.truncate(self.rows());
        rows.last().filter(|_| more).map(|last| cursor::encode(&key(last))).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_one_to_a_hundred_rows() {
        assert_eq!(PageLimit::parse(None).expect("a limit").rows(), 50);
        for (limit, fits) in [(0, false), (1, true), (100, true), (101, false), (u32::MAX, false)] {
            assert_eq!(PageLimit::parse(Some(limit)).is_ok(), fits, "{limit}");
        }
        assert_eq!(PageLimit::up_to(200, Some(200)).expect("a limit").and_one(), 201);
        let refused = PageLimit::up_to(200, Some(201)).expect_err("too many");
        assert_eq!((refused.status, refused.code.as_str(), refused.errors[0].pointer.as_str()), (400, "invalid_query", "/limit"));
    }

    #[test]
    fn one_row_more_than_fits_is_not_shown_and_tells_that_a_page_follows() {
        let limit = PageLimit::parse(Some(3)).expect("a limit");
        for (found, shown, next) in [(0, 0, None), (2, 2, None), (3, 3, None), (4, 3, Some(2))] {
            let mut rows: Vec<u64> = (0..found).collect();
            let cursor = limit.cut(&mut rows, |row| *row).expect("a cursor");
            assert_eq!((rows.len(), cursor.map(|text| cursor::decode::<u64>(&text).expect("a row"))), (shown, next), "{found}");
        }
    }
}
