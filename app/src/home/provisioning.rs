//! What is being prepared for the workspace, step by step, with a retry where it failed.

use leptos::{prelude::*, server_fn::ServerFn};
use model::{ProvisionStep, StepState};

use super::api::RetryProvisioning;
use crate::ui::{Badge, Button, Form, Kind, Tone, duration};

const fn look(state: StepState) -> (Tone, &'static str) {
    match state {
        StepState::Waiting => (Tone::Off, "circle-dashed"),
        StepState::Running => (Tone::Work, "loader"),
        StepState::Done => (Tone::Ok, "check"),
        StepState::NotConfigured | StepState::Undone => (Tone::Off, "minus"),
        StepState::Failed | StepState::Stuck => (Tone::Bad, "circle-x"),
    }
}

pub fn strip(steps: Vec<ProvisionStep>) -> AnyView {
    let failed = steps
        .iter()
        .find(|step| matches!(step.state, StepState::Failed | StepState::Stuck))
        .cloned();
    let ready = steps
        .iter()
        .all(|step| matches!(step.state, StepState::Done | StepState::NotConfigured));
    let millis: i64 = steps.iter().filter_map(|step| step.millis).sum();
    let words = match (ready, &failed) {
        (true, _) => format!("Your workspace is ready. It took {}.", duration(millis)),
        (false, Some(step)) => format!("{} failed. {}", step.name.label(), step.detail),
        (false, None) => "Your workspace is being prepared. You can go on meanwhile.".to_owned(),
    };
    let chips = steps
        .into_iter()
        .map(|step| {
            let (tone, icon) = look(step.state);
            let word = match step.state {
                StepState::Done => step.name.label().to_owned(),
                state => format!("{}: {}", step.name.label(), state.label()),
            };
            view! { <li title=step.detail><Badge tone=tone icon=icon label=word /></li> }
        })
        .collect_view();
    let retry = failed.map(|_| view! { <Form action=RetryProvisioning::PATH id="retry" class=""><Button label="Retry this step" icon="rotate-ccw" kind=Kind::Small /></Form> });
    view! {
        <section class="card space-y-3 p-4" aria-labelledby="prepared">
            <div class="flex flex-wrap items-center justify-between gap-2">
                <h2 id="prepared" class="text-sm">"Workspace"</h2>
                {retry}
            </div>
            <p role="status" class="text-ink-soft">{words}</p>
            <ul class="flex flex-wrap gap-2">{chips}</ul>
        </section>
    }
    .into_any()
}
