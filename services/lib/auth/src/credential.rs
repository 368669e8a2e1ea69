//! The texts that callers send: API keys and sessions. How they are made, read, and compared with what the log holds of them.
//!
//! ```text
//! paige_key_<ULID of the key>_<64 hexadecimal digits>
//! paige_ses_<ULID of the person>_<ULID of the session>_<64 hexadecimal digits>
//! ```
//!
//! The ids are no secret: they say where to look. The digits are 32 random bytes and are shown once; the log holds their SHA-256, which
//! needs no salt and no slowness because nobody can guess them.

use chassis::Secret;
use contract::{KeyId, SessionId, UserId};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// What all of ours begin with, so that they can be found where they were lost.
const PREFIX: &str = "paige";
const SECRET_BYTES: usize = 32;

/// New credentials.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The whole text, to be shown once and kept nowhere.
    pub text: Secret,
    /// SHA-256 of its secret part, hexadecimal: what the event holds.
    pub hash: String,
}

impl Issued {
    /// The credentials of a new key.
    pub fn key(key: KeyId) -> Self {
        Self::new(&format!("{PREFIX}_{key}"))
    }

    /// The credentials of a new session.
    pub fn session(user: UserId, session: SessionId) -> Self {
        Self::new(&format!("{PREFIX}_{}_{}_{}", SessionId::PREFIX, user.ulid(), session.ulid()))
    }

    fn new(start: &str) -> Self {
        let secret = hex::encode(rand::random::<[u8; SECRET_BYTES]>());
        Self { text: Secret::new(format!("{start}_{secret}")), hash: hex::encode(Sha256::digest(&secret)) }
    }
}

/// Credentials as they were sent: well formed, not yet believed.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// Whose they say they are.
    pub holder: Holder,
    digest: [u8; 32],
}

/// Whose credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holder {
    /// A key's.
    Key(KeyId),
    /// A person's who signed in.
    Session(UserId, SessionId),
}

impl Credential {
    /// Reads what was sent; none if it is nothing of ours.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.splitn(6, '_').collect();
        let (holder, secret) = match parts.as_slice() {
            [PREFIX, "key", key, secret] => (Holder::Key(format!("key_{key}").parse().ok()?), secret),
            [PREFIX, "ses", user, session, secret] => {
                let (user, session) = (format!("usr_{user}").parse().ok()?, format!("ses_{session}").parse().ok()?);
                (Holder::Session(user, session), secret)
            }
            _ => return None,
        };
        let well_formed = secret.len() == 2 * SECRET_BYTES && secret.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        well_formed.then(|| Self { holder, digest: Sha256::digest(secret).into() })
    }

    /// Whether `hash` is of this secret, in constant time.
    pub fn matches(&self, hash: &str) -> bool {
        bool::from(hex::encode(self.digest).as_bytes().ct_eq(hash.as_bytes()))
    }
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Credential").field(&self.holder).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulid::Ulid;

    #[test]
    fn what_was_issued_is_read_back_and_matches_its_own_hash_alone() {
        let key = KeyId::from_ulid(Ulid::from_parts(1, 2));
        let (user, session) = (UserId::from_ulid(Ulid::from_parts(3, 4)), SessionId::from_ulid(Ulid::from_parts(5, 6)));
        let issued = [(Issued::key(key), Holder::Key(key)), (Issued::session(user, session), Holder::Session(user, session))];
        for (issued, holder) in &issued {
            let read = Credential::parse(issued.text.expose()).unwrap();
            assert_eq!(read.holder, *holder);
            assert!(read.matches(&issued.hash));
            assert!(!read.matches(&Issued::key(key).hash));
            assert!(!read.matches(""));
            assert!(!format!("{read:?} {issued:?}").contains(issued.text.expose().rsplit('_').next().unwrap()));
        }
    }

    #[test]
    fn anything_else_is_nothing_of_ours() {
        let good = Issued::key(KeyId::from_ulid(Ulid::from_parts(1, 2))).text.expose().to_owned();
        let (start, secret) = good.rsplit_once('_').unwrap();
        for bad in [
            String::new(),
            "paige".into(),
            "paige_key".into(),
            start.into(),
            format!("{start}_"),
            format!("{start}_{}", &secret[1..]),
            format!("{start}_{secret}0"),
            format!("{start}_{}", secret.to_uppercase().replace(|c: char| c.is_ascii_digit(), "A")),
            format!("{start}_{}g", &secret[1..]),
            format!("{start}_{}é", &secret[2..]),
            format!("{good}_"),
            format!("{good}_{secret}"),
            format!(" {good}"),
            good.replace("paige", "Paige"),
            good.replace("_key_", "_ses_"),
            good.replace("_key_", "_usr_"),
            good.replace("_key_0", "_key_8"),
            good.to_lowercase().replace("key_00000000", "key_oooooooo"),
            "paige_ses_x_y_z".into(),
            "_".repeat(1_000),
        ] {
            assert!(Credential::parse(&bad).is_none(), "{bad}");
        }
    }
}
