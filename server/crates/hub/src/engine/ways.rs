//! The ways that are open to a connection: who moves its rows on which route, and why a route is closed.

use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use airbyte::{
    Client,
    extension::{JobRuntime, Runtime},
    holds_refresh_token,
};
use model::{Route, TenantId};
use sqlx::PgConnection;
use store::{connections::Connection, oauth::grants};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::{Engine, Error, Hub, connections::sealed, own};

/// What is not on a server may be there after this long: an operator may have put it right.
const ASK_AGAIN: Duration = Duration::from_mins(1);
/// Why a way is closed that only an operator can open.
const LACKING: &str = "Not available on this server at the moment; its operators know why.";

/// What this hub's own engine runs a connector with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Connector {
    runtime: Kind,
    /// Whether Airbyte's own runtime can run it here as well.
    second: bool,
    /// What Airbyte made for it is neither here nor to be had at the moment.
    lacks: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// In this process: the direct way.
    Native,
    /// Airbyte's connector, or somebody's program.
    Program,
}

/// The connectors of this hub's own engine. Which there are does not change while it runs; what Airbyte made for them may come.
#[derive(Debug, Default)]
pub(crate) struct Connectors {
    known: RwLock<Option<Known>>,
    /// Held by whoever asks the engine.
    asking: Mutex<()>,
}

#[derive(Debug, Clone)]
struct Known {
    at: Instant,
    all: Arc<BTreeMap<Uuid, Connector>>,
}

impl Connectors {
    /// As they are, or were a moment ago: only whoever comes first ever waits for another one's question.
    async fn all(&self, hub: &Hub) -> Result<Arc<BTreeMap<Uuid, Connector>>, Error> {
        let Some(known) = self.known() else {
            let _asking = self.asking.lock().await;
            return match self.known() {
                Some(known) => Ok(known.all),
                None => self.ask(hub).await,
            };
        };
        if known.at.elapsed() < ASK_AGAIN {
            return Ok(known.all);
        }
        let Ok(_asking) = self.asking.try_lock() else {
            return Ok(known.all);
        };
        // Without an answer, what was known is as good as ever.
        Ok(self.ask(hub).await.unwrap_or(known.all))
    }

    fn known(&self) -> Option<Known> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.clone()
    }

    async fn ask(&self, hub: &Hub) -> Result<Arc<BTreeMap<Uuid, Connector>>, Error> {
        let all = Arc::new(ask(hub).await?);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        *known = Some(Known {
            at: Instant::now(),
            all: Arc::clone(&all),
        });
        Ok(all)
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
            lacks: definition.lacks_airbytes_part,
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
    let all = hub.connectors().all(hub).await?;
    let connector = all.get(&connection.definition).copied();
    match hub.engine() {
        Engine::Embedded => {
            // What a workspace describes itself is a manifest, and not among those of the engine: what runs these runs it.
            let described = || all.values().find(|one| one.second).copied();
            let is_own = own::is_own(&connection.integration);
            let connector = connector.or_else(|| described().filter(|_| is_own));
            Ok(here(hub, connection, connector))
        }
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
    let has_two = own::is_own(&connection.integration) || connector.is_some_and(|one| one.second);
    let lacks = connector.is_some_and(|one| one.lacks);
    let there = |way: Way<'a>| {
        if lacks {
            Err(LACKING.to_owned())
        } else {
            Ok(way)
        }
    };
    match connector {
        Some(found) if found.runtime == Kind::Program => Ways {
            direct: Err("This tool is read by a connector of Airbyte's.".to_owned()),
            airbyte: there(first(hub)),
        },
        _ if has_two => Ways {
            direct: Ok(first(hub)),
            airbyte: there(Way {
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
