//! The sealed form: `v1.` and, in base64url without padding, nonce ‖ ciphertext ‖ tag.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, Generate, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use crate::{Error, KEY_BYTES};

const PREFIX: &str = "v1.";
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
/// The longest text that is opened: nothing that is sealed here is near it.
const TEXT_BYTES_MAX: usize = 64 * 1024;

/// Seals `plaintext`; it opens under the same key and `purpose` only.
pub(crate) fn seal(key: &[u8; KEY_BYTES], purpose: &[&str], plaintext: &[u8]) -> String {
    let nonce = XNonce::generate();
    let aad = aad(purpose);
    let payload = Payload { msg: plaintext, aad: &aad };
    let sealed = XChaCha20Poly1305::new(key.into()).encrypt(&nonce, payload).expect("a secret is shorter than 256 GB");
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([nonce.as_slice(), &sealed].concat()))
}

/// Opens what [`seal`] made.
pub(crate) fn open(key: &[u8; KEY_BYTES], purpose: &[&str], text: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
    let encoded = text.strip_prefix(PREFIX).ok_or(Error::Version)?;
    if encoded.len() > TEXT_BYTES_MAX {
        return Err(Error::Form);
    }
    let bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| Error::Form)?;
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(Error::Form)?;
    if sealed.len() < TAG_BYTES {
        return Err(Error::Form);
    }
    let aad = aad(purpose);
    let opened = XChaCha20Poly1305::new(key.into()).decrypt(nonce.into(), Payload { msg: sealed, aad: &aad });
    opened.map(Zeroizing::new).map_err(|_| Error::Closed)
}

/// The version and each part with its length, so that no two purposes are the same bytes.
fn aad(purpose: &[&str]) -> Vec<u8> {
    let mut bytes = PREFIX.as_bytes().to_vec();
    for part in purpose {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; KEY_BYTES] = [7; KEY_BYTES];

    #[test]
    fn the_same_plaintext_is_never_sealed_the_same_way_twice() {
        let [one, two] = [(); 2].map(|()| seal(&KEY, &["a"], b"123456"));
        assert_ne!(one, two);
        assert_eq!(open(&KEY, &["a"], &one), open(&KEY, &["a"], &two));
    }

    #[test]
    fn a_purpose_cannot_be_cut_another_way() {
        let sealed = seal(&KEY, &["ab", "c"], b"x");
        for other in [&["a", "bc"][..], &["abc"], &["ab", "c", ""], &["ab"], &[]] {
            assert_eq!(open(&KEY, other, &sealed), Err(Error::Closed), "{other:?}");
        }
    }

    #[test]
    fn every_single_changed_bit_and_every_cut_is_noticed() {
        let sealed = seal(&KEY, &["a"], b"a token");
        let bytes = URL_SAFE_NO_PAD.decode(&sealed[PREFIX.len()..]).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(&KEY, &["a"], &format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(changed))), Err(Error::Closed), "bit {bit}");
        }
        for length in 0..bytes.len() {
            let cut = open(&KEY, &["a"], &format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(&bytes[..length])));
            let expected = if length < NONCE_BYTES + TAG_BYTES { Error::Form } else { Error::Closed };
            assert_eq!(cut, Err(expected), "{length} bytes");
        }
    }

    #[test]
    fn what_is_no_sealed_text_is_refused_before_any_key_is_used() {
        for (text, error) in [
            ("", Error::Version),
            ("v2.AAAA", Error::Version),
            ("V1.AAAA", Error::Version),
            ("v1.", Error::Form),
            ("v1.****", Error::Form),
            ("v1.AAAA=", Error::Form),
            (&format!("v1.{}", "A".repeat(TEXT_BYTES_MAX + 1)), Error::Form),
        ] {
            assert_eq!(open(&KEY, &["a"], text), Err(error), "{}", text.len());
        }
    }
}
