//! Where a connector wants client and tokens: into its configuration, and out of the form that a person fills in.

use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};
use time::format_description::well_known::Rfc3339;

use crate::{Account, Client, Grant, Tokens, provider::ACCOUNT};

/// Writes constants, client, tokens and account to their places. What is unknown leaves its place as it was.
pub fn fill(
    config: &mut Value,
    grant: &Grant,
    client: &Client,
    tokens: &Tokens,
    account: Option<&Account>,
) {
    for when in &grant.when {
        put(config, &when.path, when.is.clone());
    }
    if let Some(path) = &grant.client_id {
        put(config, path, json!(client.id));
    }
    if let Some(path) = &grant.client_secret {
        put(config, path, json!(client.secret.expose_secret()));
    }
    for take in &grant.tokens {
        let value = match take.from.as_str() {
            ACCOUNT => account.map(|account| json!(account.id)),
            other => taken(other, tokens),
        };
        if let Some(value) = value {
            put(config, &take.to, value);
        }
    }
}

fn taken(from: &str, tokens: &Tokens) -> Option<Value> {
    match from {
        "access_token" => Some(json!(tokens.access.expose_secret())),
        "refresh_token" => Some(json!(tokens.refresh.as_ref()?.expose_secret())),
        "expires_at" => Some(json!(tokens.expires_at?.format(&Rfc3339).ok()?)),
        other => tokens
            .rest
            .get(other)
            .or_else(|| within(&tokens.rest, other))
            .cloned(),
    }
}

/// What stands deeper in the answer: `team.id`.
fn within<'a>(answer: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let (first, rest) = path.split_once('.')?;
    let mut keys = rest.split('.');
    keys.try_fold(answer.get(first)?, |value, key| value.get(key))
}

/// Copies from `stored` what signing in had filled: the form of a person who stays signed in does not have it.
pub fn keep(config: &mut Value, grant: &Grant, stored: &Value) {
    for path in grant.filled() {
        let found = path.iter().try_fold(stored, |value, key| value.get(key));
        if let Some(value) = found {
            put(config, path, value.clone());
        }
    }
}

impl Grant {
    /// Do two configurations hold the same wherever signing in fills them?
    pub fn fills_alike(&self, one: &Value, other: &Value) -> bool {
        let at = |config: &'_ Value, path: &[String]| {
            let found = path.iter().try_fold(config, |value, key| value.get(key));
            found.cloned()
        };
        self.filled().all(|path| at(one, path) == at(other, path))
    }

    /// Might a configuration hold what the account of this token granted to this client? Where it tells neither whose it is
    /// nor which client's, it might.
    pub fn may_share(&self, config: &Value, client_id: &str, token: &str) -> bool {
        let Some(held) = self.token_in(config) else {
            return false;
        };
        if self.gives_back.is_some() {
            // What is given back names the account.
            return held == token;
        }
        let told = self.client_id.as_ref().and_then(|path| {
            let found = path.iter().try_fold(config, |value, key| value.get(key));
            found.and_then(Value::as_str)
        });
        told.is_none_or(|told| told == client_id)
    }
}

pub(crate) fn put(config: &mut Value, path: &[String], value: Value) {
    let Some((key, rest)) = path.split_first() else {
        *config = value;
        return;
    };
    if !config.is_object() {
        *config = Value::Object(Map::new());
    }
    let below = &mut config[key.as_str()];
    put(below, rest, value);
}

/// The schema without what signing in fills: what is left for a person to answer.
pub fn reduce(schema: &Value, grant: &Grant) -> Value {
    let mut schema = schema.clone();
    choose_branches(&mut schema, grant);
    for path in grant.filled() {
        take_out(&mut schema, path);
    }
    schema
}

/// Choices among ways to sign in become the one that is used.
fn choose_branches(schema: &mut Value, grant: &Grant) {
    for when in &grant.when {
        let Some((last, above)) = when.path.split_last() else {
            continue;
        };
        let Some(holder) = property(schema, above) else {
            continue;
        };
        let branches = holder
            .get("oneOf")
            .or_else(|| holder.get("anyOf"))
            .and_then(Value::as_array);
        let chosen = branches.and_then(|branches| {
            branches
                .iter()
                .find(|branch| is_constant(&branch["properties"][last.as_str()], &when.is))
                .cloned()
        });
        if let Some(mut chosen) = chosen {
            if let (Some(new), Some(order)) = (chosen.as_object_mut(), holder.get("order")) {
                new.insert("order".to_owned(), order.clone());
            }
            *holder = chosen;
        }
    }
}

fn is_constant(property: &Value, value: &Value) -> bool {
    let one_of_one = |name: &str| {
        property[name]
            .as_array()
            .is_some_and(|all| all.as_slice() == std::slice::from_ref(value))
    };
    property["const"] == *value || one_of_one("enum") || property["default"] == *value
}

fn property<'a>(schema: &'a mut Value, path: &[String]) -> Option<&'a mut Value> {
    path.iter().try_fold(schema, |schema, key| {
        schema.get_mut("properties")?.get_mut(key.as_str())
    })
}

/// Removes a property, and the objects that have nothing left to ask.
fn take_out(schema: &mut Value, path: &[String]) {
    let Some((last, above)) = path.split_last() else {
        return;
    };
    let Some(holder) = property(schema, above) else {
        return;
    };
    if let Some(properties) = holder.get_mut("properties").and_then(Value::as_object_mut) {
        properties.remove(last);
    }
    if let Some(required) = holder.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| name != last.as_str());
    }
    let is_empty = holder["properties"].as_object().is_some_and(Map::is_empty);
    if is_empty && !above.is_empty() {
        take_out(schema, above);
    }
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;
    use crate::Providers;

    fn sheets() -> Value {
        json!({
            "type": "object",
            "required": ["spreadsheet_id", "credentials"],
            "properties": {
                "spreadsheet_id": {"type": "string"},
                "credentials": {"type": "object", "order": 1, "oneOf": [
                    {"title": "OAuth", "required": ["auth_type", "client_id", "client_secret", "refresh_token"], "properties": {
                        "auth_type": {"const": "Client"},
                        "client_id": {"type": "string", "airbyte_secret": true},
                        "client_secret": {"type": "string", "airbyte_secret": true},
                        "refresh_token": {"type": "string", "airbyte_secret": true}}},
                    {"title": "Key", "required": ["auth_type", "service_account_info"], "properties": {
                        "auth_type": {"const": "Service"},
                        "service_account_info": {"type": "string", "airbyte_secret": true}}},
                ]},
            },
        })
    }

    #[test]
    fn a_form_asks_only_for_what_signing_in_does_not_give() {
        let all = Providers::load(None).unwrap();
        let (_, grant) = all.grant("google-sheets").unwrap();
        assert_eq!(
            reduce(&sheets(), grant),
            json!({"type": "object", "required": ["spreadsheet_id"], "properties": {"spreadsheet_id": {"type": "string"}}})
        );
        let (_, onedrive) = all.grant("microsoft-onedrive").unwrap();
        let mut schema = sheets();
        schema["properties"]["credentials"]["oneOf"][0]["properties"]["tenant_id"] =
            json!({"type": "string"});
        let reduced = reduce(&schema, onedrive);
        assert_eq!(
            reduced["properties"]["credentials"]["properties"],
            json!({"tenant_id": {"type": "string"}})
        );
    }

    #[test]
    fn what_stands_deeper_in_the_answer_is_found_by_its_path() {
        let rest = json!({"team": {"id": "T1"}, "a.b": "flat"});
        let tokens = Tokens {
            access: SecretString::from("a"),
            refresh: None,
            expires_at: None,
            scopes: None,
            rest: rest.as_object().unwrap().clone(),
        };
        for (from, found) in [
            ("team.id", Some(json!("T1"))),
            ("a.b", Some(json!("flat"))),
            ("team.name", None),
            ("nothing.id", None),
        ] {
            assert_eq!(taken(from, &tokens), found, "{from}");
        }
    }

    #[test]
    fn who_may_live_by_the_same_grant_is_told_by_client_or_account() {
        let all = Providers::load(None).unwrap();
        let (_, sheets) = all.grant("google-sheets").unwrap();
        let of = |id: &str| json!({"credentials": {"client_id": id, "refresh_token": "r"}});
        assert!(sheets.may_share(&of("app"), "app", "another"));
        assert!(!sheets.may_share(&of("other"), "app", "r"));
        let untold = json!({"credentials": {"refresh_token": "r"}});
        assert!(sheets.may_share(&untold, "app", "another"));
        let key = json!({"credentials": {"client_id": "app", "service_account_info": "{}"}});
        assert!(!sheets.may_share(&key, "app", "r"), "nobody signed in");

        let (_, stripe) = all.grant("stripe").unwrap();
        let account = |id: &str| json!({"client_secret": "s", "account_id": id});
        assert!(stripe.may_share(&account("acct_1"), "app", "acct_1"));
        assert!(!stripe.may_share(&account("acct_2"), "app", "acct_1"));
    }

    #[test]
    fn what_was_granted_lands_in_its_places_and_stays_there() {
        let all = Providers::load(None).unwrap();
        let (_, grant) = all.grant("google-sheets").unwrap();
        let client = Client {
            id: "app".to_owned(),
            secret: SecretString::from("hush"),
        };
        let tokens = Tokens {
            access: SecretString::from("a"),
            refresh: Some(SecretString::from("r")),
            expires_at: None,
            scopes: None,
            rest: Map::new(),
        };
        let mut config = json!({"spreadsheet_id": "1"});
        fill(&mut config, grant, &client, &tokens, None);
        let filled = json!({"spreadsheet_id": "1", "credentials":
            {"auth_type": "Client", "client_id": "app", "client_secret": "hush", "refresh_token": "r"}});
        assert_eq!(config, filled);
        let mut changed = json!({"spreadsheet_id": "2"});
        keep(&mut changed, grant, &filled);
        assert_eq!(changed["credentials"], filled["credentials"]);
    }
}
