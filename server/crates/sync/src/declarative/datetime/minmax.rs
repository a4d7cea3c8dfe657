//! A moment of the manifest with its bounds: `MinMaxDatetime`, or just a text.

use serde_json::Value;

use super::{Format, Moment};
use crate::declarative::manifest::Node;
use crate::declarative::template::Scope;
use crate::declarative::text::Text;
use crate::fault::Fault;

/// A moment that is worked out from the configuration.
#[derive(Debug)]
pub struct MinMax {
    at: Text,
    earliest: Option<Text>,
    latest: Option<Text>,
    format: Format,
    place: String,
}

impl MinMax {
    /// The field of a component: a text, or a `MinMaxDatetime`. Its format is the component's unless it has its own.
    pub fn read(node: &Node<'_>, name: &str, format: &str) -> Result<Option<Self>, Fault> {
        let Some(value) = node.get(name) else {
            return Ok(None);
        };
        if !value.is_object() {
            return Ok(Some(Self {
                at: Text::of(node, name, value)?,
                earliest: None,
                latest: None,
                format: Format::compile(format),
                place: format!("{}.{name}", node.place()),
            }));
        }
        let own = node.need_child(name)?;
        if own.kind() != "MinMaxDatetime" {
            return Err(own.unknown());
        }
        Ok(Some(Self {
            at: Text::need(&own, "datetime")?,
            earliest: Text::read(&own, "min_datetime")?,
            latest: Text::read(&own, "max_datetime")?,
            format: Format::compile(own.str("datetime_format")?.unwrap_or(format)),
            place: own.place().to_owned(),
        }))
    }

    /// Whether it is the same at any time.
    pub fn is_fixed(&self) -> bool {
        let texts = [Some(&self.at), self.earliest.as_ref(), self.latest.as_ref()];
        texts.into_iter().flatten().all(|text| {
            !["now_utc", "today_", "day_delta"]
                .iter()
                .any(|now| text.source().contains(now))
        })
    }

    pub fn moment(&self, config: &Value) -> Result<Moment, Fault> {
        let scope = Scope::new().json("config", config);
        let mut moment = self.parse(&self.at.string(&scope)?)?;
        if let Some(earliest) = self.bound(self.earliest.as_ref(), &scope)? {
            moment = if earliest.micros() > moment.micros() {
                earliest
            } else {
                moment
            };
        }
        if let Some(latest) = self.bound(self.latest.as_ref(), &scope)? {
            moment = if latest.micros() < moment.micros() {
                latest
            } else {
                moment
            };
        }
        Ok(moment)
    }

    fn bound(&self, text: Option<&Text>, scope: &Scope<'_>) -> Result<Option<Moment>, Fault> {
        let Some(text) = text else {
            return Ok(None);
        };
        let text = text.string(scope)?;
        if text.is_empty() {
            Ok(None)
        } else {
            self.parse(&text).map(Some)
        }
    }

    fn parse(&self, text: &str) -> Result<Moment, Fault> {
        self.format.parse(text).map_err(|error| {
            Fault::config(format!(
                "The manifest's {} is no date of its format.",
                self.place
            ))
            .with_detail(error.to_string())
        })
    }
}
