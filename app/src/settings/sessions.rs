//! The browsers that are signed in, each with a button that ends it.

use leptos::{prelude::*, server_fn::ServerFn};
use model::SessionView;

use super::api::EndSession;
use crate::ui::{Ago, Badge, Button, Column, Form, Kind, Table, Tone};

const COLUMNS: [Column; 5] = [
    Column::Text("Browser"),
    Column::Text("Address"),
    Column::Text("Signed in"),
    Column::Text("Last seen"),
    Column::Acts("Sign out"),
];

pub fn sessions_table(sessions: Vec<SessionView>) -> AnyView {
    let rows = sessions.into_iter().map(row).collect_view();
    view! { <Table caption="Signed-in browsers" columns=&COLUMNS>{rows}</Table> }.into_any()
}

fn row(session: SessionView) -> AnyView {
    let SessionView {
        id,
        current,
        device,
        ip,
        signed_in_at,
        last_seen_at,
    } = session;
    let here = current
        .then(|| view! { " " <Badge tone=Tone::Ok icon="circle-dot" label="this browser" /> });
    let about = format!("Sign out {device}");
    let end = (!current).then(|| {
        view! {
            <Form action=EndSession::PATH id=format!("end-{}", id.suffix()) class="contents">
                <input type="hidden" name="session" value=id.to_string() />
                <Button label="Sign out" about=about kind=Kind::Small />
            </Form>
        }
    });
    view! {
        <tr>
            <td><span class="font-medium">{device}</span>{here}</td>
            <td data-label="Address"><span class="font-mono text-xs">{ip}</span></td>
            <td data-label="Signed in"><Ago at=signed_in_at /></td>
            <td data-label="Last seen"><Ago at=last_seen_at /></td>
            <td class="md:text-end">{end}</td>
        </tr>
    }
    .into_any()
}
