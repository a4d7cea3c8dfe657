//! Refused sign-ins that can be renewed: how often they are, and what that takes from the tries.

use super::*;

fn renewable() -> Plan {
    Plan {
        sign_in: SignIn::Renewable,
        ..plan()
    }
}

#[test]
fn a_refused_token_is_renewed_once() {
    use Rule::*;
    assert_eq!(
        rules(&renewable(), Class::Auth),
        [DirectFirst, Renewed, FallBackAtOnce, BothFailed]
    );
}

#[test]
fn a_token_is_renewed_again_once_a_try_has_come_further() {
    use Rule::*;
    let idle = |class| tried(Route::Direct, class);
    let further = |class| Tried {
        advanced: true,
        ..idle(class)
    };
    let (auth, limited) = (Class::Auth, Class::RateLimited);
    for (history, expected) in [
        (vec![idle(auth)], Renewed),
        (vec![idle(auth), idle(auth)], FallBackAtOnce),
        (vec![further(auth)], Renewed),
        (vec![further(auth), idle(auth)], FallBackAtOnce),
        (vec![idle(auth), further(auth)], Renewed),
        (vec![further(auth); 9], Renewed),
        (
            vec![further(auth), further(auth), idle(auth)],
            FallBackAtOnce,
        ),
        (vec![idle(auth), further(limited), idle(auth)], Renewed),
        (vec![idle(auth), idle(limited), idle(auth)], FallBackAtOnce),
        (
            vec![further(limited), idle(auth), idle(limited), idle(auth)],
            FallBackAtOnce,
        ),
    ] {
        let rule = |plan: &Plan| next(plan, &history, NOW, 1.0).rule();
        assert_eq!(rule(&renewable()), expected, "{history:?}");
        assert_eq!(rule(&plan()), FallBackAtOnce, "{history:?}");
    }
}

#[test]
fn a_renewed_sign_in_takes_no_try_from_the_source() {
    use Rule::*;
    let mut history = vec![tried(Route::Direct, Class::Auth)];
    assert_eq!(next(&renewable(), &history, NOW, 1.0).rule(), Renewed);
    for expected in [Retry, Retry, FallBack] {
        history.push(tried(Route::Direct, Class::RateLimited));
        assert_eq!(next(&renewable(), &history, NOW, 1.0).rule(), expected);
    }
}

#[test]
fn however_far_they_come_tokens_are_not_renewed_for_ever() {
    let last = after(&renewable(), Class::Auth, MOST_TRIES, |_| true);
    assert_eq!(last, Rule::FallBackAtOnce);
    let before = after(&renewable(), Class::Auth, MOST_TRIES - 1, |_| true);
    assert_eq!(before, Rule::Renewed);
}
