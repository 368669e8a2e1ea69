//! Who signed a webhook body: HMAC-SHA256 over its raw bytes with the app secret.
//!
//! Meta signs the bytes it sends, so they are checked before anything parses them. During a rotation two secrets are valid
//! at once. This does not say what to answer, nor count anything.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The header that carries the signature, in the lower case that HTTP libraries use.
pub const SIGNATURE_HEADER: &str = "x-hub-signature-256";

const PREFIX: &str = "sha256=";
const DIGEST_BYTES: usize = 32;

/// The app secret in use and, during a rotation, the one before it.
///
/// Holds the keyed state of the hash and not the text: each check saves hashing the key, and no print can show it.
#[derive(Clone)]
pub struct AppSecrets {
    current: Hmac<Sha256>,
    previous: Option<Hmac<Sha256>>,
}

/// An app secret without a character: everybody could sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("app secret is empty")]
pub struct EmptySecret;

/// Why a body is not taken as Meta's. None of them says how close the signature was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("no signature header")]
    Missing,
    #[error("signature header is not sha256= and 64 hex digits")]
    Malformed,
    #[error("signature does not match the body")]
    Mismatch,
}

impl AppSecrets {
    /// `previous` is the secret that is being replaced; an empty one counts as none, because that is how an environment
    /// variable is switched off.
    pub fn new(current: &str, previous: Option<&str>) -> Result<Self, EmptySecret> {
        if current.is_empty() {
            return Err(EmptySecret);
        }
        let previous = previous.filter(|secret| !secret.is_empty());
        Ok(Self { current: keyed(current), previous: previous.map(keyed) })
    }

    /// Checks `X-Hub-Signature-256` against the raw body. Constant time in the signature; both secrets are always tried, so
    /// that the time does not tell which one is in use.
    pub fn verify(&self, raw: &[u8], header: Option<&str>) -> Result<(), SignatureError> {
        let digits = header.ok_or(SignatureError::Missing)?.strip_prefix(PREFIX).ok_or(SignatureError::Malformed)?;
        let mut given = [0; DIGEST_BYTES];
        hex::decode_to_slice(digits, &mut given).map_err(|_| SignatureError::Malformed)?;
        let by_current = matches(&self.current, raw, &given);
        let by_previous = self.previous.as_ref().is_some_and(|key| matches(key, raw, &given));
        if by_current | by_previous { Ok(()) } else { Err(SignatureError::Mismatch) }
    }
}

impl fmt::Debug for AppSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppSecrets").field("rotating", &self.previous.is_some()).finish_non_exhaustive()
    }
}

/// The header's value for `raw`, as Meta would send it: `sha256=` and 64 lower-case hex digits.
pub fn sign(secret: &str, raw: &[u8]) -> String {
    let mut mac = keyed(secret);
    mac.update(raw);
    format!("{PREFIX}{}", hex::encode(mac.finalize().into_bytes()))
}

fn keyed(secret: &str) -> Hmac<Sha256> {
    Hmac::new_from_slice(secret.as_bytes()).expect("hmac takes a key of any length")
}

fn matches(key: &Hmac<Sha256>, raw: &[u8], given: &[u8]) -> bool {
    let mut mac = key.clone();
    mac.update(raw);
    mac.verify_slice(given).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"object":"whatsapp_business_account","entry":[]}"#;

    fn verify(current: &str, previous: Option<&str>, header: Option<&str>) -> Result<(), SignatureError> {
        AppSecrets::new(current, previous).unwrap().verify(BODY, header)
    }

    #[test]
    fn the_digest_is_the_published_one() {
        // RFC 4231, test case 2
        let expected = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(sign("Jefe", b"what do ya want for nothing?"), expected);
    }

    #[test]
    fn either_secret_is_accepted_while_rotating_and_only_then() {
        let old = sign("old", BODY);
        let new = sign("new", BODY);
        assert_eq!(verify("old", None, Some(&old)), Ok(()));
        assert_eq!(verify("new", Some("old"), Some(&old)), Ok(()));
        assert_eq!(verify("new", Some("old"), Some(&new)), Ok(()));
        assert_eq!(verify("new", None, Some(&old)), Err(SignatureError::Mismatch));
        assert_eq!(verify("new", Some(""), Some(&sign("", BODY))), Err(SignatureError::Mismatch));
    }

    #[test]
    fn a_header_that_is_no_signature_is_told_apart_from_a_wrong_one() {
        let good = sign("secret", BODY);
        assert_eq!(verify("secret", None, None), Err(SignatureError::Missing));
        for bad in ["", "sha256=", &good[7..], &good[..70], &format!("{good}0"), "sha256=zz", &good.replace("sha256", "sha1"), "sha256=é"]
        {
            assert_eq!(verify("secret", None, Some(bad)), Err(SignatureError::Malformed), "{bad}");
        }
        assert_eq!(verify("secret", None, Some(&format!("sha256={}", "0".repeat(64)))), Err(SignatureError::Mismatch));
    }

    #[test]
    fn one_changed_byte_is_noticed() {
        let secrets = AppSecrets::new("secret", None).unwrap();
        let header = sign("secret", BODY);
        for at in 0..BODY.len() {
            let mut changed = BODY.to_vec();
            changed[at] ^= 1;
            assert_eq!(secrets.verify(&changed, Some(&header)), Err(SignatureError::Mismatch), "byte {at}");
        }
    }

    #[test]
    fn an_empty_secret_is_refused_and_a_secret_is_never_printed() {
        assert_eq!(AppSecrets::new("", Some("x")).unwrap_err(), EmptySecret);
        let printed = format!("{:?}", AppSecrets::new("hunter2", Some("hunter1")).unwrap());
        assert_eq!(printed, "AppSecrets { rotating: true, .. }");
    }
}
