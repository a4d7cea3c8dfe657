//! The database login of an app, and the way to a new password for it.

use leptos::prelude::*;
use model::AppView;

use super::{api::May, list::moment};
use crate::{
    paths,
    ui::{Card, CopyButton, LinkButton},
};

pub fn login(app: &AppView, may: May) -> AnyView {
    let name = app.login.clone();
    let rotate = (may == May::Manage).then(|| view! { <LinkButton href=paths::app_rotate(app.row.id) label="Make a new password" icon="rotate-ccw" /> });
    let made = moment(Some(app.row.created_at.clone()), "");
    view! {
        <Card title="Database login">
            <div class="flex flex-wrap items-center justify-between gap-4">
                <div class="min-w-0 space-y-1">
                    <p class="flex flex-wrap items-center gap-2">
                        <code class="font-mono text-xs break-all">{name.clone()}</code>
                        <CopyButton text=name about="the login" />
                    </p>
                    <p class="text-ink-soft">"Reads its tables, writes nothing, sees no other workspace. Made " {made} "."</p>
                </div>
                {rotate}
            </div>
        </Card>
    }
    .into_any()
}
