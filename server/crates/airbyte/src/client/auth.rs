//! Credentials, and the access token made from them: renewed before it ends, by one caller at a time.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use reqwest::RequestBuilder;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use super::answer::{accept, read_json};
use super::places::By;
use super::{Client, Shared};
use crate::Error;
use crate::api::{TokenRequest, TokenResponse};

/// How to prove who we are.
#[derive(Clone)]
pub enum Auth {
    /// A server with authentication switched off.
    None,
    /// A fixed bearer token.
    Bearer(SecretString),
    /// Old self-hosted servers.
    Basic {
        username: String,
        password: SecretString,
    },
    /// An Application: its id and secret are exchanged for short-lived tokens.
    Application {
        client_id: String,
        client_secret: SecretString,
    },
}

/// Lifetime assumed when the server names none: the shortest any version has used.
const ASSUMED_LIFETIME: Duration = Duration::from_mins(3);
/// Longer than this no token is kept, whatever the server says.
const LONGEST_LIFETIME: Duration = Duration::from_hours(24);
/// A token is renewed when a fifth of its life, at most this, is left.
const RENEW_AHEAD: Duration = Duration::from_mins(1);

pub(super) struct Tokens {
    auth: Auth,
    /// Attempts to get a token that are over.
    over: AtomicU64,
    /// What the last one came to. Holding the lock while fetching makes the others wait for the one answer.
    last: Mutex<Option<Result<Token, Error>>>,
}

#[derive(Clone)]
struct Token {
    text: SecretString,
    renew_at: Instant,
}

impl Tokens {
    pub(super) fn new(auth: Auth) -> Self {
        Self {
            auth,
            over: AtomicU64::new(0),
            last: Mutex::default(),
        }
    }

    /// Whether a refused token can be replaced by a new one.
    pub(super) fn renewable(&self) -> bool {
        matches!(self.auth, Auth::Application { .. })
    }
}

impl Token {
    /// Whether it can be shown: it lives on, and is not the one that was refused.
    fn counts(&self, refused: Option<&SecretString>) -> bool {
        let was_refused = refused.is_some_and(|r| r.expose_secret() == self.text.expose_secret());
        !was_refused && Instant::now() < self.renew_at
    }
}

impl Client {
    /// Adds the credentials; answers the token used, so that a refusal can name it.
    pub(super) async fn authorise(
        &self,
        request: RequestBuilder,
        refused: Option<&SecretString>,
    ) -> Result<(RequestBuilder, Option<SecretString>), Error> {
        Ok(match &self.shared.tokens.auth {
            Auth::None => (request, None),
            Auth::Bearer(token) => (request.bearer_auth(token.expose_secret()), None),
            Auth::Basic { username, password } => (
                request.basic_auth(username, Some(password.expose_secret())),
                None,
            ),
            Auth::Application {
                client_id,
                client_secret,
            } => {
                let token = self.token(client_id, client_secret, refused).await?;
                (request.bearer_auth(token.expose_secret()), Some(token))
            }
        })
    }

    async fn token(
        &self,
        client_id: &str,
        client_secret: &SecretString,
        refused: Option<&SecretString>,
    ) -> Result<SecretString, Error> {
        let tokens = &self.shared.tokens;
        let before = tokens.over.load(Ordering::SeqCst);
        let mut last = tokens.last.lock().await;
        match &*last {
            Some(Ok(token)) if token.counts(refused) => return Ok(token.text.clone()),
            // It failed while this caller waited for it. With attempts of their own, many would wait one after the other.
            Some(Err(error)) if tokens.over.load(Ordering::SeqCst) != before => {
                return Err(error.for_others());
            }
            _ => {}
        }
        let fetched = fetch(&self.shared, client_id, client_secret).await;
        tokens.over.fetch_add(1, Ordering::SeqCst);
        if fetched.is_err() {
            // Once, however many wait.
            self.shared.guard.note(By::PublicApi, &fetched);
        }
        *last = Some(match &fetched {
            Ok(token) => Ok(token.clone()),
            Err(error) => Err(error.for_others()),
        });
        Ok(fetched?.text)
    }
}

async fn fetch(
    shared: &Shared,
    client_id: &str,
    client_secret: &SecretString,
) -> Result<Token, Error> {
    let body = TokenRequest::new(
        client_id.to_owned(),
        client_secret.expose_secret().to_owned(),
    );
    let token = super::send::with_retries(super::send::Repeat::Always, || async {
        let url = shared.base.join(["applications", "token"]);
        let request = shared
            .http
            .post(url)
            .json(&body)
            .timeout(super::send::SHORT);
        let answer = request.send().await.map_err(Error::transport)?;
        read_json(accept(answer).await?, "token").await
    })
    .await;
    let token: TokenResponse = token.map_err(|error| match error {
        // A wrong id or secret is answered with 400 by some versions and 401 by others.
        Error::Invalid { message } => Error::Credentials { message },
        other => other,
    })?;
    let life = token
        .expires_in
        .map_or(ASSUMED_LIFETIME, Duration::from_secs)
        .min(LONGEST_LIFETIME);
    let ahead = RENEW_AHEAD.min(life / 5);
    Ok(Token {
        text: token.access_token.into(),
        renew_at: Instant::now() + life.saturating_sub(ahead),
    })
}
