//! Each class of failure on each route, and what the policy, the tables and the other way change about it.

use super::*;

mod sign_in;

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

/// Left alone for so many minutes.
fn resting(minutes: u64) -> Way {
    Way::Resting {
        until: NOW + Duration::from_mins(minutes),
    }
}

fn plan() -> Plan {
    Plan {
        direct: Way::Open,
        airbyte: Way::Open,
        policy: RoutePolicy::default(),
        start: Start::AsUsual,
        sign_in: SignIn::Fixed,
        tables: Tables::Safe,
    }
}

fn tried(route: Route, class: Class) -> Tried {
    Tried {
        route,
        class,
        until: None,
        advanced: false,
    }
}

/// The rules that follow each other when every try fails with the same class, and the seconds waited before each.
fn walk(plan: &Plan, class: Class, until: Option<Duration>) -> Vec<(Rule, i64)> {
    let (mut history, mut now, mut rules) = (Vec::new(), NOW, Vec::new());
    loop {
        let decided = next(plan, &history, now, 1.0);
        let at = match decided {
            Next::RetryAt { at, .. } => at,
            _ => now,
        };
        rules.push((decided.rule(), (at - now).whole_seconds()));
        now = at;
        let Some(route) = decided.route() else {
            return rules;
        };
        assert!(rules.len() < 20, "it never ends: {rules:?}");
        history.push(Tried {
            until: until.map(|wait| now + wait),
            ..tried(route, class)
        });
    }
}

fn rules(plan: &Plan, class: Class) -> Vec<Rule> {
    let walked = walk(plan, class, None);
    walked.into_iter().map(|(rule, _)| rule).collect()
}

#[test]
fn each_class_has_its_way_from_the_direct_route() {
    use Rule::*;
    let passing = vec![DirectFirst, Retry, Retry, FallBack, BothFailed];
    let at_once = vec![DirectFirst, FallBackAtOnce, BothFailed];
    let person = vec![DirectFirst, NeedsPerson];
    for (class, expected) in [
        (Class::Network, &passing),
        (Class::Timeout, &passing),
        (Class::RateLimited, &passing),
        (Class::Upstream, &passing),
        (Class::Auth, &at_once),
        (Class::Broken, &at_once),
        (Class::Config, &person),
        (Class::Validation, &person),
        (Class::Forbidden, &person),
    ] {
        assert_eq!(&rules(&plan(), class), expected, "{class:?}");
    }
}

#[test]
fn airbyte_tries_by_itself_so_its_failure_ends_the_run_whatever_it_is() {
    let only_airbyte = Plan {
        direct: Way::Closed,
        ..plan()
    };
    for class in Class::ALL {
        assert_eq!(
            rules(&only_airbyte, class),
            [Rule::OnlyAirbyte, Rule::AirbyteFailed],
            "{class:?}"
        );
        let both = [
            tried(Route::Direct, Class::Broken),
            tried(Route::Airbyte, class),
        ];
        assert_eq!(next(&plan(), &both, NOW, 0.0).rule(), Rule::BothFailed);
    }
}

/// The last decision after so many direct tries that failed alike, of which those came further that are told to.
fn after(plan: &Plan, class: Class, tries: usize, advanced: impl Fn(usize) -> bool) -> Rule {
    let history: Vec<Tried> = (1..=tries)
        .map(|nth| Tried {
            advanced: advanced(nth),
            ..tried(Route::Direct, class)
        })
        .collect();
    next(plan, &history, NOW, 1.0).rule()
}

#[test]
fn tries_that_came_further_do_not_count_whatever_they_failed_with() {
    use Rule::*;
    let closed = Plan {
        airbyte: Way::Closed,
        ..plan()
    };
    let off = Plan {
        policy: RoutePolicy {
            fallback: false,
            ..RoutePolicy::default()
        },
        ..plan()
    };
    // What follows where the tries are used up, and what where more of them would not help.
    for (plan, used_up, at_once) in [
        (plan(), FallBack, FallBackAtOnce),
        (closed, NoOtherWay, NoOtherWay),
        (off, FallbackOff, FallbackOff),
    ] {
        for (class, passes) in [
            (Class::Network, true),
            (Class::Timeout, true),
            (Class::RateLimited, true),
            (Class::Upstream, true),
            (Class::Auth, false),
            (Class::Broken, false),
        ] {
            // How many of twenty brought nothing, the last ones.
            for (idle, follows) in [(0, Retry), (2, Retry), (3, used_up)] {
                let expected = if passes { follows } else { at_once };
                let last = after(&plan, class, 20, |nth| nth <= 20 - idle);
                assert_eq!(last, expected, "{class:?}, {idle} of them idle");
            }
        }
        for class in [Class::Config, Class::Validation, Class::Forbidden] {
            assert_eq!(after(&plan, class, 1, |_| true), NeedsPerson, "{class:?}");
        }
    }
}

#[test]
fn however_far_each_try_comes_there_is_a_last_one() {
    let last = after(&plan(), Class::RateLimited, MOST_TRIES, |_| true);
    assert_eq!(last, Rule::FallBack);
    let before = after(&plan(), Class::RateLimited, MOST_TRIES - 1, |_| true);
    assert_eq!(before, Rule::Retry);
}

#[test]
fn after_a_try_that_came_further_the_pause_is_short_again() {
    let history: Vec<Tried> = (0..9)
        .map(|_| Tried {
            advanced: true,
            ..tried(Route::Direct, Class::Network)
        })
        .collect();
    let Next::RetryAt { at, .. } = next(&plan(), &history, NOW, 1.0) else {
        panic!("it is tried again");
    };
    assert_eq!(at - NOW, FIRST_PAUSE);
}

#[test]
fn pauses_double_and_are_spread() {
    let policy = RoutePolicy {
        attempts: 5,
        ..RoutePolicy::default()
    };
    let walked = walk(&Plan { policy, ..plan() }, Class::Network, None);
    let waits: Vec<i64> = walked.iter().map(|(_, seconds)| *seconds).collect();
    assert_eq!(waits, [0, 2, 4, 8, 16, 0, 0]);
    for tries in 1..=8 {
        let (least, most) = (pause(tries, 0.0), pause(tries, 1.0));
        assert_eq!(least * 2, most);
    }
}

#[test]
fn a_source_that_names_a_time_is_waited_for_unless_it_is_too_far_away() {
    use Rule::*;
    let minutes = |count| Some(Duration::from_mins(count));
    let soon = walk(&plan(), Class::RateLimited, minutes(1));
    assert_eq!(soon[1], (RetryAfter, 60));
    let later = walk(&plan(), Class::RateLimited, minutes(10));
    assert_eq!(later[1], (FallBackSooner, 0));
    let alone = Plan {
        airbyte: Way::Closed,
        ..plan()
    };
    let patient = walk(&alone, Class::RateLimited, minutes(10));
    assert_eq!(patient[1], (RetryAfter, 600), "nobody else can be asked");
    let never = walk(&alone, Class::RateLimited, minutes(60));
    assert_eq!(never[1], (NoOtherWay, 0));
}

#[test]
fn the_policy_decides_what_comes_first_how_often_and_whether_at_all() {
    use Rule::*;
    let with = |policy| Plan { policy, ..plan() };
    let usual = RoutePolicy::default();
    let airbyte_first = with(RoutePolicy {
        first: Route::Airbyte,
        ..usual
    });
    assert_eq!(
        rules(&airbyte_first, Class::Network),
        [AirbyteFirst, AirbyteFailed]
    );
    let once = with(RoutePolicy {
        attempts: 1,
        ..usual
    });
    assert_eq!(
        rules(&once, Class::Upstream),
        [DirectFirst, FallBack, BothFailed]
    );
    let off = with(RoutePolicy {
        fallback: false,
        ..usual
    });
    assert_eq!(
        rules(&off, Class::Upstream),
        [DirectFirst, Retry, Retry, FallbackOff]
    );
    assert_eq!(rules(&off, Class::Auth), [DirectFirst, FallbackOff]);
}

#[test]
fn rows_are_never_doubled_by_another_way() {
    use Rule::*;
    let appended = Plan {
        tables: Tables::Appended,
        ..plan()
    };
    assert_eq!(
        rules(&appended, Class::Network),
        [DirectFirst, Retry, Retry, WouldDouble]
    );
    let rehearsed = Plan {
        start: Start::Forced,
        ..appended
    };
    assert_eq!(rules(&rehearsed, Class::Network), [WouldDouble]);
    let resting = Plan {
        direct: resting(1),
        ..appended
    };
    assert_eq!(next(&resting, &[], NOW, 0.0).rule(), AfterRest);
}

#[test]
fn a_rehearsal_leaves_the_direct_way_out() {
    use Rule::*;
    let forced = Plan {
        start: Start::Forced,
        ..plan()
    };
    assert_eq!(rules(&forced, Class::Network), [Forced, AirbyteFailed]);
    let nothing_else = Plan {
        airbyte: Way::Closed,
        ..forced
    };
    assert_eq!(rules(&nothing_else, Class::Network), [NoOtherWay]);
}

#[test]
fn a_source_that_rests_is_fetched_another_way_or_waited_for() {
    use Rule::*;
    let usual = RoutePolicy::default();
    let off = RoutePolicy {
        fallback: false,
        ..usual
    };
    let airbyte_first = RoutePolicy {
        first: Route::Airbyte,
        ..usual
    };
    // The policy, the other way, how long the source rests, and what a run does by itself and when somebody asks for it.
    for (policy, airbyte, minutes, by_itself, asked) in [
        (usual, Way::Open, 1, BreakerOpen, BreakerOpen),
        (usual, Way::Open, 60, BreakerOpen, BreakerOpen),
        (usual, Way::Closed, 1, AfterRest, OnlyDirect),
        (usual, Way::Closed, 30, AfterRest, OnlyDirect),
        (usual, Way::Closed, 31, Rests, OnlyDirect),
        (off, Way::Open, 1, AfterRest, DirectFirst),
        (off, Way::Open, 60, Rests, DirectFirst),
        (airbyte_first, Way::Open, 60, AirbyteFirst, AirbyteFirst),
        (airbyte_first, Way::Closed, 60, Rests, OnlyDirect),
    ] {
        for (start, expected) in [(Start::AsUsual, by_itself), (Start::Asked, asked)] {
            let plan = Plan {
                direct: resting(minutes),
                airbyte,
                policy,
                start,
                ..plan()
            };
            assert_eq!(rules(&plan, Class::Network)[0], expected, "{plan:?}");
        }
    }
    let nothing = Plan {
        direct: Way::Closed,
        airbyte: Way::Closed,
        ..plan()
    };
    assert_eq!(rules(&nothing, Class::Network), [NoWay]);
}

#[test]
fn what_waits_for_a_source_that_rests_is_tried_as_often_as_usual() {
    use Rule::*;
    let alone = Plan {
        direct: resting(10),
        airbyte: Way::Closed,
        ..plan()
    };
    assert_eq!(
        walk(&alone, Class::Network, None),
        [(AfterRest, 600), (Retry, 2), (Retry, 4), (NoOtherWay, 0)]
    );
}

#[test]
fn where_airbyte_cannot_run_a_source_left_alone_is_asked_once_for_whoever_waits() {
    use Rule::*;
    let asked = Plan {
        direct: resting(10),
        start: Start::Asked,
        ..plan()
    };
    let by_itself = Plan {
        start: Start::AsUsual,
        ..asked
    };
    let open = Plan {
        direct: Way::Open,
        ..asked
    };
    for (plan, class, expected) in [
        (
            asked,
            Class::Broken,
            [BreakerOpen, OnlyDirect, BothFailed].as_slice(),
        ),
        (asked, Class::Network, &[BreakerOpen, AirbyteFailed]),
        (by_itself, Class::Broken, &[BreakerOpen, AirbyteFailed]),
        (
            open,
            Class::Broken,
            &[DirectFirst, FallBackAtOnce, BothFailed],
        ),
    ] {
        assert_eq!(rules(&plan, class), expected, "{plan:?} {class:?}");
    }
}

#[test]
fn whatever_happens_a_run_ends() {
    let ways = [Way::Open, resting(10), resting(60), Way::Closed];
    for direct in ways {
        for airbyte in [Way::Open, Way::Closed] {
            for start in [Start::AsUsual, Start::Asked, Start::Forced] {
                for sign_in in [SignIn::Renewable, SignIn::Fixed] {
                    for class in Class::ALL {
                        let plan = Plan {
                            direct,
                            airbyte,
                            start,
                            sign_in,
                            ..plan()
                        };
                        let last = *rules(&plan, class).last().unwrap();
                        assert!(last.stops(), "{plan:?} {class:?}: {last:?}");
                    }
                }
            }
        }
    }
}
