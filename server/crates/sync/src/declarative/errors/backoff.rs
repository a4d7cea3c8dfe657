//! How long to wait before a request is tried again.

use std::time::Duration;

use fancy_regex::Regex;
use rand::RngExt as _;
use serde_json::{Map, Value};

use super::filter::with_scope;
use super::{Outcome, after};
use crate::clock;
use crate::declarative::env::Env;
use crate::declarative::manifest::Node;
use crate::declarative::template::{Scope, Types, pattern};
use crate::declarative::text::Text;
use crate::fault::{Fault, Kind};

const FACTOR: f64 = 5.0;

#[derive(Debug)]
pub enum Backoff {
    Constant {
        seconds: Text,
        jitter: Option<f64>,
    },
    Exponential {
        factor: Option<Text>,
        jitter: Option<f64>,
    },
    Header {
        value: HeaderValue,
        longest: Option<Text>,
    },
    UntilHeader {
        value: HeaderValue,
        least: Option<Text>,
        longest: Option<Text>,
    },
    Response {
        seconds: Text,
        longest: Option<Text>,
    },
}

/// A number in a header.
#[derive(Debug)]
pub struct HeaderValue {
    name: Text,
    pattern: Option<Pattern>,
}

/// What of the header's text is the number.
#[derive(Debug)]
enum Pattern {
    Written(Box<Regex>),
    /// Made of the configuration.
    Made(Text),
}

impl Backoff {
    pub fn read(node: &Node<'_>) -> Result<Self, Fault> {
        let longest = || Text::read(node, "max_waiting_time_in_seconds");
        let jitter = || node.number("jitter_range_in_seconds");
        Ok(match node.kind() {
            "ConstantBackoffStrategy" | "ConstantBackoff" => Self::Constant {
                seconds: Text::need(node, "backoff_time_in_seconds")?,
                jitter: jitter()?,
            },
            "ExponentialBackoffStrategy" | "ExponentialBackoff" => Self::Exponential {
                factor: Text::read(node, "factor")?,
                jitter: jitter()?,
            },
            "WaitTimeFromHeader" => Self::Header {
                value: HeaderValue::read(node)?,
                longest: longest()?,
            },
            "WaitUntilTimeFromHeader" => Self::UntilHeader {
                value: HeaderValue::read(node)?,
                least: Text::read(node, "min_wait")?,
                longest: longest()?,
            },
            "WaitTimeFromResponse" => Self::Response {
                seconds: Text::need(node, "wait_time_in_seconds")?,
                longest: longest()?,
            },
            _ => return Err(node.unknown()),
        })
    }

    /// Seconds, or nothing when this strategy has no answer.
    pub fn seconds(
        &self,
        outcome: Outcome<'_>,
        attempt: u32,
        env: &Env,
    ) -> Result<Option<f64>, Fault> {
        match self {
            Self::Constant { seconds, jitter } => {
                Ok(Some(spread(number(seconds, env)?.unwrap_or(0.0), *jitter)))
            }
            Self::Exponential { factor, jitter } => {
                let factor = match factor {
                    Some(factor) => number(factor, env)?.unwrap_or(FACTOR),
                    None => FACTOR,
                };
                let power = i32::try_from(attempt).unwrap_or(i32::MAX);
                Ok(Some(spread(factor * 2_f64.powi(power), *jitter)))
            }
            Self::Header { value, longest } => {
                let seconds = value.find(outcome, env)?;
                match seconds.filter(|seconds| *seconds != 0.0) {
                    Some(seconds) => bounded(seconds, longest.as_ref(), env).map(Some),
                    None => Ok(None),
                }
            }
            Self::UntilHeader {
                value,
                least,
                longest,
            } => {
                let least = match least {
                    Some(least) => number(least, env)?.filter(|least| *least != 0.0),
                    None => None,
                };
                let until = value.find(outcome, env)?.filter(|until| *until != 0.0);
                let wait = match (until, least) {
                    (None, least) => least,
                    (Some(until), Some(least)) => {
                        Some((until - clock::now_millis() / 1e3).max(least))
                    }
                    (Some(until), None) => {
                        Some(until - clock::now_millis() / 1e3).filter(|wait| *wait >= 0.0)
                    }
                };
                wait.map(|wait| bounded(wait, longest.as_ref(), env))
                    .transpose()
            }
            Self::Response { seconds, longest } => {
                let wait = from_response(seconds, outcome, env);
                wait.filter(|wait| wait.is_finite() && *wait > 0.0)
                    .map(|wait| bounded(wait, longest.as_ref(), env))
                    .transpose()
            }
        }
    }
}

impl HeaderValue {
    fn read(node: &Node<'_>) -> Result<Self, Fault> {
        Ok(Self {
            name: Text::need(node, "header")?,
            pattern: Text::read(node, "regex")?
                .filter(|text| !text.source().is_empty())
                .map(|text| Pattern::read(text, node))
                .transpose()?,
        })
    }

    fn find(&self, outcome: Outcome<'_>, env: &Env) -> Result<Option<f64>, Fault> {
        let Outcome::Page(page) = outcome else {
            return Ok(None);
        };
        let empty = Value::Object(Map::new());
        let scope = env.scope(&empty);
        let name = self.name.string(&scope)?;
        let Some(mut value) = page.header(&name) else {
            return Ok(None);
        };
        if let Some(pattern) = &self.pattern
            && let Some(found) = pattern.find(value, &scope)?
        {
            value = found;
        }
        Ok(value.trim().parse().ok())
    }
}

impl Pattern {
    fn read(text: Text, node: &Node<'_>) -> Result<Self, Fault> {
        if ["{{", "{%", "{#"]
            .iter()
            .any(|mark| text.source().contains(mark))
        {
            return Ok(Self::Made(text));
        }
        let regex = pattern::compile(text.source()).map_err(|error| {
            node.wrong("regex", "is no regular expression")
                .with_detail(error.to_string())
        })?;
        Ok(Self::Written(Box::new(regex)))
    }

    /// What fits at the beginning of the text, as with Python's `match`.
    fn find<'t>(&self, text: &'t str, scope: &Scope<'_>) -> Result<Option<&'t str>, Fault> {
        let unusable = |detail: String| {
            Fault::config("The manifest holds a regular expression that cannot be used.")
                .with_detail(detail)
        };
        let found = match self {
            Self::Written(regex) => regex.find(text),
            Self::Made(made) => pattern::compile(&made.string(scope)?)
                .map_err(|error| unusable(error.to_string()))?
                .find(text),
        };
        let found = found.map_err(|error| unusable(pattern::failed(&error).to_string()))?;
        Ok(found
            .filter(|found| found.start() == 0)
            .map(|found| found.as_str()))
    }
}

/// A strategy that reads the body gives way when the body is another than it expects.
fn from_response(seconds: &Text, outcome: Outcome<'_>, env: &Env) -> Option<f64> {
    let Outcome::Page(page) = outcome else {
        return None;
    };
    let value = with_scope(page, env, seconds, |scope| {
        seconds.mapped(scope, Types::ANY)
    })
    .ok()?;
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn number(text: &Text, env: &Env) -> Result<Option<f64>, Fault> {
    let empty = Value::Object(Map::new());
    let value = text.string(&env.scope(&empty))?;
    if matches!(value.as_str(), "" | "None") {
        return Ok(None);
    }
    value
        .trim()
        .parse()
        .map(Some)
        .map_err(|_| Fault::config(format!("A waiting time is not a number: “{value}”.")))
}

fn spread(seconds: f64, jitter: Option<f64>) -> f64 {
    match jitter.filter(|jitter| *jitter > 0.0) {
        Some(jitter) => rand::rng().random_range(seconds..=seconds + 2.0 * jitter),
        None => seconds,
    }
}

/// Refuses to wait as long as, or longer than, the manifest allows.
fn bounded(seconds: f64, longest: Option<&Text>, env: &Env) -> Result<f64, Fault> {
    let Some(longest) = longest else {
        return Ok(seconds);
    };
    let longest = number(longest, env)?
        .ok_or_else(|| Fault::config("The longest waiting time in the manifest is empty."))?;
    if seconds >= longest {
        let wait = Duration::try_from_secs_f64(seconds).ok();
        let until = wait.and_then(after);
        return Err(Fault::new(
            Kind::RateLimited { until },
            "The rate limit wait time is longer than the connector is allowed to wait.",
        )
        .with_detail(format!("{seconds} s asked for, {longest} s allowed")));
    }
    Ok(seconds)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(regex: &str) -> Result<Pattern, Fault> {
        let node = json!({"type": "WaitTimeFromHeader", "header": "x-wait", "regex": regex});
        let node = Node::new(&node, "strategy")?;
        Pattern::read(Text::need(&node, "regex")?, &node)
    }

    #[test]
    fn patterns_of_headers_are_those_of_python() {
        let config = json!({"unit": "s"});
        let scope = Scope::of(&config, &Value::Null);
        let cases = [
            (r"\d+(?= s)", "30 s", Some("30")),
            (r"\d+(?= s)", "in 30 s", None),
            (r"\d+(?! ms)\Z", "30", Some("30")),
            (r"\d+(?= {{ config['unit'] }})", "30 s", Some("30")),
            ("([0-9]{2})", "305", Some("30")),
        ];
        for (regex, text, expected) in cases {
            let found = read(regex).unwrap().find(text, &scope);
            assert_eq!(found, Ok(expected), "{regex} {text}");
        }
    }

    #[test]
    fn a_pattern_that_is_none_is_found_when_the_manifest_is_read() {
        let fault = read("(").unwrap_err();
        assert!(fault.message.contains("strategy.regex"), "{fault}");
    }
}
