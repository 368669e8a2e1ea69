//! The tool as an operator uses it, against real servers.

#![expect(clippy::unwrap_used, reason = "a test whose ground cannot be laid has failed")]

mod bench;
mod contact;
mod exits;
mod followers;
mod killed;
mod past;
mod plan;
mod process;
mod resumed;
mod terminal;

use bench::{Bench, NUMBER, WORDS, at};
use contract::{
    ContactId, ConversationClosed, ConversationReopened, HoldKind, KeyHeld, MessageAccepted, MessageId, MessageRequested,
    MessageStatusReported, ParkedEvent, RawJson, SendStarted, Stream, Subject,
};
use replay::Exit;
use serde_json::Value;

fn types(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap().trim_start_matches("conversation.").trim_end_matches(".v1")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damage_is_found_shown_and_mended() {
    let bench = Bench::start(1).await;
    assert_eq!(bench.run("verify").await.0, Exit::Fine);
    bench.execute("UPDATE public.contacts SET name = 'Mallory'").await;
    bench.execute("DELETE FROM public.messages WHERE wamid = 'wamid.one'").await;

    let (exit, found) = bench.json("verify").await;
    assert_eq!((exit, found.len(), &found[0]["differing_rows"]), (Exit::Found, 1, &2.into()));
    let contacts = &found[0]["tables"][0];
    assert_eq!((&contacts["table"], &contacts["changed"]), (&"public.contacts".into(), &1.into()));
    assert_eq!(contacts["differences"][0]["key"]["id"], bench.contact.to_string());
    assert_eq!(contacts["differences"][0]["columns"], serde_json::json!([{ "column": "name" }]));
    let (_, shown) = bench.run("verify --show-content").await;
    assert!(shown.contains("name: Mallory → Nora"), "{shown}");

    let (exit, dry) = bench.run("repair").await;
    assert!(exit == Exit::Found && dry.contains("dry run"), "{dry}");
    assert_eq!(bench.run("verify").await.0, Exit::Found, "a dry run changed something");
    let (exit, mended) = bench.json("repair --yes").await;
    assert_eq!((exit, &mended[0]["result"], &mended[0]["differing_rows"]), (Exit::Fine, &"mended".into(), &2.into()));
    assert_eq!(bench.run("verify").await.0, Exit::Fine);
}

#[tokio::test(flavor = "multi_thread")]
async fn emptied_tables_are_rebuilt() {
    let bench = Bench::start(2).await;
    bench
        .execute("TRUNCATE public.contacts, public.conversations, public.messages, paige.identities, paige.statuses, paige.checkpoint")
        .await;
    let (exit, plan) = bench.json("rebuild").await;
    assert_eq!((exit, &plan[0]["events"]), (Exit::Fine, &5.into()));
    let (exit, rebuilt) = bench.json("rebuild --yes").await;
    assert_eq!((exit, &rebuilt[0]["result"], &rebuilt[0]["differing_rows"]), (Exit::Fine, &"rebuilt".into(), &6.into()));
    let (exit, verified) = bench.json("verify").await;
    assert_eq!((exit, &verified[0]["events"], &verified[0]["rows"]), (Exit::Fine, &5.into(), &6.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_is_explained_by_the_events_that_made_it() {
    let bench = Bench::start(3).await;
    for (row, expected) in [
        (
            bench.contact.to_string(),
            vec!["contact_first_seen", "conversation_opened", "message_received", "message_status_reported", "message_received"],
        ),
        (bench.conversation.to_string(), vec!["conversation_opened", "message_received", "message_received"]),
        (bench.message.to_string(), vec!["message_status_reported", "message_received"]),
        ("wamid.two".to_owned(), vec!["message_status_reported", "message_received"]),
        ("wamid.one".to_owned(), vec!["message_received"]),
    ] {
        let (exit, events) = bench.json(&format!("explain {row}")).await;
        assert_eq!((exit, types(&events)), (Exit::Fine, expected), "{row}");
    }
    assert_eq!(bench.run("explain wamid.nobody").await.0, Exit::Refused);
    assert_eq!(bench.run("explain con_nonsense").await.0, Exit::Usage);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_sent_is_explained_by_either_of_its_names() {
    let bench = Bench::start(9).await;
    let message = MessageId::of_request(bench.project, bench.contact, "key");
    let (wamid, conversation) = ("wamid.sent".to_owned(), bench.conversation);
    let raw = RawJson::parse("{}").unwrap();
    let status = MessageStatusReported { wamid: wamid.clone(), status: "sent".into(), participant: None, at: at(), error_code: None, raw };
    bench.say(ConversationClosed { conversation, reason: contract::CloseReason::Request, at: at() }).await;
    bench.say(ConversationReopened { conversation, by: "key_1".into(), at: at() }).await;
    bench
        .say(MessageRequested {
            message,
            conversation,
            kind: "text".into(),
            text: Some(WORDS.into()),
            reply_to: None,
            target: None,
            to: contract::Address::WaId(NUMBER.into()),
            template: None,
            flow: None,
            files: Vec::new(),
            digest: "00".into(),
            content: RawJson::parse("{}").unwrap(),
            at: at(),
            expires_at: at(),
        })
        .await;
    bench.say(SendStarted { message, attempt: 1, phone_number_id: "1065".into(), at: at() }).await;
    bench.say(status).await;
    let accepted = MessageAccepted { message, wamid: wamid.clone(), attempt: 1, held_as: None, settled_by_status: false, at: at() };
    bench.say(accepted).await;
    bench.project_all().await;
    let expected = ["message_requested", "send_started", "message_status_reported", "message_accepted"];
    for row in [message.to_string(), wamid] {
        let (exit, events) = bench.json(&format!("explain {row}")).await;
        assert_eq!((exit, types(&events)), (Exit::Fine, expected.to_vec()), "{row}");
    }
    let (_, events) = bench.json(&format!("explain {conversation}")).await;
    assert_eq!(types(&events)[3..], ["conversation_closed", "conversation_reopened", "message_requested"]);
    assert_eq!(bench.run("verify").await.0, Exit::Fine);
    bench.execute("UPDATE public.messages SET wamid = id, status = 'sending' WHERE origin = 'api'").await;
    assert_eq!(bench.run("verify").await.0, Exit::Found);
    assert_eq!(bench.run("repair --yes").await.0, Exit::Fine);
    assert_eq!(bench.run("verify").await.0, Exit::Fine);
    let (_, printed) = bench.run(&format!("explain {message}")).await;
    assert!(!printed.contains(WORDS) && !printed.contains(NUMBER), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_what_made_a_row_is_shown_and_no_more_by_whichever_name() {
    let bench = Bench::start(10).await;
    // Of the second message the log has a status, 4, and the message itself, 5, which alone has both of its names.
    for row in [bench.message.to_string(), "wamid.two".to_owned()] {
        for (part, expected) in [
            ("--from 5", vec!["message_received"]),
            ("--to 4", vec!["message_status_reported"]),
            ("--from 4 --to 5", vec!["message_status_reported", "message_received"]),
            ("--since 2020-01-01T00:00:00Z", vec!["message_status_reported", "message_received"]),
        ] {
            let (exit, events) = bench.json(&format!("explain {row} {part}")).await;
            assert_eq!((exit, types(&events)), (Exit::Fine, expected), "{row} {part}");
        }
        for nothing in ["--to 3", "--from 6", "--until 2020-01-01T00:00:00Z"] {
            assert_eq!(bench.run(&format!("explain {row} {nothing}")).await.0, Exit::Refused, "{row} {nothing}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_nobody_can_read_is_in_the_way_of_its_own_contact_alone() {
    let bench = Bench::start(11).await;
    let (row, other) = (format!("explain {}", bench.message), ContactId::from_ulid(7_u128.into()));
    bench.tell_strange(other).await;
    let (exit, events) = bench.json(&row).await;
    assert_eq!((exit, types(&events)), (Exit::Fine, vec!["message_status_reported", "message_received"]));
    for nothing in [format!("explain {other}"), "explain wamid.nobody".to_owned()] {
        let (exit, printed) = bench.run(&nothing).await;
        assert!(exit == Exit::Refused && printed.contains("from_the_future"), "{nothing}: it may be what is asked for: {printed}");
    }
    bench.tell_strange(bench.contact).await;
    let (exit, printed) = bench.run(&row).await;
    assert!(exit == Exit::Refused && printed.contains("from_the_future"), "{printed}");
    assert_eq!(printed.lines().filter(|line| line.contains("conversation.message_")).count(), 2, "what can be read is shown: {printed}");
    assert_eq!(bench.run(&format!("{row} --to 5")).await.0, Exit::Fine, "in this part there is none");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_counted_shown_and_followed() {
    let bench = Bench::start(4).await;
    let (_, counts) = bench.json("log count --stream conversation --type conversation.message_*").await;
    let counts: Vec<_> = counts.iter().map(|line| (line["type"].as_str().unwrap(), line["events"].as_u64().unwrap())).collect();
    assert_eq!(counts, [("conversation.message_received.v1", 2), ("conversation.message_status_reported.v1", 1)]);
    let (_, shown) = bench.json(&format!("log show --contact {} --from 2 --limit 2", bench.contact)).await;
    assert_eq!(types(&shown), ["conversation_opened", "message_received"]);
    assert!(bench.json("log show --since 2999-01-01T00:00:00Z").await.1.is_empty());
    let (_, tail) = bench.json("log tail --from 4 --limit 2 --show-content").await;
    assert_eq!(types(&tail), ["message_status_reported", "message_received"]);
    assert!(tail[1]["data"].as_str().unwrap().contains(WORDS));
    assert_eq!(bench.run("verify --contact con_00000000010000000000000001").await.0, Exit::Usage);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_key_is_listed_and_its_event_skipped_with_a_reason() {
    let bench = Bench::start(6).await;
    assert_eq!(bench.run("parked list").await, (Exit::Fine, "nothing is held\n".to_owned()));
    let key = format!("conversation.{}", bench.project);
    let held = KeyHeld { key: key.clone(), from_sequence: 3, kind: HoldKind::Parked, cause: "not readable".into(), attempts: 1 };
    bench.tell(Subject::parked("projector", Stream::Conversation).unwrap(), ParkedEvent::from(held)).await;
    let (exit, listed) = bench.json("parked list").await;
    assert_eq!((exit, &listed[0]["key"], &listed[0]["cause"]), (Exit::Found, &key.as_str().into(), &"not readable".into()));
    let (exit, shown) = bench.json(&format!("parked show {key}")).await;
    assert_eq!((exit, shown.len()), (Exit::Fine, 4), "the key and the three events that wait");

    let parked = async || bench.journal.parked().await.unwrap().remove(0);
    assert_eq!(bench.run(&format!("parked skip {key} --reason broken")).await.0, Exit::Fine);
    assert!(parked().await.skipped.is_empty(), "a dry run skipped something");
    assert_eq!(bench.run(&format!("parked skip {key} --reason broken --sequence 2 --yes")).await.0, Exit::Refused, "event 2 does not wait");
    assert_eq!(bench.run(&format!("parked skip {key} --reason broken --yes")).await.0, Exit::Fine);
    assert_eq!(parked().await.skipped, [3].into());
    assert_eq!(bench.run(&format!("parked retry {key} --yes")).await.0, Exit::Fine);
    assert!(parked().await.retry_requested);
    assert_eq!(bench.run("parked retry conversation.nobody --yes").await.0, Exit::Refused);
    // Two hold the same key.
    let held = KeyHeld { key: key.clone(), from_sequence: 4, kind: HoldKind::Parked, cause: "no".into(), attempts: 1 };
    bench.tell(Subject::parked("sender", Stream::Conversation).unwrap(), ParkedEvent::from(held)).await;
    let (exit, refused) = bench.run(&format!("parked show {key}")).await;
    assert!(exit == Exit::Usage && refused.contains("--service"), "{refused}");
    let (exit, shown) = bench.json(&format!("parked show {key} --service sender")).await;
    assert_eq!((exit, &shown[0]["from_sequence"], shown.len()), (Exit::Fine, &4.into(), 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_prints_words_or_numbers_unless_asked_to() {
    let bench = Bench::start(7).await;
    bench.execute("DELETE FROM public.contacts").await;
    bench.execute("DELETE FROM paige.identities").await;
    bench.execute("UPDATE public.messages SET text = 'x'").await;
    let (message, contact, project) = (bench.message, bench.contact, bench.project);
    let commands = [
        "status",
        "plan",
        "verify",
        "repair",
        "log count",
        "log show",
        "log tail --from 1 --limit 5",
        "log export",
        &format!("explain {message}"),
        &format!("explain {contact}"),
        &format!("at 0s --project {project}"),
        &format!("verify --project {project} --contact {contact}"),
    ];
    for command in commands {
        for form in ["", " --json"] {
            let (_, printed) = bench.run(&format!("{command}{form}")).await;
            assert!(!printed.is_empty(), "{command} said nothing");
            for secret in [NUMBER, WORDS, "Nora"] {
                assert!(!printed.contains(secret), "{command}{form} printed {secret}: {printed}");
            }
        }
    }
    assert!(bench.run("verify --show-content").await.1.contains(NUMBER));
}

#[tokio::test(flavor = "multi_thread")]
async fn status_tells_streams_projects_and_what_is_behind() {
    let bench = Bench::start(8).await;
    bench.execute("UPDATE paige.checkpoint SET sequence = 3, event_id = NULL").await;
    let (exit, lines) = bench.json("status").await;
    assert_eq!(exit, Exit::Fine);
    let stream = lines.iter().find(|line| line["stream"] == "conversation").unwrap();
    assert_eq!((&stream["first"], &stream["last"], &stream["messages"]), (&1.into(), &5.into(), &5.into()));
    let project = lines.iter().find(|line| line["project"] == bench.project.to_string()).unwrap();
    assert_eq!((&project["checkpoint"], &project["lag"]), (&3.into(), &2.into()));
    let held = |lines: &[Value]| {
        let line = lines.iter().find(|line| line.get("parked_keys").is_some()).unwrap();
        [&line["parked_keys"], &line["set_aside_keys"]].map(|count| count.as_u64().unwrap())
    };
    assert_eq!(held(&lines), [0, 0]);
    for (kind, key, expected) in [(HoldKind::SetAside, "one", (Exit::Fine, [0, 1])), (HoldKind::Parked, "two", (Exit::Found, [1, 1]))] {
        let event = KeyHeld { key: format!("conversation.{key}"), from_sequence: 1, kind, cause: "away".into(), attempts: 1 };
        bench.tell(Subject::parked("projector", Stream::Conversation).unwrap(), ParkedEvent::from(event)).await;
        let (exit, lines) = bench.json("status").await;
        assert_eq!((exit, held(&lines)), expected, "{kind:?}");
        assert_eq!(bench.run("parked list").await.0, expected.0, "{kind:?}: what is set aside goes on by itself");
    }
    // Neither is this project's.
    let (exit, lines) = bench.json(&format!("status --project {}", bench.project)).await;
    assert_eq!((exit, held(&lines)), (Exit::Fine, [0, 0]));
    let own = KeyHeld {
        key: format!("conversation.{}", bench.project),
        from_sequence: 1,
        kind: HoldKind::Parked,
        cause: "away".into(),
        attempts: 1,
    };
    bench.tell(Subject::parked("projector", Stream::Conversation).unwrap(), ParkedEvent::from(own)).await;
    let (exit, lines) = bench.json(&format!("status --project {}", bench.project)).await;
    assert_eq!((exit, held(&lines)), (Exit::Found, [1, 0]));
    assert_eq!(bench.run("status --project prj_00000000010000000000000001").await.0, Exit::Refused);
}
