//! Templates at Meta: what is posted, and a list that is read to its end or not at all.

use serde_json::{Value, json};
use whatsapp::WabaId;
use whatsapp::graph::{CreatedTemplate, Error, TemplateFacts};

use crate::stub::{Answer, Stub, token};

const ASKED: &str = "id,name,language,status,category,parameter_format,components,rejected_reason,quality_score,previous_category";
const TEMPLATE: &str = "564200000000001";

fn waba() -> WabaId {
    WabaId::parse("102290129340398").unwrap()
}

fn done() -> Answer {
    Answer::Json(200, json!({"success": true}))
}

/// A page of templates with these ids.
fn page(ids: &[u64], next: Option<&str>) -> Answer {
    let data: Vec<Value> = ids.iter().map(|id| json!({"id": id, "name": "order_update", "language": "en_US"})).collect();
    let paging = next.map(|after| json!({"cursors": {"before": "b", "after": after}, "next": "https://graph.facebook.com/next"}));
    Answer::Json(200, json!({"data": data, "paging": paging}))
}

fn cursor_invalid() -> Answer {
    Answer::Json(400, json!({"error": {"message": "(#131059) Invalid cursor", "code": 131_059}}))
}

/// The ids of a list that is read from these answers, and the cursors that were asked for.
async fn listed(answers: Vec<Answer>) -> (Result<Vec<String>, Error>, Vec<Option<String>>) {
    let stub = Stub::telling(answers).await;
    let templates = stub.graph().templates(&token(), &waba()).await;
    let after = |query: &[(String, String)]| query.iter().find(|(name, _)| name == "after").map(|(_, cursor)| cursor.clone());
    let cursors = stub.asked().iter().map(|asked| after(&asked.query)).collect();
    (templates.map(|templates| templates.into_iter().map(|template| template.id).collect()), cursors)
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[tokio::test]
async fn a_template_is_posted_as_it_is() {
    let template = json!({"name": "order_update", "language": "en_US", "category": "UTILITY",
        "components": [{"type": "BODY", "text": "Ordered: {{1}}.", "example": {"body_text": [["cake"]]}}]});
    let stub = Stub::telling([
        Answer::Json(200, json!({"id": TEMPLATE, "status": "PENDING", "category": "MARKETING"})),
        Answer::Json(200, json!({"id": 564_200_000_000_001_u64})),
        Answer::Json(200, json!({"status": "PENDING"})),
    ])
    .await;
    let graph = stub.graph();
    let create = async || graph.create_template(&token(), &waba(), &template).await;
    let expected = CreatedTemplate { id: TEMPLATE.to_owned(), status: some("PENDING"), category: some("MARKETING") };
    assert_eq!(create().await, Ok(expected));
    let asked = stub.only();
    asked.is("POST /v26.0/102290129340398/message_templates", &[]);
    assert_eq!(asked.json(), template);
    assert_eq!(create().await, Ok(CreatedTemplate { id: TEMPLATE.to_owned(), status: None, category: None }));
    assert!(matches!(create().await, Err(Error::Unreadable { .. })), "a template has an id");
}

#[tokio::test]
async fn a_template_is_described_in_one_way_whichever_way_meta_writes_it() {
    let components = json!([{"type": "BODY", "text": "Hi"}]);
    let full = json!({"id": TEMPLATE, "name": "hi", "language": "pt-BR", "status": "REJECTED", "category": "UTILITY", "parameter_format": "NAMED",
        "components": components, "rejected_reason": "INVALID_FORMAT", "quality_score": {"score": "GREEN", "date": 1}, "previous_category": "MARKETING"});
    let bare =
        json!({"id": 564_200_000_000_001_u64, "name": "hi", "language": "pt_BR", "rejected_reason": "NONE", "quality_score": "UNKNOWN"});
    let stub = Stub::telling([
        Answer::Json(200, full),
        Answer::Json(200, bare),
        Answer::Json(200, json!({"id": TEMPLATE, "name": "hi"})),
        Answer::Json(200, json!({"id": TEMPLATE, "language": "pt_BR"})),
    ])
    .await;
    let graph = stub.graph();
    let expected = TemplateFacts {
        id: TEMPLATE.to_owned(),
        name: "hi".to_owned(),
        language: "pt_BR".to_owned(),
        status: some("REJECTED"),
        category: some("UTILITY"),
        parameter_format: some("NAMED"),
        components,
        rejected_reason: some("INVALID_FORMAT"),
        quality_score: some("GREEN"),
        previous_category: some("MARKETING"),
    };
    assert_eq!(graph.template(&token(), TEMPLATE).await.as_ref(), Ok(&expected));
    stub.only().is("GET /v26.0/564200000000001", &[("fields", ASKED)]);
    let bare = TemplateFacts {
        status: None,
        category: None,
        parameter_format: None,
        components: json!([]),
        rejected_reason: None,
        quality_score: some("UNKNOWN"),
        previous_category: None,
        ..expected
    };
    assert_eq!(graph.template(&token(), TEMPLATE).await, Ok(bare));
    for _ in 0..2 {
        assert!(matches!(graph.template(&token(), TEMPLATE).await, Err(Error::Unreadable { .. })), "it has a name and a language");
    }
}

#[tokio::test]
async fn a_list_is_read_page_by_page_to_its_end() {
    let stub = Stub::telling([page(&[1, 2], Some("c1")), page(&[], Some("c2")), page(&[3], None)]).await;
    let templates = stub.graph().templates(&token(), &waba()).await.unwrap();
    assert_eq!(templates.iter().map(|template| template.id.as_str()).collect::<Vec<_>>(), ["1", "2", "3"]);
    let cursors = [vec![], vec![("after", "c1")], vec![("after", "c2")]];
    assert_eq!(stub.asked().len(), cursors.len());
    for (asked, cursor) in stub.asked().iter().zip(cursors) {
        let query = [vec![("fields", ASKED), ("limit", "100")], cursor].concat();
        asked.is("GET /v26.0/102290129340398/message_templates", &query);
    }
}

#[tokio::test]
async fn those_of_a_name_are_asked_for_by_it_and_a_part_of_a_name_is_another() {
    let template = |id: u64, name: &str, language: &str| json!({"id": id.to_string(), "name": name, "language": language});
    let data = json!([template(1, "sale", "en_US"), template(2, "sale_again", "en_US"), template(3, "sale", "pt-BR")]);
    let stub = Stub::telling([Answer::Json(200, json!({ "data": data }))]).await;
    let found = stub.graph().templates_named(&token(), &waba(), "sale").await.unwrap();
    let found: Vec<_> = found.iter().map(|template| (template.id.as_str(), template.language.as_str())).collect();
    assert_eq!(found, [("1", "en_US"), ("3", "pt_BR")]);
    stub.only().is("GET /v26.0/102290129340398/message_templates", &[("fields", ASKED), ("name", "sale"), ("limit", "100")]);
}

#[tokio::test]
async fn a_list_whose_cursor_is_forgotten_begins_again_without_it() {
    let (ids, cursors) = listed(vec![page(&[1, 2], Some("c1")), cursor_invalid(), page(&[2, 3], Some("c2")), page(&[3, 4], None)]).await;
    assert_eq!(ids.unwrap(), ["2", "3", "4"], "what was read before is forgotten too, and each comes once");
    assert_eq!(cursors, [None, some("c1"), None, some("c2")]);
}

#[tokio::test]
async fn a_list_begins_again_twice_at_most_and_not_where_there_was_no_cursor() {
    let (ids, cursors) = listed((0..3).flat_map(|_| [page(&[1], Some("c")), cursor_invalid()]).collect()).await;
    assert_eq!(ids.unwrap_err().code(), Some(131_059));
    assert_eq!(cursors.len(), 6);
    let (ids, cursors) = listed(vec![cursor_invalid(), page(&[1], None)]).await;
    assert_eq!(ids.unwrap_err().code(), Some(131_059));
    assert_eq!(cursors, [None]);
}

#[tokio::test]
async fn a_list_that_cannot_be_read_to_its_end_is_no_list() {
    let endless = (0..200).map(|n| page(&[n], Some(&n.to_string()))).collect();
    let (ids, cursors) = listed(endless).await;
    assert!(matches!(ids, Err(Error::Unreadable { .. })));
    assert_eq!(cursors.len(), 100);
    let no_cursor = Answer::Json(200, json!({"data": [], "paging": {"next": "https://graph.facebook.com/next"}}));
    for broken in [page(&[2], Some("c")), no_cursor, Answer::Json(200, json!({"data": {}})), Answer::Bytes(200, b"[]".to_vec())] {
        let (ids, cursors) = listed(vec![page(&[1], Some("c")), broken]).await;
        assert!(matches!(ids, Err(Error::Unreadable { .. })), "{ids:?}");
        assert_eq!(cursors.len(), 2);
    }
    let (ids, _) = listed(vec![page(&[1], Some("c")), Answer::Bytes(502, Vec::new())]).await;
    assert!(ids.is_err());
}

#[tokio::test]
async fn a_page_of_large_templates_is_read() {
    let large = json!({"id": 1, "name": "hi", "language": "en_US", "components": [{"type": "BODY", "text": "x".repeat(3 * 1024 * 1024)}]});
    let (ids, _) = listed(vec![Answer::Json(200, json!({"data": [large]}))]).await;
    assert_eq!(ids.unwrap(), ["1"]);
}

#[tokio::test]
async fn a_template_is_edited_unpaused_and_deleted() {
    let stub = Stub::telling([done(), done(), done(), done(), Answer::Json(200, json!({"success": false, "reason": "no"}))]).await;
    let (graph, token) = (stub.graph(), token());
    let change = json!({"components": [{"type": "BODY", "text": "Hi"}]});
    graph.edit_template(&token, TEMPLATE, &change).await.unwrap();
    graph.unpause_template(&token, TEMPLATE).await.unwrap();
    graph.delete_template(&token, &waba(), "hi", None).await.unwrap();
    graph.delete_template(&token, &waba(), "hi", Some(TEMPLATE)).await.unwrap();
    assert!(graph.unpause_template(&token, TEMPLATE).await.is_err());
    let asked = stub.asked();
    asked[0].is("POST /v26.0/564200000000001", &[]);
    assert_eq!(asked[0].json(), change);
    asked[1].is("POST /v26.0/564200000000001/unpause", &[]);
    asked[2].is("DELETE /v26.0/102290129340398/message_templates", &[("name", "hi")]);
    asked[3].is("DELETE /v26.0/102290129340398/message_templates", &[("name", "hi"), ("hsm_id", TEMPLATE)]);
}

#[tokio::test]
async fn an_id_that_is_a_path_is_not_asked_for() {
    let stub = Stub::telling([]).await;
    let (graph, token) = (stub.graph(), token());
    for id in ["", "1/unpause", "1?fields=id", ".."] {
        let refused = [
            graph.template(&token, id).await.map(|_| ()),
            graph.edit_template(&token, id, &json!({})).await,
            graph.unpause_template(&token, id).await,
        ];
        assert!(refused.iter().all(|refused| matches!(refused, Err(Error::Unaskable(_)))), "{id}: {refused:?}");
    }
    assert_eq!(stub.connections(), 0);
}
