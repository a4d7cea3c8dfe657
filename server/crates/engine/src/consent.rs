//! Signing in at a provider for a program that calls the API: where a person consents, what their code is worth, and the
//! secret that a source is made with; then keeping alive what was granted, and giving it back. Airbyte's self-hosted
//! platform has none of this.

pub(crate) mod give_back;
mod granted;
mod judged;
mod lasting;
mod leave;
mod renew;
mod replaced;
mod scopes;
mod unused;
mod way;

use std::time::Duration;

use oauth::{Client, Refusal, Words};
use queue::Worker;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use crate::{
    Engine, Error,
    problem::{ApiError, ApiResult},
    tables::oauth::{self as rows, Kept},
};

pub(crate) use granted::Granted;
pub(crate) use lasting::grant_place;
pub(crate) use scopes::Asked;

/// Longest trip.
const TRIP: Duration = Duration::from_mins(10);

/// Lets this worker give back what nobody lives by.
pub(crate) fn register(engine: &Engine, worker: &mut Worker) {
    give_back::register(engine, worker);
    unused::register(engine, worker);
}

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
    pub asked: Asked,
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
        way.ask_for(wish.asked)?;
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
        let ended = self.brought(kept.workspace_id, trip, pairs).await;
        let mut query = back_to.query_pairs_mut();
        match ended {
            Ok(id) => {
                query.append_pair("secret_id", id.expose_secret());
            }
            Err(Ended { error, words }) => {
                query.append_pair("error", &error);
                if let Some(words) = words {
                    query.append_pair("error_description", &words);
                }
            }
        }
        drop(query);
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

    /// The secret of what was granted. The trip is over whatever fails here, so its caller is told, and nobody is stranded.
    async fn brought(
        &self,
        workspace: Uuid,
        trip: Trip,
        pairs: &[(String, String)],
    ) -> Result<SecretString, Ended> {
        let granted = self.granted(workspace, &trip, pairs).await;
        let fresh = granted.map_err(|error| lost(&error))??;
        let kept = self.keep_granted(workspace, trip, fresh).await;
        kept.map_err(|error| lost(&error))
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

/// A failure of our own; callers are told no more than that.
fn lost(error: &ApiError) -> Ended {
    tracing::warn!(?error, "a sign-in was lost on the way back");
    let words = "Something went wrong on this server. Sign in again.".to_owned();
    Ended::new("server_error", words)
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
