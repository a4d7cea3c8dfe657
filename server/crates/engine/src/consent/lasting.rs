//! What stays of a grant beside its sources, sealed: the client it was made to, and the tokens that no source holds.

use std::time::Duration;

use oauth::Words;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Registered, Trip, granted::Fresh};
use crate::{Engine, Error, secrets::merged, tables::grants::Row};

/// A token this close to its end is renewed: a run takes a while.
const AHEAD: Duration = Duration::from_mins(10);

/// Lives in memory and inside the seal only: no `Debug`.
#[derive(Serialize, Deserialize)]
pub(super) struct Lasting {
    pub client: Registered,
    /// In the provider's addresses.
    pub words: Words,
    /// What we renew it by; where a connector does, what is to be given back: what signing in gave, or what the last source
    /// held.
    pub token: Option<String>,
    /// Of a configuration, where we renew it: the newest token in its place.
    pub part: Value,
    /// When that one ends, as far as the provider says.
    #[serde(with = "time::serde::rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
}

/// Where a sealed one belongs.
pub(crate) fn grant_place<'a>(workspace: &'a str, grant: &'a str) -> [&'a str; 4] {
    ["engine", "oauth_grants", workspace, grant]
}

impl Lasting {
    /// Of a connector that knows an access token only.
    pub(super) fn renewed_by_us(trip: &Trip, fresh: &Fresh) -> Self {
        let refresh = fresh.tokens.refresh.as_ref();
        let token = refresh.map(|token| token.expose_secret().to_owned());
        Self {
            part: fresh.part.clone(),
            expires_at: fresh.tokens.expires_at,
            ..Self::only_given_back(trip, token)
        }
    }

    /// Of a connector that holds everything in its configuration, and renews it there.
    pub(super) fn only_given_back(trip: &Trip, token: Option<String>) -> Self {
        Self {
            client: trip.client.clone(),
            words: trip.words.clone(),
            token,
            part: Value::Null,
            expires_at: None,
        }
    }

    /// Is it for us to ask for a new token now?
    pub fn is_due(&self, now: OffsetDateTime) -> bool {
        self.token.is_some() && self.expires_at.is_some_and(|end| end <= now + AHEAD)
    }

    /// Is the newest token in this configuration?
    pub fn is_in(&self, config: &Value) -> bool {
        merged(config, &self.part) == *config
    }

    pub fn seal(&self, engine: &Engine, workspace: Uuid, grant: Uuid) -> Vec<u8> {
        let plain = serde_json::to_vec(self).expect("plain data");
        let (workspace, grant) = (workspace.to_string(), grant.to_string());
        let place = grant_place(&workspace, &grant);
        seal::seal(&engine.config.sealer, &place, &plain)
    }

    pub fn open(engine: &Engine, row: &Row) -> Result<Self, Error> {
        let (workspace, grant) = (row.workspace_id.to_string(), row.id.to_string());
        engine.unseal(&grant_place(&workspace, &grant), &row.sealed)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_token_is_due_before_it_ends_and_where_something_renews_it() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let lasting = |token: Option<&str>, life: Option<Duration>| Lasting {
            client: Registered {
                client_id: "app".to_owned(),
                client_secret: "hush".to_owned(),
            },
            words: Words::new(),
            token: token.map(str::to_owned),
            part: json!({}),
            expires_at: life.map(|life| now + life),
        };
        let minutes = |minutes| Some(Duration::from_mins(minutes));
        assert!(lasting(Some("r"), minutes(9)).is_due(now));
        assert!(!lasting(Some("r"), minutes(11)).is_due(now));
        assert!(!lasting(Some("r"), None).is_due(now), "it does not end");
        assert!(!lasting(None, minutes(9)).is_due(now), "nothing renews it");
    }
}
