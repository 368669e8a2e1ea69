//! Ids that look like Meta's. Those of people follow from their number, so that a restart makes nobody a stranger.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::{Rng, RngExt};
use sha2::{Digest, Sha256};
use whatsapp::{Bsuid, PhoneNumberId, WaId, Wamid};

/// Country codes of the user ids, by calling code; the first that fits, `US` for the rest.
const COUNTRIES: [(&str, &str); 14] = [
    ("1", "US"),
    ("31", "NL"),
    ("33", "FR"),
    ("34", "ES"),
    ("39", "IT"),
    ("44", "GB"),
    ("49", "DE"),
    ("52", "MX"),
    ("54", "AR"),
    ("55", "BR"),
    ("62", "ID"),
    ("91", "IN"),
    ("234", "NG"),
    ("254", "KE"),
];

/// A message's id.
pub(crate) fn wamid(wa_id: &WaId, from_business: bool, dice: &mut impl Rng) -> Wamid {
    packed("wamid", wa_id, from_business, dice)
}

/// The id of a call of a person's.
pub(crate) fn wacid(wa_id: &WaId, dice: &mut impl Rng) -> Wamid {
    packed("wacid", wa_id, false, dice)
}

/// Which number, in which direction, and ten random bytes, packed and in base64, as Meta does it.
fn packed(what: &str, wa_id: &WaId, from_business: bool, dice: &mut impl Rng) -> Wamid {
    let digits = wa_id.as_str().as_bytes();
    let random: [u8; 10] = dice.random();
    let (direction, name) = match from_business {
        true => (0x11, hex(&random[..9])),
        false => (0x12, hex(&random)),
    };
    let mut bytes = vec![0x1c, 0x18, digits.len() as u8];
    bytes.extend_from_slice(digits);
    bytes.extend_from_slice(&[0x15, 0x02, 0x00, direction, 0x18, name.len() as u8]);
    bytes.extend_from_slice(name.as_bytes());
    bytes.push(0);
    Wamid::parse(&format!("{what}.{}", STANDARD.encode(bytes))).expect("base64 is printable")
}

/// The user id of whoever has this number; `generation` counts how often it changed.
pub(crate) fn bsuid(wa_id: &WaId, generation: u32) -> Bsuid {
    let digest = Sha256::digest(format!("{wa_id}/{generation}"));
    let digits: String = digest.iter().take(20).map(|byte| char::from(b'0' + byte % 10)).collect();
    let country = COUNTRIES.iter().find(|(code, _)| wa_id.as_str().starts_with(code)).map_or("US", |(_, country)| country);
    Bsuid::parse(&format!("{country}.{digits}")).expect("two letters and digits")
}

/// The number that people dial for a business number that was only ever named by its id.
pub(crate) fn display_number(id: &PhoneNumberId) -> String {
    let digest = Sha256::digest(id.as_str());
    let digits: String = digest.iter().take(4).map(|byte| char::from(b'0' + byte % 10)).collect();
    format!("1555010{digits}")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn a_wamid_is_packed_as_metas_are() {
        let wa_id = WaId::parse("16505550142").unwrap();
        let mut dice = StdRng::seed_from_u64(1);
        let inbound = wamid(&wa_id, false, &mut dice);
        assert!(inbound.as_str().starts_with("wamid.HBgLMTY1MDU1NTAxNDIVAgASGBQ"), "{inbound}");
        assert_eq!(inbound.as_str().len(), "wamid.HBgLMTY1MDU1NTAxNDIVAgASGBQ2MjhCNDlEOTZEQ0RFOTdBNDMwRAA=".len());
        let outbound = wamid(&wa_id, true, &mut dice);
        assert!(outbound.as_str().starts_with("wamid.HBgLMTY1MDU1NTAxNDIVAgARGBI"), "{outbound}");
        assert_ne!(wamid(&wa_id, false, &mut dice), inbound);
        let call = wacid(&wa_id, &mut dice);
        assert!(call.as_str().starts_with("wacid.HBgLMTY1MDU1NTAxNDIVAgASGBQ"), "{call}");
    }

    #[test]
    fn the_same_number_is_the_same_person_and_another_is_not() {
        let id = |number: &str, generation| bsuid(&WaId::parse(number).unwrap(), generation);
        assert_eq!(id("5511987654321", 0), id("5511987654321", 0));
        assert_ne!(id("5511987654321", 0), id("5511987654321", 1));
        assert_ne!(id("5511987654321", 0), id("5511987654322", 0));
        assert!(id("5511987654321", 0).as_str().starts_with("BR."));
    }
}
