//! A table of audit lines: who did what to what, when, from where.

use leptos::prelude::*;
use model::AuditLine;

use crate::ui::{Column, Moment, Table};

const COLUMNS: [Column; 4] = [
    Column::Text("Act"),
    Column::Text("By"),
    Column::Text("From"),
    Column::Text("When"),
];

pub fn audit_table(lines: Vec<AuditLine>) -> AnyView {
    let rows = lines.into_iter().map(row).collect_view();
    view! { <Table caption="Acts, newest first" columns=&COLUMNS>{rows}</Table> }.into_any()
}

fn row(line: AuditLine) -> AnyView {
    let detail = (!line.detail.is_empty()).then(
        || view! { <span class="block break-words text-ink-soft">{line.detail.clone()}</span> },
    );
    view! {
        <tr>
            <td class="min-w-56 max-w-lg">
                <span class="font-medium">{act_words(&line.action)}</span>
                " "
                <code class="font-mono text-xs break-all text-ink-mute">{line.target}</code>
                {detail}
            </td>
            <td data-label="By"><span class="break-words">{actor_words(line.actor)}</span></td>
            <td data-label="From"><span class="font-mono text-xs">{line.ip.unwrap_or_else(|| "–".to_owned())}</span></td>
            <td data-label="When" class="whitespace-nowrap"><Moment at=line.at /></td>
        </tr>
    }
    .into_any()
}

/// `api_key.create` → "API key · create".
fn act_words(action: &str) -> String {
    let (noun, verb) = action.split_once('.').unwrap_or((action, ""));
    let noun = match noun {
        "api_key" => "API key".to_owned(),
        other => capitalised(&other.replace('_', " ")),
    };
    if verb.is_empty() {
        noun
    } else {
        format!("{noun} · {}", verb.replace('_', " "))
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

fn actor_words(actor: String) -> String {
    match actor.as_str() {
        "system" => "the hub".to_owned(),
        "operator" => "operator at the server".to_owned(),
        _ => actor,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_read_as_words() {
        assert_eq!(act_words("api_key.create"), "API key · create");
        assert_eq!(act_words("tenant.step_retry"), "Tenant · step retry");
        assert_eq!(act_words("sign_in"), "Sign in");
    }
}
