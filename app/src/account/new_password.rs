//! Setting a new password with the link from the mail.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_params_map;

use super::{
    api::{ResetPassword, Visitor, load_visitor},
    narrow::Narrow,
};
use crate::{
    paths,
    ui::{self, After, Button, Form, InputKind, Kind, TextField},
};

#[component]
pub fn NewPasswordPage() -> impl IntoView {
    ui::load(ui::page_data(|| (), |()| load_visitor()), page)
}

fn page(_: Visitor) -> AnyView {
    let token = use_params_map().with_untracked(|params| params.get("token").unwrap_or_default());
    let foot =
        view! { <p>"The link no longer works? " <a href=paths::RESET>"Ask for a new one"</a></p> };
    let hint = format!(
        "At least {} characters. Every other browser is signed out.",
        model::MIN_PASSWORD
    );
    view! {
        <Narrow title="Choose a new password" lead="Then you are signed in at once." foot=foot.into_any()>
            <Form action=ResetPassword::PATH after=After::Reload>
                <input type="hidden" name="token" value=token />
                <TextField name="password" label="New password" kind=InputKind::Password autocomplete="new-password" hint=Some(hint) />
                <Button label="Set password" kind=Kind::Wide />
            </Form>
        </Narrow>
    }
    .into_any()
}
