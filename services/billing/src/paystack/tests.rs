//! What Paystack's answers and reports mean.

use serde_json::json;

use super::{ProviderError, Report, StatusCode, Sum, TransactionStatus, judge, payment_of, reference, transaction};

fn told(status: u16, body: &str) -> Result<(), ProviderError> {
    judge(StatusCode::from_u16(status).unwrap(), body.as_bytes()).map(drop)
}

#[test]
fn only_a_clear_no_is_final() {
    assert_eq!(told(200, r#"{"status":true,"message":"ok","data":{}}"#), Ok(()));
    for code in [400, 404, 422] {
        assert_eq!(told(code, r#"{"status":false,"message":"Invalid amount"}"#), Err(ProviderError::Refused("Invalid amount".into())));
    }
    for body in ["<html>", r#"{"status":false,"message":"?"}"#] {
        assert!(matches!(told(200, body), Err(ProviderError::Unreadable(_))), "{body}");
    }
    for (code, body) in [
        (400, "<html>a proxy</html>"),
        (401, r#"{"status":false,"message":"Invalid key"}"#),
        (403, r#"{"status":false,"message":"no"}"#),
        (429, r#"{"status":false,"message":"slow down"}"#),
        (500, "{}"),
        (503, ""),
    ] {
        assert!(matches!(told(code, body), Err(ProviderError::Unavailable(_))), "{code} {body}");
    }
}

#[test]
fn a_payment_is_named_in_letters_that_paystack_takes_and_found_again() {
    let payment = "pay_01M74XBVHR5MY3V435479NBTEA".parse().unwrap();
    let name = reference(payment);
    assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.,=".contains(&byte)), "{name}");
    assert_eq!(payment_of(&name), Some(payment));
    for foreign in ["", "T1234", "pay-", "prj-01M74XBVHR5MY3V435479NBTEA"] {
        assert_eq!(payment_of(foreign), None, "{foreign}");
    }
}

#[test]
fn a_transaction_is_read_as_paystack_documents_it() {
    let told = transaction(&json!({
        "id": 4_099_260_516_u64, "domain": "test", "status": "success", "reference": "re4lyvq3s3", "amount": 40_333, "message": null,
        "gateway_response": "Successful", "paid_at": "2024-08-22T09:15:02.000Z", "channel": "card", "currency": "ZAR", "metadata": "",
        "authorization": {"authorization_code": "AUTH_uh8bcl3zbn", "last4": "4081", "exp_month": "12", "reusable": true},
        "customer": {"id": 1, "email": "demo@test.com"}
    }))
    .unwrap();
    assert_eq!((told.status, told.amount_minor, told.currency.as_str()), (TransactionStatus::Success, 40_333, "ZAR"));
    assert_eq!(told.paid_at.unwrap().to_rfc3339(), "2024-08-22T09:15:02+00:00");
    assert_eq!(told.authorisation.unwrap().code, "AUTH_uh8bcl3zbn");
}

#[test]
fn a_sum_is_told_in_hundredths_and_read_in_minor_units_of_its_currency() {
    let (payment, project) = ("pay_01M74XBVHR5MY3V435479NBTEA".parse().unwrap(), "prj_01M74XBVHR5MY3V435479NBTEA".parse().unwrap());
    let told = |amount_minor, currency| Sum { payment, project, amount_minor, currency }.hundredths();
    for (minor, currency, hundredths) in [(57_000, "ZAR", 57_000), (570, "XOF", 57_000)] {
        assert_eq!(told(minor, currency), Ok(hundredths), "{currency}");
        let read = transaction(&json!({"status": "success", "reference": "r", "amount": hundredths, "currency": currency})).unwrap();
        assert_eq!(read.amount_minor, minor, "{currency}");
    }
    for (minor, currency) in [(570, "JPY"), (1_230, "KWD"), (570, "QQQ"), (u64::MAX, "XOF")] {
        assert!(matches!(told(minor, currency), Err(ProviderError::Refused(_))), "{minor} {currency}");
    }
}

#[test]
fn what_cannot_be_charged_again_gives_no_authorisation() {
    let base = json!({"status": "success", "reference": "r", "amount": 1, "currency": "ZAR"});
    let with = |field: &str, value: serde_json::Value| {
        let mut told = base.clone();
        told[field] = value;
        transaction(&told).unwrap().authorisation
    };
    assert!(with("authorization", json!({})).is_none());
    assert!(with("authorization", json!({"authorization_code": "A", "reusable": false})).is_none());
    assert!(with("authorization", json!({"authorization_code": "A", "reusable": true})).is_none(), "without an e-mail address");
}

#[test]
fn a_status_that_nobody_knows_is_not_decided() {
    for status in ["ongoing", "pending", "processing", "queued", "new"] {
        let told = transaction(&json!({"status": status, "reference": "r", "amount": 1, "currency": "ZAR"})).unwrap();
        assert_eq!(told.status, TransactionStatus::Pending);
    }
}

#[test]
fn a_report_names_its_payment_where_its_kind_does() {
    let name = "pay-01M74XBVHR5MY3V435479NBTEA";
    for (event, data, back) in [
        ("charge.success", json!({"reference": name, "amount": 57_000}), None),
        ("refund.processed", json!({"transaction_reference": name, "refund_reference": "r-1", "amount": 57_000}), Some("refund")),
        ("refund.pending", json!({"transaction_reference": name}), None),
        ("charge.dispute.create", json!({"id": 1, "transaction": {"reference": name, "amount": 57_000}}), Some("dispute")),
        ("charge.dispute.remind", json!({"id": 1, "transaction": {"reference": name}}), None),
    ] {
        let report = Report::read(json!({"event": event, "data": data}).to_string().as_bytes());
        assert_eq!(report.payment(), name.replacen('-', "_", 1).parse().ok(), "{event}");
        assert_eq!(report.money_back(), back, "{event}");
    }
    for data in [json!({}), json!({"reference": null, "transaction": null}), json!({"reference": "T1", "transaction_reference": name})] {
        let report = Report::read(json!({"data": data}).to_string().as_bytes());
        assert_eq!((report.payment(), report.project()), (None, None), "{data}");
    }
    let unreadable = Report::read(b"<html>");
    assert_eq!((unreadable.payment(), unreadable.project(), unreadable.money_back()), (None, None, None));
}

#[test]
fn a_report_names_the_project_where_we_named_it() {
    let project = "prj_01M74XBVHR5MY3V435479NBTEA";
    let metadata = json!({"metadata": {"project": project}});
    for data in [metadata.clone(), json!({"transaction": metadata})] {
        let report = Report::read(json!({"data": data}).to_string().as_bytes());
        assert_eq!(report.project(), project.parse().ok(), "{data}");
    }
}
