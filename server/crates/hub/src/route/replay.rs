//! What a run would have done under other rules: the decisions are made again, and each try comes to what it came to then.
//! Pure, as the rules are.

use std::time::Duration;

use model::{Class, ReplayEnd, Route, Rule};
use time::OffsetDateTime;

use super::{Next, Plan, Tried, next};

/// Between all spreads of a pause.
const JITTER: f64 = 0.5;

/// A try as it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Made {
    pub route: Route,
    /// `None`: it did not fail.
    pub class: Option<Class>,
    pub took: Duration,
    /// When the other side wanted to be asked again, from the end of the try on.
    pub wait: Option<Duration>,
    /// It brought rows that need not be read again.
    pub advanced: bool,
}

/// How it would have gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Replayed {
    pub end: ReplayEnd,
    pub took: Duration,
    pub rules: Vec<Rule>,
}

/// Walks the rules of `plan` over what was tried then, the oldest try first.
pub(crate) fn replay(plan: &Plan, made: &[Made], start: OffsetDateTime) -> Replayed {
    let (mut history, mut rules, mut now) = (Vec::new(), Vec::new(), start);
    let end = loop {
        let decided = next(plan, &history, now, JITTER);
        rules.push(decided.rule());
        let Some(route) = decided.route() else {
            break ReplayEnd::Failed;
        };
        if let Next::RetryAt { at, .. } = decided {
            now = at;
        }
        let earlier = history.iter().filter(|tried: &&Tried| tried.route == route);
        let nth = earlier.count();
        let Some(then) = made.iter().filter(|made| made.route == route).nth(nth) else {
            break ReplayEnd::Unknown;
        };
        now += then.took;
        let Some(class) = then.class else {
            break ReplayEnd::Good;
        };
        history.push(Tried {
            route,
            class,
            until: then.wait.map(|wait| now + wait),
            advanced: then.advanced,
        });
    };
    Replayed {
        end,
        took: Duration::try_from(now - start).unwrap_or_default(),
        rules,
    }
}

#[cfg(test)]
mod tests {
    use model::RoutePolicy;

    use super::*;
    use crate::route::{SignIn, Start, Tables, Way};

    fn under(policy: RoutePolicy) -> Plan {
        Plan {
            direct: Way::Open,
            airbyte: Way::Open,
            policy,
            start: Start::AsUsual,
            sign_in: SignIn::Fixed,
            tables: Tables::Safe,
        }
    }

    fn made(route: Route, class: Option<Class>) -> Made {
        Made {
            route,
            class,
            took: Duration::from_secs(10),
            wait: None,
            advanced: false,
        }
    }

    fn walked(policy: RoutePolicy, made: &[Made]) -> (ReplayEnd, u64, usize) {
        let replayed = replay(&under(policy), made, OffsetDateTime::UNIX_EPOCH);
        (replayed.end, replayed.took.as_secs(), replayed.rules.len())
    }

    #[test]
    fn the_same_rules_come_to_the_same_end() {
        let broken = made(Route::Direct, Some(Class::Network));
        let then = [broken, broken, broken, made(Route::Airbyte, None)];
        // Forty seconds of tries, and pauses of 1.5 and 3 between the direct ones.
        assert_eq!(
            walked(RoutePolicy::default(), &then),
            (ReplayEnd::Good, 44, 4)
        );
    }

    #[test]
    fn other_rules_are_faster_or_fail() {
        let broken = made(Route::Direct, Some(Class::Network));
        let then = [broken, broken, broken, made(Route::Airbyte, None)];
        let once = RoutePolicy {
            attempts: 1,
            ..RoutePolicy::default()
        };
        assert_eq!(walked(once, &then), (ReplayEnd::Good, 20, 2));
        let off = RoutePolicy {
            fallback: false,
            ..RoutePolicy::default()
        };
        assert_eq!(walked(off, &then), (ReplayEnd::Failed, 34, 4));
    }

    #[test]
    fn tries_that_came_further_do_not_count_here_either() {
        let further = Made {
            advanced: true,
            ..made(Route::Direct, Some(Class::RateLimited))
        };
        let mut then = vec![further; 5];
        then.push(made(Route::Direct, None));
        // Sixty seconds of tries, and the first pause five times.
        assert_eq!(
            walked(RoutePolicy::default(), &then),
            (ReplayEnd::Good, 67, 6)
        );
    }

    #[test]
    fn tokens_that_end_while_rows_come_are_renewed_as_often_here() {
        use Rule::{DirectFirst, FallBackAtOnce, Renewed};
        let renewable = Plan {
            sign_in: SignIn::Renewable,
            ..under(RoutePolicy::default())
        };
        let refused = made(Route::Direct, Some(Class::Auth));
        let ended = Made {
            advanced: true,
            ..refused
        };
        let (good, around) = (made(Route::Direct, None), made(Route::Airbyte, None));
        for (then, rules) in [
            (
                vec![ended, ended, ended, good],
                vec![DirectFirst, Renewed, Renewed, Renewed],
            ),
            (
                vec![ended, refused, around],
                vec![DirectFirst, Renewed, FallBackAtOnce],
            ),
        ] {
            let replayed = replay(&renewable, &then, OffsetDateTime::UNIX_EPOCH);
            assert_eq!((replayed.end, replayed.rules), (ReplayEnd::Good, rules));
        }
    }

    #[test]
    fn what_was_never_tried_is_not_known() {
        let then = [made(Route::Direct, None)];
        let airbyte = RoutePolicy {
            first: Route::Airbyte,
            ..RoutePolicy::default()
        };
        assert_eq!(walked(airbyte, &then), (ReplayEnd::Unknown, 0, 1));
    }
}
