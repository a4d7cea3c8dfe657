//! Instants: in UTC from the server, in the reader's own time once scripts run.

use leptos::prelude::*;

#[cfg(not(feature = "ssr"))]
use crate::browser;

/// "21 Nov 2026, 06:07 UTC", then the reader's local form.
#[component]
pub fn Moment(#[prop(into)] at: String) -> impl IntoView {
    stamp(at, |words, _| words)
}

/// As [`Moment`], but "4 min ago" once scripts run.
#[component]
pub fn Ago(#[prop(into)] at: String) -> impl IntoView {
    stamp(at, |words, seconds| ago(seconds).unwrap_or(words))
}

/// "06:07:59": the time of day only, for lines of one run.
#[component]
pub fn Clock(#[prop(into)] at: String) -> impl IntoView {
    stamp_as(at, Form::Clock, |words, _| words)
}

/// How an instant is written before scripts run, and after.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Full,
    Clock,
}

impl Form {
    fn utc(self, at: &str) -> String {
        match self {
            Self::Full => utc(at),
            Self::Clock => at.get(11..19).unwrap_or_default().to_owned(),
        }
    }
}

fn stamp(at: String, words: fn(String, f64) -> String) -> AnyView {
    stamp_as(at, Form::Full, words)
}

/// The server has nothing to follow: a list has one of these a row.
#[cfg(feature = "ssr")]
fn stamp_as(at: String, form: Form, _words: fn(String, f64) -> String) -> AnyView {
    let plain = form.utc(&at);
    let title = utc(&at);
    view! { <time datetime=at title=title>{plain}</time> }.into_any()
}

#[cfg(not(feature = "ssr"))]
fn stamp_as(at: String, form: Form, words: fn(String, f64) -> String) -> AnyView {
    let full = utc(&at);
    let shown = RwSignal::new(form.utc(&at));
    let title = RwSignal::new(full.clone());
    let instant = at.clone();
    Effect::new(move |_| {
        if let Some(local) = browser::local_time(&instant) {
            title.set(format!("{} ({full})", local.full));
            shown.set(match form {
                Form::Full => words(local.full, local.seconds_ago),
                Form::Clock => local.clock,
            });
        }
    });
    view! { <time datetime=at title=move || title.get()>{move || shown.get()}</time> }.into_any()
}

/// "21 Nov 2026": the day of an RFC 3339 instant in UTC, without a calendar library: the parts stand at fixed places.
pub fn day(at: &str) -> Option<String> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let month = at
        .get(5..7)
        .and_then(|month| month.parse::<usize>().ok())
        .and_then(|month| MONTHS.get(month.wrapping_sub(1)));
    let (year, day) = (at.get(..4)?, at.get(8..10)?.trim_start_matches('0'));
    Some(format!("{day} {} {year}", month?))
}

/// "21 Nov 2026, 06:07 UTC".
pub fn utc(at: &str) -> String {
    match (day(at), at.get(11..16)) {
        (Some(day), Some(time)) => format!("{day}, {time} UTC"),
        _ => at.to_owned(),
    }
}

/// Recent instants as a distance; older ones are better as a date.
fn ago(seconds: f64) -> Option<String> {
    // Each unit begins where the one before it is full, so that a list in order also reads so.
    const STEPS: [(f64, f64, &str); 3] = [
        (60.0, 1.0, "s"),
        (3600.0, 60.0, "min"),
        (129_600.0, 3600.0, "h"),
    ];
    if seconds < -60.0 {
        return None;
    }
    if seconds < 10.0 {
        return Some("just now".to_owned());
    }
    let (_, unit, name) = STEPS.into_iter().find(|(below, _, _)| seconds < *below)?;
    // Number and unit never part at the end of a line.
    Some(format!(
        "{:.0}\u{a0}{name}\u{a0}ago",
        (seconds / unit).floor()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_read_in_utc() {
        assert_eq!(utc("2026-11-03T06:07:59.123Z"), "3 Nov 2026, 06:07 UTC");
        assert_eq!(utc("soon"), "soon");
    }

    #[test]
    fn distances_are_short() {
        for (seconds, words) in [
            (3.0, Some("just now")),
            (59.9, Some("59\u{a0}s\u{a0}ago")),
            (60.0, Some("1\u{a0}min\u{a0}ago")),
            (89.0, Some("1\u{a0}min\u{a0}ago")),
            (240.0, Some("4\u{a0}min\u{a0}ago")),
            (3599.0, Some("59\u{a0}min\u{a0}ago")),
            (3600.0, Some("1\u{a0}h\u{a0}ago")),
            (7300.0, Some("2\u{a0}h\u{a0}ago")),
            (1e6, None),
        ] {
            assert_eq!(ago(seconds).as_deref(), words);
        }
    }
}
