//! What is known of a provider and of a connector's needs, in the words of the data file.

use std::{collections::BTreeMap, num::NonZeroUsize};

use serde::Deserialize;
use serde_json::Value;

use crate::flow::{self, Flow};

/// One authorisation server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    pub id: String,
    pub name: String,
    pub(crate) authorize_url: String,
    pub(crate) token_url: String,
    #[serde(default)]
    pub(crate) separator: Separator,
    #[serde(default)]
    pub(crate) pkce: Pkce,
    #[serde(default)]
    pub(crate) client_auth: ClientAuth,
    #[serde(default)]
    pub(crate) body: Body,
    #[serde(default)]
    pub(crate) authorize_params: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) token_params: BTreeMap<String, String>,
    #[serde(default = "code")]
    pub(crate) code_param: String,
    pub(crate) optional_scopes_param: Option<String>,
    pub(crate) issuer: Option<String>,
    /// Does every callback name it?
    #[serde(default)]
    pub(crate) issuer_required: bool,
    #[serde(default)]
    pub(crate) identity_scopes: Vec<String>,
    pub(crate) signed: Option<Signed>,
    pub(crate) account: Option<WhoSignedIn>,
    pub(crate) revoke: Option<Revoke>,
    /// Where an operator registers the client.
    pub apps_url: Option<String>,
    /// How a connector describes it; then nothing above but id, name and `code_param` counts.
    #[serde(skip)]
    pub(crate) flow: Option<Flow>,
}

fn code() -> String {
    "code".to_owned()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Separator {
    #[default]
    Space,
    Comma,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Pkce {
    #[default]
    S256,
    None,
}

/// How the client proves itself at the token URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ClientAuth {
    #[default]
    Body,
    Basic,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Body {
    #[default]
    Form,
    Json,
}

/// How callbacks prove that the provider wrote them for the place that the person was sent to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Signed {
    /// The parameter that holds the HMAC of all others by the client's secret: SHA-256, in hexadecimal digits.
    pub hmac: String,
    /// The parameter that names the place.
    pub place: String,
    /// What it has to be; words stand for what the settings say.
    pub is: String,
}

/// Where it says who signed in; `id` and `name` are paths with dots.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhoSignedIn {
    pub from: AccountSource,
    pub url: Option<String>,
    /// What is asked there, as JSON in a POST; nothing for a GET.
    pub ask: Option<String>,
    /// The scheme of the authorisation that carries the token; an empty one for the token alone.
    #[serde(default = "bearer")]
    pub scheme: String,
    /// Which entry, where a list is answered.
    pub among: Option<Among>,
    pub id: String,
    /// Where `id` leads to an address: which segment of its path is the id, counted from 1.
    pub id_segment: Option<NonZeroUsize>,
    pub name: String,
}

fn bearer() -> String {
    "Bearer".to_owned()
}

/// The entry whose field holds this address, in which words stand for what the settings say.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Among {
    pub field: String,
    pub is: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AccountSource {
    Token,
    IdToken,
    Callback,
    Url,
    /// The words of the provider's addresses: its tokens are for that one place.
    Words,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Revoke {
    pub url: String,
    #[serde(default)]
    pub method: RevokeMethod,
    #[serde(default)]
    pub style: RevokeStyle,
    /// What the field with the token is called.
    #[serde(default = "token")]
    pub field: String,
    /// Does the client prove itself, as at the token URL?
    #[serde(default)]
    pub client: bool,
    /// How it does so where it is not as there.
    pub client_auth: Option<ClientAuth>,
    /// The scheme of the authorisation that carries the client's secret; its id is a field beside the token.
    pub secret_scheme: Option<String>,
    /// Only access tokens are taken: one is got with the refresh token that was kept.
    #[serde(default)]
    pub access_token: bool,
    /// The header that shows the token, where the authorisation does not.
    pub token_header: Option<String>,
    /// Everything that the account has granted to the client ends, not this token alone.
    #[serde(default)]
    pub whole_account: bool,
}

fn token() -> String {
    "token".to_owned()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RevokeMethod {
    #[default]
    Post,
    Delete,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RevokeStyle {
    #[default]
    Token,
    TokenJson,
    Bearer,
}

/// What grants call the id of who signed in.
pub(crate) const ACCOUNT: &str = "account";

/// A place in a connector's configuration: the keys from the outside in.
pub(crate) type Path = Vec<String>;

/// What one connector needs of a provider, and where it wants it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// As Airbyte names the connector.
    pub source_type: String,
    /// Id of the provider.
    pub provider: String,
    #[serde(default)]
    pub scopes: Vec<String>,
    /// A person may leave these out.
    #[serde(default)]
    pub optional_scopes: Vec<String>,
    /// What a person allows, in plain words.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// Fixed parameters of the address, over those of the provider: one that stands for any server cannot know them.
    #[serde(default)]
    pub(crate) authorize_params: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) asks: BTreeMap<String, Ask>,
    #[serde(default)]
    pub(crate) when: Vec<When>,
    pub(crate) client_id: Option<Path>,
    pub(crate) client_secret: Option<Path>,
    pub(crate) tokens: Vec<Take>,
    #[serde(default)]
    pub renewal: Renewal,
    /// What of the token answer is given back in the tokens' place, as `from` of `tokens` names it.
    pub(crate) gives_back: Option<String>,
}

/// An answer that the provider's addresses need.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    /// Where the answer stands; nobody is asked where there is none, and the default is a constant.
    #[serde(default)]
    pub path: Path,
    pub default: Option<String>,
    #[serde(default)]
    pub map: BTreeMap<String, String>,
    pub suffix: Option<String>,
}

impl Provider {
    /// One that nobody but a connector knows.
    pub(crate) fn described(id: String, name: String, flow: Flow) -> Self {
        Self {
            id,
            name,
            authorize_url: String::new(),
            token_url: String::new(),
            separator: Separator::default(),
            pkce: Pkce::None,
            client_auth: ClientAuth::default(),
            body: Body::default(),
            authorize_params: BTreeMap::new(),
            token_params: BTreeMap::new(),
            code_param: flow.keys().code.clone(),
            optional_scopes_param: None,
            issuer: None,
            issuer_required: false,
            identity_scopes: Vec::new(),
            signed: None,
            account: None,
            revoke: None,
            apps_url: None,
            flow: Some(flow),
        }
    }

    /// Every scope that people can be asked for: a connector's own description names them, or else the grant.
    pub fn offers<'a>(&'a self, grant: &'a Grant) -> Vec<&'a str> {
        match &self.flow {
            Some(flow) => flow.named_scopes(),
            None => {
                let all = grant.scopes.iter().chain(&grant.optional_scopes);
                all.map(String::as_str).collect()
            }
        }
    }

    /// Other scopes than a connector's description names, those that may be left out apart; for the others, grants say them.
    pub fn ask_for(&mut self, scopes: &[String], optional: &[String]) {
        if let Some(flow) = &mut self.flow {
            flow.ask_for(scopes, optional);
        }
    }

    /// Letters of the state of a consent.
    pub fn state_length(&self) -> usize {
        self.flow.as_ref().map_or(flow::STATE, Flow::state_length)
    }

    /// Is there an endpoint to give a grant back at?
    pub fn takes_back(&self) -> bool {
        self.revoke.is_some()
    }

    /// Does giving one grant back end all that its account has granted to the client?
    pub fn ends_all_of_an_account(&self) -> bool {
        self.revoke
            .as_ref()
            .is_some_and(|revoke| revoke.whole_account)
    }
}

impl Ask {
    /// What the description itself answers.
    pub fn constant(&self) -> Option<&str> {
        let nobody = self.path.is_empty();
        nobody.then(|| self.default.as_deref().unwrap_or_default())
    }
}

/// A constant that chooses signing in among the ways to fill the configuration.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct When {
    pub path: Path,
    pub is: Value,
}

/// From the token answer into the configuration; `account` is the id of who signed in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Take {
    pub from: String,
    pub to: Path,
}

/// Who renews a token that has expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Renewal {
    /// The connector, from the refresh token and the client in its configuration.
    #[default]
    Connector,
    /// We do, before the connector is run: it knows only an access token.
    Hub,
    /// Nobody: it does not expire.
    Never,
}

impl Grant {
    /// What to give back that a configuration holds: the refresh token before the access token, where the provider does
    /// not want something else.
    pub fn token_in(&self, config: &Value) -> Option<String> {
        let own = self.gives_back.as_deref();
        let kinds = match &own {
            Some(own) => std::slice::from_ref(own),
            None => &["refresh_token", "access_token"],
        };
        kinds.iter().find_map(|kind| {
            let take = self.tokens.iter().find(|take| take.from == *kind)?;
            let found = take
                .to
                .iter()
                .try_fold(config, |value, key| value.get(key))?;
            found.as_str().map(str::to_owned)
        })
    }

    /// Does the connector have to be told who signed in?
    pub fn takes_account(&self) -> bool {
        self.tokens.iter().any(|take| take.from == ACCOUNT)
    }

    /// Every place that signing in fills.
    pub(crate) fn filled(&self) -> impl Iterator<Item = &Path> {
        let constants = self.when.iter().map(|when| &when.path);
        let client = self.client_id.iter().chain(&self.client_secret);
        let tokens = self.tokens.iter().map(|take| &take.to);
        constants.chain(client).chain(tokens)
    }
}
