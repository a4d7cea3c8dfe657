//! Refusals of a token endpoint: a refresh token that is spent, or another.

use serde_json::Value;

use super::super::exchange;
use super::OAuth;
use crate::declarative::manifest::{Node, is_true};
use crate::declarative::request::Page;
use crate::declarative::text::plain;
use crate::fault::Fault;

/// What tells a spent refresh token from other refusals.
#[derive(Debug)]
pub struct Spent {
    statuses: Vec<u64>,
    key: String,
    values: Vec<String>,
}

impl OAuth {
    pub(super) fn refusal(&self, page: &Page) -> Fault {
        let value = page
            .json()
            .and_then(|body| body.get(&self.spent.key))
            .map(plain);
        let spent = self.spent.statuses.contains(&u64::from(page.status))
            && value.is_some_and(|value| self.spent.values.contains(&value));
        if spent {
            return exchange::refused(
                "The refresh token was refused: it is wrong, too old or was used before. Sign in again",
                page,
            );
        }
        exchange::refused("The token endpoint refused to give an access token", page)
    }
}

impl Spent {
    pub fn read(node: &Node<'_>) -> Result<Self, Fault> {
        let place = match node.child("refresh_token_updater")? {
            Some(updater) if has_any(&updater) => updater,
            _ => node.clone(),
        };
        if !has_any(&place) {
            return Ok(Self {
                statuses: vec![400],
                key: "error".to_owned(),
                values: vec!["invalid_grant".to_owned(), "invalid_permissions".to_owned()],
            });
        }
        Ok(Self {
            statuses: place
                .list("refresh_token_error_status_codes")
                .into_iter()
                .filter_map(Value::as_u64)
                .collect(),
            key: place
                .str("refresh_token_error_key")?
                .unwrap_or_default()
                .to_owned(),
            values: place
                .list("refresh_token_error_values")
                .into_iter()
                .map(plain)
                .collect(),
        })
    }
}

fn has_any(node: &Node<'_>) -> bool {
    [
        "refresh_token_error_status_codes",
        "refresh_token_error_key",
        "refresh_token_error_values",
    ]
    .iter()
    .any(|name| node.get(name).is_some_and(is_true))
}
