//! A provider that nobody but a connector knows: its specification says how it is asked
//! (`oauth_connector_input_specification`), and a client that somebody registers there signs people in.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Places, placed, section};
use crate::{
    Error,
    flow::{Flow, OUTPUT, Output},
    provider::{Ask, Grant, Path, Provider, Renewal, Take},
    words::is_name,
};

/// What the ids of such providers begin with.
pub(crate) const OF_CONNECTOR: &str = "connector-";

/// A connector, and what its specification says.
#[derive(Debug, Clone, Copy)]
pub struct Connector<'a> {
    /// Id of its definition.
    pub definition: &'a str,
    pub name: &'a str,
    pub source_type: &'a str,
    /// JSON Schema of its settings.
    pub settings: &'a Value,
    pub advanced_auth: &'a Value,
}

/// The definition whose connector describes a provider of this id.
pub fn connector_of(provider: &str) -> Option<&str> {
    let (definition, _) = provider.strip_prefix(OF_CONNECTOR)?.rsplit_once('-')?;
    Some(definition)
}

/// How a connector signs people in by its own description, or why that cannot be followed; `None` where it has none.
pub fn described(connector: Connector<'_>) -> Option<Result<(Provider, Grant), Error>> {
    let section = section(connector.advanced_auth)?;
    let when = section.chosen();
    let places = section.oauth_config_specification?;
    if places.flow.is_null() {
        return None;
    }
    let read = read(connector, &places).map(|(flow, mut grant)| {
        grant.when.extend(when);
        let id = id(connector.definition, &flow);
        grant.provider.clone_from(&id);
        let name = connector.name.to_owned();
        (Provider::described(id, name, flow), grant)
    });
    Some(read.map_err(|error| match error {
        Error::Data(why) => Error::Data(format!("“{}” {why}", connector.name)),
        other => other,
    }))
}

/// One server, one provider: a client registered there is not sent to the next one that a description may name.
fn id(definition: &str, flow: &Flow) -> String {
    let hash = Sha256::digest(flow.server());
    let [a, b, c, d] = [hash[0], hash[1], hash[2], hash[3]];
    format!("{OF_CONNECTOR}{definition}-{a:02x}{b:02x}{c:02x}{d:02x}")
}

fn read(connector: Connector<'_>, places: &Places) -> Result<(Flow, Grant), Error> {
    let mut flow = Flow::read(&places.flow)?;
    let asks = asks(&places.answers, connector.settings);
    flow.free = free(&asks);
    let (client_id, client_secret) = client(&flow, &places.client)?;
    let (outputs, tokens) = outputs(&flow, &places.tokens);
    flow.outputs = outputs;
    if tokens.is_empty() {
        return Err(Error::Data(
            "does not say which settings signing in fills".to_owned(),
        ));
    }
    flow.check(&some(&asks))?;
    let grant = Grant {
        source_type: connector.source_type.to_owned(),
        provider: String::new(),
        scopes: Vec::new(),
        optional_scopes: Vec::new(),
        permissions: flow.permissions(),
        authorize_params: BTreeMap::new(),
        asks,
        when: Vec::new(),
        client_id,
        client_secret,
        tokens,
        renewal: Renewal::Connector,
        gives_back: None,
    };
    Ok((flow, grant))
}

/// Switches that nobody touched are off; everything else has to be answered.
fn asks(answers: &Value, settings: &Value) -> BTreeMap<String, Ask> {
    let mut asks = BTreeMap::new();
    placed(answers, &mut |name, path, property| {
        let asked = setting(settings, &path);
        let either = |key: &str| {
            let of_settings = asked.and_then(|asked| asked.get(key));
            property.get(key).or(of_settings)
        };
        let is_switch = either("type").and_then(Value::as_str) == Some("boolean");
        let choices = either("enum").and_then(Value::as_array);
        let choices = choices.into_iter().flatten().filter_map(Value::as_str);
        let choices = choices.filter(|choice| is_name(choice));
        let ask = Ask {
            path,
            default: is_switch.then(|| "false".to_owned()),
            map: choices
                .map(|choice| (choice.to_owned(), choice.to_owned()))
                .collect(),
            suffix: None,
        };
        asks.insert(name.to_owned(), ask);
    });
    asks
}

/// The schema of a setting, in whichever of its branches.
fn setting<'a>(schema: &'a Value, path: &[String]) -> Option<&'a Value> {
    let Some((key, rest)) = path.split_first() else {
        return Some(schema);
    };
    let here = schema.get("properties").and_then(|all| all.get(key));
    let branches = ["oneOf", "anyOf"].into_iter();
    let branches = branches
        .filter_map(|name| schema.get(name)?.as_array())
        .flatten();
    here.and_then(|schema| setting(schema, rest)).or_else(|| {
        branches
            .into_iter()
            .find_map(|branch| setting(branch, path))
    })
}

/// What people type as they like.
fn free(asks: &BTreeMap<String, Ask>) -> BTreeSet<String> {
    let is_free = |ask: &Ask| ask.map.is_empty() && ask.default.is_none();
    let free = asks.iter().filter(|(_, ask)| is_free(ask));
    free.map(|(name, _)| name.clone()).collect()
}

/// Answers that somebody might give.
fn some(asks: &BTreeMap<String, Ask>) -> BTreeMap<String, String> {
    let one = |ask: &Ask| {
        let chosen = ask.map.values().next().or(ask.default.as_ref());
        chosen.cloned().unwrap_or_else(|| "somebody".to_owned())
    };
    asks.iter()
        .map(|(name, ask)| (name.clone(), one(ask)))
        .collect()
}

/// Where the connector wants id and secret of the client.
fn client(flow: &Flow, places: &Value) -> Result<(Option<Path>, Option<Path>), Error> {
    let (mut id, mut secret, mut other) = (None, None, None);
    placed(places, &mut |name, path, _| {
        if name == "client_id" || name == flow.keys().client_id {
            id = Some(path);
        } else if name == "client_secret" || name == flow.keys().client_secret {
            secret = Some(path);
        } else {
            other = Some(name.to_owned());
        }
    });
    match other {
        None => Ok((id, secret)),
        Some(name) => Err(Error::Data(format!(
            "cannot be followed: it wants “{name}” of whoever registers the client, who is only asked for its id and secret"
        ))),
    }
}

fn outputs(flow: &Flow, places: &Value) -> (Vec<Output>, Vec<Take>) {
    let required: Vec<&str> = places["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let (mut outputs, mut tokens) = (Vec::new(), Vec::new());
    placed(places, &mut |name, path, property| {
        let from = property
            .get("path_in_oauth_response")
            .or_else(|| property.get("pathInOauthResponse"));
        outputs.push(Output {
            name: name.to_owned(),
            path: from.and_then(|path| serde_json::from_value(path.clone()).ok()),
            required: flow.requires(name, required.contains(&name)),
        });
        tokens.push(Take {
            from: format!("{OUTPUT}{name}"),
            to: path,
        });
    });
    (outputs, tokens)
}
