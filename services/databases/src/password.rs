//! The password of a bot's role: derived from the platform's master key, so that it is stored nowhere, in no event and no table.
//!
//! The server never sees it either: it is given the SCRAM-SHA-256 verifier, as it would compute one itself (RFC 5802, RFC 7677), so that no
//! statement log can hold a password.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chassis::Secret;
use contract::ProjectId;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// Postgres' own default of `scram_iterations`. The password has 256 random bits: more rounds would protect nothing.
const SCRAM_ROUNDS: u32 = 4096;
const SALT_BYTES: usize = 16;
const KEY_BYTES: usize = 32;

/// The key that passwords are derived from. Changing it changes every password.
#[derive(Clone)]
pub struct MasterKey([u8; KEY_BYTES]);

/// A text is not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a master key is 64 hexadecimal digits, not all of them 0")]
pub struct MasterKeyError;

impl FromStr for MasterKey {
    type Err = MasterKeyError;

    fn from_str(text: &str) -> Result<Self, MasterKeyError> {
        let mut key = [0; KEY_BYTES];
        hex::decode_to_slice(text, &mut key).map_err(|_| MasterKeyError)?;
        if key == [0; KEY_BYTES] { Err(MasterKeyError) } else { Ok(Self(key)) }
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl MasterKey {
    /// The bot's password: 64 hexadecimal digits.
    pub fn bot_password(&self, project: ProjectId) -> Secret {
        Secret::new(hex::encode(self.derive("bot-role", project)))
    }

    /// What the server is told instead: `SCRAM-SHA-256$<rounds>:<salt>$<stored key>:<server key>`. Always the same for a project.
    pub(crate) fn bot_verifier(&self, project: ProjectId) -> String {
        let salt = &self.derive("bot-role-salt", project)[..SALT_BYTES];
        verifier(self.bot_password(project).expose(), salt)
    }

    fn derive(&self, purpose: &str, project: ProjectId) -> [u8; KEY_BYTES] {
        keyed(&self.0, &[purpose.as_bytes(), project.to_string().as_bytes()])
    }
}

fn verifier(password: &str, salt: &[u8]) -> String {
    // PBKDF2 with a single block, which is what SCRAM calls Hi().
    let mut round = keyed(password.as_bytes(), &[salt, &1_u32.to_be_bytes()]);
    let mut salted = round;
    for _ in 1..SCRAM_ROUNDS {
        round = keyed(password.as_bytes(), &[&round]);
        salted.iter_mut().zip(round).for_each(|(sum, byte)| *sum ^= byte);
    }
    let stored: [u8; KEY_BYTES] = Sha256::digest(keyed(&salted, &[b"Client Key"])).into();
    let server = keyed(&salted, &[b"Server Key"]);
    let [salt, stored, server] = [salt, &stored, &server].map(|bytes| STANDARD.encode(bytes));
    format!("SCRAM-SHA-256${SCRAM_ROUNDS}:{salt}${stored}:{server}")
}

fn keyed(key: &[u8], parts: &[&[u8]]) -> [u8; KEY_BYTES] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verifier_is_what_the_specification_computes() {
        // RFC 7677 §3: user "user", password "pencil". Its server signature proves the server key, its client proof the stored key.
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let text = verifier("pencil", &salt);
        let keys: Vec<Vec<u8>> = text.rsplit('$').next().unwrap().split(':').map(|part| STANDARD.decode(part).unwrap()).collect();
        let auth = b"n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        assert_eq!(STANDARD.encode(keyed(&keys[1], &[auth])), "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
        let proof = STANDARD.decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=").unwrap();
        let client: Vec<u8> = keyed(&keys[0], &[auth]).iter().zip(proof).map(|(a, b)| a ^ b).collect();
        assert_eq!(Sha256::digest(client).as_slice(), keys[0]);
    }

    #[test]
    fn each_project_has_a_password_of_its_own_that_never_changes() {
        let key: MasterKey = "0b".repeat(32).parse().unwrap();
        let [one, two] = ["prj_00000000000000000000000001", "prj_00000000000000000000000002"].map(|id| id.parse().unwrap());
        assert_eq!(key.bot_password(one).expose(), key.bot_password(one).expose());
        assert_ne!(key.bot_password(one).expose(), key.bot_password(two).expose());
        assert_eq!(key.bot_password(one).expose().len(), 64);
        assert_eq!(key.bot_verifier(one), key.bot_verifier(one));
        assert!(!key.bot_verifier(one).contains(key.bot_password(one).expose()));
    }

    #[test]
    fn what_is_not_a_key_is_refused_and_a_key_is_never_printed() {
        for text in ["", "0b", &"0".repeat(64), &"x".repeat(64), &"0b".repeat(33)] {
            assert_eq!(text.parse::<MasterKey>().err(), Some(MasterKeyError), "{text}");
        }
        assert_eq!(format!("{:?}", "0b".repeat(32).parse::<MasterKey>().unwrap()), "[redacted]");
    }
}
