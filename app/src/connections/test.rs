//! Step 2: the test, check by check, as it happens.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_params_map;
use model::{CheckStep, ConnectionState, Progress, TestView};

use super::{
    api::{KeepTried, StartSample, StartTest, load_test},
    given::Test,
    typed,
};
use crate::{
    paths,
    ui::{
        self, BrandTile, Button, Card, ConnectSteps, Disclosure, Form, Kind, LinkButton, Notice,
        Pad, PageHead, ReloadWithoutScript, StepMark, Tone, duration, plural,
    },
};

#[component]
pub fn TestPage() -> impl IntoView {
    let params = use_params_map();
    let data = ui::page_data(
        move || params.with(|params| params.get("test").unwrap_or_default()),
        load_test,
    );
    ui::follow(data, |page| page.view.state.is_over());
    ui::load(data, page)
}

fn page(page: Test) -> AnyView {
    let Test {
        view: test,
        name,
        state,
        card,
    } = page;
    let connection = test.connection;
    typed::forget(paths::connection_edit(connection));
    let crumbs = vec![
        ("Connections".to_owned(), paths::CONNECTIONS.to_owned()),
        (name.clone(), paths::connection(connection)),
    ];
    let mark = view! { <BrandTile logo=card.logo monogram=card.monogram /> }.into_any();
    let title = match test.state {
        Progress::Waiting | Progress::Running => format!("Checking {name}"),
        Progress::Passed => format!("{name} is connected"),
        Progress::Failed => format!("{name} is not connected yet"),
    };
    let words = sentence(&test);
    let lead = view! { <p role="status">{words}</p> }.into_any();
    let outcome = match test.state {
        Progress::Waiting | Progress::Running => view! {
            <ReloadWithoutScript />
            <p class="text-label text-ink-mute">"You can leave this page. The test goes on, and its result waits here."</p>
        }
        .into_any(),
        Progress::Passed => passed(&test),
        Progress::Failed => failed(&test, state),
    };
    let checks = checks(test.state, test.steps, &paths::connection_edit(connection));
    view! {
        <PageHead title=title crumbs=crumbs mark=mark lead=lead />
        <ConnectSteps step=2 />
        <div class="max-w-3xl space-y-5">
            {checks}
            {outcome}
        </div>
    }
    .into_any()
}

fn sentence(test: &TestView) -> String {
    match test.state {
        Progress::Waiting => "The test starts in a moment.".to_owned(),
        Progress::Running => "Each check is shown as it ends.".to_owned(),
        Progress::Passed => match test.streams {
            Some(found) => format!(
                "Every check passed. {} found.",
                plural(found, "table", "tables")
            ),
            None => "Every check passed.".to_owned(),
        },
        Progress::Failed => "Change what the failed check says, then test again.".to_owned(),
    }
}

/// The checks that ended, and a line for the one that goes on. A test that ended before its first check has none. `edit` is
/// where its settings are changed.
pub fn checks(state: Progress, steps: Vec<CheckStep>, edit: &str) -> Option<AnyView> {
    let waits = !state.is_over() && steps.iter().all(|step| step.state.is_over());
    if steps.is_empty() && !waits {
        return None;
    }
    let ended = steps
        .into_iter()
        .map(|step| check(step, edit))
        .collect_view();
    let next = waits.then(|| {
        let words = if state == Progress::Waiting {
            "Waiting for its turn"
        } else {
            "The next check goes on"
        };
        view! {
            <li class="flex items-start gap-3 px-4 py-3">
                <StepMark state=Progress::Running />
                <p class="text-ink-soft">{words}</p>
            </li>
        }
    });
    Some(
        view! { <Card title="Checks" pad=Pad::None><ol class="divide-y divide-line">{ended}{next}</ol></Card> }
            .into_any(),
    )
}

fn check(step: CheckStep, edit: &str) -> AnyView {
    let failed = step.state == Progress::Failed;
    let time = step.millis.map(|millis| view! { <span class="shrink-0 text-label text-ink-mute tabular-nums">{duration(millis)}</span> });
    let class = if failed {
        "text-label text-ink"
    } else {
        "text-label text-ink-soft"
    };
    let go = step.field.filter(|_| failed).map(|field| {
        let href = format!("{edit}#f-{field}");
        view! { <p class="mt-1"><a href=href>"Go to this setting"</a></p> }
    });
    view! {
        <li class="flex items-start gap-3 px-4 py-3">
            <StepMark state=step.state />
            <div class="min-w-0 flex-1">
                <p class="font-medium">{step.name}</p>
                <p class=class>{step.detail}</p>
                {go}
            </div>
            {time}
        </li>
    }
    .into_any()
}

fn passed(test: &TestView) -> AnyView {
    let id = test.connection.to_string();
    view! {
        <div class="flex flex-wrap items-center gap-2">
            <Form action=StartSample::PATH id="rows" class="contents">
                <input type="hidden" name="connection" value=id />
                <Button label="See rows" icon="table" kind=Kind::Primary />
            </Form>
            <LinkButton href=paths::connection_tab(test.connection, "tables") label="Choose tables" />
        </div>
    }
    .into_any()
}

/// The problem, unless a failed check says it already, and the connector's own words.
pub fn said_by_the_connector(test: &TestView) -> AnyView {
    let said = test
        .steps
        .iter()
        .any(|step| test.problem.as_ref() == Some(&step.detail));
    let problem = test.problem.clone().filter(|_| !said).map(|problem| view! { <Notice tone=Tone::Bad title="The test did not pass"><p>{problem}</p></Notice> });
    let raw = test.raw.clone().map(|raw| {
        view! {
            <Disclosure label="What the connector said">
                <pre class="max-h-80 overflow-auto rounded-control border border-line bg-sunken p-3 font-mono text-xs whitespace-pre-wrap" tabindex="0">{raw}</pre>
            </Disclosure>
        }
    });
    view! { {problem}{raw} }.into_any()
}

fn failed(test: &TestView, state: ConnectionState) -> AnyView {
    let id = test.connection.to_string();
    let (again, kept) = (id.clone(), id);
    let keep = (state == ConnectionState::Checking || state == ConnectionState::Draft).then(|| {
        view! {
            <Form action=KeepTried::PATH id="keep" class="contents">
                <input type="hidden" name="connection" value=kept />
                <Button label="Save and finish later" kind=Kind::Quiet />
            </Form>
        }
    });
    view! {
        {said_by_the_connector(test)}
        <div class="flex flex-wrap items-center gap-2">
            <LinkButton href=paths::connection_edit(test.connection) label="Change the settings" icon="pencil" kind=Kind::Primary />
            <Form action=StartTest::PATH id="again" class="contents">
                <input type="hidden" name="connection" value=again />
                <Button label="Test again" icon="rotate-ccw" />
            </Form>
            {keep}
        </div>
    }
    .into_any()
}
