//! An HTTP API with one endpoint, asked for in a form: it becomes the text, which is where everything else is said.

use leptos::prelude::*;

use super::{focus, given::Refused};
use crate::{
    paths,
    ui::{
        After, Answer, Branch, BranchField, Busy, Button, Card, Form, Kind, Need, SelectField,
        TextField,
    },
};

/// What was typed before the form came back.
struct Typed(Vec<(String, String)>);

impl Typed {
    fn of(&self, name: &str) -> String {
        self.or(name, "")
    }

    fn or(&self, name: &str, usual: &str) -> String {
        let typed = self.0.iter().find(|(known, _)| known == name);
        typed.map_or_else(|| usual.to_owned(), |(_, value)| value.clone())
    }
}

pub fn form(refused: Option<Refused>) -> AnyView {
    let (typed, error) = match refused {
        Some(Refused { typed, error }) => {
            focus::on("api-errors".to_owned());
            (Typed(typed), Some(error))
        }
        None => (Typed(Vec::new()), None),
    };
    view! {
        <Card>
            <Form action=paths::INTEGRATIONS_NEW id="api" class="space-y-5" after=After::Page error=error>
                <TextField name="api.name" label="Name" placeholder=Some("Harbour office".to_owned()) need=Need::Required value=typed.of("api.name") />
                <TextField name="api.base_url" label="Address of the API" placeholder=Some("https://api.example.com/v1".to_owned()) need=Need::Required value=typed.of("api.base_url") />
                <BranchField name="api.auth" label="How you sign in to it" hint=Some("The secret itself is typed when you connect.".to_owned()) value=typed.or("api.auth", "bearer") branches=ways_in(&typed) />
                <TextField name="api.path" label="Path of the first table" hint=Some("A single / is the address itself.".to_owned()) placeholder=Some("/ships".to_owned()) need=Need::Required value=typed.of("api.path") />
                <TextField name="api.records" label="Where the answer has the records" hint=Some("Empty when the answer is the list itself.".to_owned()) placeholder=Some("data.items".to_owned()) value=typed.of("api.records") />
                <TextField name="api.key" label="Field that tells records apart" placeholder=Some("id".to_owned()) value=typed.of("api.key") />
                <BranchField name="api.paging" label="How more pages are asked for" value=typed.or("api.paging", "none") branches=pages(&typed) />
                <div class="flex flex-wrap items-center gap-3">
                    <Button label="Write it as YAML" kind=Kind::Primary name="intent" value="compose" />
                    <span class="text-label text-ink-mute">"Next you see the text, and can try it. Nothing is kept yet."</span>
                    <Busy words="Writing it…" />
                </div>
            </Form>
        </Card>
    }
    .into_any()
}

fn ways_in(typed: &Typed) -> Vec<Branch> {
    let header = view! { <TextField name="api.header" label="Name of the header" placeholder=Some("X-Api-Key".to_owned()) value=typed.of("api.header") /> };
    let parameter = view! { <TextField name="api.parameter" label="Name of the parameter" placeholder=Some("api_key".to_owned()) value=typed.of("api.parameter") /> };
    let user = view! { <TextField name="api.username" label="User name" value=typed.of("api.username") /> };
    let client = view! {
        <TextField name="api.client_id" label="Client ID" value=typed.of("api.client_id") />
        <TextField name="api.token_url" label="Address that gives tokens" placeholder=Some("https://api.example.com/oauth/token".to_owned()) value=typed.of("api.token_url") />
    };
    vec![
        branch("none", "Not at all", None),
        branch("bearer", "With a token (Bearer)", None),
        branch("header", "With a key in a header", Some(header.into_any())),
        branch(
            "query",
            "With a key in the address",
            Some(parameter.into_any()),
        ),
        branch("basic", "With user and password", Some(user.into_any())),
        branch(
            "oauth2",
            "With OAuth (client credentials)",
            Some(client.into_any()),
        ),
        branch(
            "session_token",
            "By signing in first, for a session",
            Some(session(typed)),
        ),
    ]
}

/// What is sent to sign in, and how requests show what it gave.
fn session(typed: &Typed) -> AnyView {
    let ways = vec![
        Answer::new("json", "As JSON"),
        Answer::new("form", "As a form"),
        Answer::new("basic", "In a header (Basic)"),
        Answer::new("basic_get", "In a header (Basic), by GET"),
    ];
    let life =
        "PT1H is an hour, PT20M is 20 minutes. Left empty, every request signs in once more.";
    view! {
        <TextField name="api.login_path" label="Path that signs in" placeholder=Some("/login".to_owned()) value=typed.of("api.login_path") />
        <TextField name="api.login_user" label="User who signs in" value=typed.of("api.login_user") />
        <TextField name="api.user_field" label="Field that takes the user" hint=Some("Empty for “username”. A header has no fields.".to_owned()) placeholder=Some("email".to_owned()) value=typed.of("api.user_field") />
        <TextField name="api.password_field" label="Field that takes the password" hint=Some("Empty for “password”. A header has no fields.".to_owned()) placeholder=Some("pass".to_owned()) value=typed.of("api.password_field") />
        <SelectField name="api.sent_as" label="How both are sent" value=typed.or("api.sent_as", "json") answers=ways />
        <TextField name="api.token_path" label="Where the answer has the session" placeholder=Some("data.token".to_owned()) value=typed.of("api.token_path") />
        <TextField name="api.session_header" label="Header that shows it then" hint=Some("Empty for a Bearer token.".to_owned()) placeholder=Some("X-Session".to_owned()) value=typed.of("api.session_header") />
        <TextField name="api.prefix" label="What stands before it in that header" placeholder=Some("Token".to_owned()) value=typed.of("api.prefix") />
        <TextField name="api.expires_after" label="How long it lasts" hint=Some(life.to_owned()) placeholder=Some("PT1H".to_owned()) value=typed.of("api.expires_after") />
    }
    .into_any()
}

fn pages(typed: &Typed) -> Vec<Branch> {
    let cursor = view! {
        <TextField name="api.next" label="Where the answer has the next cursor" placeholder=Some("meta.next".to_owned()) value=typed.of("api.next") />
        <TextField name="api.cursor" label="Parameter that takes it" hint=Some("Empty for “cursor”.".to_owned()) placeholder=Some("after".to_owned()) value=typed.of("api.cursor") />
    };
    vec![
        branch("none", "One page holds all", None),
        branch("page", "By page number", None),
        branch("offset", "By offset", None),
        branch("link", "By the header Link", None),
        branch(
            "cursor",
            "By a cursor in the answer",
            Some(cursor.into_any()),
        ),
    ]
}

fn branch(value: &str, label: &str, fields: Option<AnyView>) -> Branch {
    Branch {
        answer: Answer::new(value, label),
        fields,
    }
}
