//! The page: the text beside how it is written, and what it comes to below.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use model::Reading;

use super::{
    api::load_own,
    filling::{Filling, Pressed},
    focus,
    given::{OwnPage, Replaced, Tried},
    read, rows, simple,
};
use crate::{
    error::Error,
    paths,
    ui::{
        self, After, Button, Card, Form, InputKind, Kind, Need, Notice, PageHead, Tabs, TextField,
        Tone,
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
    let kept = Kept::new();
    ui::load_with(
        data,
        Callback::new(move |data: OwnPage| {
            let by_form = match by.get().as_str() {
                "form" => true,
                "yaml" => false,
                // What was posted is answered in kind: a form by its text, or by the form where that is refused.
                _ => data.form.is_some(),
            };
            page(data, by_form, kept)
        }),
    )
}

fn page(data: OwnPage, by_form: bool, kept: Kept) -> AnyView {
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
        text(data, kept)
    };
    view! {
        <PageHead title=title crumbs=crumbs lead=lead />
        {tabs}
        {body}
    }
    .into_any()
}

fn text(data: OwnPage, kept: Kept) -> AnyView {
    if let Some(id) = read::answered(&data) {
        focus::on(id);
    }
    let OwnPage {
        document,
        of,
        reading,
        checked,
        replaced,
        tried,
        has_changed,
        applied,
        error,
        form: _,
    } = data;
    let is_right = matches!(reading, Some(Reading::Integrations(_)));
    let is_done = !applied.is_empty();
    let done = is_done.then(|| read::applied(applied, reading.as_ref()));
    let changed = (has_changed && is_right).then(read::changed);
    let wrong = tried.as_ref().and_then(read::at_fields);
    let typed = kept.text_of(&document);
    let filling = Filling::begin(is_right.then(|| document.clone()), &typed);
    let note = move |text: String| {
        filling.typed(&text);
        kept.keep(&document, text);
    };
    let checked = is_right.then(|| view! { <input type="hidden" name="checked" value=checked /> });
    let of = of.map(|slug| view! { <input type="hidden" name="of" value=slug /> });
    let below = Below {
        replaced,
        tried,
        is_done,
    };
    view! {
        <div class="grid items-start gap-6 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
            <div class="min-w-0 space-y-5">
                {done}
                {error.as_ref().map(refused)}
                {changed}
                <Form action=paths::INTEGRATIONS_NEW id=read::FORM class="tall space-y-5" after=After::Page error=wrong>
                    {of}
                    {checked}
                    {by_enter(reading.as_ref(), filling)}
                    <div on:input=move |event| note(event_target_value(&event))>
                        <TextField name="document" label="Integration YAML" kind=InputKind::Multiline value=typed need=Need::Required />
                    </div>
                    {check(is_right, filling)}
                    {below.of(reading, filling)}
                </Form>
            </div>
            {guide()}
        </div>
    }
    .into_any()
}

fn refused(error: &Error) -> AnyView {
    let (title, advice) = (error.title(), error.advice());
    view! {
        <div id=focus::REFUSED tabindex="-1" role="alert" autofocus=true>
            <Notice tone=Tone::Bad title=title><p>{advice}</p></Notice>
        </div>
    }
    .into_any()
}

/// Before every other button of the form.
fn by_enter(reading: Option<&Reading>, filling: Filling) -> Option<AnyView> {
    match reading {
        Some(Reading::Integrations(all)) if read::asks_to_try(all) => Some(rows::by_enter(filling)),
        Some(Reading::Integrations(_) | Reading::Mistakes(_)) | None => None,
    }
}

fn check(is_right: bool, filling: Filling) -> AnyView {
    let kind = if is_right { Kind::Plain } else { Kind::Primary };
    let stale = move || {
        filling
            .is_stale()
            .then_some("The text has changed: check it again.")
    };
    view! {
        <div class="flex flex-wrap items-center gap-3" on:click=move |_| filling.press(Pressed::Check)>
            <Button label="Check it" icon="circle-check" kind=kind name="intent" value="check" />
            {filling.on_its_way(Pressed::Check, "Reading it…")}
            <span role="status" class="text-label text-warn">{stale}</span>
        </div>
    }
    .into_any()
}

/// What is known beside the text of what it comes to.
struct Below {
    replaced: Vec<Replaced>,
    tried: Option<Tried>,
    is_done: bool,
}

impl Below {
    /// To be made inside of the form.
    fn of(self, reading: Option<Reading>, filling: Filling) -> Option<AnyView> {
        let all = match reading? {
            Reading::Mistakes(all) => return Some(read::mistakes(all)),
            Reading::Integrations(all) => all,
        };
        let add = (!self.is_done).then(|| read::add(&all, &self.replaced, filling));
        let cards = read::described(all, self.tried, &self.replaced, filling);
        let view =
            view! { <div id=focus::READING tabindex="-1" class="space-y-5">{cards}{add}</div> };
        Some(view.into_any())
    }
}

/// What was typed over a text, while its reader looks at the form.
#[derive(Clone, Copy)]
struct Kept(StoredValue<Option<(String, String)>>);

impl Kept {
    fn new() -> Self {
        Self(StoredValue::new(None))
    }

    fn keep(self, over: &str, typed: String) {
        self.0.set_value(Some((over.to_owned(), typed)));
    }

    fn text_of(self, document: &str) -> String {
        let typed = self.0.with_value(|kept| {
            let (over, typed) = kept.as_ref()?;
            (over == document).then(|| typed.clone())
        });
        typed.unwrap_or_else(|| document.to_owned())
    }
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
