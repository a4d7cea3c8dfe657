//! `HttpRequester`: one request as a manifest describes it, sent until it has an answer or is given up.

mod address;
mod cache;
mod encode;
mod inputs;
mod links;
mod merge;
mod option;
mod page;
mod positioned;
mod send;
mod wire;

use std::sync::OnceLock;

use reqwest::Method;
use serde_json::{Map, Value};

use super::auth::{Authenticator, Holder};
use super::env::Env;
use super::errors::ErrorHandler;
use super::manifest::Node;
use super::slice::Slice;
use super::template::{Binding, Scope, SliceView, Types};
use super::text::{Text, plain};
use crate::fault::Fault;
pub use cache::Cache;
pub use encode::{form, with_query};
pub use inputs::{Inputs, Nested};
pub use merge::Options;
pub use option::{Extras, Place, RequestOption};
pub use page::{Body, Page, trim_mark};
pub use send::{Prepared, header_map, send_once};
pub use wire::Wire;

/// A request and how to send it.
#[derive(Debug)]
pub struct Requester {
    /// The stream, for messages.
    pub name: String,
    method: Method,
    url: Option<Text>,
    url_base: Option<Text>,
    path: Option<Text>,
    params: Inputs,
    headers: Inputs,
    content: Content,
    pub auth: Authenticator,
    /// Found out at the first request.
    holder: OnceLock<Holder>,
    pub errors: ErrorHandler,
    use_cache: bool,
    wire: Wire,
    /// The parameter that carries the list of fields to ask for.
    properties_key: Option<String>,
}

#[derive(Debug)]
enum Content {
    None,
    Form(Inputs),
    Json(Nested),
}

/// What one page asks for.
#[derive(Debug, Clone, Default)]
pub struct Ask<'a> {
    pub slice: Option<&'a Slice>,
    /// `{"next_page_token": …}`.
    pub token: Option<&'a Value>,
    /// A path or whole address from the paginator.
    pub path: Option<String>,
    pub extras: Extras,
}

/// Why no page came.
#[derive(Debug)]
pub enum Stop {
    Fault(Fault),
    ResetPagination,
    ReducePageSize(Option<String>),
    SplitRequestWindow(Option<String>),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Stop {
    /// For callers that have nothing to make smaller.
    pub fn into_fault(self) -> Fault {
        match self {
            Self::Fault(fault) => fault,
            Self::ResetPagination | Self::ReducePageSize(_) | Self::SplitRequestWindow(_) => {
                Fault::config(
                    "The manifest's error handler asks for another paging, which this request has none of.",
                )
            }
        }
    }
}

/// Whether pages of this requester are kept for other streams of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caching {
    AsManifest,
    Always,
}

impl Requester {
    pub fn read(node: &Node<'_>, name: &str, env: &Env, caching: Caching) -> Result<Self, Fault> {
        if node.kind() != "HttpRequester" {
            return Err(node.unknown());
        }
        let method = node.str("http_method")?.unwrap_or("GET").to_uppercase();
        let method = Method::from_bytes(method.as_bytes())
            .map_err(|_| node.wrong("http_method", "is no HTTP method"))?;
        let url = Text::read(node, "url")?.filter(|text| !text.source().is_empty());
        let url_base = Text::read(node, "url_base")?.filter(|text| !text.source().is_empty());
        let auth = match node.child("authenticator")? {
            Some(auth) => {
                let base = url.as_ref().or(url_base.as_ref());
                Authenticator::read(&auth, name, base.map(Text::source).unwrap_or_default(), env)?
            }
            None => Authenticator::None,
        };
        let errors = match node.child("error_handler")? {
            Some(handler) => ErrorHandler::read(&handler)?,
            None => ErrorHandler::standard(),
        };
        let (params, properties_key) = params(node)?;
        Ok(Self {
            name: name.to_owned(),
            method,
            url,
            url_base,
            path: Text::read(node, "path")?,
            params,
            headers: Inputs::read(node, "request_headers")?,
            content: Content::read(node)?,
            auth,
            holder: OnceLock::new(),
            errors,
            use_cache: caching == Caching::Always || node.is("use_cache")?,
            wire: Wire::read(node, env)?,
            properties_key,
        })
    }

    /// The request before anything about credentials.
    fn prepare(&self, ask: &Ask<'_>, env: &Env) -> Result<Parts, Fault> {
        with_scope(ask, env, |scope| {
            let mut params = self.params.fields(scope, Types::REQUEST)?;
            if let Some(key) = &self.properties_key {
                let wanted = ask
                    .slice
                    .and_then(|slice| slice.extra.get("query_properties"));
                let names: Vec<String> = match wanted {
                    Some(Value::Array(names)) => names.iter().map(plain).collect(),
                    _ => Vec::new(),
                };
                params.insert(key.clone(), Value::from(names.join(",")));
            }
            let (form, json) = match &self.content {
                Content::None => (Options::default(), Map::new()),
                Content::Form(inputs) => (inputs.options(scope, Types::REQUEST)?, Map::new()),
                Content::Json(nested) => match nested.render(scope)? {
                    Value::Object(fields) => (Options::default(), fields),
                    Value::Null => (Options::default(), Map::new()),
                    _ => return Err(Fault::config("The request's JSON body is no object.")),
                },
            };
            Ok(Parts {
                url: self.address(ask, scope)?,
                params,
                headers: self.headers.fields(scope, Types::ANY)?,
                form,
                json,
            })
        })
    }

    /// Whether a request more changes nothing, here or there.
    pub fn only_reads(&self) -> bool {
        self.method == Method::GET && !self.use_cache
    }

    fn holder(&self, env: &Env) -> Result<Holder, Fault> {
        if let Some(known) = self.holder.get() {
            return Ok(*known);
        }
        let holder = self.auth.holder(env)?;
        Ok(*self.holder.get_or_init(|| holder))
    }

    fn address(&self, ask: &Ask<'_>, scope: &Scope<'_>) -> Result<String, Fault> {
        let text = |text: &Option<Text>| match text {
            Some(text) => text.string(scope),
            None => Ok(String::new()),
        };
        let path = match &ask.path {
            Some(path) => path.clone(),
            None => text(&self.path)?.trim_start_matches('/').to_owned(),
        };
        let base = match text(&self.url_base)? {
            base if base.is_empty() => text(&self.url)?,
            base => base,
        };
        Ok(address::join(&base, &path))
    }
}

/// What the requester itself puts into a request.
struct Parts {
    url: String,
    params: Map<String, Value>,
    headers: Map<String, Value>,
    form: Options,
    json: Map<String, Value>,
}

/// Runs work that sees what templates of a request see.
pub fn with_scope<T>(ask: &Ask<'_>, env: &Env, work: impl FnOnce(&Scope<'_>) -> T) -> T {
    let mut scope = Scope::new().json("config", &env.config);
    scope.set(
        "stream_slice",
        ask.slice.map_or(Binding::None, slice_binding),
    );
    scope.set(
        "next_page_token",
        ask.token.map_or(Binding::None, Binding::Json),
    );
    // Fields beside the slice are names of their own.
    for (name, value) in ask.slice.into_iter().flat_map(|slice| &slice.extra) {
        scope.set(name, Binding::Json(value));
    }
    work(&scope)
}

/// A slice for templates.
pub fn slice_binding(slice: &Slice) -> Binding<'_> {
    Binding::Slice(SliceView {
        partition: &slice.partition,
        cursor: &slice.cursor,
        extra: &slice.extra,
    })
}

/// Query parameters without the one that holds `QueryProperties`, and that one's name.
fn params(node: &Node<'_>) -> Result<(Inputs, Option<String>), Fault> {
    let Some(Value::Object(fields)) = node.get("request_parameters") else {
        return Ok((Inputs::read(node, "request_parameters")?, None));
    };
    let mut fields = fields.clone();
    let key = properties_key(&fields);
    if let Some(key) = &key {
        fields.shift_remove(key);
    }
    let inputs = Inputs::of(node, "request_parameters", &Value::Object(fields))?;
    Ok((inputs, key))
}

/// The parameter that is a `QueryProperties` component.
pub fn properties_key(fields: &Map<String, Value>) -> Option<String> {
    fields
        .iter()
        .find(|(_, value)| {
            value
                .get("type")
                .is_some_and(|kind| kind == "QueryProperties")
        })
        .map(|(name, _)| name.clone())
}

impl Content {
    fn read(node: &Node<'_>) -> Result<Self, Fault> {
        if let Some(body) = node.child("request_body")? {
            return match body.kind() {
                "RequestBodyUrlEncodedForm" | "RequestBodyPlainText" => Ok(Self::Form(Inputs::of(
                    node,
                    "request_body",
                    body.need("value")?,
                )?)),
                "RequestBodyJsonObject" | "RequestBodyGraphQL" => Ok(Self::Json(Nested::of(
                    node,
                    "request_body",
                    body.need("value")?,
                )?)),
                _ => Err(body.unknown()),
            };
        }
        match (node.get("request_body_data"), node.get("request_body_json")) {
            (Some(_), Some(_)) => {
                Err(node.broken("it has both request_body_data and request_body_json."))
            }
            (Some(value), None) => Ok(Self::Form(Inputs::of(node, "request_body_data", value)?)),
            (None, Some(value)) => Ok(Self::Json(Nested::of(node, "request_body_json", value)?)),
            (None, None) => Ok(Self::None),
        }
    }
}
