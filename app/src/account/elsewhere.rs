//! Leaving for an account elsewhere and coming back: what is kept meanwhile stands in the browser's own session.

use axum::{
    Extension,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
};
use hub::{
    Hub,
    accounts::elsewhere::{self, Arrival, Away, Identity, NotArrived},
};
use tower_sessions::Session;

use crate::{
    error::{Code, Error},
    paths,
    server::{self, Caller},
};

/// Key of a trip that goes on.
const AWAY: &str = "away";
/// Key of somebody who came back and has no account yet.
const IDENTITY: &str = "identity";

/// Sends the browser to the issuer.
pub async fn leave(
    State(hub): State<Hub>,
    Extension(caller): Extension<Caller>,
    Path(login): Path<String>,
) -> Response {
    let left = async {
        let (url, away) = elsewhere::leave(&hub, &login, &caller.client).await?;
        caller.session.insert(AWAY, away).await.map_err(broken)?;
        Ok::<_, Error>(url)
    };
    match left.await {
        Ok(url) => Redirect::to(&url).into_response(),
        Err(error) => failed(why(&error)),
    }
}

/// Signs the browser in, or asks who the newcomer works for.
pub async fn callback(
    State(hub): State<Hub>,
    Extension(caller): Extension<Caller>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let arrived = async {
        // Taken out first: a second callback finds nothing.
        let away: Option<Away> = caller.session.remove(AWAY).await.map_err(broken)?;
        let Some(away) = away else {
            return Ok(Err(NotArrived::Foreign));
        };
        let arrived = elsewhere::arrive(&hub, &away, &pairs, &caller.client).await?;
        match &arrived {
            Ok(Arrival::Known(user)) => server::sign_in_to(&caller.session, *user).await?,
            Ok(Arrival::New(identity)) => {
                caller.session.cycle_id().await.map_err(broken)?;
                caller
                    .session
                    .insert(IDENTITY, identity)
                    .await
                    .map_err(broken)?;
            }
            Err(_) => {}
        }
        Ok::<_, Error>(arrived)
    };
    match arrived.await {
        Ok(Ok(Arrival::Known(_))) => Redirect::to(paths::HOME).into_response(),
        Ok(Ok(Arrival::New(_))) => Redirect::to(paths::JOIN).into_response(),
        Ok(Err(NotArrived::Denied)) => failed("denied"),
        Ok(Err(NotArrived::NoAddress)) => failed("address"),
        Ok(Err(NotArrived::Foreign)) => failed("foreign"),
        Ok(Err(NotArrived::Broken)) => failed("broken"),
        Err(error) => failed(why(&error)),
    }
}

fn why(error: &Error) -> &'static str {
    match error.code {
        Code::TooMany => "often",
        _ => "broken",
    }
}

fn failed(why: &str) -> Response {
    Redirect::to(&paths::with_query(paths::SIGN_IN, &[("failed", why)])).into_response()
}

/// The newcomer has an account now.
pub async fn joined(session: &Session) -> Result<(), Error> {
    session
        .remove::<Identity>(IDENTITY)
        .await
        .map(drop)
        .map_err(broken)
}

/// The newcomer of this session.
pub async fn waiting(session: &Session) -> Result<Option<Identity>, Error> {
    session.get(IDENTITY).await.map_err(broken)
}

fn broken(error: tower_sessions::session::Error) -> Error {
    Error::from(hub::Error::Internal(error.into()))
}
