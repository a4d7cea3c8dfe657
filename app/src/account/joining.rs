//! The one question to somebody who came from an account elsewhere and has no workspace yet.

use leptos::{prelude::*, server_fn::ServerFn};

use super::{api::Join, narrow::Narrow};
use crate::{
    paths,
    ui::{After, Button, Form, Kind, TextField},
};

#[component]
pub fn JoinPage() -> impl IntoView {
    let foot = view! { <p>"You have an account? " <a href=paths::SIGN_IN>"Sign in"</a></p> };
    view! {
        <Narrow title="Who do you work for?" lead="Your address is confirmed. This names your workspace." foot=foot.into_any()>
            <Form action=Join::PATH after=After::Reload>
                <TextField name="company" label="Company or project" autocomplete="organization" />
                <Button label="Create workspace" kind=Kind::Wide />
            </Form>
        </Narrow>
    }
}
