//! Making an account and its workspace.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    api::{SignUp, Visitor, load_visitor},
    logins,
    narrow::Narrow,
};
use crate::{
    paths,
    ui::{self, After, Button, Form, InputKind, Kind, TextField},
};

#[component]
pub fn SignUpPage() -> impl IntoView {
    ui::load(ui::page_data(|| (), |()| load_visitor()), page)
}

fn page(visitor: Visitor) -> AnyView {
    let elsewhere = logins::buttons(visitor.logins, "");
    let foot = view! { <p>"You have an account? " <a href=paths::SIGN_IN>"Sign in"</a></p> };
    let hint = format!(
        "At least {} characters. A few words in a row work well.",
        model::MIN_PASSWORD
    );
    view! {
        <Narrow title="Start with Tributary" lead="Your workspace is prepared while you read your mail." foot=foot.into_any()>
            <Form action=SignUp::PATH after=After::Reload>
                <TextField name="email" label="Work e-mail" kind=InputKind::Email autocomplete="email" hint=Some("We send a six-digit code there.".to_owned()) />
                <TextField name="company" label="Company or project" autocomplete="organization" />
                <TextField name="password" label="Password" kind=InputKind::Password autocomplete="new-password" hint=Some(hint) />
                <Button label="Create workspace" kind=Kind::Wide />
            </Form>
            {elsewhere}
        </Narrow>
    }
    .into_any()
}
