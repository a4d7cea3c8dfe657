//! How to use the downloaded file: commands that work as they stand.

use leptos::prelude::*;
use model::AppView;

use crate::ui::{Card, Code};

/// Programs that read the file, and the command for each.
const WAYS: [(&str, &str); 4] = [
    (
        "Look around with psql",
        "set -a; . ./FILE; set +a; psql \"$PSQL_URL\" -c '\\dt'",
    ),
    ("Docker Compose", "docker compose --env-file FILE up"),
    ("Node", "node --env-file=FILE server.js"),
    ("Any program", "set -a; . ./FILE; set +a; ./your-program"),
];

pub fn usage(app: &AppView) -> AnyView {
    let file = file_name(&app.row.name);
    let ways = WAYS
        .into_iter()
        .map(|(word, command)| {
            view! {
                <div class="min-w-0 space-y-1.5">
                    <h3 class="text-label font-medium">{word}</h3>
                    <Code text=command.replace("FILE", &file) />
                </div>
            }
        })
        .collect_view();
    view! { <Card title="Use it"><div class="grid gap-4 lg:grid-cols-2">{ways}</div></Card> }
        .into_any()
}

/// The name the download has: lower-case letters, digits and dashes.
fn file_name(app: &str) -> String {
    let plain: String = app
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter.to_ascii_lowercase()
            } else {
                '-'
            }
        })
        .collect();
    let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
    if words.is_empty() {
        "app.env".to_owned()
    } else {
        format!("{}.env", words.join("-"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_plain() {
        for (app, file) in [
            ("Invoices", "invoices.env"),
            ("Größe & Co.", "gr-e-co.env"),
            ("…", "app.env"),
        ] {
            assert_eq!(file_name(app), file);
        }
    }
}
