//! The ways that are open to a connection: who moves its rows on which route, and why a route is closed.

use std::collections::BTreeMap;

use airbyte::{
    Client,
    extension::{JobRuntime, Runtime},
    holds_refresh_token,
};
use model::{Route, TenantId};
use sqlx::PgConnection;
use store::{connections::Connection, oauth::grants};
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::{Engine, Error, Hub, connections::sealed, own};

/// What this hub's own engine runs a connector with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Connector {
    runtime: Kind,
    /// Whether Airbyte's own runtime can run it here as well.
    second: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// In this process: the direct way.
    Native,
    /// Airbyte's connector, or somebody's program.
    Program,
}

/// The connectors of this hub's own engine: they do not change while it runs.
#[derive(Debug, Default)]
pub(crate) struct Connectors(OnceCell<BTreeMap<Uuid, Connector>>);

impl Connectors {
    async fn find(&self, hub: &Hub, definition: Uuid) -> Result<Option<Connector>, Error> {
        let all = self.0.get_or_try_init(|| ask(hub)).await?;
        Ok(all.get(&definition).copied())
    }
}

async fn ask(hub: &Hub) -> Result<BTreeMap<Uuid, Connector>, Error> {
    let all = hub.direct().definitions().await?;
    let read = all.into_iter().map(|definition| {
        let native = match definition.runtime {
            Runtime::Builtin => true,
            Runtime::Declarative => definition.components.is_empty(),
            Runtime::Python | Runtime::Executable | Runtime::Unknown => false,
        };
        let connector = Connector {
            runtime: if native { Kind::Native } else { Kind::Program },
            second: definition.second_runtime,
        };
        (definition.definition_id, connector)
    });
    Ok(read.collect())
}

/// Where the ids of what an engine holds for a connection stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeldIn {
    /// In the connection itself: the engine that tested it.
    Connection,
    /// Beside it: in this hub's own engine, where another one tested it.
    Beside,
}

/// One way to a connection's rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way<'a> {
    pub client: &'a Client,
    pub runtime: JobRuntime,
    pub held_in: HeldIn,
}

/// Both ways; a closed one says why, for people.
#[derive(Debug, Clone)]
pub(crate) struct Ways<'a> {
    pub direct: Result<Way<'a>, String>,
    pub airbyte: Result<Way<'a>, String>,
}

impl<'a> Ways<'a> {
    pub(crate) fn on(&self, route: Route) -> Result<Way<'a>, Error> {
        let way = match route {
            Route::Direct => &self.direct,
            Route::Airbyte => &self.airbyte,
        };
        way.clone().map_err(Error::Conflict)
    }
}

/// The engine that a route's jobs run in.
pub(crate) fn client(hub: &Hub, route: Option<Route>) -> &Client {
    match route {
        Some(Route::Direct) => hub.direct(),
        _ => hub.airbyte(),
    }
}

pub(crate) async fn ways<'a>(
    hub: &'a Hub,
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: &Connection,
) -> Result<Ways<'a>, Error> {
    let connector = hub.connectors().find(hub, connection.definition).await?;
    match hub.engine() {
        Engine::Embedded => Ok(here(hub, connection, connector)),
        Engine::Remote => {
            let direct = beside(hub, conn, tenant, connection, connector).await?;
            Ok(Ways {
                direct,
                airbyte: Ok(first(hub)),
            })
        }
    }
}

/// What tested the connection moves its rows, too.
fn first(hub: &Hub) -> Way<'_> {
    Way {
        client: hub.airbyte(),
        runtime: JobRuntime::Own,
        held_in: HeldIn::Connection,
    }
}

/// No Airbyte elsewhere: this hub's engine stands for it, with Airbyte's own connectors and runtime.
fn here<'a>(hub: &'a Hub, connection: &Connection, connector: Option<Connector>) -> Ways<'a> {
    // What a workspace describes itself is a manifest, and not among those of the engine.
    let has_two = own::is_own(&connection.integration) || connector.is_some_and(|one| one.second);
    match connector {
        Some(found) if found.runtime == Kind::Program => Ways {
            direct: Err("This tool is read by a connector of Airbyte's.".to_owned()),
            airbyte: Ok(first(hub)),
        },
        _ if has_two => Ways {
            direct: Ok(first(hub)),
            airbyte: Ok(Way {
                client: hub.airbyte(),
                runtime: JobRuntime::Airbyte,
                held_in: HeldIn::Connection,
            }),
        },
        _ => Ways {
            direct: Ok(first(hub)),
            airbyte: Err(
                "Airbyte's connector for this needs an Airbyte server, and none is set up here."
                    .to_owned(),
            ),
        },
    }
}

/// An Airbyte elsewhere has tested the connection; this hub's engine may ask the source as well.
async fn beside<'a>(
    hub: &'a Hub,
    conn: &mut PgConnection,
    tenant: TenantId,
    connection: &Connection,
    connector: Option<Connector>,
) -> Result<Result<Way<'a>, String>, Error> {
    // What a workspace describes itself is a manifest, which this engine runs.
    let native = own::is_own(&connection.integration)
        || connector.is_some_and(|found| found.runtime == Kind::Native);
    if !native {
        return Ok(Err(
            "The hub has no direct way to this tool: only Airbyte's connector reads it.".to_owned(),
        ));
    }
    // Whoever holds a token that is replaced at each use must be the only one who does.
    if grants::find(conn, tenant, connection.id).await?.is_some() {
        return Ok(Err(
            "Airbyte keeps and renews this sign-in, and two that do would end it.".to_owned(),
        ));
    }
    let keys = store::secrets::keys(conn, hub.keys(), tenant).await?;
    if holds_refresh_token(&sealed::open(&keys, connection)?) {
        return Ok(Err(
            "The settings hold a refresh token. Airbyte renews it, and two that do would end it."
                .to_owned(),
        ));
    }
    Ok(Ok(Way {
        client: hub.direct(),
        runtime: JobRuntime::Own,
        held_in: HeldIn::Beside,
    }))
}
