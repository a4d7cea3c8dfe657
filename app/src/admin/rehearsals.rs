//! Rehearsals: an operator chooses what a source does wrong, and reads which way the router takes.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_params_map;
use model::{Class, Progress, Rehearsal};

use super::api::{Rehearsals, StartRehearsal, load_rehearsal, load_rehearsals};
use crate::{
    paths,
    ui::{
        self, Ago, Answer, Badge, Button, Card, ChoiceField, Column, Empty, Form, Kind, Notice,
        Pad, PageHead, ReloadWithoutScript, Table, Tone,
    },
    ways::decisions,
};

const COLUMNS: [Column; 4] = [
    Column::Text("When"),
    Column::Text("The source"),
    Column::Text("Airbyte's way"),
    Column::Text("It ended"),
];

/// What happens in one …
const BOTH: &str = "A small API on this machine fails as you choose. It is read for real: directly by this hub, and by Airbyte's own runtime, which is installed when it is first needed.";
/// … and where Airbyte's runtime is not to be had.
const ONE: &str =
    "A small API on this machine fails as you choose. It is read for real, directly by this hub.";

#[component]
pub fn RehearsalsPage() -> impl IntoView {
    ui::load(ui::page_data(|| (), |()| load_rehearsals()), page)
}

fn page(data: Rehearsals) -> AnyView {
    let what = if data.no_airbyte.is_none() { BOTH } else { ONE };
    let (closed, list) = (data.no_airbyte.map(closed), list(&data.all));
    let lead = view! { <p>"Have the router meet a failure before a customer does. Nobody's rows are touched."</p> }.into_any();
    view! {
        <PageHead title="Rehearsals" lead=lead />
        <div class="max-w-3xl space-y-5">
            {closed}
            <Card title="A new rehearsal">{form(what)}</Card>
            {list}
        </div>
    }
    .into_any()
}

fn closed(why: String) -> AnyView {
    view! { <Notice tone=Tone::Warn title="Airbyte's way is closed here"><p>{why}</p></Notice> }
        .into_any()
}

fn form(what: &'static str) -> AnyView {
    let classes = Rehearsal::CLASSES
        .iter()
        .map(|class| Answer::new(class.name(), class.label()).with_hint(does(*class)))
        .collect();
    let airbyte = vec![
        Answer::new("works", "Works").with_hint("The rows come this way when the rules allow it."),
        Answer::new("fails", "Fails, too").with_hint("Both failures are told."),
    ];
    view! {
        <Form action=StartRehearsal::PATH id="rehearsal" class="space-y-4">
            <p class="text-ink-soft">{what}</p>
            <ChoiceField name="class" label="What the source does" value=Class::Upstream.name() answers=classes />
            <ChoiceField name="airbyte" label="Airbyte's way" value="works" answers=airbyte />
            <Button label="Rehearse" kind=Kind::Primary />
        </Form>
    }
    .into_any()
}

/// What the test API does, in its own terms.
const fn does(class: Class) -> &'static str {
    match class {
        Class::Network => "Its answer breaks off.",
        Class::Timeout => "It does not answer for longer than is waited.",
        Class::RateLimited => "It answers 429 and asks for three seconds.",
        Class::Auth => "It answers 401.",
        Class::Upstream => "It answers 503.",
        Class::Validation => "It answers 422.",
        Class::Forbidden => "It answers 403.",
        Class::Config | Class::Broken => "",
    }
}

fn list(all: &[Rehearsal]) -> AnyView {
    if all.is_empty() {
        return view! { <Empty icon="history" what="Nothing was rehearsed yet" next="The last twenty stay here." /> }.into_any();
    }
    let rows = all.iter().map(row).collect_view();
    view! {
        <Card title="Earlier ones" pad=Pad::None>
            <Table caption="Rehearsals, the newest first" columns=&COLUMNS>{rows}</Table>
        </Card>
    }
    .into_any()
}

fn row(one: &Rehearsal) -> AnyView {
    let airbyte = if one.both_ways { "fails, too" } else { "works" };
    view! {
        <tr class="relative">
            <th scope="row"><a href=paths::rehearsal(one.id) class="stretched text-ink"><Ago at=one.created_at.clone() /></a></th>
            <td data-label="The source">{one.class.label()}</td>
            <td data-label="Airbyte's way">{airbyte}</td>
            <td data-label="It ended">{badge(one.state)}</td>
        </tr>
    }
    .into_any()
}

fn badge(state: Progress) -> AnyView {
    let (tone, icon, word) = match state {
        Progress::Waiting => (Tone::Work, "clock", "waits"),
        Progress::Running => (Tone::Work, "loader", "running"),
        Progress::Passed => (Tone::Ok, "circle-check", "with rows"),
        Progress::Failed => (Tone::Off, "ban", "without rows"),
    };
    view! { <Badge tone=tone icon=icon label=word /> }.into_any()
}

#[component]
pub fn RehearsalPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let data = ui::page_data(move || id.get(), load_rehearsal);
    ui::follow(data, |one| one.state.is_over());
    ui::load_with(data, Callback::new(|one| one_page(&one)))
}

fn one_page(one: &Rehearsal) -> AnyView {
    let crumbs = vec![("Rehearsals".to_owned(), paths::ADMIN_REHEARSALS.to_owned())];
    let lead = if one.both_ways {
        "Both ways meet it."
    } else {
        "Only the direct way meets it."
    };
    let lead = view! { <p>{lead}</p> }.into_any();
    let over = one.state.is_over();
    let route = decisions(&one.decisions, over);
    view! {
        <PageHead title=one.class.label() crumbs=crumbs state=badge(one.state) lead=lead />
        {(!over).then(|| view! { <ReloadWithoutScript /> })}
        <div class="max-w-3xl"><Card title="Route">{route}</Card></div>
    }
    .into_any()
}
