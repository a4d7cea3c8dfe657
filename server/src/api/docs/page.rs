//! The page: contents beside or above, then every call with all that is needed to make it.

use axum::http::HeaderMap;
use leptos::prelude::*;

use super::{
    reference::{Body, Call, Group, Reference, Schema},
    shape::{Field, Piece, Shape},
};

const TITLE: &str = "API reference";

/// The whole document. `hub` is the address people use.
pub fn render(headers: &HeaderMap, reference: &Reference, hub: &str) -> String {
    let body = view! {
        <a href="#main" class="btn btn-primary docs-skip">"Skip to the page"</a>
        {head()}
        <div class="docs">
            {contents(reference)}
            <main id="main" tabindex="-1">
                {start(reference, hub)}
                {reference.groups.iter().map(group).collect_view()}
                {schemas(&reference.schemas)}
            </main>
        </div>
    };
    app::scriptless_page(headers, TITLE, &["/api/docs.css"], body.into_any())
}

fn head() -> AnyView {
    view! {
        <header class="docs-head">
            <a href="/" class="docs-home">
                <svg class="docs-mark" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
                    <use href="/mark.svg#mark"></use>
                </svg>
                "Tributary"
            </a>
            <a href="/api/v1/openapi.json" class="btn btn-small">"openapi.json"</a>
        </header>
    }
    .into_any()
}

fn contents(reference: &Reference) -> AnyView {
    let groups = reference.groups.iter().map(|group| {
        let calls = group.calls.iter().map(|call| {
            view! {
                <li>
                    <a href=format!("#{}", call.anchor) class="nav-link docs-entry">
                        <span class="docs-verb">{call.method.clone()}</span>
                        <span>{breakable(&short(&call.path))}</span>
                    </a>
                </li>
            }
        });
        view! {
            <li>
                <a href=format!("#{}", group.name) class="docs-group">{title(&group.name)}</a>
                <ul>{calls.collect_view()}</ul>
            </li>
        }
    });
    view! {
        <nav class="docs-contents" aria-label="Contents">
            <ul>
                <li><a href="#start" class="docs-group">"Start"</a></li>
                {groups.collect_view()}
                <li><a href="#schemas" class="docs-group">"Schemas"</a></li>
            </ul>
        </nav>
    }
    .into_any()
}

/// Paths in the contents leave out what all have in common.
fn short(path: &str) -> String {
    path.trim_start_matches("/api/v1")
        .trim_start_matches("/api")
        .to_owned()
}

/// A path that may go on in the next line at each slash, and nowhere else if it fits.
fn breakable(path: &str) -> AnyView {
    path.split('/')
        .enumerate()
        .map(|(index, part)| match index {
            0 => part.to_owned().into_any(),
            _ => view! { <wbr />{format!("/{part}")} }.into_any(),
        })
        .collect_view()
        .into_any()
}

/// `connections` → `Connections`.
fn title(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

fn start(reference: &Reference, hub: &str) -> AnyView {
    let variables = format!("export HUB={hub}\nexport KEY=hub_live_…");
    view! {
        <h1>{TITLE}</h1>
        <p class="docs-lead">{prose(&reference.text)}</p>
        <section id="start" aria-labelledby="start-title">
            <h2 id="start-title">"Start"</h2>
            <p>
                "Make a key under " <a href="/settings/keys">"Settings, API keys"</a> ", or let an operator make one: "
                <code>"tributary api-key create --tenant ten_… --scope admin"</code> ". It is shown once. With these two variables every command below can be pasted:"
            </p>
            {code(variables)}
            <p>
                "Ids of things look like " <code>"con_…"</code> ", " <code>"run_…"</code> " or " <code>"app_…"</code> ". Lists come newest first in pages; "
                <code>"next"</code> " of one page is " <code>"after"</code> " of the following one, and null on the last."
            </p>
            <h3>"Errors"</h3>
            <p>
                "Every failed call answers " <code>"application/problem+json"</code> ": a " <code>"code"</code> " for programs, a "
                <code>"detail"</code> " for people, one entry in " <code>"errors"</code> " for each wrong field, and the " <code>"request_id"</code>
                " that finds the case in the log. What belongs to another tenant is answered like what does not exist: 404."
            </p>
        </section>
    }
    .into_any()
}

fn group(group: &Group) -> AnyView {
    let heading = format!("{}-title", group.name);
    view! {
        <section id=group.name.clone() aria-labelledby=heading>
            <h2 id=heading.clone()>{title(&group.name)}</h2>
            <p class="docs-lead">{format!("{}.", group.text.trim_end_matches('.'))}</p>
            {group.calls.iter().map(call).collect_view()}
        </section>
    }
    .into_any()
}

fn call(call: &Call) -> AnyView {
    let heading = format!("{}-title", call.anchor);
    view! {
        <article id=call.anchor.clone() class="card docs-call" aria-labelledby=heading>
            <h3 id=heading.clone()>
                <span class=badge(&call.method)>{call.method.clone()}</span>
                <code class="docs-path">{breakable(&call.path)}</code>
            </h3>
            <p>{prose(&call.text)}</p>
            <p class="docs-note">"Scope of the key: " {call.scopes.join(" or ")} " (or admin)"</p>
            {table("Parameters", &call.parameters)}
            {call.body.as_ref().map(body)}
            {answers(call)}
            <h4>"Example"</h4>
            {code(call.curl.clone())}
        </article>
    }
    .into_any()
}

/// Colour is the second sign only: the word stands in it.
fn badge(method: &str) -> &'static str {
    match method {
        "GET" => "badge badge-work",
        "POST" => "badge badge-ok",
        "DELETE" => "badge badge-bad",
        _ => "badge badge-warn",
    }
}

fn body(body: &Body) -> AnyView {
    view! {
        <h4>"Body"</h4>
        <p>{pieces(&body.kind)}" "<span class="docs-note">{format!("as {}", body.media)}</span></p>
        {table("Fields of the body", &body.fields)}
    }
    .into_any()
}

fn table(caption: &'static str, fields: &[Field]) -> Option<AnyView> {
    if fields.is_empty() {
        return None;
    }
    let rows = fields.iter().map(|field| {
        let need = match (&field.place, field.required) {
            (Some(place), true) => format!("{place}, required"),
            (Some(place), false) => place.clone(),
            (None, true) => "required".to_owned(),
            (None, false) => String::new(),
        };
        view! {
            <tr>
                <th scope="row"><code>{field.name.clone()}</code>" "<span class="docs-note">{need}</span></th>
                <td>{pieces(&field.kind)}</td>
                <td>{prose(&field.text)}</td>
            </tr>
        }
    });
    let table = view! {
        <div class="docs-scroll" tabindex="0" role="group" aria-label=caption>
            <table class="table">
                <caption>{caption}</caption>
                <thead><tr><th scope="col">"Name"</th><th scope="col">"Type"</th><th scope="col">"Meaning"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    };
    Some(table.into_any())
}

fn answers(call: &Call) -> AnyView {
    let rows = call.answers.iter().map(|answer| {
        view! {
            <tr>
                <th scope="row"><code>{answer.status.clone()}</code></th>
                <td>{answer.text}</td>
                <td>{pieces(&answer.kind)}</td>
            </tr>
        }
    });
    view! {
        <div class="docs-scroll" tabindex="0" role="group" aria-label="Answers">
            <table class="table">
                <caption>"Answers"</caption>
                <thead><tr><th scope="col">"Status"</th><th scope="col">"Meaning"</th><th scope="col">"Body"</th></tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn schemas(schemas: &[Schema]) -> AnyView {
    view! {
        <section id="schemas" aria-labelledby="schemas-title">
            <h2 id="schemas-title">"Schemas"</h2>
            <p class="docs-lead">"What bodies and answers are made of."</p>
            {schemas.iter().map(schema).collect_view()}
        </section>
    }
    .into_any()
}

fn schema(schema: &Schema) -> AnyView {
    let shape = match &schema.shape {
        Shape::Fields(fields) => table("Fields", fields).into_any(),
        Shape::OneOf(variants) => variants
            .iter()
            .map(|(text, fields)| view! { <p>"Either: " {prose(text)}</p> {table("Fields", fields)} })
            .collect_view()
            .into_any(),
        Shape::Value(kind) => view! { <p>{pieces(kind)}</p> }.into_any(),
    };
    view! {
        <article id=place(&schema.name) class="card docs-call">
            <h3><code>{schema.name.clone()}</code></h3>
            <p>{prose(&schema.text)}</p>
            {shape}
        </article>
    }
    .into_any()
}

fn place(schema: &str) -> String {
    format!("schema-{schema}")
}

fn pieces(pieces: &[Piece]) -> AnyView {
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Word(word) => view! { <span>{word.clone()}</span> }.into_any(),
            Piece::Schema(name) => {
                view! { <a href=format!("#{}", place(name))>{name.clone()}</a> }.into_any()
            }
        })
        .collect_view()
        .into_any()
}

/// Text in which `code` stands between backticks, as in doc comments.
fn prose(text: &str) -> AnyView {
    text.split('`')
        .enumerate()
        .map(|(index, part)| {
            if index % 2 == 1 {
                view! { <code>{part.to_owned()}</code> }.into_any()
            } else {
                part.to_owned().into_any()
            }
        })
        .collect_view()
        .into_any()
}

fn code(text: String) -> AnyView {
    view! { <pre class="docs-code" tabindex="0"><code>{text}</code></pre> }.into_any()
}
