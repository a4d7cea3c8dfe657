//! Ending an app's access: says first what it reads and when it was last seen.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_params_map;
use model::AppView;

use super::{
    api::{May, RevokeApp, app},
    list::seen,
    page::reads,
};
use crate::{
    paths,
    ui::{self, Button, Card, Form, Kind, LinkButton, PageHead},
};

#[component]
pub fn RevokePage() -> impl IntoView {
    let params = use_params_map();
    let data = ui::page_data(
        move || params.with(|params| params.get("id").unwrap_or_default()),
        app,
    );
    ui::load(data, page)
}

fn page((app, _): (AppView, May)) -> AnyView {
    let name = app.row.name.clone();
    let back = paths::app(app.row.id);
    let crumbs = vec![
        ("Apps".to_owned(), paths::APPS.to_owned()),
        (name.clone(), back.clone()),
    ];
    view! {
        <PageHead title=format!("Revoke {name}") crumbs=crumbs />
        <div class="max-w-xl">
            <Card>
                <Form action=RevokeApp::PATH id="revoke">
                    <input type="hidden" name="app" value=app.row.id.to_string() />
                    <ul class="list-disc space-y-1 ps-4">
                        <li>{format!("{} now; its login ", reads(&app))} {seen(app.row.last_used_at.clone())} "."</li>
                        <li>"The login " <code class="font-mono text-xs break-all">{app.login.clone()}</code> " is removed and its open connections are closed at once."</li>
                        <li>"Your tables stay as they are. Other apps notice nothing."</li>
                        <li>"This cannot be taken back. A new app gets a new login."</li>
                    </ul>
                    <div class="flex flex-wrap gap-2">
                        <Button label=format!("Revoke {name}") kind=Kind::Danger icon="ban" />
                        <LinkButton href=back label=format!("Keep {name}") kind=Kind::Quiet />
                    </div>
                </Form>
            </Card>
        </div>
    }
    .into_any()
}
