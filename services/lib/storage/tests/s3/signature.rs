//! Whether a request is signed with the right key: AWS Signature Version 4, as Amazon's "Authenticating requests" has it. Everything that
//! was signed is put together again from what came over the wire.

use axum::http::request::Parts;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// What every signature is made with.
pub(crate) struct Credentials {
    pub(crate) id: &'static str,
    pub(crate) secret: &'static str,
    pub(crate) region: &'static str,
}

impl Credentials {
    /// Whether `parts` and `body` are what the holder of the secret signed; why not.
    pub(crate) fn check(&self, parts: &Parts, body: &[u8]) -> Result<(), &'static str> {
        let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let given = header("authorization").and_then(|text| text.strip_prefix("AWS4-HMAC-SHA256 ")).ok_or("it is not signed")?;
        let field = |name: &str| given.split(", ").find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
        let (credential, names) = (field("Credential").ok_or("no credential")?, field("SignedHeaders").ok_or("no headers")?);
        let time = header("x-amz-date").ok_or("no time")?;
        let day = time.get(..8).ok_or("no day")?;
        let scope = format!("{day}/{}/s3/aws4_request", self.region);
        if credential != format!("{}/{scope}", self.id) {
            return Err("another key, day, region or service");
        }
        if !["host", "x-amz-content-sha256", "x-amz-date"].iter().all(|name| names.split(';').any(|signed| signed == *name)) {
            return Err("headers that must be signed are not");
        }
        let digest = header("x-amz-content-sha256").ok_or("no digest")?;
        if digest != hex::encode(Sha256::digest(body)) {
            return Err("its body is not what was signed");
        }
        let mut canonical = format!("{}\n{}\n{}\n", parts.method, parts.uri.path(), query(parts.uri.query().unwrap_or_default()));
        for name in names.split(';') {
            canonical += &format!("{name}:{}\n", header(name).ok_or("a header that was signed did not come")?.trim());
        }
        canonical += &format!("\n{names}\n{digest}");
        let signed = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex::encode(Sha256::digest(canonical)));
        let key =
            [day, self.region, "s3", "aws4_request"].iter().fold(format!("AWS4{}", self.secret).into_bytes(), |key, part| mac(&key, part));
        if field("Signature") == Some(&*hex::encode(mac(&key, &signed))) { Ok(()) } else { Err("the signature is another") }
    }
}

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    Hmac::<Sha256>::new_from_slice(key).expect("any length").chain_update(text).finalize().into_bytes().to_vec()
}

/// In order, each name with a value, and everything but letters, digits and `-._~` in hexadecimal.
fn query(given: &str) -> String {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (encoded(name), encoded(value))
    };
    let mut pairs: Vec<_> = given.split('&').filter(|pair| !pair.is_empty()).map(pair).collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

fn encoded(text: &str) -> String {
    let keep = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    decoded(text).into_iter().map(|byte| if keep(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// As a form's text: `+` is a space.
pub(crate) fn decoded(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, behind @ ..] = rest {
        let hexadecimal = behind.get(..2).and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        (bytes, rest) = match (first, hexadecimal) {
            (b'%', Some(byte)) => ([bytes, vec![byte]].concat(), &behind[2..]),
            (b'+', _) => ([bytes, vec![b' ']].concat(), behind),
            (_, _) => ([bytes, vec![*first]].concat(), behind),
        };
    }
    bytes
}
