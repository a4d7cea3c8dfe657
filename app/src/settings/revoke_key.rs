//! Revoking an API key: says first what it may do and when it was last used.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_params_map;
use model::ApiKeyView;

use super::{
    api::{RevokeKey, keys},
    scopes::words,
};
use crate::{
    error::{Code, Error},
    paths,
    ui::{self, Ago, Button, Card, Form, Kind, LinkButton, PageHead},
};

#[component]
pub fn RevokeKeyPage() -> impl IntoView {
    let params = use_params_map();
    let id = move || params.with(|params| params.get("id").unwrap_or_default());
    let data = ui::page_data(|| (), |()| keys());
    let view = Callback::new(move |keys: Vec<ApiKeyView>| {
        let wanted = id();
        match keys
            .into_iter()
            .find(|key| key.id.to_string() == wanted && !key.revoked)
        {
            Some(key) => page(key),
            None => ui::problem(Error::new(Code::NotFound)),
        }
    });
    ui::load_with(data, view)
}

fn page(key: ApiKeyView) -> AnyView {
    let crumbs = vec![
        ("Settings".to_owned(), paths::SETTINGS.to_owned()),
        ("API keys".to_owned(), paths::SETTINGS_KEYS.to_owned()),
    ];
    let may: Vec<String> = key
        .scopes
        .iter()
        .map(|scope| words(*scope).0.to_lowercase())
        .collect();
    let used = match key.last_used_at.clone() {
        Some(at) => view! { "It was last used " <Ago at=at /> "." }.into_any(),
        None => "It was never used.".into_any(),
    };
    view! {
        <PageHead title=format!("Revoke {}", key.name) crumbs=crumbs />
        <div class="max-w-xl">
            <Card>
                <Form action=RevokeKey::PATH id="revoke">
                    <input type="hidden" name="key" value=key.id.to_string() />
                    <ul class="list-disc space-y-1 ps-4">
                        <li><code class="font-mono text-xs break-all">{key.hint.clone()}</code> {format!(" has the rights: {}.", may.join(", "))}</li>
                        <li>{used}</li>
                        <li>"From the next request on it opens nothing. Programs that use it get the answer 401."</li>
                        <li>"This cannot be taken back."</li>
                    </ul>
                    <div class="flex flex-wrap gap-2">
                        <Button label="Revoke key" kind=Kind::Danger icon="ban" />
                        <LinkButton href=paths::SETTINGS_KEYS label="Keep it" kind=Kind::Quiet />
                    </div>
                </Form>
            </Card>
        </div>
    }
    .into_any()
}
