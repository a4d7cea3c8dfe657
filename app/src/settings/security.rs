//! Changing the password, and the browsers that are signed in.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_query_map;
use model::SessionView;

use super::{
    api::{ChangePassword, sessions},
    frame::{Frame, Tab},
    sessions::sessions_table,
};
use crate::{
    account::Forgotten,
    ui::{self, Button, Card, Form, InputKind, Kind, Notice, Pad, TextField, Tone},
};

#[component]
pub fn SecurityPage() -> impl IntoView {
    let query = use_query_map();
    let data = ui::page_data(
        move || query.with(|query| query.get("done")),
        |_| sessions(),
    );
    ui::load(data, page)
}

fn page(sessions: Vec<SessionView>) -> AnyView {
    let done = use_query_map().with_untracked(|query| query.get("done").unwrap_or_default());
    view! {
        <Frame tab=Tab::Security>
            {done_words(&done).map(|words| view! { <Notice tone=Tone::Ok><p>{words}</p></Notice> })}
            <Card title="Signed-in browsers" pad=Pad::None>{sessions_table(sessions)}</Card>
            <Card title="Change your password">{password()}</Card>
        </Frame>
    }
    .into_any()
}

fn done_words(done: &str) -> Option<&'static str> {
    match done {
        "password" => Some("The new password is in force. Every other browser was signed out."),
        "session" => Some("That browser is signed out."),
        _ => None,
    }
}

fn password() -> AnyView {
    let hint = format!(
        "At least {} characters. A few words in a row work well.",
        model::MIN_PASSWORD
    );
    view! {
        <div class="max-w-md">
            <Form action=ChangePassword::PATH id="password">
                <TextField name="old_password" label="Current password" kind=InputKind::Password autocomplete="current-password" />
                <Forgotten />
                <TextField name="password" label="New password" kind=InputKind::Password autocomplete="new-password" hint=Some(hint) />
                <p class="text-label text-ink-soft">"Every other browser will be signed out."</p>
                <Button label="Change password" kind=Kind::Primary />
            </Form>
        </div>
    }
    .into_any()
}
