//! The six-digit code from the mail.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_query_map;
use model::Me;

use super::{
    api::{ResendCode, Verify, Visitor, load_visitor},
    narrow::Narrow,
};
use crate::{
    paths,
    ui::{self, After, Button, Form, InputKind, Kind, LinkButton, Notice, TextField, Tone},
};

#[component]
pub fn VerifyPage() -> impl IntoView {
    ui::load(ui::page_data(|| (), |()| load_visitor()), page)
}

fn page(visitor: Visitor) -> AnyView {
    match visitor.me {
        None => view! {
            <Narrow title="Check your mail" lead="No sign-up is open in this browser. Sign in to go on with the one you began.">
                <LinkButton href=paths::SIGN_IN label="Sign in" kind=Kind::Wide />
            </Narrow>
        }
        .into_any(),
        Some(me) if me.email_verified => view! {
            <Narrow title="Your address is confirmed" lead="There is nothing left to do here.">
                <LinkButton href=paths::HOME label="Open the workspace" kind=Kind::Wide />
            </Narrow>
        }
        .into_any(),
        Some(me) => code(&me),
    }
}

fn code(me: &Me) -> AnyView {
    let sent = use_query_map().with_untracked(|query| query.get("sent").is_some());
    let foot = view! {
        <Form action=ResendCode::PATH id="again" class="flex flex-wrap items-center gap-2">
            <span>"Nothing there? Look into spam, or"</span>
            <Button label="Send a new code" kind=Kind::Small />
        </Form>
        <p class="mt-2">"Wrong address? "<a href=paths::SIGN_UP>"Sign up again"</a></p>
    };
    view! {
        <Narrow title="Check your mail" lead=format!("We sent six digits to {}. They work for 15 minutes.", me.email) foot=foot.into_any()>
            {sent.then(|| view! { <div class="mb-4"><Notice tone=Tone::Ok><p>"A new code is on its way. The older one no longer works."</p></Notice></div> })}
            <Form action=Verify::PATH after=After::Reload>
                <TextField name="code" label="Code" kind=InputKind::Code autocomplete="one-time-code" placeholder=Some("123456".to_owned()) />
                <Button label="Confirm address" kind=Kind::Wide />
            </Form>
        </Narrow>
    }
    .into_any()
}
