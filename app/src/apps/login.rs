//! The database login of an app, and the way to a new password for it.

use leptos::prelude::*;
use model::AppView;

use super::{api::May, list::seen};
use crate::{
    paths,
    ui::{Card, CopyButton, LinkButton},
};

pub fn login(app: &AppView, may: May) -> AnyView {
    let name = app.login.clone();
    let rotate = (may == May::Manage && app.password_shown).then(|| view! { <LinkButton href=paths::app_rotate(app.row.id) label="Make a new password" icon="rotate-ccw" /> });
    let made = if app.password_shown {
        view! { <p class="text-ink-soft">"Reads its tables, writes nothing, sees no other workspace. It " {seen(app.row.last_used_at.clone())} "."</p> }.into_any()
    } else {
        view! { <p class="text-ink-soft">"It is made with the first download: reads its tables, writes nothing, sees no other workspace."</p> }.into_any()
    };
    view! {
        <Card title="Database login">
            <div class="flex flex-wrap items-center justify-between gap-4">
                <div class="min-w-0 space-y-1">
                    <p class="flex flex-wrap items-center gap-2">
                        <code class="font-mono text-xs break-all">{name.clone()}</code>
                        <CopyButton text=name about="the login" />
                    </p>
                    {made}
                </div>
                {rotate}
            </div>
        </Card>
    }
    .into_any()
}
