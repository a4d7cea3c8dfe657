//! What is said of a run whose rows came by its fallback: what was wrong with the direct way, in plain words.

use model::{Class, Route, Rule, RunState, RunView};

/// The failures of the direct way so far, the oldest first.
pub fn failures(run: &RunView) -> Vec<Class> {
    let direct = run.decisions.iter();
    let direct = direct.filter(|decision| decision.route == Some(Route::Direct));
    direct.filter_map(|decision| decision.class).collect()
}

/// A kind of failure in the middle of a sentence.
pub const fn trouble(class: Class) -> &'static str {
    match class {
        Class::Network => "network error",
        Class::Timeout => "no answer in time",
        Class::RateLimited => "rate limit reached",
        Class::Auth => "sign-in refused",
        Class::Upstream => "server error",
        Class::Config => "wrong settings",
        Class::Validation => "unusable data",
        Class::Forbidden => "permission denied",
        Class::Broken => "it could not be used",
    }
}

/// "The direct way failed three times (server error)", without a stop.
pub fn around_words(failures: &[Class]) -> String {
    let times = match failures.len() {
        0 | 1 => String::new(),
        2 => " twice".to_owned(),
        3 => " three times".to_owned(),
        many => format!(" {many} times"),
    };
    let mut kinds: Vec<&str> = failures.iter().map(|class| trouble(*class)).collect();
    kinds.dedup();
    format!("The direct way failed{times} ({})", kinds.join(", then "))
}

/// Why a run that is over went through Airbyte, though it has a direct way. Nothing where it did not, or where Airbyte brought
/// nothing to its end.
pub fn fallback_words(run: &RunView) -> Option<String> {
    let arrived = matches!(run.row.state, RunState::Succeeded | RunState::Partial);
    let last = run.decisions.last().filter(|_| arrived)?;
    if last.route != Some(Route::Airbyte) || last.class.is_some() {
        return None;
    }
    let why = match last.rule {
        Rule::Forced => "The direct way was left out on request".to_owned(),
        Rule::BreakerOpen => "The direct way was left alone for a while".to_owned(),
        Rule::FallBack | Rule::FallBackAtOnce | Rule::FallBackSooner => {
            around_words(&failures(run))
        }
        // Airbyte is its first or only way, or a rule that tries nothing.
        _ => return None,
    };
    let came = if run.row.rows_written == 0 {
        "so the run went through Airbyte"
    } else {
        "so the rows came through Airbyte"
    };
    Some(format!("{why}, {came}."))
}
