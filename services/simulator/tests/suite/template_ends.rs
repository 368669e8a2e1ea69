//! Templates that are deleted by their ids.

use serde_json::json;

use crate::meta::Meta;
use crate::templates::{create, decide, draft};

const NUMBER: &str = "101";
const WABA: &str = "201";

#[tokio::test]
async fn templates_are_deleted_by_their_ids_all_of_them_or_none() {
    let meta = Meta::new().await;
    let token = meta.business(NUMBER, WABA).await;
    let mut ids = Vec::new();
    for name in ["one", "two", "three"] {
        ids.push(create(&meta, &token, draft(name, "UTILITY")).await.expect("created"));
    }
    let delete = async |ids: &[String]| {
        let path = format!("/{WABA}/message_templates?hsm_ids=%5B{}%5D", ids.join("%2C"));
        meta.graph("DELETE", &path, &token, None).await
    };
    let there = async |id: &str| meta.graph("GET", &format!("/{id}?fields=name"), &token, None).await.is_ok();
    let unknown = "77".to_owned();
    for wrong in [Vec::new(), vec![ids[0].clone(), unknown.clone()], vec![unknown; 101]] {
        assert_eq!(delete(&wrong).await, Err(100), "{wrong:?}");
    }
    decide(&meta, &ids[2], json!({"verdict": "approve"})).await;
    decide(&meta, &ids[2], json!({"verdict": "disable"})).await;
    assert_eq!(delete(&ids[1..]).await, Err(100), "a disabled one stays");
    assert!(there(&ids[0]).await && there(&ids[1]).await, "where one is not deleted, none is");
    assert!(delete(&ids[..2]).await.is_ok());
    assert_eq!((there(&ids[0]).await, there(&ids[1]).await, there(&ids[2]).await), (false, false, true));
}
