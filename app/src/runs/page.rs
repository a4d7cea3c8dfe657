//! The page of one run: where it stands, its numbers, a receipt for each table, its log.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use model::{RunState, RunView};

use super::{
    api::run,
    facts::facts,
    head::{Stop, head, question},
    log::LogPart,
    phases::phases,
    receipts::receipts,
    words::detail_words,
};
use crate::ui::{
    self, Card, Code, Disclosure, Notice, Pad, ReloadWithoutScript, Stat, Stats, Tone,
};
use crate::ways::decisions;

#[component]
pub fn RunPage() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let after = Memo::new(move |_| {
        query.with(|query| {
            query
                .get("after")
                .and_then(|after| after.parse::<i64>().ok())
                .unwrap_or(0)
        })
    });
    let stop = Memo::new(move |_| {
        if query.with(|query| query.get("stop").is_some()) {
            Stop::Asked
        } else {
            Stop::NotAsked
        }
    });
    let data = ui::page_data(move || (id.get(), stop.get()), |(id, _)| run(id));
    ui::follow(data, |run| run.row.state.is_over());
    view! {
        {ui::load_with(data, Callback::new(move |run| page(&run, stop.get_untracked())))}
        <LogPart id=id after=after run=data />
    }
    .into_any()
}

fn page(run: &RunView, stop: Stop) -> AnyView {
    let going = !run.row.state.is_over();
    let asks = stop == Stop::Asked && matches!(run.row.state, RunState::Queued | RunState::Running);
    let (receipts, decisions, facts) = (
        receipts(run),
        decisions(&run.decisions, run.row.state.is_over()),
        facts(run),
    );
    view! {
        {head(run, stop)}
        {(going && !asks).then(|| view! { <ReloadWithoutScript /> })}
        <div class="space-y-5">
            {asks.then(|| question(run))}
            {problem(run)}
            {numbers(run)}
            {phases(run)}
            <Card title="Tables" pad=Pad::None>{receipts}</Card>
            <Card title="Route">{decisions}</Card>
            <Card title="About this run">{facts}</Card>
            {detail(run)}
        </div>
    }
    .into_any()
}

/// Above the log: that it is one in detail, and what may be missing all the same.
fn detail(run: &RunView) -> Option<AnyView> {
    let words = detail_words(run);
    let notice = run.debug.then(|| {
        view! { <Notice tone=Tone::Off title="The log below is a detailed one"><p>{words}</p></Notice> }
    })?;
    Some(notice.into_any())
}

/// What went wrong in plain words; the connector's own words only on request.
fn problem(run: &RunView) -> Option<AnyView> {
    let problem = run.row.problem.clone()?;
    let (tone, title) = match run.row.state {
        RunState::Failed => (Tone::Bad, "It failed"),
        RunState::Partial => (Tone::Warn, "It is not complete"),
        RunState::Cancelled => (Tone::Off, "It was stopped"),
        _ => (Tone::Warn, "It is held up"),
    };
    let raw = run.raw.clone().map(|raw| {
        view! { <Disclosure label="What the connector said"><Code text=raw /></Disclosure> }
    });
    let notice = view! {
        <Notice tone=tone title=title>
            <p>{problem}</p>
            {raw}
        </Notice>
    };
    Some(notice.into_any())
}

fn numbers(run: &RunView) -> AnyView {
    let row = run.row.clone();
    let last = match (row.millis, run.rate) {
        (Some(millis), _) => {
            let rate = per_second(row.rows_written, millis);
            view! { <Stat label="Time" value=ui::duration(millis) note=rate /> }.into_any()
        }
        (None, Some(rate)) => {
            view! { <Stat label="Rate" value=format!("{} a second", ui::plural(rate, "row", "rows")) /> }.into_any()
        }
        (None, None) => view! { <Stat label="Rate" value="–" /> }.into_any(),
    };
    view! {
        <Stats>
            <Stat label="Rows read" value=ui::count(row.rows_read) />
            <Stat label="Rows written" value=ui::count(row.rows_written) />
            <Stat label="Data" value=ui::bytes(row.bytes) />
            {last}
        </Stats>
    }
    .into_any()
}

/// "on average 1,200 rows each second" over the whole run; nothing for runs too short, or of too few rows, to say.
fn per_second(rows: i64, millis: i64) -> String {
    if millis < 500 {
        return String::new();
    }
    match rows.saturating_mul(1000) / millis {
        0 => String::new(),
        rate => format!("on average {} each second", ui::plural(rate, "row", "rows")),
    }
}
