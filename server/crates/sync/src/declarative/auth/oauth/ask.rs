//! The question to the token endpoint.

use serde_json::{Map, Value};

use super::super::basic::value_of;
use super::super::exchange;
use super::OAuth;
use crate::declarative::env::Env;
use crate::declarative::template::Types;
use crate::declarative::text::{Text, plain};
use crate::fault::Fault;

impl OAuth {
    /// Asks the endpoint and gives its JSON.
    pub(super) async fn ask(&self, refresh: Option<String>, env: &Env) -> Result<Value, Fault> {
        let scope = env.scope(&Value::Null);
        let endpoint = value_of(self.endpoint.as_ref(), env)?;
        if endpoint.is_empty() {
            return Err(Fault::config(
                "The manifest does not say where to get access tokens.",
            ));
        }
        let headers = self.headers.fields(&scope, Types::ANY)?;
        let form = match &self.assertion {
            Some(jwt) => Map::from_iter([
                (
                    value_of(Some(&self.grant_type.0), env)?,
                    Value::from(value_of(Some(&self.grant_type.1), env)?),
                ),
                ("assertion".to_owned(), Value::from(jwt.token(env)?)),
            ]),
            None => self.arguments(refresh, headers.contains_key("Authorization"), env)?,
        };
        let none = Map::new();
        let (query, form) = if self.in_query && self.assertion.is_none() {
            (&form, &none)
        } else {
            (&none, &form)
        };
        let page = exchange::post(&endpoint, query, form, &headers, env).await?;
        if !page.is_ok() {
            return Err(self.refusal(&page));
        }
        page.json()
            .cloned()
            .ok_or_else(|| Fault::upstream("The token endpoint's answer is not JSON."))
    }

    fn arguments(
        &self,
        refresh: Option<String>,
        in_header: bool,
        env: &Env,
    ) -> Result<Map<String, Value>, Fault> {
        let mut form = Map::new();
        form.insert(
            value_of(Some(&self.grant_type.0), env)?,
            Value::from(value_of(Some(&self.grant_type.1), env)?),
        );
        // Some providers refuse credentials that come twice.
        if !in_header {
            let id = self.credential(self.client_id.1.as_ref(), "client_id", env)?;
            let secret = self.credential(self.client_secret.1.as_ref(), "client_secret", env)?;
            form.insert(value_of(Some(&self.client_id.0), env)?, Value::from(id));
            form.insert(
                value_of(Some(&self.client_secret.0), env)?,
                Value::from(secret),
            );
        }
        form.insert(
            value_of(Some(&self.refresh_token.0), env)?,
            refresh.map_or(Value::Null, Value::from),
        );
        if !self.scopes.is_empty() {
            form.insert("scopes".to_owned(), Value::Array(self.scopes.clone()));
        }
        let scope = env.scope(&Value::Null);
        for (name, value) in self.body.fields(&scope, Types::ANY)? {
            form.entry(name).or_insert(value);
        }
        Ok(form)
    }

    /// Rotating tokens look into the configuration's usual place first.
    fn credential(&self, text: Option<&Text>, usual: &str, env: &Env) -> Result<String, Fault> {
        let found = env
            .config
            .pointer(&format!("/credentials/{usual}"))
            .filter(|_| self.rotation.is_some());
        match found {
            Some(found) => Ok(plain(found)),
            None => value_of(text, env),
        }
    }
}
