//! Signing in as a connector's own specification describes it (`advanced_auth`): which answers it needs beforehand and which
//! settings it fills. For an Airbyte that signs people in with a client of its own, and for connectors that describe their
//! provider, too.

mod described;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::provider::{Ask, Grant, Path, Renewal, Take, When};

pub(crate) use described::OF_CONNECTOR;
pub use described::{Connector, connector_of, described};

/// In the provider's place of such a grant; no provider may be called so.
pub const AIRBYTE: &str = "airbyte";

/// Keys of the longest place: far more than any configuration has, and few enough that what is put there can be read again.
const DEEPEST: usize = 32;

/// The section, as connectors write it and as the platform's Config API spells it.
#[derive(Deserialize)]
struct Section {
    #[serde(alias = "authFlowType")]
    auth_flow_type: Option<String>,
    #[serde(default, alias = "predicateKey")]
    predicate_key: Path,
    #[serde(alias = "predicateValue")]
    predicate_value: Option<Value>,
    #[serde(alias = "oauthConfigSpecification")]
    oauth_config_specification: Option<Places>,
}

/// JSON Schemas whose properties say where in the configuration they belong.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Places {
    #[serde(
        rename = "oauth_user_input_from_connector_config_specification",
        alias = "oauthUserInputFromConnectorConfigSpecification"
    )]
    answers: Value,
    #[serde(
        rename = "complete_oauth_output_specification",
        alias = "completeOAuthOutputSpecification"
    )]
    tokens: Value,
    #[serde(
        rename = "complete_oauth_server_output_specification",
        alias = "completeOAuthServerOutputSpecification"
    )]
    client: Value,
    /// How the provider is asked.
    #[serde(
        rename = "oauth_connector_input_specification",
        alias = "oauthConnectorInputSpecification"
    )]
    flow: Value,
}

/// The section of a specification that signs people in by OAuth 2.0.
fn section(advanced_auth: &Value) -> Option<Section> {
    let section = Section::deserialize(advanced_auth).ok()?;
    Some(section).filter(|section| section.auth_flow_type.as_deref() == Some("oauth2.0"))
}

impl Section {
    /// The constant that chooses signing in.
    fn chosen(&self) -> Option<When> {
        let is = self.predicate_value.clone()?;
        let path = self.predicate_key.clone();
        is_place(&path).then_some(When { path, is })
    }
}

impl Grant {
    /// What the section of a specification says; `None` where it describes no OAuth 2.0, or fills no setting.
    pub fn specified(source_type: &str, advanced_auth: &Value) -> Option<Self> {
        let section = section(advanced_auth)?;
        let when = section.chosen();
        let places = section.oauth_config_specification?;
        let mut tokens = Vec::new();
        for schema in [&places.tokens, &places.client] {
            placed(schema, &mut |name, path, _| {
                tokens.push(Take {
                    from: name.to_owned(),
                    to: path,
                });
            });
        }
        let mut asks = BTreeMap::new();
        placed(&places.answers, &mut |name, path, _| {
            asks.insert(name.to_owned(), asked(path));
        });
        (!tokens.is_empty()).then(|| Self {
            source_type: source_type.to_owned(),
            provider: AIRBYTE.to_owned(),
            scopes: Vec::new(),
            optional_scopes: Vec::new(),
            permissions: Vec::new(),
            authorize_params: BTreeMap::new(),
            asks,
            when: when.into_iter().collect(),
            client_id: None,
            client_secret: None,
            tokens,
            renewal: Renewal::Connector,
            gives_back: None,
        })
    }

    /// The answers that signing in needs, by their names, out of a configuration; those that are not there are left out.
    pub fn answers(&self, config: &Value) -> Map<String, Value> {
        let found = |(name, ask): (&String, &Ask)| {
            if ask.constant().is_some() {
                return None;
            }
            let value = ask.path.iter().try_fold(config, |at, key| at.get(key))?;
            Some((name.clone(), value.clone()))
        };
        self.asks.iter().filter_map(found).collect()
    }

    /// The other way round: the part of a configuration that such answers make. Callers name an answer as the specification
    /// does, as the provider's address does, or by its last key in the configuration.
    pub fn from_answers(&self, answers: &Value) -> Value {
        let mut config = Value::Object(Map::new());
        let asked = self.asks.iter().filter(|(_, ask)| ask.constant().is_none());
        for (word, ask) in asked {
            let last = ask.path.last().map_or(word.as_str(), String::as_str);
            let named = answers.get(word).or_else(|| answers.get(last));
            let nested = || ask.path.iter().try_fold(answers, |at, key| at.get(key));
            if let Some(answer) = named.or_else(nested) {
                crate::fill::put(&mut config, &ask.path, answer.clone());
            }
        }
        config
    }

    /// Writes the constants that choose signing in, where tokens and client are kept elsewhere.
    pub fn choose(&self, config: &mut Value) {
        for when in &self.when {
            crate::fill::put(config, &when.path, when.is.clone());
        }
    }
}

fn asked(path: Path) -> Ask {
    Ask {
        path,
        default: None,
        map: BTreeMap::new(),
        suffix: None,
    }
}

fn is_place(path: &[String]) -> bool {
    (1..=DEEPEST).contains(&path.len())
}

/// Every property that names its place, however deep the schema groups them.
fn placed(schema: &Value, found: &mut impl FnMut(&str, Path, &Value)) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return;
    };
    for (name, property) in properties {
        let place = property
            .get("path_in_connector_config")
            .or_else(|| property.get("pathInConnectorConfig"));
        match place.and_then(|place| Path::deserialize(place).ok()) {
            Some(path) if is_place(&path) => found(name, path, property),
            _ => placed(property, found),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn section() -> Value {
        json!({
            "auth_flow_type": "oauth2.0",
            "predicate_key": ["credentials", "kind"],
            "predicate_value": "sign_in",
            "oauth_config_specification": {
                "oauth_user_input_from_connector_config_specification": { "properties": {
                    "sandbox": { "type": "boolean", "path_in_connector_config": ["is_sandbox"] },
                } },
                "complete_oauth_output_specification": { "properties": {
                    "refresh_token": { "type": "string", "path_in_connector_config": ["credentials", "token"] },
                } },
                "complete_oauth_server_output_specification": { "properties": {
                    "client": { "properties": {
                        "client_id": { "path_in_connector_config": ["credentials", "client_id"] },
                    } },
                } },
            },
        })
    }

    #[test]
    fn it_says_what_is_asked_and_what_is_filled() {
        let grant = Grant::specified("shop", &section()).unwrap();
        let filled: Vec<String> = grant.filled().map(|path| path.join(".")).collect();
        assert_eq!(
            filled,
            [
                "credentials.kind",
                "credentials.token",
                "credentials.client_id"
            ]
        );
        let config = json!({"is_sandbox": false, "start": "2024-01-01"});
        assert_eq!(
            Value::Object(grant.answers(&config)),
            json!({"sandbox": false})
        );
    }

    #[test]
    fn answers_are_taken_by_any_of_their_names() {
        let grant = Grant::specified("shop", &section()).unwrap();
        for answers in [
            json!({"sandbox": true}),
            json!({"is_sandbox": true, "more": 1}),
        ] {
            assert_eq!(grant.from_answers(&answers), json!({"is_sandbox": true}));
        }
        assert_eq!(grant.from_answers(&json!(null)), json!({}));
    }

    #[test]
    fn the_platform_spells_it_another_way() {
        let section = json!({
            "authFlowType": "oauth2.0",
            "oauthConfigSpecification": {
                "completeOAuthOutputSpecification": { "properties": {
                    "access_token": { "path_in_connector_config": ["access_token"] },
                } },
            },
        });
        let grant = Grant::specified("shop", &section).unwrap();
        assert_eq!(grant.filled().count(), 1);
        assert_eq!(grant.provider, AIRBYTE);
    }

    #[test]
    fn what_fills_nothing_is_no_way_to_sign_in() {
        for other in [
            json!(null),
            json!("oauth2.0"),
            json!({"auth_flow_type": "oauth1.0"}),
            json!({"auth_flow_type": "oauth2.0"}),
            json!({"auth_flow_type": "oauth2.0", "oauth_config_specification": {}}),
            json!({"auth_flow_type": "oauth2.0", "oauth_config_specification": {"complete_oauth_output_specification": {
                "properties": {"token": {"path_in_connector_config": []}, "other": {"path_in_connector_config": "token"}}}}}),
        ] {
            assert_eq!(Grant::specified("shop", &other), None, "{other}");
        }
    }

    #[test]
    fn the_chosen_way_is_written_without_tokens() {
        let mut config = json!({"start": "2024-01-01"});
        Grant::specified("shop", &section())
            .unwrap()
            .choose(&mut config);
        assert_eq!(
            config,
            json!({"start": "2024-01-01", "credentials": {"kind": "sign_in"}})
        );
    }
}
