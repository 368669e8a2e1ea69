//! What calls leave in the logs: their names, how they ended and Meta's ids of them. Never a token, a number or what somebody said.

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tracing::Level;
use whatsapp::graph::Token;
use whatsapp::{PhoneNumberId, Wamid};

use crate::stub::{Answer, Stub, TOKEN};

const NUMBER: &str = "106540352242922";
const PHONE: &str = "16505551234";
const SAID: &str = "what-she-said";
const PIN: &str = "918273";
const CODE: &str = "AQB-code-of-a-signup";
const SIGNATURE: &str = "signature-of-a-file";

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn lines(&self) -> Vec<String> {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap().lines().map(str::to_owned).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Meta repeats all of it.
fn refusal() -> Answer {
    let all = format!("{PHONE} {SAID} {PIN} {CODE} {TOKEN} {NUMBER}");
    let error = json!({"message": format!("(#131009) not {all}"), "type": "OAuthException", "code": 131_009, "fbtrace_id": "Az8",
        "error_data": {"messaging_product": "whatsapp", "details": all}, "error_user_msg": all});
    Answer::Json(400, json!({ "error": error }))
}

/// And so does somebody on the way.
fn page() -> Answer {
    Answer::Bytes(408, format!("<html>{PHONE} {SAID} {PIN} {CODE} {TOKEN} {NUMBER}").into_bytes())
}

#[tokio::test]
async fn calls_leave_their_names_and_ends_in_the_logs_and_nothing_that_was_meant_for_meta() {
    let log = Log::default();
    let writer = log.clone();
    let logging =
        tracing_subscriber::fmt().with_max_level(Level::DEBUG).without_time().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _logging = tracing::subscriber::set_default(logging);

    let stub = Stub::telling([]).await;
    let (graph, token, pin) = (stub.graph(), Token::new(TOKEN), PIN.parse().unwrap());
    let (number, wamid) = (PhoneNumberId::parse(NUMBER).unwrap(), Wamid::parse("wamid.HBgL").unwrap());
    let file = format!("{}/files/{PHONE}?hash={SIGNATURE}", stub.url);
    let body = json!({"messaging_product": "whatsapp", "to": format!("+{PHONE}"), "type": "text", "text": {"body": SAID}});
    let taken = json!({"contacts": [{"input": format!("+{PHONE}"), "wa_id": PHONE}], "messages": [{"id": "wamid.HBgL"}]});
    let done = Answer::Json(200, json!({"success": true, "access_token": TOKEN}));
    for (answer, works) in [(done, true), (refusal(), false), (page(), false), (Answer::HangUp, false)] {
        stub.tell(if works { Answer::Json(200, taken.clone()) } else { answer.clone() });
        assert_eq!(graph.send_message(&token, &number, &body, || true).await.is_ok(), works);
        stub.tell(answer.clone());
        assert_eq!(graph.mark_read(&token, &number, &wamid, true).await.is_ok(), works);
        stub.tell(answer.clone());
        assert_eq!(graph.register(&token, &number, &pin).await.is_ok(), works);
        stub.tell(answer.clone());
        assert_eq!(graph.exchange_code(CODE).await.is_ok(), works);
        stub.tell(answer);
        assert_eq!(graph.download(&token, &file, 1_000).await.is_ok(), works);
    }

    let lines = log.lines();
    let of = |call: &str| lines.iter().filter(|line| line.contains(&format!("call=\"{call}\""))).collect::<Vec<_>>();
    for call in ["send_message", "mark_read", "register", "exchange_code", "download"] {
        let of_call = of(call);
        assert_eq!(of_call.len(), 4, "{call}: {lines:#?}");
        let failed = of_call.iter().filter(|line| line.contains("WARN")).count();
        assert_eq!(failed, 3, "{call}: {lines:#?}");
        let ids = of_call.iter().filter(|line| line.contains("131009") && line.contains("R1") && line.contains("Az8")).count();
        assert_eq!(ids, 1, "Meta's ids of the call that it refused: {of_call:#?}");
    }
    for secret in [TOKEN, NUMBER, PHONE, SAID, PIN, CODE, SIGNATURE, "app-secret"] {
        assert!(!lines.iter().any(|line| line.contains(secret)), "{secret} in {lines:#?}");
    }
}
