//! Who signed a payment webhook: HMAC-SHA512 over its raw bytes with the account's secret key, in the header `x-paystack-signature`.
//!
//! Source: Paystack, "Webhooks", verify event origin. Paystack signs with the secret key itself, so during its rotation two are valid.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;

/// The header that carries the signature.
pub(crate) const SIGNATURE_HEADER: &str = "x-paystack-signature";

const DIGEST_BYTES: usize = 64;

/// The secret key in use and, during a rotation, the one before it.
///
/// Holds the keyed state of the hash and not the text: each check saves hashing the key, and no print can show it.
#[derive(Clone)]
pub struct PaymentSecrets {
    current: Hmac<Sha512>,
    previous: Option<Hmac<Sha512>>,
}

/// Why a body is not taken as the provider's. None of them says how close the signature was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignatureError {
    #[error("no signature header")]
    Missing,
    #[error("signature header is not 128 hex digits")]
    Malformed,
    #[error("signature does not match the body")]
    Mismatch,
}

impl PaymentSecrets {
    /// None without a current secret: then nobody can sign. An empty one counts as none, because that is how an environment variable is
    /// switched off.
    pub fn new(current: Option<&str>, previous: Option<&str>) -> Option<Self> {
        let keyed = |secret: &&str| (!secret.is_empty()).then(|| keyed(secret));
        Some(Self { current: current.as_ref().and_then(keyed)?, previous: previous.as_ref().and_then(keyed) })
    }

    /// Checks the header against the raw body. Constant time in the signature; both secrets are always tried.
    pub(crate) fn verify(&self, raw: &[u8], header: Option<&str>) -> Result<(), SignatureError> {
        let digits = header.ok_or(SignatureError::Missing)?;
        let mut given = [0; DIGEST_BYTES];
        hex::decode_to_slice(digits, &mut given).map_err(|_| SignatureError::Malformed)?;
        let by_current = matches(&self.current, raw, &given);
        let by_previous = self.previous.as_ref().is_some_and(|key| matches(key, raw, &given));
        if by_current | by_previous { Ok(()) } else { Err(SignatureError::Mismatch) }
    }
}

impl fmt::Debug for PaymentSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentSecrets").field("rotating", &self.previous.is_some()).finish_non_exhaustive()
    }
}

fn keyed(secret: &str) -> Hmac<Sha512> {
    Hmac::new_from_slice(secret.as_bytes()).expect("hmac takes a key of any length")
}

fn matches(key: &Hmac<Sha512>, raw: &[u8], given: &[u8]) -> bool {
    let mut mac = key.clone();
    mac.update(raw);
    mac.verify_slice(given).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2.
    const JEFE: &str =
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737";
    const BODY: &[u8] = b"what do ya want for nothing?";

    #[track_caller]
    fn check(current: &str, previous: Option<&str>, header: Option<&str>, expected: Result<(), SignatureError>) {
        assert_eq!(PaymentSecrets::new(Some(current), previous).unwrap().verify(BODY, header), expected);
    }

    #[test]
    fn either_secret_is_accepted_while_rotating_and_only_then() {
        check("Jefe", None, Some(JEFE), Ok(()));
        check("Jefe", None, Some(&JEFE.to_uppercase()), Ok(()));
        check("new", Some("Jefe"), Some(JEFE), Ok(()));
        check("new", None, Some(JEFE), Err(SignatureError::Mismatch));
        check("new", Some(""), Some(JEFE), Err(SignatureError::Mismatch));
    }

    #[test]
    fn a_header_that_is_no_signature_is_told_apart_from_a_wrong_one() {
        check("Jefe", None, None, Err(SignatureError::Missing));
        for bad in ["", &JEFE[2..], &format!("{JEFE}00"), &JEFE.replace('1', "g"), &format!("sha512={JEFE}"), "é"] {
            check("Jefe", None, Some(bad), Err(SignatureError::Malformed));
        }
        check("Jefe", None, Some(&"0".repeat(128)), Err(SignatureError::Mismatch));
        let other = PaymentSecrets::new(Some("Jefe"), None).unwrap().verify(b"What do ya want for nothing?", Some(JEFE));
        assert_eq!(other, Err(SignatureError::Mismatch));
    }

    #[test]
    fn without_a_secret_there_is_nobody_who_could_sign() {
        for (current, previous) in [(None, None), (Some(""), None), (None, Some("old"))] {
            assert!(PaymentSecrets::new(current, previous).is_none());
        }
        assert_eq!(format!("{:?}", PaymentSecrets::new(Some("hunter2"), None).unwrap()), "PaymentSecrets { rotating: false, .. }");
    }
}
