//! States of tenants, steps and parts as badges.

use leptos::prelude::*;
use model::{Health, StepState, TenantState};

use crate::ui::{Badge, Tone};

pub const fn tenant_words(state: TenantState) -> &'static str {
    match state {
        TenantState::Provisioning => "provisioning",
        TenantState::Active => "active",
        TenantState::Suspended => "suspended",
        TenantState::Failed => "needs an operator",
        TenantState::Deleting => "deleting",
        TenantState::Deleted => "deleted",
    }
}

pub fn tenant_badge(state: TenantState) -> AnyView {
    let (tone, icon) = match state {
        TenantState::Provisioning | TenantState::Deleting => (Tone::Work, "loader"),
        TenantState::Active => (Tone::Ok, "circle-check"),
        TenantState::Suspended => (Tone::Off, "circle-pause"),
        TenantState::Failed => (Tone::Bad, "circle-alert"),
        TenantState::Deleted => (Tone::Off, "trash"),
    };
    view! { <Badge tone=tone icon=icon label=tenant_words(state) /> }.into_any()
}

pub fn step_badge(state: StepState) -> AnyView {
    let (tone, icon) = match state {
        StepState::Waiting => (Tone::Off, "circle-dashed"),
        StepState::Running => (Tone::Work, "loader"),
        StepState::Done => (Tone::Ok, "circle-check"),
        StepState::NotConfigured => (Tone::Off, "minus"),
        StepState::Failed => (Tone::Bad, "circle-x"),
        StepState::Undone => (Tone::Off, "undo"),
        StepState::Stuck => (Tone::Bad, "circle-alert"),
    };
    view! { <Badge tone=tone icon=icon label=state.label() /> }.into_any()
}

pub fn health_badge(health: Health) -> AnyView {
    let (tone, icon) = match health {
        Health::Ok => (Tone::Ok, "circle-check"),
        Health::NotConfigured => (Tone::Off, "minus"),
        Health::Degraded => (Tone::Warn, "alert-triangle"),
        Health::Down => (Tone::Bad, "circle-x"),
    };
    view! { <Badge tone=tone icon=icon label=health.label() /> }.into_any()
}
