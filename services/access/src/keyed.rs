//! What follows from the master key: hashes of sign-in codes, and the links of invitations. So an event holds no secret, and neither
//! a code nor a link can be made or found out from the log or from a table.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chassis::Secret;
use chrono::{DateTime, Utc};
use contract::{InviteId, UserId, WorkspaceId};
use hmac::{Hmac, KeyInit, Mac};
use sealing::MasterKey;
use sha2::Sha256;

const ULID_BYTES: usize = 16;
const TIME_BYTES: usize = 8;
/// What a link says before its seal: workspace, invitation, expiry.
const CLAIM_BYTES: usize = 2 * ULID_BYTES + TIME_BYTES;
/// Every link's token starts so.
const LINK_PREFIX: &str = "paige_invite_";

/// What this service makes of the platform's master key.
#[derive(Debug, Clone)]
pub(crate) struct Keyed(MasterKey);

/// What the link of an invitation says, once its seal was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link {
    /// Where to.
    pub workspace: WorkspaceId,
    /// Which invitation.
    pub invite: InviteId,
    /// When the link stops working.
    pub expires_at: DateTime<Utc>,
}

impl Keyed {
    pub(crate) fn new(master: MasterKey) -> Self {
        Self(master)
    }

    /// The hash of a code that was mailed to `user`: hexadecimal. Keyed, because there are few codes.
    pub(crate) fn code_hash(&self, user: UserId, code: &str) -> String {
        hex::encode(self.mac("sign-in-code:", &user.to_string(), code.as_bytes()).finalize().into_bytes())
    }

    /// The token in the link of an invitation.
    pub(crate) fn link(&self, link: Link) -> Secret {
        let claim = claim(link);
        let seal = self.mac("invite-link:", &link.invite.to_string(), &claim).finalize().into_bytes();
        Secret::new(format!("{LINK_PREFIX}{}", URL_SAFE_NO_PAD.encode([&claim[..], &seal[..]].concat())))
    }

    /// What a link says; none if it was not made here.
    pub(crate) fn open_link(&self, token: &str) -> Option<Link> {
        let bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix(LINK_PREFIX)?).ok()?;
        let (claim, seal) = bytes.split_at_checked(CLAIM_BYTES)?;
        let ulid = |from: usize| Some(u128::from_be_bytes(claim.get(from..from + ULID_BYTES)?.try_into().ok()?).into());
        let micros = i64::from_be_bytes(claim.get(2 * ULID_BYTES..)?.try_into().ok()?);
        let link = Link {
            workspace: WorkspaceId::from_ulid(ulid(0)?),
            invite: InviteId::from_ulid(ulid(ULID_BYTES)?),
            expires_at: DateTime::from_timestamp_micros(micros)?,
        };
        // Compares in constant time.
        self.mac("invite-link:", &link.invite.to_string(), claim).verify_slice(seal).ok()?;
        Some(link)
    }

    fn mac(&self, purpose: &str, about: &str, message: &[u8]) -> Hmac<Sha256> {
        let key = self.0.derive(purpose, about);
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_slice()).expect("HMAC takes a key of any length");
        mac.update(message);
        mac
    }
}

fn claim(link: Link) -> [u8; CLAIM_BYTES] {
    let mut claim = [0; CLAIM_BYTES];
    claim[..ULID_BYTES].copy_from_slice(&link.workspace.ulid().to_bytes());
    claim[ULID_BYTES..2 * ULID_BYTES].copy_from_slice(&link.invite.ulid().to_bytes());
    claim[2 * ULID_BYTES..].copy_from_slice(&link.expires_at.timestamp_micros().to_be_bytes());
    claim
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Keyed {
        Keyed::new("0b".repeat(32).parse().unwrap())
    }

    fn link() -> Link {
        Link {
            workspace: "wsp_01M74XBVHR5MY3V435479NBTEA".parse().unwrap(),
            invite: "inv_01M74XBVHR5MY3V435479NBTEB".parse().unwrap(),
            expires_at: DateTime::from_timestamp_micros(1_794_992_403_000_001).unwrap(),
        }
    }

    #[test]
    fn a_link_opens_to_what_it_was_made_of() {
        let token = key().link(link());
        assert_eq!(key().open_link(token.expose()), Some(link()));
        assert_eq!(Keyed::new("0c".repeat(32).parse().unwrap()).open_link(token.expose()), None, "another installation");
    }

    #[test]
    fn a_link_that_was_changed_anywhere_opens_to_nothing() {
        let token = key().link(link()).expose().to_owned();
        for index in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
            assert_eq!(key().open_link(&String::from_utf8(changed).unwrap()), None, "byte {index}");
        }
        for hostile in ["", "paige_invite_", "paige_invite_AAAA", "ä", &token[..token.len() - 4], &format!("{token}AAAA")] {
            assert_eq!(key().open_link(hostile), None, "{hostile}");
        }
    }

    #[test]
    fn the_same_code_of_two_people_has_two_hashes() {
        let [one, two] = ["a@example.com", "b@example.com"].map(UserId::of_email);
        assert_eq!(key().code_hash(one, "12345678"), key().code_hash(one, "12345678"));
        assert_ne!(key().code_hash(one, "12345678"), key().code_hash(two, "12345678"));
        assert_ne!(key().code_hash(one, "12345678"), key().code_hash(one, "12345679"));
    }
}
