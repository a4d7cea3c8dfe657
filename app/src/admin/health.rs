//! The health of every part, each with the reason why we think so.

use leptos::prelude::*;
use model::{Health, HealthPart};

use super::{api::health, words::health_badge};
use crate::{
    paths,
    ui::{self, Card, Column, Icon, Moment, Notice, Pad, PageHead, Table, Tone},
};

const COLUMNS: [Column; 4] = [
    Column::Text("Part"),
    Column::Text("State"),
    Column::Text("Why we think so"),
    Column::Number("Answered in"),
];

#[component]
pub fn HealthPage() -> impl IntoView {
    ui::load(ui::page_data(|| (), |()| health()), |parts| page(&parts))
}

fn page(parts: &[HealthPart]) -> AnyView {
    let checked = parts.first().map(|part| part.checked_at.clone());
    let lead = checked.map(|at| view! { <p>"Checked " <Moment at=at /></p> });
    let again = view! { <a href=paths::ADMIN_HEALTH rel="external" class="btn"><Icon name="refresh-cw" />"Check again"</a> };
    let rows = parts.iter().map(row).collect_view();
    view! {
        <PageHead title="Health" lead=view! { {lead} }.into_any() actions=again.into_any() />
        <div class="space-y-5">
            {verdict(parts)}
            <Card pad=Pad::None><Table caption="Every part and its state" columns=&COLUMNS>{rows}</Table></Card>
        </div>
    }
    .into_any()
}

fn verdict(parts: &[HealthPart]) -> AnyView {
    let named = |health: Health| {
        parts
            .iter()
            .filter(|part| part.health == health)
            .map(|part| part.name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let (down, degraded) = (named(Health::Down), named(Health::Degraded));
    match (down.is_empty(), degraded.is_empty()) {
        (false, _) => view! { <Notice tone=Tone::Bad title=format!("Down: {down}")><p>"Work that needs it waits and goes on by itself once it answers."</p></Notice> }.into_any(),
        (true, false) => view! { <Notice tone=Tone::Warn title=format!("Not at its best: {degraded}")><p>"Everything works, but look at the reason below."</p></Notice> }.into_any(),
        (true, true) => view! { <Notice tone=Tone::Ok><p>"Every part that is configured answers."</p></Notice> }.into_any(),
    }
}

fn row(part: &HealthPart) -> AnyView {
    let took = if part.health == Health::NotConfigured {
        "–".to_owned()
    } else {
        format!("{} ms", ui::count(part.millis))
    };
    view! {
        <tr>
            <td class="font-medium whitespace-nowrap">{part.name.clone()}</td>
            <td data-label="State">{health_badge(part.health)}</td>
            <td data-label="Why" class="max-w-xl"><span class="wrap-anywhere text-ink-soft">{part.reason.clone()}</span></td>
            <td data-label="Answered in" class="num whitespace-nowrap">{took}</td>
        </tr>
    }
    .into_any()
}
