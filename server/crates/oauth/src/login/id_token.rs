//! What an id token proves, and to whom.

use serde_json::Value;
use time::OffsetDateTime;

use super::{Identity, LoginError};

/// Checks the claims of an id token that came from the issuer's own token endpoint over TLS, which stands for its
/// signature (OpenID Connect Core, 3.1.3.7).
pub fn identity(
    claims: &Value,
    issuer: &str,
    client: &str,
    nonce: &str,
    now: OffsetDateTime,
) -> Result<Identity, LoginError> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let meant_for_us = match claims.get("aud") {
        Some(Value::String(one)) => one == client,
        // For several, the one that asked is named.
        Some(Value::Array(several)) => {
            several.iter().any(|one| one == client)
                && (several.len() == 1 || text("azp") == Some(client))
        }
        _ => false,
    };
    let checks = [
        (
            text("iss").map(|iss| iss.trim_end_matches('/')) == Some(issuer),
            "it is of another issuer",
        ),
        (meant_for_us, "it is meant for somebody else"),
        (text("nonce") == Some(nonce), "it is of another sign-in"),
        (
            claims
                .get("exp")
                .and_then(Value::as_i64)
                .is_some_and(|exp| exp > now.unix_timestamp()),
            "it has expired",
        ),
    ];
    if let Some((_, why)) = checks.into_iter().find(|(holds, _)| !holds) {
        return Err(LoginError::Unproven(why));
    }
    let subject = text("sub").ok_or(LoginError::Unproven("it names nobody"))?;
    let is_verified = matches!(claims.get("email_verified"), Some(Value::Bool(true)))
        || text("email_verified") == Some("true");
    Ok(Identity {
        issuer: issuer.to_owned(),
        subject: subject.to_owned(),
        email: text("email").filter(|_| is_verified).map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_790_000_000;

    fn told(change: &Value) -> Result<Identity, &'static str> {
        let mut claims = json!({"iss": "https://id.example.com", "aud": "us", "nonce": "n", "exp": NOW + 60,
            "sub": "7", "email": "a@example.com", "email_verified": true});
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let now = OffsetDateTime::from_unix_timestamp(NOW).unwrap();
        identity(&claims, "https://id.example.com", "us", "n", now).map_err(|error| match error {
            LoginError::Unproven(why) => why,
            other => panic!("{other}"),
        })
    }

    #[test]
    fn a_token_proves_something_only_to_whom_it_was_meant_for() {
        assert_eq!(
            told(&json!({})).unwrap().email.as_deref(),
            Some("a@example.com")
        );
        assert!(told(&json!({"aud": ["us"]})).is_ok());
        assert!(told(&json!({"aud": ["us", "them"], "azp": "us"})).is_ok());
        for wrong in [
            json!({"iss": "https://evil.example.com"}),
            json!({"aud": "them"}),
            json!({"aud": ["us", "them"], "azp": "them"}),
            json!({"aud": null}),
            json!({"nonce": "other"}),
            json!({"nonce": null}),
            json!({"exp": NOW}),
            json!({"exp": "soon"}),
            json!({"sub": null}),
        ] {
            assert!(told(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_address_that_was_not_verified_is_none() {
        for change in [
            json!({"email_verified": false}),
            json!({"email_verified": null}),
            json!({"email_verified": "no"}),
        ] {
            assert_eq!(told(&change).unwrap().email, None);
        }
    }
}
