//! The home page: how preparing the workspace goes, the checklist of a new one, the status of a running one.

pub mod api;
mod checklist;
mod provisioning;
mod status;

use leptos::prelude::*;
use model::{HomeView, TenantState};

use crate::{
    marketing,
    ui::{self, Notice, PageHead, ReloadWithoutScript, Tone},
};
use api::{Start, load_start};

#[component]
pub fn HomePage() -> impl IntoView {
    let data = ui::page_data(|| (), |()| load_start());
    ui::follow(
        data,
        |start| !matches!(start, Start::Home(home) if home.tenant.state == TenantState::Provisioning),
    );
    ui::load(data, |start| match start {
        Start::SignedOut => marketing::page(),
        Start::Home(home) => home_page(&home),
    })
}

fn home_page(home: &HomeView) -> AnyView {
    let is_new = home.checklist.iter().any(|item| !item.done);
    // In a workspace that is stopped there is nothing to start.
    let works = matches!(
        home.tenant.state,
        TenantState::Active | TenantState::Provisioning | TenantState::Failed
    );
    let is_preparing = home.tenant.state == TenantState::Provisioning;
    let lead = if is_new && works {
        view! { <p>"Five steps to an app that reads your data."</p> }.into_any()
    } else {
        status::sentence(home)
    };
    let title = if is_new && works {
        format!("Welcome, {}", home.tenant.name)
    } else {
        home.tenant.name.clone()
    };
    let paused = notice(home);
    let steps = (works && (is_new || home.tenant.state != TenantState::Active))
        .then(|| provisioning::strip(home.tenant.steps.clone()));
    let list = (is_new && works).then(|| checklist::card(&home.checklist, &home.tenant.profile));
    view! {
        <PageHead title=title lead=lead />
        {is_preparing.then(|| view! { <ReloadWithoutScript /> })}
        <div class="space-y-5">{paused}{status::attention(home)}{list}{steps}{status::figures(home)}</div>
    }
    .into_any()
}

/// A workspace that is stopped says so before anything else.
fn notice(home: &HomeView) -> Option<AnyView> {
    let reason = home.tenant.state_reason.clone();
    let (title, text) = match home.tenant.state {
        TenantState::Suspended => (
            "This workspace is suspended",
            "Runs and app logins are stopped; your data stays. Ask the operator of this hub to resume it.",
        ),
        TenantState::Failed => (
            "Preparing the workspace stopped",
            "What is done stays done. Retry the step that failed; if it fails again, the operator of this hub can see why.",
        ),
        TenantState::Deleting | TenantState::Deleted => (
            "This workspace is being deleted",
            "Nothing can be started here any more.",
        ),
        TenantState::Provisioning | TenantState::Active => return None,
    };
    Some(
        view! {
            <Notice tone=Tone::Bad title=title>
                <p>{text}</p>
                {reason.map(|reason| view! { <p class="text-ink-soft">{reason}</p> })}
            </Notice>
        }
        .into_any(),
    )
}
