//! The password of a bot's role: derived from the platform's master key, so that it is stored nowhere, in no event and no table.
//!
//! It follows from the project, from the transfer by which its owner has it, and from the last rotation: each owner has one of their own, and
//! another whenever they want.
//!
//! The server never sees it either: it is given the SCRAM-SHA-256 verifier, as it would compute one itself (RFC 5802, RFC 7677), so that no
//! statement log can hold a password.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chassis::Secret;
use contract::{EventId, ProjectId, TransferId};
use hmac::{Hmac, KeyInit, Mac};
use sealing::MasterKey;
use sha2::{Digest, Sha256};

/// Postgres' own default of `scram_iterations`. The password has 256 random bits: more rounds would protect nothing.
const SCRAM_ROUNDS: u32 = 4096;
const SALT_BYTES: usize = 16;
const KEY_BYTES: usize = 32;
const MARK_BYTES: usize = 8;

/// What a bot's password is derived from, besides the master key and the project. No transfer and no rotation happens twice, so no password
/// ever comes back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Generation {
    /// By which the project's owner has it; none: it was created there.
    pub transfer: Option<TransferId>,
    /// The event of the last one; none: nobody ever asked for one.
    pub rotation: Option<EventId>,
}

/// The bot's password: 64 hexadecimal digits.
pub(crate) fn bot_password(key: &MasterKey, project: ProjectId, generation: Generation) -> Secret {
    Secret::new(hex::encode(*key.derive("bot-role", &holding(project, generation))))
}

/// What the server is told instead: `SCRAM-SHA-256$<rounds>:<salt>$<stored key>:<server key>`. Always the same for a password.
pub(crate) fn bot_verifier(key: &MasterKey, project: ProjectId, generation: Generation) -> String {
    let salt = key.derive("bot-role-salt", &holding(project, generation));
    verifier(bot_password(key, project, generation).expose(), &salt[..SALT_BYTES])
}

/// Tells one password from another and nothing about either: 16 hexadecimal digits.
pub(crate) fn bot_mark(key: &MasterKey, project: ProjectId, generation: Generation) -> String {
    hex::encode(&key.derive("bot-role-mark", &holding(project, generation))[..MARK_BYTES])
}

/// Whoever created the project and never asked for another has the password that they have always had.
fn holding(project: ProjectId, generation: Generation) -> String {
    let Generation { transfer, rotation } = generation;
    let parts = [Some(project.to_string()), transfer.map(|id| id.to_string()), rotation.map(|id| id.to_string())];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn verifier(password: &str, salt: &[u8]) -> String {
    // Which SCRAM calls Hi().
    let salted: [u8; KEY_BYTES] = pbkdf2::pbkdf2_hmac_array::<Sha256, KEY_BYTES>(password.as_bytes(), salt, SCRAM_ROUNDS);
    let stored: [u8; KEY_BYTES] = Sha256::digest(keyed(&salted, b"Client Key")).into();
    let server = keyed(&salted, b"Server Key");
    let [salt, stored, server] = [salt, &stored, &server].map(|bytes| STANDARD.encode(bytes));
    format!("SCRAM-SHA-256${SCRAM_ROUNDS}:{salt}${stored}:{server}")
}

fn keyed(key: &[u8], text: &[u8]) -> [u8; KEY_BYTES] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(text);
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
        assert_eq!(STANDARD.encode(keyed(&keys[1], auth)), "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
        let proof = STANDARD.decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=").unwrap();
        let client: Vec<u8> = keyed(&keys[0], auth).iter().zip(proof).map(|(a, b)| a ^ b).collect();
        assert_eq!(Sha256::digest(client).as_slice(), keys[0]);
    }

    #[test]
    fn each_project_has_a_password_of_its_own_and_with_each_owner_and_rotation_another() {
        let key: MasterKey = "0b".repeat(32).parse().unwrap();
        let other: MasterKey = "0c".repeat(32).parse().unwrap();
        let [one, two]: [ProjectId; 2] = ["prj_00000000000000000000000001", "prj_00000000000000000000000002"].map(|id| id.parse().unwrap());
        // The same 128 bits under both kinds: a transfer is no rotation.
        let of = |transfer: Option<u32>, rotation: Option<u32>| Generation {
            transfer: transfer.map(|n| format!("trf_0000000000000000000000000{n}").parse().unwrap()),
            rotation: rotation.map(|n| format!("evt_0000000000000000000000000{n}").parse().unwrap()),
        };
        let all = [
            (&key, one, of(None, None)),
            (&key, two, of(None, None)),
            (&key, one, of(Some(1), None)),
            (&key, one, of(Some(2), None)),
            (&key, two, of(Some(1), None)),
            (&key, one, of(None, Some(1))),
            (&key, one, of(None, Some(2))),
            (&key, two, of(None, Some(1))),
            (&key, one, of(Some(1), Some(1))),
            (&key, one, of(Some(2), Some(1))),
            (&key, one, of(Some(1), Some(2))),
            (&other, one, of(None, None)),
        ];
        for (n, (key, project, generation)) in all.into_iter().enumerate() {
            let password = bot_password(key, project, generation);
            assert_eq!(password.expose().len(), 64);
            assert!(!bot_verifier(key, project, generation).contains(password.expose()));
            for (m, (key, project, generation)) in all.into_iter().enumerate() {
                assert_eq!(password.expose() == bot_password(key, project, generation).expose(), n == m, "{n} {m}");
            }
        }
        for tell in [bot_verifier, bot_mark] {
            let told: Vec<String> = all.map(|(key, project, generation)| tell(key, project, generation)).into();
            assert_eq!(told, all.map(|(key, project, generation)| tell(key, project, generation)));
            assert_eq!(told.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len(), "{told:?}");
        }
        // That of a project that was never given away, nor its password rotated, is the one that its owner noted years ago.
        assert_eq!(bot_password(&key, one, Generation::default()).expose(), hex::encode(*key.derive("bot-role", &one.to_string())));
    }
}
