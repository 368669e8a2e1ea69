//! Who signed a body decides whether it is kept at all; what is in it decides nothing.

use contract::BODY_UNREADABLE;
use e2e::bodies;

use crate::{Gate, NUMBER, PREVIOUS, SECOND, text};

#[tokio::test(flavor = "multi_thread")]
async fn what_meta_did_not_sign_is_refused_and_what_it_signed_is_kept() {
    let gate = Gate::open().await;
    let secret = gate.apart.keys.meta_app_secret.expose().to_owned();
    let sign = |secret: &str, body: &[u8]| whatsapp::sign(secret, body);

    // Not from Meta.
    let body = text("wamid.forged");
    let good = sign(&secret, &body);
    let flipped = good[..good.len() - 1].to_owned() + if good.ends_with('0') { "1" } else { "0" };
    let upper = good.to_uppercase();
    for signature in [
        None,
        Some(""),
        Some("sha256="),
        Some("sha1=0000"),
        Some("sha256=zz"),
        Some(&*sign("another secret", &body)),
        Some(&*flipped),
        Some(&*sign(&secret, b"another body")),
        Some(good.trim_start_matches("sha256=")),
        Some(&*upper),
    ] {
        assert_eq!(gate.post(&body, signature).await, 401, "{signature:?}");
    }
    let mut changed = body.clone();
    changed.push(b' ');
    assert_eq!(gate.post(&changed, Some(&good)).await, 401, "one byte more than was signed");
    assert_eq!(gate.stored().await.len(), 0, "stored although Meta did not sign it");
    assert!(gate.metric("ingress_webhooks_total").await >= 11.0, "refusals are counted");

    // From Meta, with the current secret and with the one before.
    assert_eq!(gate.post(&body, Some(&good)).await, 200);
    let rotated = text("wamid.rotated");
    assert_eq!(gate.post(&rotated, Some(&sign(PREVIOUS, &rotated))).await, 200);
    assert_eq!(gate.stored().await.len(), 2);

    // From Meta, and not readable: kept as it is, and not asked for again.
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000)).into_bytes();
    let not_json: [&[u8]; 9] =
        [b"", b"{", b"null", b"[]", b"{}", b"\xff\xfe\x00", br#"{"object":"x","entry":[]}"#, br#"{"entry":7}"#, &deep];
    for (index, body) in not_json.into_iter().enumerate() {
        assert_eq!(gate.signed(body.to_vec()).await, 200, "{index}");
        assert_eq!(gate.signed(body.to_vec()).await, 200, "{index}, again");
    }
    let stored = gate.stored().await;
    let unreadable: Vec<&[u8]> =
        stored.iter().filter(|event| event.event_type.as_str() == BODY_UNREADABLE).map(|event| &*event.data).collect();
    assert_eq!(unreadable, not_json, "kept once each, byte for byte");

    // Hostile names cannot leave their place in the log.
    let before = stored.len();
    for number in ["*", ">", "a.b", "", "1 2", "\u{0}", &"9".repeat(4_000)] {
        assert_eq!(gate.signed(bodies::text(number, "16505550142", "wamid.hostile", SECOND, "hello")).await, 200, "{number:?}");
        assert_eq!(gate.signed(bodies::field(NUMBER, number, serde_json::json!({ "x": number }))).await, 200, "{number:?}");
    }
    assert_eq!(gate.stored().await.len(), before + 14);
}
