//! What keeps the secrets of a source out of its words: out of faults, steps and logs.

use std::sync::{Arc, PoisonError, RwLock};

use serde_json::{Value, json};

use crate::fault::Fault;
use crate::process::Redactor;

/// The veil of one operation. Its clones know the same secrets, those that came up on the way included.
///
/// Only words pass it, never records: an API may send in a row what it likes.
#[derive(Debug, Clone, Default)]
pub struct Veil(Arc<RwLock<Redactor>>);

impl Veil {
    /// Hides the secrets of a configuration: fields that are named in `fields` or tell by their name.
    pub fn of(config: &Value, fields: &[String]) -> Self {
        Self(Arc::new(RwLock::new(Redactor::new(config, fields))))
    }

    /// Hides those of another configuration, too: the same in the form that is worked with, or with new tokens.
    pub fn learn(&self, config: &Value, fields: &[String]) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.add(config, fields);
    }

    /// Hides this, too; for what is made anew for each request, and is the same each time.
    pub fn learn_once(&self, secret: &str) {
        if self.text(secret) == secret {
            self.learn(&json!({ "token": secret }), &[]);
        }
    }

    /// The text without secrets.
    pub fn text(&self, text: &str) -> String {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.clean(text)
    }

    /// The fault without secrets, in its message as in its detail: an API may repeat what it was sent.
    pub fn fault(&self, fault: Fault) -> Fault {
        Fault {
            message: self.text(&fault.message),
            detail: fault.detail.as_deref().map(|detail| self.text(detail)),
            ..fault
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hides_what_the_specification_marks_and_what_came_later() {
        let fields = ["tk".to_owned()];
        let veil = Veil::of(&json!({"tk": "pebble-42", "site": "harbour"}), &fields);
        let clone = veil.clone();
        clone.learn(&json!({"credentials": {"refresh": "shell-43"}}), &fields);
        let fault = Fault::data("Not with pebble-42.")
            .with_detail("shell-43 at harbour")
            .in_stream("ships");
        let hidden = veil.fault(fault);
        assert_eq!(hidden.message, "Not with **********.");
        assert_eq!(hidden.detail.as_deref(), Some("********** at harbour"));
        assert_eq!(hidden.stream.as_deref(), Some("ships"));
    }
}
