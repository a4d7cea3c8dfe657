//! The client of an Airbyte API, Airbyte's own or the embedded engine's.
//!
//! One file per noun of the API; `send` holds what all calls share: tokens, retries, errors.

mod actors;
mod answer;
mod applications;
mod auth;
mod connections;
mod declarative;
mod definitions;
mod embedded;
mod extension;
mod give_back;
mod groups;
mod guard;
mod jobs;
mod lines;
mod oauth;
mod oauth_credentials;
mod organizations;
mod pages;
mod permissions;
mod places;
mod platform;
mod regions;
mod registry;
mod send;
mod tags;
mod workspaces;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use uuid::Uuid;

pub use actors::Cache;
pub use auth::Auth;
pub use guard::Health;
pub use lines::Lines;
pub use oauth_credentials::OAuthOwner;
pub use places::{Held, Places, Taking, Waits};
pub use platform::{Capabilities, Listed, SignIn};

use crate::{BaseUrl, Error};
use auth::Tokens;
use guard::Guard;
use registry::Registry;

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Silence after which a connection counts as broken. Discovery answers after minutes of silence.
const READ_TIMEOUT: Duration = Duration::from_mins(15);

/// What answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Server {
    /// The embedded engine: the public API, and its own calls under `/x`.
    Engine,
    /// Airbyte's platform, Cloud or self-hosted: the public API, and as much of its Config API as the account may use.
    Platform,
}

/// A client; cheap to clone, and clones share their token.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    /// Who is told that a call of this clone waits.
    waits: Option<Waits>,
}

struct Shared {
    http: reqwest::Client,
    base: BaseUrl,
    server: Server,
    tokens: Tokens,
    guard: Guard,
    /// Some workspace that the credentials see.
    workspace: Mutex<Option<Uuid>>,
    discoveries: places::Discoveries,
    /// What a probe found out.
    sign_in: platform::Known,
    several: platform::Several,
    /// What stands in place of its Config API.
    page: platform::Page,
    /// Jobs that are active there.
    board: platform::Board,
    /// Specifications that were read there lately.
    specs: platform::Specs,
    /// Where specifications come from that the account may not read there.
    registry: Option<Registry>,
}

impl Client {
    /// A client with its own connections, for an address an operator has configured. A proxy that stands in the
    /// environment is not used: it would see every token.
    pub fn connect(base: BaseUrl, auth: Auth, server: Server) -> Result<Self, Error> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the address is the operator's, never a tenant's"
        )]
        let builder = reqwest::Client::builder().no_proxy();
        Self::with_builder(builder, base, auth, server)
    }

    /// A client made from a prepared builder (proxy, extra roots). Redirects are never followed: they would carry
    /// the token to another place.
    pub fn with_builder(
        builder: reqwest::ClientBuilder,
        base: BaseUrl,
        auth: Auth,
        server: Server,
    ) -> Result<Self, Error> {
        let http = builder
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .user_agent(concat!("airbyte-client/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(Error::transport)?;
        Ok(Self {
            shared: Arc::new(Shared {
                http,
                base,
                server,
                tokens: Tokens::new(auth),
                guard: Guard::new(server),
                workspace: Mutex::default(),
                discoveries: places::Discoveries::default(),
                sign_in: platform::Known::default(),
                several: platform::Several::default(),
                page: platform::Page::default(),
                board: platform::Board::default(),
                specs: platform::Specs::default(),
                registry: None,
            }),
            waits: None,
        })
    }

    /// Reads specifications from a public list of connectors where the account may not read them at the server itself.
    /// Before the client is cloned: clones share what it knows.
    pub fn with_registry(mut self, url: &str) -> Result<Self, Error> {
        let url = reqwest::Url::parse(url)
            .map_err(|_| Error::invalid("The address of the list of connectors is no URL."))?;
        if let Some(shared) = Arc::get_mut(&mut self.shared) {
            shared.registry = Some(Registry::new(url));
        }
        Ok(self)
    }

    /// Shares the place to discover with others who ask the same platform. Before the client is cloned, as above.
    #[must_use]
    pub fn with_places(mut self, places: impl Places + 'static) -> Self {
        if let Some(shared) = Arc::get_mut(&mut self.shared) {
            shared.discoveries.share(places);
        }
        self
    }

    /// The same client, whose calls tell whether they wait for a place to discover.
    #[must_use]
    pub fn telling(&self, waits: &Waits) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            waits: Some(waits.clone()),
        }
    }

    pub fn server(&self) -> Server {
        self.shared.server
    }

    /// How calls have gone lately.
    pub fn condition(&self) -> Health {
        self.shared.guard.health()
    }

    /// The base address, for people to see.
    pub fn base(&self) -> &str {
        self.shared.base.as_str()
    }

    /// Where the Config API is asked, for people to see.
    pub fn config_base(&self) -> Option<&str> {
        self.shared.base.config()
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("base", &self.base())
            .finish_non_exhaustive()
    }
}
