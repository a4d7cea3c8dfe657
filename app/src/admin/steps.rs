//! The provisioning steps of a tenant: result, time, and for each the way forth and back.

use leptos::{prelude::*, server_fn::ServerFn};
use model::{ProvisionStep, StepName, StepState, TenantDetail, TenantId, TenantState};

use super::{api::RetryStep, words::step_badge};
use crate::{
    paths,
    ui::{self, Button, Column, Form, Kind, LinkButton, Moment, Table},
};

const COLUMNS: [Column; 5] = [
    Column::Text("Step"),
    Column::Text("Result"),
    Column::Text("What was made, or why not"),
    Column::Number("Took"),
    Column::Acts("Retry or undo"),
];

const UNDONE: [Column; 5] = [
    Column::Text("Step"),
    Column::Text("Result"),
    Column::Text("What was taken back"),
    Column::Number("Took"),
    Column::Acts("Retry or undo"),
];

pub fn steps(tenant: &TenantDetail) -> AnyView {
    let columns = if tenant.row.state == TenantState::Deleted {
        &UNDONE
    } else {
        &COLUMNS
    };
    let rows = tenant
        .steps
        .iter()
        .map(|step| row(step, acts(tenant, step)))
        .collect_view();
    view! { <Table caption="Provisioning steps, in their order" columns=columns>{rows}</Table> }
        .into_any()
}

fn row(step: &ProvisionStep, acts: AnyView) -> AnyView {
    let tries = (step.attempts > 1).then(
        || view! { <span class="block text-ink-mute">{format!("{} tries", step.attempts)}</span> },
    );
    let took = step.millis.map_or_else(|| "–".to_owned(), short);
    let ended = step.finished_at.clone().map(
        |at| view! { <span class="block whitespace-nowrap text-ink-mute"><Moment at=at /></span> },
    );
    view! {
        <tr>
            <td class="font-medium">{step.name.label()}</td>
            <td data-label="Result"><span>{step_badge(step.state)}{ended}{tries}</span></td>
            <td data-label="Detail" class="max-w-md"><span class="wrap-anywhere text-ink-soft">{step.detail.clone()}</span></td>
            <td data-label="Took" class="num whitespace-nowrap">{took}</td>
            <td><div class="flex gap-2 md:justify-end">{acts}</div></td>
        </tr>
    }
    .into_any()
}

/// Steps are quick: below a second in milliseconds.
fn short(millis: i64) -> String {
    if millis < 1000 {
        format!("{millis} ms")
    } else {
        ui::duration(millis)
    }
}

/// While a job works on the steps, or the tenant is closed, nobody else may.
fn acts(tenant: &TenantDetail, step: &ProvisionStep) -> AnyView {
    let closed = tenant.row.state == TenantState::Suspended;
    let settled = matches!(tenant.row.state, TenantState::Active | TenantState::Failed);
    let again = settled && !matches!(step.state, StepState::Waiting | StepState::Running);
    let back = (settled || closed) && step.state == StepState::Done;
    let (id, step) = (tenant.row.id, step.name);
    view! { {again.then(|| retry(id, step))} {back.then(|| undo(id, step))} }.into_any()
}

fn retry(tenant: TenantId, step: StepName) -> AnyView {
    let about = format!("Retry {}", step.label());
    view! {
        <Form action=RetryStep::PATH id=format!("retry-{}", step.name()) class="contents">
            <input type="hidden" name="tenant" value=tenant.to_string() />
            <input type="hidden" name="step" value=step.name() />
            <Button label="Retry" about=about kind=Kind::Small icon="refresh-cw" />
        </Form>
    }
    .into_any()
}

fn undo(tenant: TenantId, step: StepName) -> AnyView {
    let about = format!("Undo {}", step.label());
    view! { <LinkButton href=paths::step_undo(tenant, step) label="Undo" about=about kind=Kind::SmallQuiet icon="undo" /> }
        .into_any()
}
