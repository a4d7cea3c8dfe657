//! What whoever opened a link sees: the form, its test, and that it is done. Nothing else of the workspace.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_query_map;
use model::{FormState, Progress, TestView};

use super::{
    api::{TestLinkAgain, load_link},
    given::{Stage, Visit},
};
use crate::{
    connections::{Purpose, asked, body, checks, said_by_the_connector},
    paths,
    ui::{
        self, BrandTile, Button, Form, Kind, LinkButton, Notice, PageHead, ReloadWithoutScript,
        Tone,
    },
};

#[component]
pub fn LinkPage() -> impl IntoView {
    let asked = asked();
    let query = use_query_map();
    let again = Memo::new(move |_| query.with(|query| query.get("again").unwrap_or_default()));
    let data = ui::page_data(
        move || (asked.get(), again.get()),
        |(asked, again)| load_link(asked.how, asked.flow, again),
    );
    ui::follow(data, |page| match &page.stage {
        Stage::Form(form) => !matches!(form.state, FormState::Preparing { .. }),
        Stage::Test(test) => test.state.is_over() && test.state != Progress::Passed,
        Stage::Over { .. } => true,
    });
    ui::load(data, page)
}

fn page(page: Visit) -> AnyView {
    let Visit {
        company,
        name,
        card,
        stage,
    } = page;
    let mark =
        view! { <BrandTile logo=card.logo.clone() monogram=card.monogram.clone() /> }.into_any();
    let tool = card.name.clone();
    let (title, lead, body) = match stage {
        Stage::Form(form) => (
            format!("Connect {tool} for {company}"),
            format!(
                "They asked you to, because you have what it takes. It becomes “{name}” in their workspace."
            ),
            body(*form, paths::LINK.to_owned(), Purpose::ForOthers, None),
        ),
        Stage::Test(test) => tested(test, &tool),
        Stage::Over {
            is_connected: true, ..
        } => (
            format!("{tool} is connected"),
            format!("{company} can go on from here. You can close this page."),
            ().into_any(),
        ),
        Stage::Over {
            why, in_vain_from, ..
        } => (
            "This link has ended".to_owned(),
            String::new(),
            over(why, in_vain_from),
        ),
    };
    let lead = view! { <p role="status">{lead}</p> }.into_any();
    view! {
        <PageHead title=title mark=mark lead=lead />
        {body}
    }
    .into_any()
}

/// Why nothing can be done any more, and what became of a sign-in that came too late.
fn over(why: String, in_vain_from: Option<String>) -> AnyView {
    let kept = in_vain_from.map(|provider| {
        let words = format!(
            "Nothing was connected, and this hub keeps nothing of your sign-in at {provider}."
        );
        view! { <p class="text-ink-soft">{words}</p> }
    });
    view! { <Notice tone=Tone::Warn><p>{why}</p>{kept}</Notice> }.into_any()
}

fn tested(test: TestView, tool: &str) -> (String, String, AnyView) {
    let state = test.state;
    let again = paths::with_query(paths::LINK, &[("again", "1")]);
    let after = match state {
        Progress::Failed => view! {
            {said_by_the_connector(&test)}
            <div class="flex flex-wrap items-center gap-2">
                <LinkButton href=again.clone() label="Change the settings" icon="pencil" kind=Kind::Primary />
                <Form action=TestLinkAgain::PATH id="again" class="contents">
                    <Button label="Test again" icon="rotate-ccw" />
                </Form>
            </div>
        }
        .into_any(),
        _ => view! { <ReloadWithoutScript /> }.into_any(),
    };
    let body = view! {
        <div class="max-w-3xl space-y-5">
            {checks(state, test.steps, &again)}
            {after}
        </div>
    };
    let (title, lead) = match state {
        Progress::Failed => (
            format!("{tool} is not connected yet"),
            "Change what the failed check says, then test again.",
        ),
        _ => (
            format!("Checking {tool}"),
            "Each check is shown as it ends.",
        ),
    };
    (title, lead.to_owned(), body.into_any())
}
