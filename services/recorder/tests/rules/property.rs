//! Whatever is heard, in whatever order: the recorder's own memory and the tables agree, and nothing is said twice.

use proptest::prelude::*;

use contract::ConversationEvent;
use recorder::decide::decide;
use recorder::items::{How, Item};

use crate::world::{HOUR, World, about, announced, preference, said, status, with};

/// A few people with few numbers, so that they meet: names of one person, user id first.
fn person() -> impl Strategy<Value = String> {
    let optional = |prefix: &'static str| prop_oneof![Just(String::new()), (1..4_u8).prop_map(move |n| format!("{prefix}{n} "))];
    (optional("US."), optional(""), optional("US.ENT."), prop_oneof![3 => Just(""), 1 => Just("name=Ann"), 1 => Just("name=Bob")])
        .prop_map(|(user, phone, parent, name)| format!("{user}{phone}{parent}{name}"))
        .prop_filter("somebody", |person| person.contains(char::is_numeric))
}

fn item() -> impl Strategy<Value = Item> {
    let when = prop_oneof![0..60_i64, (0..100_i64).prop_map(|hours| hours * HOUR)];
    let wamid = (0..40_u8).prop_map(|n| format!("w{n}"));
    let group = prop_oneof![4 => Just(None), 1 => Just(Some("g".to_owned()))];
    let message = (person(), wamid, when, group, 0..8_u8, 0..40_u8).prop_map(|(person, wamid, second, group, kind, target)| {
        let item = match kind {
            0 => about(&person, &wamid, second, "reaction", &format!("w{target}")),
            1 => with(said(&person, &wamid, second), |said| said.how = How::Echoed),
            2 => with(said(&person, &wamid, second), |said| said.how = How::Imported { inbound: true, status: None }),
            3 => crate::world::told(&person, &wamid, second, "1>2 US.1>US.2"),
            _ => said(&person, &wamid, second),
        };
        with(item, |said| said.group = group)
    });
    let reported = (person(), 0..40_u8, 0..60_i64, prop_oneof![Just("sent"), Just("read"), Just("failed")])
        .prop_map(|(person, wamid, second, name)| status(&person, &format!("w{wamid}"), second, name));
    // Always with a user id: a number alone may be somebody else's by the second delivery.
    let preferred = (1..4_u8, 0..60_i64, prop_oneof![Just("stop"), Just("resume")])
        .prop_map(|(user, second, value)| preference(&format!("US.{user}"), second, value));
    let moved = (1..4_u8, 1..4_u8, 0..60_i64)
        .prop_filter("another", |(from, to, _)| from != to)
        .prop_map(|(from, to, second)| announced(&format!("US.{from}"), second, &format!("US.{from}>US.{to}")));
    prop_oneof![6 => message, 2 => reported, 1 => preferred, 1 => moved]
}

fn assert_states_agree(world: &World) {
    for (id, _) in world.rows.contacts.iter() {
        assert_eq!(world.view.contact(*id), Some(&world.row(*id)), "evolved on the left, rows on the right: {id}");
    }
    assert_eq!(world.rows.contacts.len(), world.log.iter().map(|(id, _)| id).collect::<std::collections::HashSet<_>>().len());
}

fn assert_people_are_told_apart(world: &World) {
    let mut holders = std::collections::HashMap::new();
    for (id, _) in world.rows.contacts.iter() {
        let contact = world.row(*id);
        for identity in contact.identities.keys() {
            assert_eq!(holders.insert(identity.clone(), *id), None, "{identity:?} leads to two contacts");
            assert_eq!(world.view.find(identity), Some(*id), "{identity:?}");
        }
        for kind in [contract::IdentityKind::Bsuid, contract::IdentityKind::Phone, contract::IdentityKind::ParentBsuid] {
            let now = contact.identities.iter().filter(|(identity, link)| identity.kind == kind && link.current).count();
            assert!(now <= 1, "{id} has {now} of {kind:?}");
        }
        assert!(contact.merged_into.is_none() || contact.identities.is_empty(), "{id} was merged and still has names");
        if contact.merged_into.is_none()
            && let Some(number) = &contact.profile.wa_id
        {
            assert!(contact.has_now(&crate::world::identity(number)), "{id} shows a number that it does not have");
        }
    }
    for (_, row) in world.rows.conversations.iter() {
        let open = world.rows.conversations.iter().filter(|(_, other)| other.closed_at.is_none());
        let same = open.filter(|(_, other)| (other.contact_id, &other.group_id) == (row.contact_id, &row.group_id)).count();
        assert!(same <= 1, "{same} open conversations in one place");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_view_and_the_tables_agree(heard in prop::collection::vec(item(), 1..40), idle in prop_oneof![Just(None), Just(Some(24 * HOUR))]) {
        let mut world = World::new(idle);
        for item in &heard {
            world.hear(item);
            assert_states_agree(&world);
            assert_people_are_told_apart(&world);
        }
        // Whoever has just started, and reads the tables, decides the same.
        let next = said("US.1 1", "next", 200 * HOUR);
        prop_assert_eq!(decide(world.project, &mut world.view_of_rows(), &next), decide(world.project, &mut world.view, &next));
    }

    #[test]
    fn a_second_delivery_adds_nothing(heard in prop::collection::vec(item(), 1..40), order in any::<prop::sample::Index>()) {
        let mut world = World::new(Some(24 * HOUR));
        heard.iter().for_each(|item| _ = world.hear(item));
        let before = world.log.len();
        let turn = order.index(heard.len());
        let mut fresh = world.view_of_rows();
        for item in heard[turn..].iter().chain(&heard[..turn]) {
            prop_assert_eq!(decide(world.project, &mut fresh, item), vec![], "again: {:?}", item);
            world.hear(item);
        }
        prop_assert_eq!(world.log.len(), before);
    }

    #[test]
    fn the_same_items_give_the_same_decisions(heard in prop::collection::vec(item(), 1..40)) {
        let (mut one, mut other) = (World::new(Some(24 * HOUR)), World::new(Some(24 * HOUR)));
        for item in &heard {
            // Also with another history of the memory behind it: one reads the tables anew for every item.
            other.view = other.view_of_rows();
            prop_assert_eq!(one.hear(item), other.hear(item));
        }
        prop_assert_eq!(one.log, other.log);
    }

    #[test]
    fn every_message_is_recorded_once(heard in prop::collection::vec(item(), 1..40)) {
        let mut world = World::new(Some(24 * HOUR));
        heard.iter().chain(&heard).for_each(|item| _ = world.hear(item));
        let wamids: std::collections::HashSet<&str> = heard.iter().filter_map(|item| match &item.what {
            recorder::items::What::Said(said) => Some(said.wamid.as_str()),
            _other => None,
        }).collect();
        let recorded = world.log.iter().filter(|(_, fact)| matches!(fact,
            ConversationEvent::MessageReceived(_) | ConversationEvent::MessageEchoed(_) | ConversationEvent::MessageImported(_))).count();
        prop_assert_eq!((world.rows.messages.len(), recorded), (wamids.len(), wamids.len()));
    }
}
