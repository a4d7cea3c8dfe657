//! Step 3: real rows of each table, read through the connector and kept nowhere.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::{use_params_map, use_query_map};
use model::{ConnectionId, SampleView, StreamSample};

use super::{
    api::{StartSample, load_sample},
    given::Sample,
};
use crate::{
    paths,
    ui::{
        self, Button, ConnectSteps, Empty, Form, Icon, Kind, LinkButton, Notice, PageHead,
        ReloadWithoutScript, Tone, count, plural,
    },
};

/// From so many rows on, values that never come twice are worth a word.
const TELLING: usize = 10;

#[component]
pub fn RowsPage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let stream = Memo::new(move |_| query.with(|query| query.get("table").unwrap_or_default()));
    let data = ui::page_data(
        move || params.with(|params| params.get("sample").unwrap_or_default()),
        load_sample,
    );
    ui::follow(data, |page| page.view.state.is_over());
    ui::load_with(data, Callback::new(move |data| page(data, stream)))
}

fn page(data: Sample, stream: Memo<String>) -> AnyView {
    let Sample { view: sample, name } = data;
    let connection = sample.connection;
    let crumbs = vec![
        ("Connections".to_owned(), paths::CONNECTIONS.to_owned()),
        (name.clone(), paths::connection(connection)),
    ];
    let over = sample.state.is_over();
    let personal = if sample.revealed {
        "What looks personal is readable."
    } else {
        "What looks personal is masked."
    };
    let lead = view! { <p role="status" class="flex items-start gap-1.5"><Icon name="eye" class="mt-0.5 size-4 shrink-0" />{format!("Preview only: read just now through the connector, not saved. {personal}")}</p> }.into_any();
    let actions = view! { <LinkButton href=paths::connection_tab(connection, "tables") label="Choose tables" kind=Kind::Primary icon="arrow-right" /> }.into_any();
    let problem = sample.problem.clone().map(|problem| view! { <div class="mb-5"><Notice tone=Tone::Bad title="No rows could be read"><p>{problem}</p></Notice></div> });
    let waiting = (!over).then(|| {
        let words = match sample.streams.len() {
            0 => "Reading the first rows…".to_owned(),
            read => format!("{} read so far…", plural(i64::try_from(read).unwrap_or(i64::MAX), "table", "tables")),
        };
        view! {
            <p role="status" class="mb-4 flex items-center gap-2 text-work"><Icon name="loader" class="size-4 shrink-0 spin" />{words}</p>
            <ReloadWithoutScript />
        }
    });
    let part = over.then(|| part(&sample)).flatten();
    let answered = over && problem.is_none();
    let body = if sample.streams.is_empty() {
        answered.then(|| nothing(connection))
    } else {
        Some(streams(sample, stream))
    };
    view! {
        <PageHead title=format!("Rows of {name}") crumbs=crumbs lead=lead actions=actions />
        <ConnectSteps step=3 />
        {problem}
        {waiting}
        {part}
        {body}
        {again(connection)}
    }
    .into_any()
}

/// Where only some of the tables are read, that is said.
fn part(sample: &SampleView) -> Option<AnyView> {
    let shown = i64::try_from(sample.streams.len()).unwrap_or(i64::MAX);
    let all = plural(sample.tables, "table", "tables");
    let words = format!("{} of {all} are shown.", count(shown));
    (0 < shown && shown < sample.tables)
        .then(|| view! { <p class="mb-3 text-ink-soft">{words}</p> }.into_any())
}

fn nothing(connection: ConnectionId) -> AnyView {
    view! {
        <Empty
            icon="table"
            what="There are no rows to show"
            next="The source answered, but gave no rows. That can be right for an empty account; tables can be chosen all the same."
            action=(paths::connection_tab(connection, "tables"), "Choose tables")
            kind=Kind::Plain
        />
    }
    .into_any()
}

fn again(connection: ConnectionId) -> AnyView {
    let button =
        |id: &'static str, label: &'static str, icon: &'static str, personal: &'static str| {
            view! {
                <Form action=StartSample::PATH id=id class="contents">
                    <input type="hidden" name="connection" value=connection.to_string() />
                    <Button label=label icon=icon kind=Kind::Small name="personal" value=personal />
                </Form>
            }
        };
    view! {
        <div class="mt-6 flex flex-wrap items-center gap-2 border-t border-line pt-4">
            {button("again", "Read again", "refresh-cw", "mask")}
            {button("reveal", "Read again and show personal data", "eye", "show")}
            <span class="text-label text-ink-mute">"Showing personal data is noted in the audit trail."</span>
        </div>
    }
    .into_any()
}

/// The list of tables at the side, the chosen one beside it. Each table has its own address.
fn streams(mut sample: SampleView, chosen: Memo<String>) -> AnyView {
    in_order(&mut sample.streams);
    let base = paths::rows(sample.connection, sample.id);
    let first = sample.streams.first().map(label).unwrap_or_default();
    let labels: Vec<String> = sample.streams.iter().map(label).collect();
    let current = Memo::new(move |_| {
        let wanted = chosen.get();
        if labels.contains(&wanted) {
            wanted
        } else {
            first.clone()
        }
    });
    let links = sample
        .streams
        .iter()
        .map(|stream| {
            let word = label(stream);
            let href = paths::with_query(&base, &[("table", &word)]);
            let rows = if stream.problem.is_some() && stream.rows.is_empty() { "–".to_owned() } else { count(i64::try_from(stream.rows.len()).unwrap_or(i64::MAX)) };
            let shown = word.clone();
            view! {
                <li>
                    <a href=href class="nav-link justify-between" data-noscroll="true" aria-current=move || (current.get() == word).then_some("true")>
                        <span class="min-w-0 truncate font-mono text-xs">{shown}</span>
                        <span class="text-xs text-ink-mute tabular-nums">{rows}</span>
                    </a>
                </li>
            }
        })
        .collect_view();
    let list = sample.streams;
    view! {
        <div class="grid items-start gap-5 lg:grid-cols-[14rem_minmax(0,1fr)]">
            <nav aria-label="Tables" class="max-h-64 overflow-y-auto lg:max-h-[70vh]"><ul class="space-y-0.5">{links}</ul></nav>
            <div class="min-w-0">{move || list.iter().find(|stream| label(stream) == current.get()).map(table)}</div>
        </div>
    }
    .into_any()
}

/// They arrive as they are read; here they stand by name, and those without a row after the others.
fn in_order(streams: &mut [StreamSample]) {
    streams.sort_by_key(|stream| (stream.rows.is_empty(), label(stream)));
}

fn label(stream: &StreamSample) -> String {
    stream.namespace.as_ref().map_or_else(
        || stream.name.clone(),
        |namespace| format!("{namespace}.{}", stream.name),
    )
}

/// The rows of one table.
pub fn table(stream: &StreamSample) -> AnyView {
    let problem = stream.problem.clone().map(|problem| {
        let title = if stream.rows.is_empty() {
            "The rows of this table could not be read"
        } else {
            "Not all of these rows could be read"
        };
        view! { <div class="mb-3"><Notice tone=Tone::Warn title=title><p>{problem}</p></Notice></div> }
    });
    if stream.rows.is_empty() {
        let empty = problem.is_none().then(
            || view! { <p class="card p-6 text-ink-soft">"This table gave no rows: it is empty."</p> },
        );
        return view! { {problem}{empty} }.into_any();
    }
    // Of a few rows nearly every column is unique: that says nothing.
    let telling = stream.rows.len() >= TELLING;
    let head = stream
        .columns
        .iter()
        .map(|column| {
            let masked = stream.masked.contains(column).then(|| view! { <span class="tag"><Icon name="eye-off" class="size-3" />"masked"</span> });
            let unique = (telling && stream.unique.contains(column)).then(|| view! { <span class="tag" title="No null and no double value among these rows"><Icon name="key" class="size-3" />"unique here"</span> });
            view! { <th scope="col"><span class="block font-mono text-xs text-ink">{column.clone()}</span><span class="flex gap-1">{masked}{unique}</span></th> }
        })
        .collect_view();
    let rows = stream
        .rows
        .iter()
        .map(|row| {
            let cells = row
                .iter()
                .map(|cell| match cell {
                    Some(text) => view! { <td class="max-w-72 truncate" title=text.clone()>{text.clone()}</td> }.into_any(),
                    None => view! { <td class="text-ink-mute italic">"null"</td> }.into_any(),
                })
                .collect_view();
            view! { <tr>{cells}</tr> }
        })
        .collect_view();
    let caption = format!(
        "{} of {}",
        plural(
            i64::try_from(stream.rows.len()).unwrap_or(i64::MAX),
            "row",
            "rows"
        ),
        label(stream)
    );
    let name = caption.clone();
    view! {
        {problem}
        <div class="card scrolls overflow-x-auto" tabindex="0" role="region" aria-label=name>
            <table class="table w-max min-w-full">
                <caption class="sr-only">{caption}</caption>
                <thead><tr>{head}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, rows: Vec<Vec<Option<String>>>) -> StreamSample {
        StreamSample {
            namespace: None,
            name: name.to_owned(),
            columns: vec![],
            rows,
            masked: vec![],
            unique: vec![],
            problem: None,
        }
    }

    #[test]
    fn a_table_is_named_with_its_schema() {
        let mut stream = of("users", vec![]);
        assert_eq!(label(&stream), "users");
        stream.namespace = Some("public".to_owned());
        assert_eq!(label(&stream), "public.users");
    }

    #[test]
    fn the_first_table_that_is_shown_has_rows() {
        let row = || vec![vec![Some("1".to_owned())]];
        let mut streams = [of("ships", row()), of("berths", vec![]), of("quays", row())];
        in_order(&mut streams);
        let names = streams.each_ref().map(|stream| stream.name.as_str());
        assert_eq!(names, ["quays", "ships", "berths"]);
    }
}
