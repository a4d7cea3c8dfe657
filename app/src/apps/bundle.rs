//! The bundle: each variable with its value masked and what it is for, and the download that asks for the password again.

use leptos::prelude::*;
use model::{AppView, Variable};

use super::{api::May, list::moment};
use crate::{
    account::Forgotten,
    paths,
    ui::{
        After, Button, Card, Column, CopyButton, Form, Icon, InputKind, Kind, Notice, Pad, Table,
        TextField, Tone,
    },
};

const COLUMNS: [Column; 3] = [
    Column::Text("Variable"),
    Column::Text("Value"),
    Column::Text("What it is for"),
];

pub fn bundle(app: &AppView, may: May) -> AnyView {
    let rows = app.bundle.iter().cloned().map(row).collect_view();
    let download = download(app, may);
    view! {
        <Card title="Settings for the app" pad=Pad::None>
            <Table caption="Variables of the bundle" columns=&COLUMNS>{rows}</Table>
            <div class="border-t border-line p-4">{download}</div>
        </Card>
    }
    .into_any()
}

fn row(variable: Variable) -> AnyView {
    let Variable {
        name,
        value,
        secret,
        purpose,
    } = variable;
    let copy = (!secret).then(|| view! { <CopyButton text=value.clone() about=name.clone() /> });
    let mark = secret.then(|| view! { <span class="mt-0.5 text-ink-mute"><Icon name="lock" class="size-3.5" /><span class="sr-only">"secret "</span></span> });
    view! {
        <tr>
            <td data-label="Variable"><code class="font-mono text-xs font-medium break-all md:whitespace-nowrap">{name}</code></td>
            <td data-label="Value">
                <span class="flex items-start gap-1.5">
                    {mark}
                    <code class="min-w-0 flex-1 font-mono text-xs leading-5 break-all">{value.clone()}</code>
                    <span class="-my-1 max-md:hidden">{copy}</span>
                </span>
            </td>
            <td data-label="What it is for" class="text-ink-soft">{purpose}</td>
        </tr>
    }
    .into_any()
}

fn download(app: &AppView, may: May) -> AnyView {
    if may == May::Look {
        return view! { <p class="text-ink-soft">"Your role does not include the download. An owner or admin of the workspace can get the file."</p> }.into_any();
    }
    let last = app.row.downloaded_at.clone();
    view! {
        <div class="grid gap-4 md:grid-cols-2">
            <div class="space-y-2">{password_note(app)}
                <p class="text-label text-ink-mute">"Last download: "{moment(last, "never")}". Each one is recorded."</p>
            </div>
            <Form action=paths::bundle(app.row.id) id="bundle" after=After::Download class="space-y-3">
                <TextField
                    name="password"
                    label="Your password"
                    kind=InputKind::Password
                    autocomplete="current-password"
                    hint=Some("Asked again, because the file opens your data.".to_owned())
                />
                <Forgotten />
                <Button label="Download .env" icon="download" kind=Kind::Primary />
            </Form>
        </div>
    }
    .into_any()
}

/// Whether the file will hold the database password.
fn password_note(app: &AppView) -> AnyView {
    if app.password_shown {
        return view! {
            <p>"The database password was in an earlier download and is not shown twice: a file from here leaves it out."</p>
            <p>"Lost it? "<a href=paths::app_rotate(app.row.id)>"Make a new password"</a></p>
        }
        .into_any();
    }
    view! {
        <Notice tone=Tone::Work title="This download holds the database password">
            <p>"It is shown only this once. Keep the file out of version control."</p>
        </Notice>
    }
    .into_any()
}
