//! Steps: the four of connecting, and the mark of one step of any work.

use leptos::prelude::*;
use model::Progress;

use super::Icon;

const CONNECT: [&str; 4] = ["Set up", "Check", "See rows", "Choose & start"];

/// Where a person is on the way from a form to rows.
#[component]
pub fn ConnectSteps(
    /// 1 to 4.
    step: usize,
) -> impl IntoView {
    let segments = CONNECT
        .into_iter()
        .enumerate()
        .map(|(index, word)| {
            let (bar, text) = match (index + 1).cmp(&step) {
                std::cmp::Ordering::Less => ("h-1 rounded-full bg-river", "text-ink-soft"),
                std::cmp::Ordering::Equal => {
                    ("h-1 rounded-full bg-river", "font-semibold text-ink")
                }
                std::cmp::Ordering::Greater => ("h-1 rounded-full bg-line", "text-ink-mute"),
            };
            let current = (index + 1 == step).then_some("step");
            view! {
                <li class="min-w-0 flex-1 space-y-1.5" aria-current=current>
                    <div class=bar></div>
                    <span class=format!("hidden truncate text-label sm:block {text}")>{word}</span>
                </li>
            }
        })
        .collect_view();
    let here = CONNECT
        .get(step.wrapping_sub(1))
        .copied()
        .unwrap_or_default();
    view! {
        <div class="mb-6">
            <ol class="flex gap-2" aria-label="Steps of connecting">{segments}</ol>
            <p class="mt-1.5 text-label text-ink-soft sm:hidden">{format!("Step {step} of {} · {here}", CONNECT.len())}</p>
        </div>
    }
    .into_any()
}

/// The mark in front of a step, with its state in words for screen readers.
#[component]
pub fn StepMark(state: Progress) -> impl IntoView {
    let (class, icon, word) = match state {
        Progress::Waiting => ("text-ink-mute", "circle-dashed", "waiting"),
        Progress::Running => ("text-work", "loader", "running"),
        Progress::Passed => ("text-ok", "circle-check", "passed"),
        Progress::Failed => ("text-bad", "circle-x", "failed"),
    };
    let size = if state == Progress::Running {
        "size-5 shrink-0 spin"
    } else {
        "size-5 shrink-0"
    };
    view! { <span class=class><Icon name=icon class=size /><span class="sr-only">{word}</span></span> }.into_any()
}
