use super::*;

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

/// A pause of so many seconds.
fn limited(seconds: i64) -> Kind {
    Kind::RateLimited {
        until: Some(NOW + Duration::seconds(seconds)),
    }
}

fn whole(faults: impl IntoIterator<Item = Fault>) -> Fault {
    let mut failures = Failures::default();
    for fault in faults {
        failures.add_at(fault, NOW);
    }
    failures.whole().unwrap()
}

/// What is heard of these, in whichever order they failed.
fn heard(kinds: &[Kind]) -> Kind {
    let fault = |kind: &Kind| Fault::new(kind.clone(), "No.");
    let kind = whole(kinds.iter().map(fault)).kind;
    assert_eq!(kind, whole(kinds.iter().rev().map(fault)).kind, "{kinds:?}");
    kind
}

#[test]
fn what_may_pass_soon_is_heard_before_what_needs_time_or_a_person() {
    let in_order = [
        Kind::Cancelled,
        Kind::RateLimited { until: None },
        Kind::Upstream,
        Kind::Credentials,
        limited(3600),
        Kind::Bug,
        Kind::Forbidden,
    ];
    for (at, first) in in_order.iter().enumerate() {
        for other in &in_order[at..] {
            assert_eq!(heard(&[first.clone(), other.clone()]), *first, "{other:?}");
        }
    }
}

#[test]
fn all_wait_for_a_short_pause_and_nobody_for_a_long_one() {
    let open = Kind::RateLimited { until: None };
    let cases = [
        (vec![Kind::Upstream, limited(120)], limited(120)),
        (vec![Kind::Upstream, limited(121)], Kind::Upstream),
        (vec![limited(10), limited(60)], limited(60)),
        (vec![open.clone(), limited(60)], limited(60)),
        (vec![open.clone(), limited(3600)], open),
        (vec![limited(60), limited(3600)], limited(60)),
        (vec![limited(1800), limited(3600)], limited(1800)),
        (
            vec![
                limited(3600),
                limited(30),
                Kind::Timeout,
                limited(90),
                limited(600),
            ],
            limited(90),
        ),
        (vec![limited(-5), Kind::Upstream], limited(-5)),
    ];
    for (kinds, expected) in cases {
        assert_eq!(heard(&kinds), expected, "{kinds:?}");
    }
}

#[test]
fn of_equals_the_first_is_heard_and_the_other_told() {
    let fault = whole(["One.", "Two.", "Two.", "One."].map(Fault::upstream));
    assert_eq!(fault, Fault::upstream("One.").with_detail("Also: Two."));
}

#[test]
fn one_failure_is_told_as_it_is() {
    let fault = Fault::data("No.").with_detail("Why.").in_stream("rows");
    assert_eq!(whole([fault.clone()]), fault);
    assert_eq!(whole([fault.clone(), fault.clone()]), fault);
    assert_eq!(Failures::default().whole(), None);
}

#[test]
fn what_a_person_has_to_mend_is_said_although_something_else_is_heard() {
    let many = (0..20).map(|n| Fault::upstream(format!("Out of order: {n}.")).with_detail("503"));
    let refused = Fault::credentials("The token was refused.").with_detail("invalid_grant");
    let fault = whole(many.chain([refused]));
    assert_eq!(fault.kind, Kind::Upstream);
    assert_eq!(
        fault.message,
        "Out of order: 0. What a person has to mend, too: The token was refused."
    );
    let detail = fault.detail.unwrap();
    let lines: Vec<&str> = detail.lines().collect();
    assert_eq!(lines.len(), 1 + MOST_TOLD, "{detail}");
    let expected = [
        "503",
        "Also: The token was refused. (invalid_grant)",
        "Also: Out of order: 1. (503)",
    ];
    assert_eq!(lines[..3], expected);
}

#[test]
fn nobody_is_told_to_mend_what_nobody_can() {
    let out_of_order = || Fault::upstream("Out of order.").with_detail("503");
    // As a connector says it: what happened, then a summary that calls it a mistake in the settings.
    let summary = format!("{SUMMARY}: ships: AirbyteTracedException('Exhausted')");
    for other in [Fault::config(summary), Fault::data("No date.")] {
        let words = other.message.clone();
        let fault = whole([out_of_order(), other]);
        assert_eq!(fault.message, "Out of order.", "{words}");
        let detail = fault.detail.unwrap();
        assert!(detail.contains(&format!("Also: {words}")), "{detail}");
    }
    for other in [
        Fault::credentials("No."),
        Fault::config("No."),
        Fault::forbidden("No."),
    ] {
        let fault = whole([out_of_order(), other]);
        assert_eq!(
            fault.message,
            "Out of order. What a person has to mend, too: No."
        );
    }
}

#[test]
fn words_do_not_grow_with_the_wholes_that_are_joined() {
    let mut all = Failures::default();
    for _ in 0..3 {
        let mut part = Failures::from(Fault::upstream("Out of order."));
        part.add_at(Fault::forbidden("x".repeat(1000)), NOW);
        all.join(part);
    }
    let detail = all.whole().unwrap().detail.unwrap();
    assert_eq!(detail, format!("Also: {}…", "x".repeat(LONGEST_WORDS)));
}

#[test]
fn who_stops_a_read_hears_nothing_else() {
    let fault = whole([Fault::forbidden("No."), Fault::cancelled()]);
    assert_eq!(fault, Fault::cancelled());
}
