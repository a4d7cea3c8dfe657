//! A grant that its connector renews: the newest token is in the engine's source alone, so the engine gives it back. The hub
//! sends the client that it was granted to, in place of fetching the token: nothing secret leaves the engine that way.

use ::airbyte::{
    Error as Refusal,
    extension::{Became, GiveBack},
};
use oauth::Renewal;
use secrecy::ExposeSecret;
use store::connections::Connection;

use super::{BY_HAND, GIVEN_BACK, Going, NOT_TAKEN};
use crate::{Error, Hub};

/// What became of it there. `None` where the hub's own token is the newest that anybody has.
pub(super) async fn given_back(
    hub: &Hub,
    connection: &Connection,
    going: &Going<'_>,
) -> Result<Option<&'static str>, Error> {
    let renews = going.how.renewal == Renewal::Connector && !going.is_ours;
    let Some(source) = connection.engine_source.filter(|_| renews) else {
        return Ok(None);
    };
    let client = &going.client.client;
    let to = GiveBack {
        client_id: client.id.clone(),
        client_secret: client.secret.expose_secret().to_owned(),
    };
    match hub.airbyte().give_back(source, &to).await {
        Ok(answer) => Ok(words(answer.became)),
        // Deleted there, or at an Airbyte that gives nothing back.
        Err(Refusal::NotFound { .. } | Refusal::Unsupported { .. } | Refusal::Conflict { .. }) => {
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

fn words(became: Became) -> Option<&'static str> {
    match became {
        Became::GivenBack => Some(GIVEN_BACK),
        Became::NoEndpoint => Some(BY_HAND),
        Became::NoToken => None,
        Became::Refused | Became::Unreachable | Became::Unknown => Some(NOT_TAKEN),
    }
}
