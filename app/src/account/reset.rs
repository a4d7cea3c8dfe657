//! Asking for a link that sets a new password.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_query_map;

use super::{
    api::{RequestReset, Visitor, load_visitor},
    narrow::Narrow,
};
use crate::{
    paths,
    ui::{self, Button, Form, InputKind, Kind, Notice, TextField, Tone},
};

#[component]
pub fn ResetPage() -> impl IntoView {
    let sent = use_query_map();
    let data = ui::page_data(
        move || sent.with(|query| query.get("sent").is_some()),
        |_| load_visitor(),
    );
    ui::load_with(
        data,
        Callback::new(move |visitor| {
            page(
                visitor,
                sent.with_untracked(|query| query.get("sent").is_some()),
            )
        }),
    )
}

fn page(_: Visitor, sent: bool) -> AnyView {
    let foot = view! { <p><a href=paths::SIGN_IN>"Back to sign-in"</a></p> };
    view! {
        <Narrow title="Set a new password" lead="We mail you a link that works once, for 30 minutes." foot=foot.into_any()>
            {sent.then(|| view! {
                <div class="mb-4">
                    <Notice tone=Tone::Ok title="Look into your mail">
                        <p>"If there is an account for that address, the link is on its way."</p>
                    </Notice>
                </div>
            })}
            <Form action=RequestReset::PATH>
                <TextField name="email" label="E-mail" kind=InputKind::Email autocomplete="username" />
                <Button label="Mail me the link" kind=Kind::Wide />
            </Form>
        </Narrow>
    }
    .into_any()
}
