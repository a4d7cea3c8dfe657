//! Making a new password for an app's login: says first what stops working.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use model::AppView;

use super::{
    api::{May, app},
    list::seen,
    page::reads,
};
use crate::{
    account::Forgotten,
    paths,
    ui::{self, After, Button, Card, Form, InputKind, Kind, LinkButton, PageHead, TextField},
};

#[component]
pub fn RotatePage() -> impl IntoView {
    let params = use_params_map();
    let data = ui::page_data(
        move || params.with(|params| params.get("id").unwrap_or_default()),
        app,
    );
    ui::load(data, page)
}

fn page((app, _): (AppView, May)) -> AnyView {
    let id = app.row.id;
    let back = paths::app(id);
    let crumbs = vec![
        ("Apps".to_owned(), paths::APPS.to_owned()),
        (app.row.name.clone(), back.clone()),
    ];
    view! {
        <PageHead title="Make a new password" crumbs=crumbs />
        <div class="max-w-xl">
            <Card>
                <Form action=paths::app_rotate(id) id="rotate" after=After::Download>
                    <ul class="list-disc space-y-1 ps-4">
                        <li>"The current password of " <code class="font-mono text-xs break-all">{app.login.clone()}</code> " stops working at once."</li>
                        <li>"Programs that run with it lose the database until they get the new file. The login " {seen(app.row.last_used_at.clone())} "."</li>
                        <li>{format!("{}; that stays as it is.", reads(&app))}</li>
                        <li>"The new password is in the file that downloads now, and is not shown again."</li>
                    </ul>
                    <TextField name="password" label="Your password" kind=InputKind::Password autocomplete="current-password" />
                    <Forgotten />
                    <div class="flex flex-wrap gap-2">
                        <Button label="Make a new password and download .env" kind=Kind::Danger icon="download" />
                        <LinkButton href=back label=format!("Back to {}", app.row.name) kind=Kind::Quiet />
                    </div>
                </Form>
            </Card>
        </div>
    }
    .into_any()
}
