//! How runs choose, as four questions: where it is set, and where other answers are only tried out.

use leptos::prelude::*;
use model::RoutePolicy;
use serde::{Deserialize, Serialize};

use crate::ui::{Answer, ChoiceField, InputKind, Need, TextField};

/// The answers as they stand in the form, numbers or not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    pub first: String,
    pub fallback: String,
    pub attempts: String,
    pub fallback_minutes: String,
}

impl From<RoutePolicy> for Rules {
    fn from(policy: RoutePolicy) -> Self {
        let fallback = if policy.fallback { "yes" } else { "no" };
        Self {
            first: policy.first.name().to_owned(),
            fallback: fallback.to_owned(),
            attempts: policy.attempts.to_string(),
            fallback_minutes: policy.fallback_minutes.to_string(),
        }
    }
}

#[cfg(feature = "ssr")]
impl Rules {
    pub fn pairs(&self) -> [(&'static str, &str); 4] {
        [
            ("first", &self.first),
            ("fallback", &self.fallback),
            ("attempts", &self.attempts),
            ("fallback_minutes", &self.fallback_minutes),
        ]
    }

    /// Has nobody answered anything?
    pub fn is_empty(&self) -> bool {
        self.pairs().iter().all(|(_, answer)| answer.is_empty())
    }
}

pub fn fields(rules: &Rules) -> AnyView {
    let first = vec![
        Answer::new("direct", "Directly").with_hint("Faster, with fewer parts."),
        Answer::new("airbyte", "Through Airbyte").with_hint("As Airbyte's own connector does it."),
    ];
    let fallback = vec![
        Answer::new("yes", "Take the other way")
            .with_hint("A run ends well when one of both does."),
        Answer::new("no", "Stop").with_hint("A run tells at once that something is wrong."),
    ];
    let tries = Some("1 to 10.".to_owned());
    let minutes = Some("1 to 1440.".to_owned());
    view! {
        <ChoiceField name="first" label="What comes first" value=rules.first.clone() answers=first />
        <ChoiceField name="fallback" label="When the direct way fails" value=rules.fallback.clone() answers=fallback />
        <div class="grid gap-4 sm:grid-cols-2">
            <TextField name="attempts" label="Direct tries" kind=InputKind::Number need=Need::Required hint=tries value=rules.attempts.clone() />
            <TextField name="fallback_minutes" label="Minutes for a fallback" kind=InputKind::Number need=Need::Required hint=minutes value=rules.fallback_minutes.clone() />
        </div>
        <p class="text-label text-ink-soft">"Pauses between direct tries grow, and a try that brings rows does not count as one. A fallback that takes longer is stopped."</p>
    }
    .into_any()
}
