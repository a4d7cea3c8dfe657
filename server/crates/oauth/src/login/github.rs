//! GitHub speaks OAuth, but not OpenID Connect: who signed in is asked of its API.

use serde::Deserialize;
use sync::outbound::Outbound;

use super::{Identity, LoginError, get};
use crate::Tokens;

pub const ISSUER: &str = "https://github.com";

/// A server of a company's own answers under its own address.
fn api(issuer: &str) -> String {
    if issuer == ISSUER {
        return "https://api.github.com".to_owned();
    }
    format!("{issuer}/api/v3")
}

#[derive(Deserialize)]
struct GitHubUser {
    id: u64,
}

#[derive(Deserialize)]
struct GitHubEmail {
    email: String,
    primary: bool,
    verified: bool,
}

pub async fn identity(
    outbound: &Outbound,
    issuer: &str,
    tokens: &Tokens,
) -> Result<Identity, LoginError> {
    let (api, token) = (api(issuer), Some(&tokens.access));
    let user: GitHubUser = get(outbound, &format!("{api}/user"), token).await?;
    let emails: Vec<GitHubEmail> = get(outbound, &format!("{api}/user/emails"), token).await?;
    let email = emails
        .into_iter()
        .find(|email| email.primary && email.verified)
        .map(|email| email.email);
    Ok(Identity {
        issuer: issuer.to_owned(),
        subject: user.id.to_string(),
        email,
    })
}
