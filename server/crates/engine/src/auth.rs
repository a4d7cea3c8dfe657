//! Who calls: client credentials, the short-lived tokens made from them, and how far each reaches.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts as RequestParts;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::problem::{ApiError, ApiResult};
use crate::tables::clients;
use crate::{Engine, Error};

/// Lifetime of a token, as Airbyte's.
pub const TOKEN_LIFE: Duration = Duration::from_mins(15);

/// What a program needs to call the engine.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub client_id: String,
    pub client_secret: SecretString,
}

/// The caller of a request: all workspaces, or one.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    workspace: Option<Uuid>,
}

impl Caller {
    /// For SQL: `None` sees every workspace.
    pub fn scope(self) -> Option<Uuid> {
        self.workspace
    }

    /// Whether a workspace that the request names may be used.
    pub fn enter(self, workspace: Uuid) -> ApiResult<()> {
        match self.workspace {
            Some(own) if own != workspace => Err(ApiError::forbidden(
                "These credentials belong to another workspace.",
            )),
            _ => Ok(()),
        }
    }

    /// What only the credentials of all workspaces may do.
    pub fn require_all(self) -> ApiResult<()> {
        match self.workspace {
            None => Ok(()),
            Some(_) => Err(ApiError::forbidden(
                "These credentials are for one workspace only.",
            )),
        }
    }
}

impl FromRequestParts<Engine> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut RequestParts, engine: &Engine) -> ApiResult<Self> {
        let header = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let token = header
            .and_then(|text| text.strip_prefix("Bearer "))
            .ok_or_else(ApiError::unauthorised)?;
        let hash = seal::token::hash(token.trim());
        let scope = clients::scope_of_token(&engine.config.pool, &hash).await?;
        scope
            .map(|workspace| Self { workspace })
            .ok_or_else(ApiError::unauthorised)
    }
}

impl Engine {
    /// The credentials of one scope, made when there are none.
    pub(crate) async fn ensure_credentials(
        &self,
        workspace: Option<Uuid>,
    ) -> Result<Credentials, Error> {
        let pool = &self.config.pool;
        if let Some(stored) = clients::find(pool, workspace).await? {
            return self.open_credentials(stored);
        }
        let client_id = Uuid::now_v7().to_string();
        let secret = seal::token::secret();
        let hash = seal::token::hash(secret.expose_secret());
        let sealed = seal::seal(
            &self.config.sealer,
            &client_place(&client_id),
            secret.expose_secret().as_bytes(),
        );
        clients::insert(pool, &client_id, workspace, &hash, &sealed)
            .await
            .map_err(|error| match &error {
                sqlx::Error::Database(cause) if cause.is_foreign_key_violation() => {
                    Error::NoWorkspace(workspace.unwrap_or_default())
                }
                _ => Error::Database(error),
            })?;
        // Another process may have been first: what is stored counts.
        let stored = clients::find(pool, workspace)
            .await?
            .ok_or(sqlx::Error::RowNotFound)?;
        self.open_credentials(stored)
    }

    fn open_credentials(&self, stored: clients::Stored) -> Result<Credentials, Error> {
        let secret = seal::open(
            &self.config.sealer,
            &client_place(&stored.id),
            &stored.sealed_secret,
        )
        .map_err(|source| Error::Sealed {
            what: "client secret",
            source,
        })?;
        let text = String::from_utf8_lossy(secret.expose_secret()).into_owned();
        Ok(Credentials {
            client_id: stored.id,
            client_secret: text.into(),
        })
    }

    /// A new token for right credentials; `None` for wrong ones.
    pub(crate) async fn issue_token(
        &self,
        id: &str,
        secret: &str,
    ) -> Result<Option<SecretString>, Error> {
        let pool = &self.config.pool;
        let stored = clients::secret_hash(pool, id).await?;
        // An unknown id is compared all the same: it must not answer sooner than a wrong secret.
        let known = stored.as_deref().unwrap_or(&[0; 32]);
        if !seal::token::same(known, &seal::token::hash(secret)) || stored.is_none() {
            return Ok(None);
        }
        let token = seal::token::secret();
        clients::insert_token(
            pool,
            &seal::token::hash(token.expose_secret()),
            id,
            TOKEN_LIFE.as_secs_f64(),
        )
        .await?;
        Ok(Some(token))
    }
}

/// Where the secret of a client belongs.
pub(crate) fn client_place(client_id: &str) -> [&str; 3] {
    ["engine", "client", client_id]
}
