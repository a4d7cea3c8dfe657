//! Runs replayed under the policy that they had: what they met is met again, so they go as they went.

use model::{Class, Route, RunId};
use store::ids::Id;
use time::OffsetDateTime;

use super::*;
use crate::route::Tables;

const AT: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
const SECOND: Duration = Duration::from_secs(1);

fn today() -> Plan {
    Plan {
        direct: Way::Open,
        airbyte: Way::Open,
        policy: RoutePolicy::default(),
        start: Start::AsUsual,
        sign_in: SignIn::Fixed,
        tables: Tables::Safe,
    }
}

/// A try that took a second.
fn step(rule: Rule, route: Route, class: Option<Class>) -> Step {
    Step {
        n: 1,
        rule,
        route: Some(route),
        not_before: None,
        engine_job: Some(1),
        started_at: Some(AT),
        finished_at: Some(AT + SECOND),
        class,
        problem: None,
        raw: None,
        until: None,
        rows_read: 0,
        rows_written: 0,
        bytes: 0,
        advanced: false,
        decided_at: AT,
    }
}

fn run(steps: Vec<Step>) -> Decided {
    Decided {
        run: RunId::fresh(),
        created_at: AT,
        forced_fallback: false,
        steps,
    }
}

fn goes_as_it_went(steps: Vec<Step>, today: Plan) -> bool {
    changed(&run(steps), today, today.policy).is_none()
}

#[test]
fn a_renewed_sign_in_is_renewed_again() {
    let refused = || step(Rule::DirectFirst, Route::Direct, Some(Class::Auth));
    let renewed = step(Rule::Renewed, Route::Direct, None);
    assert!(goes_as_it_went(vec![refused(), renewed], today()));
    // Where nobody could renew it, nobody does.
    let around = step(Rule::FallBackAtOnce, Route::Airbyte, None);
    assert!(goes_as_it_went(vec![refused(), around], today()));
}

#[test]
fn a_source_that_was_left_alone_then_is_left_alone_again() {
    let around = || vec![step(Rule::BreakerOpen, Route::Airbyte, None)];
    assert!(goes_as_it_went(around(), today()));
    let rests_today = Plan {
        direct: Way::Resting {
            until: AT + Duration::from_hours(1),
        },
        ..today()
    };
    assert!(goes_as_it_went(around(), rests_today));
    let asked = vec![step(Rule::DirectFirst, Route::Direct, None)];
    assert!(goes_as_it_went(asked, rests_today), "it did not rest then");

    let alone = RoutePolicy {
        fallback: false,
        ..RoutePolicy::default()
    };
    let would = changed(&run(around()), today(), alone).expect("another way");
    assert_eq!(would.would, ReplayEnd::Unknown, "nobody asked it then");
    assert_eq!(would.rules, [Rule::AfterRest]);

    let waited = Step {
        not_before: Some(AT + Duration::from_mins(10)),
        ..step(Rule::AfterRest, Route::Direct, None)
    };
    let alone = Plan {
        policy: alone,
        ..today()
    };
    assert!(goes_as_it_went(vec![waited], alone));
}

#[test]
fn a_source_that_was_asked_for_somebody_because_airbyte_could_not_is_asked_again() {
    let could_not = step(Rule::BreakerOpen, Route::Airbyte, Some(Class::Broken));
    let asked = step(Rule::OnlyDirect, Route::Direct, None);
    assert!(goes_as_it_went(vec![could_not, asked], today()));
}

#[test]
fn tries_that_came_further_are_as_many_again() {
    let further = |rule| Step {
        advanced: true,
        ..step(rule, Route::Direct, Some(Class::RateLimited))
    };
    let mut steps = vec![further(Rule::DirectFirst)];
    steps.extend((0..6).map(|_| further(Rule::Retry)));
    steps.push(step(Rule::Retry, Route::Direct, None));
    assert!(goes_as_it_went(steps, today()));
}
