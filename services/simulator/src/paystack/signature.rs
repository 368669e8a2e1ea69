//! How Paystack signs a webhook: HMAC-SHA512 over the raw body with the secret key, in hex.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;

/// The value of `x-paystack-signature` for `raw`.
pub fn sign(secret: &str, raw: &[u8]) -> String {
    let mut mac = Hmac::<Sha512>::new_from_slice(secret.as_bytes()).expect("hmac takes a key of any length");
    mac.update(raw);
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_the_published_one() {
        // RFC 4231, test case 2
        assert!(
            sign("Jefe", b"what do ya want for nothing?").starts_with("164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554")
        );
    }
}
