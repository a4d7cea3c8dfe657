//! An HTTP API with one endpoint, asked for in a form: it becomes the text, which is where everything else is said.

use leptos::prelude::*;

use crate::{
    paths,
    ui::{After, Answer, Button, Card, ChoiceField, Form, Kind, Need, TextField},
};

pub fn form() -> AnyView {
    let hint = |text: &str| Some(text.to_owned());
    let auth = [
        ("none", "Not at all"),
        ("bearer", "With a token (Bearer)"),
        ("header", "With a key in a header"),
        ("query", "With a key in the address"),
        ("basic", "With user and password"),
        ("oauth2", "With OAuth (client credentials)"),
    ]
    .map(|(value, label)| Answer::new(value, label));
    let paging = [
        ("none", "One page holds all"),
        ("page", "By page number"),
        ("offset", "By offset"),
        ("link", "By the header Link"),
        ("cursor", "By a cursor in the answer"),
    ]
    .map(|(value, label)| Answer::new(value, label));
    view! {
        <Card>
            <Form action=paths::INTEGRATIONS_NEW id="api" class="space-y-5" after=After::Download>
                <TextField name="api.name" label="Name" placeholder=hint("Harbour office") need=Need::Required />
                <TextField name="api.base_url" label="Address of the API" placeholder=hint("https://api.example.com/v1") need=Need::Required />
                <ChoiceField name="api.auth" label="How you sign in to it" value="bearer" answers=auth.to_vec() />
                <TextField name="api.place" label="Name of the header, of the parameter, or of the user, or the client ID" hint=hint("Only for the last four. The secret itself is typed when you connect.") placeholder=hint("X-Api-Key") />
                <TextField name="api.token_url" label="Address that gives tokens" hint=hint("Only for OAuth.") placeholder=hint("https://api.example.com/oauth/token") />
                <TextField name="api.path" label="Path of the first table" placeholder=hint("/ships") need=Need::Required />
                <TextField name="api.records" label="Where the answer has the records" hint=hint("Empty when the answer is the list itself.") placeholder=hint("data.items") />
                <TextField name="api.key" label="Field that tells records apart" placeholder=hint("id") />
                <ChoiceField name="api.paging" label="How more pages are asked for" value="none" answers=paging.to_vec() />
                <TextField name="api.next" label="Where the answer has the next cursor" hint=hint("Only for a cursor.") placeholder=hint("meta.next") />
                <TextField name="api.cursor" label="Parameter that takes it" hint=hint("Only for a cursor; empty for “cursor”.") placeholder=hint("after") />
                <Button label="Write it as YAML" kind=Kind::Primary name="intent" value="compose" />
            </Form>
        </Card>
    }
    .into_any()
}
