//! What the token answer says, by the names that the specification gives it.

use http::StatusCode;
use secrecy::SecretString;
use serde_json::{Map, Value};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::Flow;
use crate::{Error, Tokens, exchange, provider::Path};

/// Before the names of outputs, where grants name what they take: no answer calls anything so.
pub(crate) const OUTPUT: &str = "output ";
/// The output that is a time, where the answer says how long.
const EXPIRY_DATE: &str = "token_expiry_date";

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    pub name: String,
    /// Where in the answer, if the specification says it.
    pub path: Option<Path>,
    pub required: bool,
}

impl Flow {
    /// Whether it must be there: what is to be extracted, or else what the schema requires.
    pub fn requires(&self, name: &str, required: bool) -> bool {
        match self.extract_output.as_slice() {
            [] => required,
            extracted => extracted.iter().any(|path| last(path) == name),
        }
    }

    pub(super) fn tokens(
        &self,
        status: StatusCode,
        answer: Vec<u8>,
        now: OffsetDateTime,
    ) -> Result<Tokens, Error> {
        let said: Option<Map<String, Value>> = serde_json::from_slice(&answer).ok();
        let Some(said) = said.filter(|_| status.is_success()) else {
            return Err(exchange::refusal(status, answer));
        };
        let mut rest = Map::new();
        for output in &self.outputs {
            match self.value(output, &said, now) {
                Some(value) => {
                    rest.insert(format!("{OUTPUT}{}", output.name), value);
                }
                None if output.required => {
                    return Err(missing(&output.name, status, &said, answer));
                }
                None => {}
            }
        }
        if rest.is_empty() {
            return Err(missing("access_token", status, &said, answer));
        }
        let text = |name: &str| {
            said.get(name)?
                .as_str()
                .map(|text| SecretString::from(text.to_owned()))
        };
        Ok(Tokens {
            access: text("access_token").unwrap_or_default(),
            refresh: text("refresh_token"),
            expires_at: said
                .get(&self.keys.expiry)
                .and_then(|life| exchange::end(life, now)),
            scopes: said.get("scope").and_then(exchange::scopes),
            rest,
        })
    }

    fn value(
        &self,
        output: &Output,
        said: &Map<String, Value>,
        now: OffsetDateTime,
    ) -> Option<Value> {
        let is_expiry = output.name == EXPIRY_DATE;
        let extracted = self
            .extract_output
            .iter()
            .filter(|path| last(path) == output.name);
        let places = extracted
            .map(|path| path.split('.').map(str::to_owned).collect::<Path>())
            .chain([vec![output.name.clone()]])
            .chain(is_expiry.then(|| vec![self.keys.expiry.clone()]));
        let mut places = output.path.clone().into_iter().chain(places);
        let found = places.find_map(|path| at(said, &path).filter(|value| !value.is_null()))?;
        if !is_expiry {
            return Some(found.clone());
        }
        match exchange::end(found, now) {
            Some(end) => end.format(&Rfc3339).ok().map(Value::from),
            None => Some(found.clone()),
        }
    }
}

fn at<'a>(said: &'a Map<String, Value>, path: &[String]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    rest.iter()
        .try_fold(said.get(first)?, |value, key| value.get(key))
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// An answer without it is a refusal where it says so.
fn missing(name: &str, status: StatusCode, said: &Map<String, Value>, answer: Vec<u8>) -> Error {
    if said.contains_key("error") {
        return exchange::refusal(status, answer);
    }
    Error::Answer(format!("it does not hold “{name}”"))
}
