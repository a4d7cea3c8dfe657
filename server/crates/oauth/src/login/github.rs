//! GitHub speaks OAuth, but not OpenID Connect: who signed in is asked of its API.

use serde::Deserialize;
use sync::outbound::Outbound;

use super::{Identity, LoginError, get};
use crate::Tokens;

pub const ISSUER: &str = "https://github.com";
const API: &str = "https://api.github.com";

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

pub async fn identity(outbound: &Outbound, tokens: &Tokens) -> Result<Identity, LoginError> {
    let token = Some(&tokens.access);
    let user: GitHubUser = get(outbound, &format!("{API}/user"), token).await?;
    let emails: Vec<GitHubEmail> = get(outbound, &format!("{API}/user/emails"), token).await?;
    let email = emails
        .into_iter()
        .find(|email| email.primary && email.verified)
        .map(|email| email.email);
    Ok(Identity {
        issuer: ISSUER.to_owned(),
        subject: user.id.to_string(),
        email,
    })
}
