//! A Flow's whole life, asked for as Meta wants it.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use whatsapp::WabaId;
use whatsapp::graph::{CreatedFlow, Error, FLOW_JSON_BYTES_MAX, FlowFacts};

use crate::stub::{Answer, Stub, token};

const FLOW: &str = "812345678901234";
const LISTED: &str = "id,name,status,categories,validation_errors,json_version,data_api_version,endpoint_uri,updated_at";

fn waba() -> WabaId {
    WabaId::parse("102290129340398").unwrap()
}

fn done() -> Answer {
    Answer::Json(200, json!({"success": true}))
}

fn fault() -> Value {
    json!({"error": "INVALID_PROPERTY_KEY", "error_type": "FLOW_JSON_ERROR", "message": "Property (x) cannot be specified", "line_start": 46,
        "pointers": [{"line_start": 46, "path": "screens[0].layout.children[2]"}], "new": null})
}

#[tokio::test]
async fn a_flow_is_made_empty_or_as_a_copy() {
    let bare = Answer::Json(200, json!({"id": FLOW.parse::<u64>().unwrap()}));
    let faulty = Answer::Json(200, json!({"id": FLOW, "success": true, "validation_errors": [fault()]}));
    let stub = Stub::telling([bare, faulty, Answer::Json(200, json!({"success": true}))]).await;
    let graph = stub.graph();
    let categories = ["SURVEY".to_owned(), "OTHER".to_owned()];
    let create = async |original| graph.create_flow(&token(), &waba(), "Übersicht", &categories, original).await;
    assert_eq!(create(None).await, Ok(CreatedFlow { id: FLOW.to_owned(), validation_errors: Vec::new() }));
    assert_eq!(create(Some("77")).await, Ok(CreatedFlow { id: FLOW.to_owned(), validation_errors: vec![fault()] }));
    assert!(matches!(create(None).await, Err(Error::Unreadable { .. })), "a Flow has an id");
    assert!(matches!(create(Some("7/7")).await, Err(Error::Unaskable(_))));
    let [empty, copy, _] = <[_; 3]>::try_from(stub.asked()).unwrap();
    empty.is("POST /v26.0/102290129340398/flows", &[]);
    assert_eq!(empty.json(), json!({"name": "Übersicht", "categories": ["SURVEY", "OTHER"]}));
    assert_eq!(copy.json(), json!({"name": "Übersicht", "categories": ["SURVEY", "OTHER"], "clone_flow_id": "77"}));
}

#[tokio::test]
async fn what_is_not_to_change_is_not_sent() {
    let stub = Stub::telling([done(), done()]).await;
    let graph = stub.graph();
    graph.update_flow(&token(), FLOW, Some("New"), None, None).await.unwrap();
    let categories = ["OTHER".to_owned()];
    graph.update_flow(&token(), FLOW, None, Some(&categories), Some("https://flows.example/1")).await.unwrap();
    let [name, rest] = <[_; 2]>::try_from(stub.asked()).unwrap();
    name.is("POST /v26.0/812345678901234", &[]);
    assert_eq!(name.json(), json!({"name": "New"}));
    assert_eq!(rest.json(), json!({"categories": ["OTHER"], "endpoint_uri": "https://flows.example/1"}));
}

#[tokio::test]
async fn json_is_uploaded_as_a_form_and_its_faults_come_back_as_meta_wrote_them() {
    let stub = Stub::telling([
        Answer::Json(200, json!({"success": true, "validation_errors": [fault()]})),
        Answer::Json(200, json!({"success": "true"})),
        Answer::Json(200, json!({"validation_errors": []})),
    ])
    .await;
    let graph = stub.graph();
    let upload = async || graph.upload_flow_json(&token(), FLOW, b"{\"version\":\"6.0\"}".to_vec()).await;
    assert_eq!(upload().await, Ok(vec![fault()]));
    let asked = stub.only();
    asked.is("POST /v26.0/812345678901234/assets", &[]);
    let expected = "--BOUNDARY\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nflow.json\r\n\
        --BOUNDARY\r\nContent-Disposition: form-data; name=\"asset_type\"\r\n\r\nFLOW_JSON\r\n\
        --BOUNDARY\r\nContent-Disposition: form-data; name=\"file\"; filename=\"flow.json\"\r\nContent-Type: application/json\r\n\r\n\
        {\"version\":\"6.0\"}\r\n--BOUNDARY--\r\n";
    assert_eq!(asked.form(), expected);
    assert_eq!(upload().await, Ok(Vec::new()));
    assert!(matches!(upload().await, Err(Error::Unreadable { .. })), "it does not say that it was taken");
    let large = graph.upload_flow_json(&token(), FLOW, vec![b' '; FLOW_JSON_BYTES_MAX + 1]).await;
    assert_eq!(large, Err(Error::TooLarge { bytes_max: FLOW_JSON_BYTES_MAX }));
    assert_eq!(stub.asked().len(), 3);
}

#[tokio::test]
async fn a_flow_is_described_as_far_as_meta_describes_it() {
    let health = json!({"can_send_message": "BLOCKED", "entities": [{"entity_type": "FLOW", "id": FLOW, "can_send_message": "BLOCKED"}]});
    let full = json!({"id": FLOW, "name": "Survey", "status": "DRAFT", "categories": ["SURVEY"], "validation_errors": [fault()],
        "json_version": "6.0", "data_api_version": 3.0, "endpoint_uri": "https://flows.example/1", "updated_at": "2026-06-21T11:18:09+0000",
        "health_status": health, "preview": {"preview_url": "https://business.facebook.com/wa/preview", "expires_at": "2026-07-21T11:18:09+0000"}});
    let bare = json!({"id": 812_345_678_901_234_u64, "endpoint_uri": "", "updated_at": "?", "health_status": "?", "categories": null});
    let stub = Stub::telling([Answer::Json(200, full), Answer::Json(200, bare), Answer::Json(200, json!({"name": "Survey"}))]).await;
    let graph = stub.graph();
    let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let expected = FlowFacts {
        id: FLOW.to_owned(),
        name: Some("Survey".to_owned()),
        status: Some("DRAFT".to_owned()),
        categories: vec!["SURVEY".to_owned()],
        validation_errors: vec![fault()],
        json_version: Some("6.0".to_owned()),
        data_api_version: Some("3.0".to_owned()),
        endpoint_uri: Some("https://flows.example/1".to_owned()),
        updated_at: Some(at("2026-06-21T11:18:09Z")),
        health_status: Some(health),
        preview_url: Some("https://business.facebook.com/wa/preview".to_owned()),
        preview_expires_at: Some(at("2026-07-21T11:18:09Z")),
    };
    assert_eq!(graph.flow(&token(), FLOW).await, Ok(expected));
    stub.only().is("GET /v26.0/812345678901234", &[("fields", &format!("{LISTED},health_status,preview"))]);
    assert_eq!(graph.flow(&token(), FLOW).await, Ok(FlowFacts { id: FLOW.to_owned(), ..FlowFacts::default() }));
    assert!(graph.flow(&token(), FLOW).await.is_err(), "a Flow has an id");
}

#[tokio::test]
async fn a_flows_json_is_fetched_where_meta_says_that_it_is() {
    let stub = Stub::telling([]).await;
    let graph = stub.graph();
    let assets = |url: &str| json!({"data": [{"name": "other", "asset_type": "OTHER"}, {"name": "flow.json", "asset_type": "FLOW_JSON", "download_url": url}]});
    stub.tell(Answer::Json(200, assets(&format!("{}/asset?oe=1", stub.url))));
    stub.tell(Answer::Bytes(200, b"{ \"version\": \"6.0\" }".to_vec()));
    assert_eq!(graph.flow_json(&token(), FLOW).await, Ok(b"{ \"version\": \"6.0\" }".to_vec()));
    let [list, file] = <[_; 2]>::try_from(stub.asked()).unwrap();
    list.is("GET /v26.0/812345678901234/assets", &[]);
    file.is("GET /asset", &[("oe", "1")]);
    stub.tell(Answer::Json(200, json!({"data": []})));
    assert_eq!(graph.flow_json(&token(), FLOW).await, Ok(Vec::new()));
    stub.tell(Answer::Json(200, assets("https://evil.example/flow.json")));
    assert!(matches!(graph.flow_json(&token(), FLOW).await, Err(Error::Unaskable(_))));
    stub.tell(Answer::Json(200, json!({})));
    assert!(matches!(graph.flow_json(&token(), FLOW).await, Err(Error::Unreadable { .. })));
}

#[tokio::test]
async fn all_flows_are_listed() {
    let first = json!({"data": [{"id": "1", "name": "A", "status": "DRAFT"}, {"id": "2"}], "paging": {"cursors": {"after": "a+b="}, "next": "https://x"}});
    let second = json!({"data": [{"id": "2"}, {"id": 3}], "paging": {"cursors": {"before": "x", "after": "y"}}});
    let stub = Stub::telling([Answer::Json(200, first), Answer::Json(200, second)]).await;
    let flows = stub.graph().flows(&token(), &waba()).await.unwrap();
    assert_eq!(flows.iter().map(|flow| flow.id.as_str()).collect::<Vec<_>>(), ["1", "2", "3"]);
    let [first, second] = <[_; 2]>::try_from(stub.asked()).unwrap();
    first.is("GET /v26.0/102290129340398/flows", &[("fields", LISTED), ("limit", "100")]);
    second.is("GET /v26.0/102290129340398/flows", &[("fields", LISTED), ("limit", "100"), ("after", "a+b=")]);
}

#[tokio::test]
async fn a_list_with_a_flow_that_cannot_be_read_is_no_list() {
    let stub = Stub::telling([Answer::Json(200, json!({"data": [{"id": "1"}, {"name": "no id"}]})), Answer::Json(200, json!({}))]).await;
    for _ in 0..2 {
        assert!(
            matches!(stub.graph().flows(&token(), &waba()).await, Err(Error::Unreadable { .. })),
            "what is missing would pass for deleted"
        );
    }
}

#[tokio::test]
async fn a_flow_is_published_deprecated_and_deleted() {
    let refusal = json!({"error": {"message": "(#139002) Publishing failed", "code": 139_002, "error_subcode": 4_016_011}});
    let stub = Stub::telling([done(), done(), done(), Answer::Json(400, refusal)]).await;
    let graph = stub.graph();
    graph.publish_flow(&token(), FLOW).await.unwrap();
    graph.deprecate_flow(&token(), FLOW).await.unwrap();
    graph.delete_flow(&token(), FLOW).await.unwrap();
    assert_eq!(graph.publish_flow(&token(), FLOW).await.unwrap_err().code(), Some(139_002));
    for (asked, line) in stub.asked().iter().zip([
        "POST /v26.0/812345678901234/publish",
        "POST /v26.0/812345678901234/deprecate",
        "DELETE /v26.0/812345678901234",
    ]) {
        asked.is(line, &[]);
        assert_eq!(asked.body, b"");
    }
}

#[tokio::test]
async fn a_preview_is_shown_or_renewed() {
    let answer =
        json!({"preview": {"preview_url": "https://business.facebook.com/p", "expires_at": "2026-07-21T11:18:09+0000"}, "id": FLOW});
    let stub = Stub::telling([
        Answer::Json(200, answer),
        Answer::Json(200, json!({"preview": {"preview_url": "u"}})),
        Answer::Json(200, json!({})),
    ])
    .await;
    let graph = stub.graph();
    let shown = graph.flow_preview(&token(), FLOW, false).await.unwrap();
    assert_eq!((shown.url.as_str(), shown.expires_at), ("https://business.facebook.com/p", "2026-07-21T11:18:09Z".parse().ok()));
    assert_eq!(graph.flow_preview(&token(), FLOW, true).await.unwrap().expires_at, None);
    assert!(graph.flow_preview(&token(), FLOW, true).await.is_err());
    let asked = stub.asked();
    asked[0].is("GET /v26.0/812345678901234", &[("fields", "preview.invalidate(false)")]);
    asked[1].is("GET /v26.0/812345678901234", &[("fields", "preview.invalidate(true)")]);
}

#[tokio::test]
async fn an_id_that_is_a_path_is_not_asked_for() {
    let stub = Stub::telling([]).await;
    let (graph, token) = (stub.graph(), token());
    for id in ["", "1/publish", "1?fields=id", "..", "1#2"] {
        let refused = [
            graph.update_flow(&token, id, None, None, None).await,
            graph.upload_flow_json(&token, id, Vec::new()).await.map(|_| ()),
            graph.flow(&token, id).await.map(|_| ()),
            graph.flow_json(&token, id).await.map(|_| ()),
            graph.publish_flow(&token, id).await,
            graph.deprecate_flow(&token, id).await,
            graph.delete_flow(&token, id).await,
            graph.flow_preview(&token, id, false).await.map(|_| ()),
        ];
        assert!(refused.iter().all(|refused| matches!(refused, Err(Error::Unaskable(_)))), "{id}: {refused:?}");
    }
    assert_eq!(stub.connections(), 0);
}
