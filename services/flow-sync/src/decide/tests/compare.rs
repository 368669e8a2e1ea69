//! What we hold, what we uploaded and what Meta has: what follows when they differ.

use super::*;

#[test]
fn three_texts_are_compared_and_a_change_at_meta_is_never_overwritten_unasked() {
    let theirs = |sha: Option<&str>, revision| Theirs { sha256: sha.map(str::to_owned), revision, details: None, name: None };
    let other = |found: Option<&str>| FlowLinked { flow_id: "813".into(), waba_id: "105".into(), meta_sha256: found.map(str::to_owned) };
    let elsewhere = || FlowEvent::from(other(Some("metas own")));
    let (away, back) = (at_meta(&[elsewhere()]), at_meta(&[elsewhere(), linked()]));
    let found = |sha: &str, revision| Plan::Drift(FlowDriftFound { meta_sha256: sha.into(), revision, details: None, name: None });
    let chosen = |sha: &str, choice| FlowEvent::from(FlowDriftResolved { meta_sha256: sha.into(), choice });
    let fresh = vec![created(), revised(&[created()], "one"), linked()];
    let two = and_revised(at_meta(&[]), "two");
    let three = and_revised(two.clone(), "three");
    let over = and_revised(at_meta(&[status(PUBLISHED)]), "two");
    let kept = at_meta(&[drift("x"), chosen("x", DriftChoice::KeepOurs)]);
    let kept_of_published = at_meta(&[drift("x"), status(PUBLISHED), chosen("x", DriftChoice::KeepOurs)]);
    for (given, status, meta, then) in [
        (vec![created(), linked()], DRAFT, theirs(None, None), Plan::Nothing),
        (at_meta(&[other(None).into()]), DRAFT, theirs(Some("nobody looked"), None), found("nobody looked", None)),
        (fresh.clone(), DRAFT, theirs(None, None), Plan::Upload(1)),
        (fresh.clone(), DRAFT, theirs(Some("metas own"), None), Plan::Upload(1)),
        (fresh.clone(), DRAFT, theirs(Some("x"), Some(1)), Plan::Record(1)),
        (fresh.clone(), DRAFT, theirs(Some("theirs"), None), found("theirs", None)),
        (fresh.clone(), PUBLISHED, theirs(Some("theirs"), None), found("theirs", None)),
        ([fresh.clone(), vec![drift("x"), chosen("x", DriftChoice::KeepOurs)]].concat(), DRAFT, theirs(Some("x"), None), Plan::Upload(1)),
        (fresh, PUBLISHED, theirs(Some("metas own"), None), Plan::Hold),
        (away, DRAFT, theirs(Some("metas own"), None), Plan::Upload(1)),
        (back.clone(), DRAFT, theirs(Some("meta 1"), Some(1)), Plan::Nothing),
        (back, DRAFT, theirs(Some("x"), None), found("x", Some(1))),
        (at_meta(&[]), DRAFT, theirs(Some("meta 1"), Some(1)), Plan::Nothing),
        (at_meta(&[]), DRAFT, theirs(Some("the same, otherwise"), Some(1)), Plan::Nothing),
        (at_meta(&[]), DRAFT, theirs(Some("x"), None), found("x", Some(1))),
        (at_meta(&[drift("x")]), DRAFT, theirs(Some("x"), None), Plan::Nothing),
        (at_meta(&[drift("x")]), DRAFT, theirs(Some("y"), None), found("y", Some(1))),
        (at_meta(&[drift("x")]), DRAFT, theirs(Some("meta 1"), Some(1)), Plan::Record(1)),
        (two.clone(), DRAFT, theirs(Some("meta 1"), Some(1)), Plan::Upload(2)),
        (two.clone(), DRAFT, theirs(Some("x"), Some(2)), Plan::Record(2)),
        (two.clone(), PUBLISHED, theirs(Some("meta 1"), Some(1)), Plan::Hold),
        (two.clone(), THROTTLED, theirs(Some("meta 1"), Some(1)), Plan::Hold),
        (two, DRAFT, theirs(Some("x"), None), found("x", Some(1))),
        (three, DRAFT, theirs(Some("an upload that nobody heard of"), Some(2)), Plan::Upload(3)),
        (over, PUBLISHED, theirs(Some("meta 1"), Some(1)), Plan::Upload(2)),
        (kept.clone(), DRAFT, theirs(Some("x"), None), Plan::Upload(1)),
        (kept.clone(), PUBLISHED, theirs(Some("x"), None), found("x", Some(1))),
        (kept_of_published, PUBLISHED, theirs(Some("x"), None), Plan::Upload(1)),
        (kept, DRAFT, theirs(Some("y"), None), found("y", Some(1))),
    ] {
        assert_eq!(plan(&flow(&given), status, &meta), then, "{meta:?} with {status} after {given:?}");
    }
    let details = FlowDetails { categories: vec!["OTHER".into()], endpoint_uri: None };
    let meta = Theirs { details: Some(details.clone()), ..theirs(Some("meta 1"), Some(1)) };
    let expected = FlowDriftFound { meta_sha256: "meta 1".into(), revision: Some(1), details: Some(details.clone()), name: None };
    assert_eq!(plan(&flow(&at_meta(&[])), DRAFT, &meta), Plan::Drift(expected.clone()));
    let noted = at_meta(&[expected.into()]);
    assert_eq!(plan(&flow(&noted), DRAFT, &meta), Plan::Nothing);
}

#[test]
fn a_name_that_was_changed_at_meta_is_theirs_until_somebody_chose() {
    let meta = |name: &str| Theirs { sha256: Some("meta 1".into()), revision: Some(1), details: None, name: Some(name.into()) };
    let found = |name: &str| FlowDriftFound { meta_sha256: "meta 1".into(), revision: Some(1), details: None, name: Some(name.into()) };
    let resolved = |choice| FlowEvent::from(FlowDriftResolved { meta_sha256: "meta 1".into(), choice });
    let check = |given: &[FlowEvent], theirs: &Theirs, then| assert_eq!(plan(&flow(given), DRAFT, theirs), then, "after {given:?}");
    let drifted = at_meta(&[found("by hand").into()]);
    check(&at_meta(&[]), &meta("by hand"), Plan::Drift(found("by hand")));
    check(&drifted, &meta("by hand"), Plan::Nothing);
    check(&drifted, &meta("by foot"), Plan::Drift(found("by foot")));
    check(&drifted, &Theirs { name: None, ..meta("") }, Plan::Record(1));
    assert!(flow(&drifted).drift.is_some_and(|drift| !drift.content));
    // To keep ours is about the name that was found, and about no later one.
    let kept = [drifted.clone(), vec![resolved(DriftChoice::KeepOurs)]].concat();
    assert_eq!(details_drift(&flow(&kept), None, Some("by hand")), None);
    assert_eq!(details_drift(&flow(&kept), None, Some("by foot")), Some(found("by foot")));
    assert_eq!(plan(&flow(&kept), PUBLISHED, &meta("by hand")), Plan::Drift(found("by hand")), "nor about what was published since");
    let given = [kept.clone(), agreed(&flow(&kept))].concat();
    check(&given, &meta("by hand"), Plan::Drift(found("by hand")));
    assert_eq!(agreed(&flow(&given)), []);
    // Theirs is what it is called at Meta from then on, until it gets another name here.
    let taken = flow(&[drifted.clone(), vec![resolved(DriftChoice::TakeTheirs)]].concat());
    assert_eq!((taken.name.as_str(), taken.name_at_meta(id(1)).as_str()), ("booking", "by hand"));
    let details = taken.details();
    let update_to = |name: &str| update(id(1), &flow(&drifted), Some(&name.parse().unwrap()), &details);
    assert_eq!(update_to("table"), Err(Refusal::Drifted));
    let renamed = FlowUpdated { name: "table".into(), categories: details.categories.clone(), endpoint_uri: None, name_given_back: false };
    let events = [drifted.clone(), vec![resolved(DriftChoice::TakeTheirs), renamed.into()]].concat();
    assert_eq!(flow(&events).name_at_meta(id(1)), format!("table {}", id(1)));
    // A request that was cut off is ended by the same request.
    let cut_off = flow(&at_meta(&[found(&format!("table {}", id(1))).into()]));
    assert!(update(id(1), &cut_off, Some(&"table".parse().unwrap()), &details).unwrap().is_some());
    // Of a Flow without a JSON nothing is uploaded that could say that all agrees again.
    let bare = vec![created(), linked(), FlowDriftFound { meta_sha256: String::new(), revision: None, ..found("by hand") }.into()];
    check(&bare, &Theirs::default(), Plan::Agree);
    let cut_off = [bare.clone(), vec![resolved(DriftChoice::KeepOurs)]].concat();
    check(&cut_off, &Theirs::default(), Plan::Agree);
    assert_eq!(flow(&[bare.clone(), agreed(&flow(&bare))].concat()).drift, None);
}

#[test]
fn a_name_that_was_taken_from_meta_goes_when_somebody_names_ours() {
    let found = FlowDriftFound { meta_sha256: "meta 1".into(), revision: Some(1), details: None, name: Some("by hand".into()) };
    let chosen = FlowDriftResolved { meta_sha256: "meta 1".into(), choice: DriftChoice::TakeTheirs };
    let taken = at_meta(&[found.into(), chosen.into()]);
    let (state, booking): (Flow, FlowName) = (flow(&taken), "booking".parse().unwrap());
    let ours = booking.at_meta(id(1));
    let details = |category: &str| FlowDetails { categories: vec![category.into()], endpoint_uri: None };
    // Whoever does not name it leaves Meta's as it is.
    assert_eq!((name_to_tell(id(1), &state, None), update(id(1), &state, None, &details("SURVEY"))), (None, Ok(None)));
    let other = update(id(1), &state, None, &details("OTHER")).unwrap().unwrap();
    assert_eq!(flow(&[taken.clone(), vec![other]].concat()).name_at_meta(id(1)), "by hand");
    for category in ["SURVEY", "OTHER"] {
        assert_eq!(name_to_tell(id(1), &state, Some(&booking)), Some(ours.clone()));
        let given = update(id(1), &state, Some(&booking), &details(category)).unwrap().unwrap();
        let after = flow(&[taken.clone(), vec![given]].concat());
        assert_eq!((after.name.as_str(), after.name_at_meta(id(1))), ("booking", ours.clone()));
        assert_eq!(
            (name_to_tell(id(1), &after, Some(&booking)), update(id(1), &after, Some(&booking), &details(category))),
            (None, Ok(None))
        );
    }
}

#[test]
fn details_that_were_changed_at_meta_are_not_overwritten_by_a_change_of_them() {
    let name: FlowName = "booking".parse().unwrap();
    let details = |category: &str| FlowDetails { categories: vec![category.into()], endpoint_uri: None };
    let found = details_drift(&flow(&at_meta(&[])), Some(&details("OTHER")), None).unwrap();
    assert_eq!((found.meta_sha256.as_str(), found.revision, found.details.clone()), ("meta 1", Some(1), Some(details("OTHER"))));
    assert_eq!(details_drift(&flow(&at_meta(&[])), Some(&details("SURVEY")), None), None);
    assert_eq!(
        details_drift(&flow(&at_meta(&[drift("x")])), Some(&details("OTHER")), None).unwrap().meta_sha256,
        "x",
        "the content stays as it was found"
    );
    let drifted = at_meta(&[found.clone().into()]);
    assert_eq!(update(id(1), &flow(&drifted), Some(&name), &details("SIGN_UP")), Err(Refusal::Drifted));
    assert!(update(id(1), &flow(&drifted), Some(&name), &details("OTHER")).unwrap().is_some(), "what Meta has is no loss");
    assert_eq!(update(id(1), &flow(&drifted), Some(&name), &details("SURVEY")), Ok(None));
    let chosen = FlowDriftResolved { meta_sha256: found.meta_sha256, choice: DriftChoice::KeepOurs };
    assert_eq!(details_drift(&flow(&[drifted, vec![chosen.into()]].concat()), Some(&details("OTHER")), None), None);
    // Of a Flow without a JSON the content says nothing.
    let bare = vec![created(), linked()];
    let found = details_drift(&flow(&bare), Some(&details("OTHER")), None).unwrap();
    assert!(flow(&[bare, vec![found.into()]].concat()).drift.is_some_and(|drift| !drift.content));
}

#[test]
fn a_choice_is_about_what_was_seen_and_keeps_people_in_mind() {
    let taken = document("theirs");
    let ask = |choice, seen: Option<&'static str>, new_version| Choice { choice, seen, new_version, theirs: Some(&taken) };
    let (ours, theirs) = (DriftChoice::KeepOurs, DriftChoice::TakeTheirs);
    let check = |given: &[FlowEvent], wish: Choice<'_>, then: Result<&[&str], Refusal>| {
        let chosen = choose(&flow(given), &wish);
        let told = chosen.map(|events| events.iter().map(|event| event.event_type().trim_start_matches("flow.flow_").to_owned()).collect());
        assert_eq!(told, then.map(|then| then.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>()), "after {given:?}");
    };
    let resolved = "drift_resolved.v1";
    check(&at_meta(&[]), ask(ours, None, false), Err(Refusal::NoDrift));
    check(&at_meta(&[drift("x")]), ask(ours, Some("x"), false), Ok(&[resolved]));
    check(&at_meta(&[drift("x")]), ask(ours, Some("y"), false), Err(Refusal::OtherDrift("x".into())));
    check(&at_meta(&[drift("x")]), ask(theirs, Some("x"), false), Ok(&[resolved, "revised.v1"]));
    check(&at_meta(&[drift("x"), status(PUBLISHED)]), ask(ours, None, false), Err(Refusal::Published));
    check(&at_meta(&[drift("x"), status(PUBLISHED)]), ask(ours, None, true), Ok(&[resolved]));
    check(&at_meta(&[drift("x"), status(PUBLISHED)]), ask(theirs, None, false), Ok(&[resolved, "revised.v1"]));
    check(&at_meta(&[drift("x"), status(BLOCKED)]), ask(ours, None, true), Err(Refusal::Restricted(BLOCKED.into())));
    let details = Some(FlowDetails { categories: vec!["OTHER".into()], endpoint_uri: None });
    let only_details = FlowEvent::from(FlowDriftFound { meta_sha256: "meta 1".into(), revision: Some(1), details, name: None });
    check(&at_meta(&[status(DEPRECATED), only_details.clone()]), ask(ours, None, false), Err(Refusal::Deprecated));
    let details = Some(FlowDetails { categories: vec!["SURVEY".into()], endpoint_uri: Some("https://bot.example.com".into()) });
    let endpoint = FlowDriftFound { meta_sha256: "meta 1".into(), revision: Some(1), details, name: None };
    check(&at_meta(&[endpoint.into()]), ask(ours, None, false), Err(Refusal::EndpointStays));
    check(&at_meta(&[status(PUBLISHED), only_details.clone()]), ask(ours, None, false), Err(Refusal::Published));
    check(&at_meta(&[status(PUBLISHED), only_details.clone()]), ask(ours, None, true), Ok(&[resolved]));
    check(&at_meta(&[only_details]), ask(theirs, None, false), Ok(&[resolved, "updated.v2"]));
}
