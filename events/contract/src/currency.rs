//! How amounts of money are written in events: a number of minor units, and the currency's code (ISO 4217), which says how many of them
//! make one unit.
//!
//! The code in an event is whatever was configured when the event was written, and older logs may hold one that is no currency. Such an
//! amount is shown as it is; how many digits it has is not guessed.

use iso_currency::Currency;

/// How many digits an amount in this currency has after the point. `None` if nothing can be paid in it: there is no such code, or it stands
/// for a metal, a unit of account or a test.
pub fn minor_digits(currency: &str) -> Option<u32> {
    let currency = Currency::from_code(currency).filter(|currency| !currency.is_special())?;
    currency.exponent().map(u32::from)
}

/// A sum as people write it: `ZAR 570.00`.
pub fn written_sum(minor: u64, currency: &str) -> String {
    match minor_digits(currency) {
        None => format!("{minor} minor units of {currency}"),
        Some(0) => format!("{currency} {minor}"),
        Some(digits) => {
            let unit = 10_u64.pow(digits);
            format!("{currency} {}.{:0width$}", minor / unit, minor % unit, width = digits as usize)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_is_a_code_of_iso_4217_that_something_is_paid_in() {
        for (code, digits) in [("ZAR", 2), ("NGN", 2), ("USD", 2), ("JPY", 0), ("XOF", 0), ("KWD", 3), ("UYW", 4)] {
            assert_eq!(minor_digits(code), Some(digits), "{code}");
        }
        for code in ["", "zar", "ZA", "ZARR", " ZAR", "AAA", "QQQ", "XXX", "XTS", "XAU", "XDR"] {
            assert_eq!(minor_digits(code), None, "{code}");
        }
    }

    #[test]
    fn a_sum_is_written_with_the_digits_of_its_currency() {
        for (minor, currency, written) in [
            (57_000, "ZAR", "ZAR 570.00"),
            (5, "EUR", "EUR 0.05"),
            (57_000, "JPY", "JPY 57000"),
            (1_005, "KWD", "KWD 1.005"),
            (u64::MAX, "USD", "USD 184467440737095516.15"),
            (57_000, "QQQ", "57000 minor units of QQQ"),
        ] {
            assert_eq!(written_sum(minor, currency), written);
        }
    }
}
