//! The newest deliveries: when each came, of which type it was, and what became of it. What was sent is not among it.

use leptos::prelude::*;
use model::{WebhookArrival, WebhookRefused, WebhookView};

use crate::ui::{Badge, Card, Clock, Column, Moment, Pad, Table, Tone, mono};

/// Lines of the list, with the refusal.
const MOST: usize = 10;

const COLUMNS: [Column; 3] = [
    Column::Text("Time"),
    Column::Text("Type"),
    Column::Text("Outcome"),
];

/// Nothing, where nothing came.
pub fn list(endpoint: &WebhookView) -> Option<AnyView> {
    let mut lines: Vec<(String, AnyView)> = endpoint.newest.iter().map(taken).collect();
    if let Some(refusal) = &endpoint.last_refusal {
        let before = lines.iter().position(|(at, _)| *at < refusal.at);
        let place = if refusal.is_newest {
            0
        } else {
            before.unwrap_or(lines.len())
        };
        lines.insert(place, refused(refusal));
    }
    lines.truncate(MOST);
    if lines.is_empty() {
        return None;
    }
    let rows = lines.into_iter().map(|(_, row)| row).collect_view();
    Some(
        view! {
            <Card title="Newest deliveries" pad=Pad::None>
                <Table caption="Newest deliveries, the newest first" columns=&COLUMNS>{rows}</Table>
                <p class="border-t border-line px-4 py-3 text-ink-soft">"Of what was refused only the last is kept."</p>
            </Card>
        }
        .into_any(),
    )
}

fn taken(event: &WebhookArrival) -> (String, AnyView) {
    let outcome = if event.is_row {
        view! { <Badge tone=Tone::Ok icon="circle-check" label="a row" /> }.into_any()
    } else {
        view! { <Badge tone=Tone::Work icon="clock" label="not a row yet" /> }.into_any()
    };
    line(event.at.clone(), mono(event.kind.clone()), outcome)
}

fn refused(refusal: &WebhookRefused) -> (String, AnyView) {
    let outcome = view! {
        <div>
            <Badge tone=Tone::Bad icon="circle-x" label="refused" />
            <p class="mt-0.5 max-w-[48ch] text-ink-soft">{refusal.detail.clone()}</p>
        </div>
    };
    line(refusal.at.clone(), "unknown".into_any(), outcome.into_any())
}

/// With its time, by which it is put in its place. Those of one burst differ only in their seconds.
fn line(at: String, kind: AnyView, outcome: AnyView) -> (String, AnyView) {
    let row = view! {
        <tr>
            <th scope="row" class="text-ink tabular-nums"><Clock at=at.clone() />" "<span class="font-normal text-ink-mute"><Moment at=at.clone() /></span></th>
            <td data-label="Type">{kind}</td>
            <td data-label="Outcome">{outcome}</td>
        </tr>
    };
    (at, row.into_any())
}
