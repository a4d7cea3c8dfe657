//! Decisions of a run or a rehearsal: which way was taken, by which rule, and what each try came to.

use leptos::prelude::*;
use model::{Class, Decision, Route};

use crate::{
    runs::between,
    ui::{self, Badge, Code, Disclosure, Moment, Tone},
};

/// Pauses below two minutes are told in seconds.
const SHORT: i64 = 120_000;

pub fn decisions(decisions: &[Decision], is_over: bool) -> AnyView {
    if decisions.is_empty() {
        return view! { <p class="text-ink-soft">"Nothing is decided yet: it waits for a free worker."</p> }.into_any();
    }
    let items = decisions
        .iter()
        .map(|decision| item(decision, is_over))
        .collect_view();
    view! { <ol class="divide-y divide-line">{items}</ol> }.into_any()
}

fn item(decision: &Decision, is_over: bool) -> AnyView {
    let waits = waits(decision);
    let why = why(decision);
    let further = further(decision).map(|words| view! { <p class="text-ink-soft">{words}</p> });
    let raw = decision.raw.clone().map(
        |raw| view! { <Disclosure label="What the source said"><Code text=raw /></Disclosure> },
    );
    view! {
        <li class="flex gap-3 py-2.5 first:pt-0 last:pb-0">
            <span class="w-5 shrink-0 text-end text-ink-mute tabular-nums" aria-hidden="true">{decision.n}</span>
            <div class="min-w-0 flex-1 space-y-1">
                <p class="flex flex-wrap items-baseline justify-between gap-x-4 gap-y-1">
                    <span>{decision.rule.label()}</span>
                    {came(decision, is_over)}
                </p>
                {waits}
                {why}
                {further}
                {raw}
            </div>
        </li>
    }
    .into_any()
}

/// Why it failed. What Airbyte says of itself may help nobody: the kind of failure stands before it.
fn why(decision: &Decision) -> Option<AnyView> {
    let problem = decision.problem.clone()?;
    let of_airbyte = decision
        .class
        .filter(|_| decision.route == Some(Route::Airbyte));
    let Some(class) = of_airbyte else {
        return Some(view! { <p class="text-ink-soft">{problem}</p> }.into_any());
    };
    let why = view! {
        <p class="text-ink-soft">{airbyte_words(class)}</p>
        <p class="text-label text-ink-mute wrap-anywhere">{problem}</p>
    };
    Some(why.into_any())
}

/// What a failed try of Airbyte's comes down to.
const fn airbyte_words(class: Class) -> &'static str {
    match class {
        Class::Network => "The network failed on the way through Airbyte.",
        Class::Timeout => "It took Airbyte too long.",
        Class::RateLimited => "The source asked Airbyte for a pause.",
        Class::Auth => "The source refused Airbyte's sign-in.",
        Class::Upstream => "The source failed while Airbyte asked it.",
        Class::Config => "Airbyte cannot work with these settings.",
        Class::Validation => {
            "Airbyte cannot use what the source gives, or asked what it does not answer."
        }
        Class::Forbidden => "The source does not let Airbyte read this.",
        Class::Broken => "Airbyte could not do it.",
    }
}

/// When a try begins that has yet to: a short pause in seconds, a long one as the instant of its end.
fn waits(decision: &Decision) -> Option<AnyView> {
    let at = decision.not_before.clone()?;
    if decision.started_at.is_some() {
        return None;
    }
    let waits = match between(&decision.decided_at, &at) {
        Some(millis @ ..SHORT) => {
            let seconds = ui::plural(millis.max(1000) / 1000, "second", "seconds");
            view! { <p class="text-ink-soft">{format!("After a pause of {seconds}.")}</p> }
                .into_any()
        }
        _ => view! { <p class="text-ink-soft">"Not before "<Moment at=at /></p> }.into_any(),
    };
    Some(waits)
}

/// What a try that failed had brought for good. How much of it that is, nobody counts: rows of other tables may come again.
fn further(decision: &Decision) -> Option<String> {
    if !decision.advanced {
        return None;
    }
    let brought = match decision.rows_written {
        1 => "It had brought 1 row, which need not be read again".to_owned(),
        rows => format!(
            "It had brought {}, at least some of which need not be read again",
            ui::plural(rows, "row", "rows")
        ),
    };
    let spared = if is_counted(decision) {
        ", so it does not count as one of the tries"
    } else {
        ""
    };
    Some(format!("{brought}{spared}."))
}

/// Are there only so many tries of this way that may fail like this?
fn is_counted(decision: &Decision) -> bool {
    let may_pass = matches!(
        decision.class,
        Some(Class::Network | Class::Timeout | Class::RateLimited | Class::Upstream)
    );
    may_pass && decision.route == Some(Route::Direct)
}

/// What the try came to, in a badge and a few numbers.
fn came(decision: &Decision, is_over: bool) -> Option<AnyView> {
    decision.route?;
    let took = decision.millis.map(
        |millis| view! { <span class="text-ink-mute tabular-nums">{ui::duration(millis)}</span> },
    );
    let (tone, icon, word) = match (decision.class, &decision.finished_at) {
        (Some(class), _) => (Tone::Bad, "circle-alert", class.label().to_owned()),
        (None, Some(_)) => {
            let rows = ui::plural(decision.rows_written, "row", "rows");
            (Tone::Ok, "circle-check", format!("Done: {rows}"))
        }
        (None, None) if is_over => (Tone::Off, "ban", "Stopped".to_owned()),
        (None, None) if decision.started_at.is_some() => {
            (Tone::Work, "loader", "Running".to_owned())
        }
        (None, None) => (Tone::Work, "clock", "Waits".to_owned()),
    };
    let came = view! {
        <span class="flex items-baseline gap-2">{took}<Badge tone=tone icon=icon label=word /></span>
    };
    Some(came.into_any())
}

#[cfg(test)]
mod tests {
    use model::Rule;

    use super::*;

    fn failed(route: Route, class: Class, rows_written: i64) -> Decision {
        Decision {
            n: 1,
            rule: Rule::DirectFirst,
            route: Some(route),
            decided_at: "2026-01-01T00:00:00Z".to_owned(),
            not_before: None,
            started_at: None,
            finished_at: None,
            millis: None,
            class: Some(class),
            problem: None,
            raw: None,
            engine_job: None,
            rows_read: rows_written,
            rows_written,
            bytes: 0,
            advanced: true,
        }
    }

    #[test]
    fn what_a_try_had_brought_is_told_and_that_it_does_not_count_where_tries_do() {
        use Class::{Auth, Broken, Config, Forbidden, Network};
        use Class::{RateLimited, Timeout, Upstream, Validation};
        let many = "It had brought 7 rows, at least some of which need not be read again";
        let told = |route, class| further(&failed(route, class, 7));
        for class in [Network, Timeout, RateLimited, Upstream] {
            let spared = format!("{many}, so it does not count as one of the tries.");
            assert_eq!(told(Route::Direct, class), Some(spared), "{class:?}");
            let only = Some(format!("{many}."));
            assert_eq!(told(Route::Airbyte, class), only, "{class:?}");
        }
        for class in [Auth, Broken, Config, Forbidden, Validation] {
            let only = Some(format!("{many}."));
            assert_eq!(told(Route::Direct, class), only, "{class:?}");
        }
        let one = further(&failed(Route::Direct, Broken, 1));
        let words = "It had brought 1 row, which need not be read again.";
        assert_eq!(one.as_deref(), Some(words));
        let idle = Decision {
            advanced: false,
            ..failed(Route::Direct, Network, 7)
        };
        assert_eq!(further(&idle), None);
    }

    #[test]
    fn what_airbyte_failed_at_is_told_in_words_of_our_own() {
        for class in Class::ALL {
            let words = airbyte_words(class);
            assert!(words.contains("Airbyte") && words.ends_with('.'), "{words}");
        }
        let kinds: std::collections::BTreeSet<_> = Class::ALL.map(airbyte_words).into();
        assert_eq!(kinds.len(), Class::ALL.len(), "{kinds:?}");
    }
}
