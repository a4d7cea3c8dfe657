//! Signing in by the Airbyte that moves the data: it sends people to the provider and takes the code; back comes the name of
//! a secret, which its source is made with.

use ::airbyte::api::InitiateOAuth;
use model::{ConnectionId, ConsentOutcome, TenantId};
use oauth::{AIRBYTE, Grant};
use secrecy::SecretString;
use serde_json::Value;
use sqlx::PgConnection;
use store::oauth::{flows::Flow, grants};
use uuid::Uuid;

use super::granted::Granted;
use crate::{
    Error, Hub, Scope,
    connections::{self, Target},
    tests,
};

/// Longest name of a secret, with room.
const LONGEST: usize = 1000;

/// Where Airbyte sends people back to. The token stands in the path: Airbyte adds the query itself.
fn back_to(hub: &Hub, state: &str) -> String {
    format!("{}/{state}", super::redirect_uri(hub))
}

/// Asks Airbyte for the provider's page.
pub(super) async fn leave(
    hub: &Hub,
    workspace: Uuid,
    grant: &Grant,
    config: &Value,
    state: &str,
) -> Result<String, Error> {
    let ask = InitiateOAuth {
        source_type: grant.source_type.clone(),
        workspace_id: workspace,
        redirect_url: back_to(hub, state),
        input: Value::Object(grant.answers(config)),
        requested_scopes: Vec::new(),
        requested_optional_scopes: Vec::new(),
    };
    let consent = hub.airbyte().initiate_oauth(&ask).await;
    consent
        .map(String::from)
        .map_err(|error| match error {
            ::airbyte::Error::Unsupported { .. } | ::airbyte::Error::Forbidden { .. } => {
                Error::Conflict(
                    "This Airbyte signs nobody in. Fill in the keys by hand, or ask the operator of this hub."
                        .to_owned(),
                )
            }
            ::airbyte::Error::Invalid { .. } if !hub.public_url().starts_with("https://") => {
                Error::Conflict(
                    "Airbyte leads people back to https addresses only, and this hub has none. Fill in the keys by hand, or ask its operator."
                        .to_owned(),
                )
            }
            ::airbyte::Error::Invalid { message } => {
                Error::Conflict(format!("Airbyte does not let you sign in: {message}"))
            }
            other => other.into(),
        })
}

/// What Airbyte's callback says.
#[derive(Debug)]
pub(super) enum Answer {
    /// The name of the secret that holds the tokens.
    Secret(SecretString),
    Ended(ConsentOutcome),
}

/// Anything without a usable secret is a refusal: Airbyte documents no other.
pub(super) fn read(pairs: &[(String, String)]) -> Answer {
    let found = |name: &str| {
        let (_, value) = pairs.iter().find(|(known, _)| known == name)?;
        let value: String = value.chars().filter(|c| !c.is_control()).collect();
        Some(value).filter(|value| !value.trim().is_empty())
    };
    if let Some(secret) = found("secret_id").filter(|secret| secret.len() <= LONGEST) {
        return Answer::Secret(SecretString::from(secret));
    }
    let words = found("error_description").map(|words| words.chars().take(300).collect());
    Answer::Ended(match found("error") {
        Some(error) if error == "access_denied" => ConsentOutcome::Denied { words },
        Some(error) => ConsentOutcome::Refused {
            error: error.chars().take(100).collect(),
            words,
        },
        None => ConsentOutcome::Refused {
            error: "Airbyte did not confirm the sign-in.".to_owned(),
            words,
        },
    })
}

/// Starts a test that hands the secret over.
pub(super) async fn tested(
    hub: &Hub,
    scope: &Scope,
    flow: &Flow,
    config: &Value,
    secret: &SecretString,
) -> Result<ConsentOutcome, Error> {
    let target = match flow.connection {
        Some(id) => Target::Existing(id),
        None => Target::New {
            slug: flow.integration.clone(),
            name: flow.name.clone(),
        },
    };
    let granted = Granted::by_airbyte(secret, hub.clock().now());
    let test = match connections::submit_granted(hub, scope, target, config, granted).await {
        Ok(test) => test,
        Err(Error::Invalid(fields)) => return Ok(ConsentOutcome::Form { fields }),
        Err(error) => return Err(error),
    };
    let connection = tests::get(hub, scope, test).await?.connection;
    Ok(ConsentOutcome::Tested { connection, test })
}

/// What Airbyte holds for a connection.
#[derive(Debug)]
pub(crate) enum Held {
    /// Its source does not know this secret yet.
    ToHandOver(SecretString),
    BySource,
}

/// `None` where the settings themselves hold everything.
pub(crate) async fn held(
    conn: &mut PgConnection,
    tenant: TenantId,
    id: ConnectionId,
    waiting: Option<&Granted>,
) -> Result<Option<Held>, Error> {
    if let Some(granted) = waiting {
        let secret = granted.token().filter(|_| granted.provider == AIRBYTE);
        return Ok(secret.map(Held::ToHandOver));
    }
    let stored = grants::find(conn, tenant, id).await?;
    Ok(stored
        .filter(|grant| grant.provider == AIRBYTE)
        .map(|_| Held::BySource))
}

#[cfg(test)]
mod tests_of_the_callback {
    use secrecy::ExposeSecret;

    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Answer {
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        read(&pairs)
    }

    #[test]
    fn a_secret_ends_the_trip_well() {
        let Answer::Secret(secret) = of(&[("secret_id", "airbyte_oauth_1_v1")]) else {
            panic!("a secret was sent");
        };
        assert_eq!(secret.expose_secret(), "airbyte_oauth_1_v1");
    }

    #[test]
    fn without_one_nothing_was_granted() {
        let denied = of(&[("error", "access_denied")]);
        assert!(
            matches!(denied, Answer::Ended(ConsentOutcome::Denied { .. })),
            "{denied:?}"
        );
        let long = "x".repeat(LONGEST + 1);
        for pairs in [
            &[][..],
            &[("secret_id", "")],
            &[("secret_id", " \u{7}")],
            &[("secret_id", long.as_str())],
            &[("error", "server_error"), ("error_description", "down")],
        ] {
            let answer = of(pairs);
            assert!(
                matches!(answer, Answer::Ended(ConsentOutcome::Refused { .. })),
                "{answer:?}"
            );
        }
    }
}
