//! What a key may do, scope by scope, in words and in the calls it opens.

use model::Scope;

use crate::ui::Answer;

/// In the order of the form.
pub fn answers() -> Vec<Answer> {
    Scope::ALL
        .into_iter()
        .map(|scope| {
            let (word, hint) = words(scope);
            Answer::new(scope.name(), word).with_hint(hint)
        })
        .collect()
}

/// Its word, and a sentence that names what it opens.
pub const fn words(scope: Scope) -> (&'static str, &'static str) {
    match scope {
        Scope::Read => (
            "Read",
            "See connections, tables, runs and apps: every GET of the API.",
        ),
        Scope::Sample => ("Sample", "See sample rows of a connection."),
        Scope::Sync => ("Sync", "Start and stop runs, test connections."),
        Scope::Manage => (
            "Manage",
            "Add, change and remove connections and apps, download bundles.",
        ),
        Scope::Audit => ("Audit", "Read who changed what."),
        Scope::Admin => (
            "All",
            "Everything above; for programs you trust as yourself.",
        ),
    }
}
