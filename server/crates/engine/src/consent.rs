//! Signing in at a provider for a program that calls the API: where a person consents, what their code is worth, and the
//! secret that a source is made with; then keeping alive what was granted, and giving it back. Airbyte's self-hosted
//! platform has none of this.

mod give_back;
mod granted;
mod lasting;
mod leave;
mod renew;
mod way;

use std::time::Duration;

use oauth::{Callback, Client, Endpoint, Refusal, Words};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use time::OffsetDateTime;
use url::Url;
use uuid::Uuid;

use crate::{
    Engine, Error,
    problem::{ApiError, ApiResult},
    tables::oauth::{self as rows, Kept},
};
use granted::Fresh;

pub(crate) use give_back::register;
pub(crate) use granted::Granted;
pub(crate) use lasting::grant_place;

/// Longest trip.
const TRIP: Duration = Duration::from_mins(10);

/// A client as it is sealed: no `Debug`.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Registered {
    pub client_id: String,
    pub client_secret: String,
}

impl Registered {
    fn client(&self) -> Client {
        Client {
            id: self.client_id.clone(),
            secret: SecretString::from(self.client_secret.clone()),
        }
    }
}

/// A person under way, as it is sealed: no `Debug`.
#[derive(Serialize, Deserialize)]
struct Trip {
    source_type: String,
    /// Where the caller wants the person to end.
    back_to: String,
    client: Registered,
    verifier: Option<String>,
    words: Words,
    scopes: Vec<String>,
}

/// Where sealed records belong.
pub(crate) fn client_place<'a>(workspace: &'a str, source_type: &'a str) -> [&'a str; 4] {
    ["engine", "oauth_clients", workspace, source_type]
}

fn place<'a>(table: &'a str, workspace: &'a str) -> [&'a str; 3] {
    ["engine", table, workspace]
}

/// What a caller asks for.
pub(crate) struct Wish {
    pub workspace: Uuid,
    pub source_type: String,
    pub back_to: Url,
    pub input: Value,
    /// Instead of the usual ones, if any.
    pub scopes: Vec<String>,
}

impl Engine {
    /// Where the provider sends people back to; registered there letter by letter.
    pub(crate) fn callback(&self) -> ApiResult<Url> {
        let text = format!("{}/oauth/callback", self.config.public_base);
        Url::parse(&text)
            .map_err(|_| ApiError::bad_request("The server's own address is not right."))
    }

    /// The address at which a person consents.
    pub(crate) async fn consent(&self, wish: Wish) -> ApiResult<Url> {
        let mut way = self
            .signs_in(Some(wish.workspace), &wish.source_type)
            .await?;
        if !wish.scopes.is_empty() {
            way.provider.to_mut().ask_for(&wish.scopes);
            way.grant.to_mut().scopes = wish.scopes;
        }
        let (provider, grant) = (&*way.provider, &*way.grant);
        let words = oauth::words(grant, &grant.from_answers(&wish.input))
            .map_err(|error| ApiError::unprocessable(&error.to_string()))?;
        let client = self.client(wish.workspace, &wish.source_type).await?;
        let state = SecretString::from(seal::token::letters(provider.state_length()));
        let consent = oauth::consent(
            provider,
            grant,
            &words,
            &client.client_id,
            &self.callback()?,
            state.expose_secret(),
        )
        .map_err(|error| ApiError::unprocessable(&error.to_string()))?;
        let trip = Trip {
            source_type: wish.source_type,
            back_to: wish.back_to.into(),
            client,
            verifier: consent
                .verifier
                .map(|verifier| verifier.expose_secret().to_owned()),
            words,
            scopes: grant.scopes.clone(),
        };
        let kept = self.kept("oauth_trips", wish.workspace, &trip);
        let hash = seal::token::hash(state.expose_secret());
        rows::insert_trip(&self.config.pool, &hash, &kept, TRIP.as_secs_f64()).await?;
        Ok(consent.url)
    }

    /// The caller's address with a secret or an error in it; `None` for a callback of no trip.
    pub(crate) async fn come_back(&self, pairs: &[(String, String)]) -> ApiResult<Option<Url>> {
        let Some((_, state)) = pairs.iter().find(|(name, _)| name == "state") else {
            return Ok(None);
        };
        let hash = seal::token::hash(state);
        let Some(kept) = rows::take_trip(&self.config.pool, &hash).await? else {
            return Ok(None);
        };
        let trip: Trip = self.open("oauth_trips", kept.workspace_id, &kept.sealed)?;
        let mut back_to = Url::parse(&trip.back_to)
            .map_err(|_| ApiError::bad_request("The address to go back to is not right."))?;
        match self.granted(kept.workspace_id, &trip, pairs).await? {
            Ok(fresh) => {
                let id = self.keep_granted(kept.workspace_id, trip, fresh).await?;
                back_to
                    .query_pairs_mut()
                    .append_pair("secret_id", id.expose_secret());
            }
            Err(Ended { error, words }) => {
                let mut query = back_to.query_pairs_mut();
                query.append_pair("error", &error);
                if let Some(words) = words {
                    query.append_pair("error_description", &words);
                }
            }
        }
        Ok(Some(back_to))
    }

    async fn client(&self, workspace: Uuid, source_type: &str) -> ApiResult<Registered> {
        let found = rows::client(&self.config.pool, workspace, source_type).await?;
        let found = found.ok_or_else(|| {
            ApiError::unprocessable(&format!(
                "Nobody has registered a client for {source_type} here. Send one to oauthCredentials of the workspace or the organization first."
            ))
        })?;
        let of = found.workspace_id.map(|id| id.to_string());
        let place = client_place(of.as_deref().unwrap_or_default(), source_type);
        Ok(self.unseal(&place, &found.sealed)?)
    }

    async fn granted(
        &self,
        workspace: Uuid,
        trip: &Trip,
        pairs: &[(String, String)],
    ) -> ApiResult<Result<Fresh, Ended>> {
        let way = self.signs_in(Some(workspace), &trip.source_type).await?;
        let (provider, grant) = (&*way.provider, &*way.grant);
        let code = match oauth::read_callback(provider, pairs) {
            Callback::Code(code) => code,
            Callback::Refused(refusal) => return Ok(Err(refused(refusal))),
        };
        let client = trip.client.client();
        let at = Endpoint {
            outbound: &self.config.outbound,
            provider,
            words: &trip.words,
            client: &client,
        };
        if let Err(unproven) = oauth::proven(at, pairs) {
            return Ok(Err(Ended::new("access_denied", unproven.to_string())));
        }
        let verifier = trip.verifier.clone().map(SecretString::from);
        let now = OffsetDateTime::now_utc();
        let tokens =
            match oauth::exchange(at, &self.callback()?, code, verifier.as_ref(), now).await {
                Ok(tokens) => tokens,
                Err(error) => {
                    tracing::warn!(%error, "a code could not be exchanged");
                    return Ok(Err(Ended::new("server_error", error.to_string())));
                }
            };
        let missing = tokens.missing(&trip.scopes);
        if !missing.is_empty() {
            let words = format!("Not everything was allowed: {}", missing.join(", "));
            return Ok(Err(Ended::new("access_denied", words)));
        }
        let account = match oauth::account(at, &tokens, pairs).await {
            Ok(None) if grant.takes_account() => {
                let words = "The provider does not tell what was allowed. Try again.".to_owned();
                return Ok(Err(Ended::new("temporarily_unavailable", words)));
            }
            Ok(account) => account,
            Err(elsewhere) => return Ok(Err(Ended::new("access_denied", elsewhere.to_string()))),
        };
        let mut part = Value::Object(serde_json::Map::new());
        oauth::fill(&mut part, grant, &client, &tokens, account.as_ref());
        Ok(Ok(Fresh {
            part,
            tokens,
            account,
        }))
    }

    fn kept(&self, table: &str, workspace: Uuid, what: &impl Serialize) -> Kept {
        let plain = serde_json::to_vec(what).expect("plain data");
        let text = workspace.to_string();
        Kept {
            workspace_id: workspace,
            sealed: seal::seal(&self.config.sealer, &place(table, &text), &plain),
        }
    }

    fn open<T: DeserializeOwned>(
        &self,
        table: &'static str,
        workspace: Uuid,
        sealed: &[u8],
    ) -> Result<T, Error> {
        self.unseal(&place(table, &workspace.to_string()), sealed)
    }

    fn unseal<T: DeserializeOwned>(&self, place: &[&str], sealed: &[u8]) -> Result<T, Error> {
        let plain =
            seal::open(&self.config.sealer, place, sealed).map_err(|source| Error::Sealed {
                what: "sign-in",
                source,
            })?;
        serde_json::from_slice(plain.expose_secret()).map_err(|source| Error::Corrupt {
            table: "oauth",
            column: "sealed",
            source,
        })
    }
}

/// Why nothing was granted, in the words of OAuth.
struct Ended {
    error: String,
    words: Option<String>,
}

impl Ended {
    fn new(error: &str, words: String) -> Self {
        Self {
            error: error.to_owned(),
            words: Some(words),
        }
    }
}

fn refused(refusal: Refusal) -> Ended {
    match refusal {
        Refusal::Denied { words } => Ended {
            error: "access_denied".to_owned(),
            words,
        },
        Refusal::Other { error, words } => Ended { error, words },
        Refusal::WrongIssuer => Ended::new(
            "server_error",
            "The answer came from another provider than the one that was asked.".to_owned(),
        ),
        Refusal::Empty => Ended::new("server_error", "The provider sent no code.".to_owned()),
    }
}
