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
use serde::{Deserialize, Serialize};
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

/// A trip, and the page that its person wanted. That page stays here: the issuer learns nothing of it and changes nothing.
#[derive(Serialize, Deserialize)]
struct Trip {
    #[serde(flatten)]
    away: Away,
    next: String,
}

/// Sends the browser to the issuer.
pub async fn leave(
    State(hub): State<Hub>,
    Extension(caller): Extension<Caller>,
    Path(login): Path<String>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let asked = pairs.iter().find(|(name, _)| name == "next");
    let next = paths::safe_next(asked.map_or("", |(_, next)| next.as_str())).to_owned();
    let left = async {
        let (url, away) = elsewhere::leave(&hub, &login, &caller.client).await?;
        let trip = Trip {
            away,
            next: next.clone(),
        };
        caller.session.insert(AWAY, trip).await.map_err(broken)?;
        Ok::<_, Error>(url)
    };
    match left.await {
        Ok(url) => Redirect::to(&url).into_response(),
        Err(error) => failed(why(&error), &next),
    }
}

/// Signs the browser in, or asks who the newcomer works for.
pub async fn callback(
    State(hub): State<Hub>,
    Extension(caller): Extension<Caller>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let trip = match take(&caller.session, &pairs).await {
        Ok(Some(trip)) => trip,
        Ok(None) => return failed("foreign", paths::HOME),
        Err(error) => return failed(why(&broken(error)), paths::HOME),
    };
    let arrived = async {
        let arrived = elsewhere::arrive(&hub, &trip.away, &pairs, &caller.client).await?;
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
    let why = match arrived.await {
        Ok(Ok(Arrival::Known(_))) => return Redirect::to(&trip.next).into_response(),
        Ok(Ok(Arrival::New(_))) => return Redirect::to(paths::JOIN).into_response(),
        Ok(Err(NotArrived::Denied)) => "denied",
        Ok(Err(NotArrived::NoAddress)) => "address",
        Ok(Err(NotArrived::Foreign)) => "foreign",
        Ok(Err(NotArrived::Late)) => "late",
        Ok(Err(NotArrived::Broken)) => "broken",
        Err(error) => why(&error),
    };
    failed(why, &trip.next)
}

/// The trip that this callback ends, once: a second one finds nothing. A stray callback leaves it as it is.
async fn take(
    session: &Session,
    pairs: &[(String, String)],
) -> Result<Option<Trip>, tower_sessions::session::Error> {
    match session.get::<Trip>(AWAY).await? {
        Some(trip) if trip.away.is_of(pairs) => session.remove::<Trip>(AWAY).await,
        _ => Ok(None),
    }
}

fn why(error: &Error) -> &'static str {
    match error.code {
        Code::TooMany => "often",
        _ => "broken",
    }
}

/// Back to the page for signing in, which another try leaves for the same page.
fn failed(why: &str, next: &str) -> Response {
    let next = if next == paths::HOME { "" } else { next };
    let query = [("failed", why), ("next", next)];
    Redirect::to(&paths::with_query(paths::SIGN_IN, &query)).into_response()
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
