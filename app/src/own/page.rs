//! The page: the text beside how it is written, and what it comes to below.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::Reading;

use super::{api::load_own, focus, given::OwnPage, read, simple};
use crate::{
    paths,
    ui::{
        self, After, Busy, Button, Card, Form, InputKind, Kind, Need, Notice, PageHead, Tabs,
        TextField, Tone,
    },
};

#[component]
pub fn NewPage() -> impl IntoView {
    let query = use_query_map();
    let asked = |name: &'static str| {
        Memo::new(move |_| query.with(|query| query.get(name).unwrap_or_default()))
    };
    let (of, by) = (asked("of"), asked("by"));
    let data = ui::page_data(move || of.get(), load_own);
    ui::load_with(
        data,
        Callback::new(move |data: OwnPage| {
            let by_form = match by.get().as_str() {
                "form" => true,
                "yaml" => false,
                // What was posted is answered in kind: a form by its text, or by the form where that is refused.
                _ => data.form.is_some(),
            };
            page(data, by_form)
        }),
    )
}

fn page(data: OwnPage, by_form: bool) -> AnyView {
    let crumbs = vec![("Integrations".to_owned(), paths::INTEGRATIONS.to_owned())];
    let is_new = data.of.is_none();
    let title = if is_new {
        "New integration"
    } else {
        "Change the description"
    };
    let lead = view! { <p>"Describe an HTTP API, a database or a file in a few lines. Secrets are only named here: you type them when you connect."</p> }.into_any();
    let tabs = is_new.then(|| {
        let tabs = vec![
            (
                paths::with_query(paths::INTEGRATIONS_NEW, &[("by", "yaml")]),
                "As YAML".to_owned(),
                !by_form,
            ),
            (
                paths::with_query(paths::INTEGRATIONS_NEW, &[("by", "form")]),
                "By a form".to_owned(),
                by_form,
            ),
        ];
        view! { <Tabs label="How it is described" tabs=tabs /> }
    });
    let body = if by_form {
        view! { <div class="max-w-2xl">{simple::form(data.form)}</div> }.into_any()
    } else {
        text(data)
    };
    view! {
        <PageHead title=title crumbs=crumbs lead=lead />
        {tabs}
        {body}
    }
    .into_any()
}

fn text(data: OwnPage) -> AnyView {
    if let Some(id) = read::answered(&data) {
        focus::on(id);
    }
    let OwnPage {
        document,
        of,
        reading,
        replaced,
        tried,
        applied,
        error,
        form: _,
    } = data;
    let is_right = matches!(reading, Some(Reading::Integrations(_)));
    let kind = if is_right { Kind::Plain } else { Kind::Primary };
    let of = of.map(|slug| view! { <input type="hidden" name="of" value=slug /> });
    let is_done = !applied.is_empty();
    let done = is_done.then(|| read::applied(applied, reading.as_ref()));
    let below = match reading {
        None => None,
        Some(Reading::Mistakes(all)) => Some(read::mistakes(all)),
        Some(Reading::Integrations(all)) => {
            let add = (!is_done).then(|| read::add(&all, &replaced, &document));
            let cards = read::described(all, &document, tried, &replaced);
            Some(
                view! { <div id=focus::READING tabindex="-1" class="space-y-5">{cards}{add}</div> }
                    .into_any(),
            )
        }
    };
    let refused = error.map(|error| {
        view! {
            <div id=focus::REFUSED tabindex="-1" role="alert" autofocus=true>
                <Notice tone=Tone::Bad title=error.title()><p>{error.advice()}</p></Notice>
            </div>
        }
    });
    view! {
        <div class="grid items-start gap-6 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
            <div class="min-w-0 space-y-5">
                {done}
                {refused}
                <Form action=paths::INTEGRATIONS_NEW id="yaml" class="tall space-y-4" after=After::Page>
                    {of}
                    <TextField name="document" label="Integration YAML" kind=InputKind::Multiline value=document need=Need::Required />
                    <div class="flex flex-wrap items-center gap-3">
                        <Button label="Check it" icon="circle-check" kind=kind name="intent" value="check" />
                        <Busy words="Reading it…" />
                    </div>
                </Form>
                {below}
            </div>
            {guide()}
        </div>
    }
    .into_any()
}

fn guide() -> AnyView {
    let item = |name: &'static str, text: &'static str| view! { <div><dt class="font-mono text-xs">{name}</dt><dd class="text-label text-ink-soft">{text}</dd></div> };
    view! {
        <aside>
            <Card title="How it is written">
                <dl class="space-y-2.5">
                    {item("type", "rest, database, file, webhook (an HTTP API that also sends events; sender says how it signs them), or a type your operator prepared.")}
                    {item("authentication", "none, bearer, basic, api_key (with header or query) or oauth2, each with secret_name. session_token signs in first: login_path, login_body or login_basic, token_path.")}
                    {item("endpoints", "One table each: name, path, and where the answer has the records.")}
                    {item("primary_key, cursor", "What tells records apart, and what tells new ones: cursor: { field: updated_at, parameter: since }.")}
                    {item("paging", "page, offset, cursor or link, with a size. In a body a list leads inside: parameter: [variables, after].")}
                    {item("fields", "string, integer, number, boolean, date, timestamp, object, array. Without them each record stays whole.")}
                    {item("${secrets.name}", "Stands wherever a secret belongs.")}
                </dl>
            </Card>
        </aside>
    }
    .into_any()
}
