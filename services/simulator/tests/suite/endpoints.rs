//! A Flow with an endpoint of the business': what Meta has to have of it before anybody can open the Flow.

use serde_json::json;

use crate::meta::{Meta, PUBLIC_KEY};
use crate::screens::samples;

const NUMBER: &str = "101";
const WABA: &str = "201";

#[tokio::test]
async fn a_flow_with_an_endpoint_is_published_when_meta_has_its_address_and_its_key() {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, WABA).await;
    let json = std::fs::read_to_string(samples().join("valid-appointment-booking-endpoint.json")).expect("a sample");
    let mut flow = json!({"name": "Booking", "categories": ["OTHER"], "flow_json": json, "endpoint_uri": "https://bot.example/flow"});
    let made = meta.graph("POST", &format!("/{WABA}/flows"), &token, Some(flow.clone())).await.expect("made");
    let id = made["id"].as_str().expect("an id").to_owned();
    let publish = async || meta.graph("POST", &format!("/{id}/publish"), &token, None).await;
    assert_eq!(publish().await, Err(139_002), "no key");
    let path = format!("/{NUMBER}/whatsapp_business_encryption");
    assert_eq!(meta.graph("GET", &path, &token, None).await, Ok(json!({"data": []})));
    let private = PUBLIC_KEY.replace("PUBLIC", "PRIVATE");
    for wrong in [json!({}), json!({"business_public_key": ""}), json!({"business_public_key": private})] {
        assert_eq!(meta.graph("POST", &path, &token, Some(wrong.clone())).await, Err(100), "{wrong}");
    }
    let other = meta.business("102", "202").await;
    meta.give_key("102", &other).await;
    assert_eq!(meta.graph("POST", &path, &other, Some(json!({"business_public_key": PUBLIC_KEY}))).await, Err(10), "another's number");
    assert_eq!(publish().await, Err(139_002), "another account's key");
    let given = meta.urlencoded(&path, &token, "business_public_key", PUBLIC_KEY).await;
    assert_eq!(given, json!({"success": true}));
    let shown = json!({"data": [{"business_public_key": PUBLIC_KEY, "business_public_key_signature_status": "VALID"}]});
    assert_eq!(meta.graph("GET", &path, &token, None).await, Ok(shown));
    assert_eq!(publish().await, Ok(json!({"success": true})));
    flow["name"] = json!("Without an address");
    flow["publish"] = json!(true);
    flow.as_object_mut().expect("an object").remove("endpoint_uri");
    assert_eq!(meta.graph("POST", &format!("/{WABA}/flows"), &token, Some(flow)).await, Err(139_002), "no address");
}
