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

/// Are the codes of acts and the ids of what they changed shown? Operators filter by them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codes {
    Shown,
    Hidden,
}

pub fn audit_table(lines: Vec<AuditLine>, codes: Codes) -> AnyView {
    let rows = lines
        .into_iter()
        .map(|line| row(line, codes))
        .collect_view();
    view! { <Table caption="Acts, newest first" columns=&COLUMNS>{rows}</Table> }.into_any()
}

fn row(line: AuditLine, codes: Codes) -> AnyView {
    let detail = (!line.detail.is_empty()).then(
        || view! { <span class="block wrap-anywhere text-ink-soft">{line.detail.clone()}</span> },
    );
    let code = (codes == Codes::Shown).then(|| view! { <code class="block font-mono text-xs break-all text-ink-mute">{format!("{} {}", line.action, line.target)}</code> });
    view! {
        <tr>
            <td class="min-w-56 max-w-lg">
                <span class="font-medium">{act_words(&line.action)}</span>
                {detail}
                {code}
            </td>
            <td data-label="By"><span class="wrap-anywhere">{actor_words(line.actor)}</span></td>
            <td data-label="From"><span class="font-mono text-xs">{line.ip.unwrap_or_else(|| "–".to_owned())}</span></td>
            <td data-label="When" class="md:whitespace-nowrap"><Moment at=line.at /></td>
        </tr>
    }
    .into_any()
}

/// An act in words.
fn act_words(action: &str) -> &'static str {
    match action {
        "account.change_password" => "Changed a password",
        "account.link" => "Linked an account elsewhere",
        "account.reset_password" => "Reset a password by mail",
        "account.sign_in" => "Signed in",
        "account.sign_up" => "Signed up",
        "account.verify" => "Confirmed an address",
        "admin.create" => "Made an operator",
        "api_key.create" => "Made an API key",
        "api_key.revoke" => "Revoked an API key",
        "app.create" => "Registered an app",
        "bundle.download" => "Downloaded an app's settings",
        "app.revoke" => "Revoked an app",
        "app.rotate" => "Made a new password for an app",
        "app.tables" => "Chose an app's tables",
        "connection.consent" => "Began to sign in at a provider",
        "connection.draft" => "Saved a connection for later",
        "connection.give_back" => "Gave a sign-in back",
        "connection.pause" => "Paused a connection",
        "connection.remove" => "Removed a connection",
        "connection.rename" => "Renamed a connection",
        "connection.resume" => "Resumed a connection",
        "connection.routes" => "Changed how runs choose their way",
        "connection.schedule" => "Set when a connection's runs start",
        "connection.streams" => "Chose a connection's tables",
        "connection.test" => "Tested a connection",
        "integration.describe" => "Described an integration",
        "integration.remove" => "Took an integration out of the catalogue",
        "route.rehearse" => "Rehearsed a failure",
        "link.create" => "Made a link for somebody else",
        "link.open" => "Opened a link",
        "link.revoke" => "Took a link back",
        "oauth_client.remove" => "Removed a client at a provider",
        "oauth_client.set" => "Set a client at a provider",
        "keys.rotate" => "Changed the encryption keys",
        "run.cancel" => "Stopped a run",
        "run.start" => "Started a run",
        "sample.reveal" => "Looked at personal data",
        "session.revoke" => "Signed a browser out",
        "tenant.activate" => "Finished preparing a workspace",
        "tenant.create" => "Made a workspace",
        "tenant.delete" => "Began to delete a tenant",
        "tenant.deleted" => "Deleted a tenant",
        "tenant.fail" => "Could not prepare a workspace",
        "tenant.profile" => "Changed the business profile",
        "tenant.resume" => "Resumed a tenant",
        "tenant.retry" | "tenant.retry_step" => "Retried a step of preparing",
        "tenant.suspend" => "Suspended a tenant",
        "tenant.undo_step" => "Undid a step of preparing",
        "upload.put" => "Uploaded a file",
        "webhook.address" => "Made a new address for events",
        "webhook.change" => "Changed who sends events",
        "webhook.off" => "Turned events off",
        "webhook.on" => "Turned events on",
        "webhook.secret" => "Changed the signing secret of events",
        _ => "Another act",
    }
}

fn actor_words(actor: String) -> String {
    match actor.as_str() {
        "system" => "the hub".to_owned(),
        "operator" => "operator at the server".to_owned(),
        link if link.starts_with("lnk_") => "somebody with a link".to_owned(),
        _ => actor,
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::PathBuf};

    use super::*;

    #[test]
    fn acts_read_as_words() {
        assert_eq!(
            act_words("connection.streams"),
            "Chose a connection's tables"
        );
        assert_eq!(act_words("planet.align"), "Another act");
    }

    /// Every act that the use cases note, as their sources name it.
    #[test]
    fn every_act_has_words() {
        let mut folders = vec![PathBuf::from(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../server/crates/hub/src"
        ))];
        let mut acts = BTreeSet::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder)
                .expect("the sources are there")
                .flatten()
            {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = std::fs::read_to_string(path).unwrap_or_default();
                // The first text of the call, not of what comes after it.
                let noted = text.split("note(").skip(1).filter_map(|rest| {
                    let (before, rest) = rest.split_once('"')?;
                    (!before.contains(';')).then(|| rest.split('"').next())?
                });
                let is_act = |word: &&str| {
                    word.contains('.')
                        && word
                            .chars()
                            .all(|c| c.is_ascii_lowercase() || "._".contains(c))
                };
                acts.extend(noted.filter(is_act).map(str::to_owned));
            }
        }
        assert!(acts.len() > 20, "{acts:?}");
        let silent: Vec<_> = acts
            .iter()
            .filter(|act| act_words(act) == "Another act")
            .collect();
        assert!(silent.is_empty(), "{silent:?}");
    }
}
