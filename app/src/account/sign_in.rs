//! Signing in.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_location;

use super::{
    api::{SignIn, Visitor, load_visitor},
    logins,
    narrow::Narrow,
};
use crate::{
    paths,
    ui::{self, After, Button, Form, InputKind, Kind, TextField},
};

#[component]
pub fn SignInPage() -> impl IntoView {
    ui::load(ui::page_data(|| (), |()| load_visitor()), page)
}

fn page(visitor: Visitor) -> AnyView {
    let query = use_location().search.get_untracked();
    let next = paths::in_query(&query, "next").unwrap_or_default();
    let elsewhere = logins::buttons(visitor.logins, &next);
    let foot = view! { <p>"New here? " <a href=paths::SIGN_UP>"Create a workspace"</a></p> };
    view! {
        <Narrow title="Sign in" lead="Welcome back." foot=foot.into_any()>
            {logins::failed()}
            <Form action=SignIn::PATH after=After::Reload>
                <input type="hidden" name="next" value=next />
                <TextField name="email" label="E-mail" kind=InputKind::Email autocomplete="username" />
                <TextField name="password" label="Password" kind=InputKind::Password autocomplete="current-password" />
                <Button label="Sign in" kind=Kind::Wide />
            </Form>
            <p class="mt-4"><a href=paths::RESET>"Forgot your password?"</a></p>
            {elsewhere}
        </Narrow>
    }
    .into_any()
}
