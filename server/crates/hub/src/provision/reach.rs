//! Whether an Airbyte elsewhere reaches the tenant's tables. A no keeps nobody from the direct way: it is kept and shown, and
//! that Airbyte is asked again before it is used.

use airbyte::extension::CheckResult;
use model::{StepName, TenantId};
use store::steps;
use uuid::Uuid;

use super::{
    Made,
    destination::{address, engine_refused, make_destination},
    run,
};
use crate::{Engine, Error, Hub, tenant_db::Address};

/// What a no means, for whoever reads it.
const MEANWHILE: &str =
    "Until then rows come the direct way only. Airbyte is asked again before it is used.";

/// What it said.
pub(super) enum Reached {
    Yes,
    /// These credentials may not ask.
    Untold,
    No(String),
}

impl Reached {
    /// The step is done in any case.
    pub(super) fn made(self, destination: Uuid, lands: &str) -> Made {
        let (words, refusal) = match self {
            Self::Yes => ("Airbyte reaches it.".to_owned(), None),
            Self::Untold => (
                "Airbyte does not tell these credentials whether it reaches it: the first sync will.".to_owned(),
                None,
            ),
            Self::No(why) => (format!("{why} {MEANWHILE}"), Some(why)),
        };
        Made {
            refusal,
            ..Made::done(destination.to_string(), format!("{lands} {words}"))
        }
    }
}

pub(super) async fn ask(hub: &Hub, destination: Uuid) -> Result<Reached, Error> {
    let Address { host, port, .. } = address(hub);
    match hub.airbyte().check_destination(destination).await {
        Ok(CheckResult::Succeeded) => Ok(Reached::Yes),
        Ok(CheckResult::Failed { fault }) => Ok(Reached::No(format!(
            "Airbyte does not reach the tenant database at {host}:{port}. It says: {} Name an address that leads there from Airbyte in TENANT_DATABASE_EXTERNAL_URL.",
            sentence(&fault.message)
        ))),
        Err(
            airbyte::Error::Forbidden { .. }
            | airbyte::Error::Unsupported { .. }
            | airbyte::Error::NotFound { .. },
        ) => Ok(Reached::Untold),
        // Packets that nobody answers look like this from here.
        Err(
            error @ (airbyte::Error::Interrupted(_)
            | airbyte::Error::Upstream {
                status: 408 | 500 | 502 | 504 | 524,
                ..
            }),
        ) => Ok(Reached::No(format!(
            "Airbyte could not say whether it reaches the tenant database at {host}:{port}: {error}."
        ))),
        Err(error) => Err(engine_refused(error)),
    }
}

/// Before an Airbyte elsewhere is used: why it still does not reach the tenant's tables, if it did not. It is asked with
/// the address and the login as they are now.
pub(crate) async fn refusal(hub: &Hub, tenant: TenantId) -> Result<Option<String>, Error> {
    if hub.engine() == Engine::Embedded {
        return Ok(None);
    }
    let mut tx = hub.store().tenant(tenant).await?;
    let known = steps::refusal(&mut tx, tenant, StepName::Destination).await?;
    tx.commit().await?;
    if known.is_none() {
        return Ok(None);
    }
    let made = make_destination(hub, tenant).await?;
    let mut tx = hub.store().tenant(tenant).await?;
    run::put(hub, &mut tx, tenant, StepName::Destination, &made).await?;
    tx.commit().await?;
    Ok(made.refusal)
}

fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}
