//! One contact alone, compared and mended.

use contract::{ContactFirstSeen, ContactId, ContactProfile, ConversationEvent, Subject};
use replay::Exit;

use crate::bench::{Bench, at};

#[tokio::test(flavor = "multi_thread")]
async fn one_contact_is_compared_and_mended_and_the_others_stay_as_they_are() {
    let bench = Bench::start(71).await;
    let (project, contact, other) = (bench.project, bench.contact, ContactId::from_ulid(7_u128.into()));
    let profile = ContactProfile { name: Some("Otto".into()), username: None, wa_id: None };
    let seen = ContactFirstSeen { identities: Vec::new(), profile, at: at() };
    bench.tell(Subject::conversation(project, other), ConversationEvent::from(seen)).await;
    bench.project_all().await;
    let line = |verb: &str, contact: ContactId| format!("{verb} --project {project} --contact {contact}");
    for contact in [contact, other] {
        assert_eq!(bench.run(&line("verify", contact)).await.0, Exit::Fine, "{contact}");
    }

    // Both are damaged, and a message of the one stands under the other.
    bench.execute("UPDATE public.contacts SET name = 'Mallory'").await;
    bench.execute(&format!("UPDATE public.messages SET contact_id = '{other}' WHERE wamid = 'wamid.one'")).await;
    let (exit, found) = bench.json(&line("verify", contact)).await;
    assert_eq!((exit, found.len(), &found[0]["contact"]), (Exit::Found, 1, &contact.to_string().into()));
    assert_eq!((&found[0]["differing_rows"], &found[0]["events"]), (&2.into(), &6.into()), "its name, and a message that is missing");
    let damaged = bench.dump().await;
    assert_eq!(bench.run(&line("repair", contact)).await.0, Exit::Found);
    assert_eq!(bench.dump().await, damaged, "a dry run changed something");

    let (exit, mended) = bench.json(&line("repair --yes", contact)).await;
    assert_eq!((exit, &mended[0]["result"], &mended[0]["differing_rows"]), (Exit::Fine, &"mended".into(), &2.into()));
    assert_eq!(bench.run(&line("verify", contact)).await.0, Exit::Fine);
    let (exit, left) = bench.json("verify").await;
    assert_eq!((exit, &left[0]["differing_rows"]), (Exit::Found, &1.into()), "the other one's name");
    assert_eq!(left[0]["tables"][0]["differences"][0]["key"]["id"], other.to_string());
    assert_eq!(bench.run(&line("repair --yes", other)).await.0, Exit::Fine);
    assert_eq!(bench.run("verify").await.0, Exit::Fine);
}
