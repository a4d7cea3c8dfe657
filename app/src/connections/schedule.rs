//! When the runs of a connection start by themselves: a few usual answers, or cron in one's own words.

use leptos::{
    prelude::*,
    server_fn::ServerFn,
    web_sys::js_sys::{Array, Intl::DateTimeFormat, Object, Reflect},
};
use model::{ConnectionState, ConnectionView};

use super::api::SetSchedule;
use crate::ui::{Answer, Button, Card, Form, Moment, Need, Saved, SelectField, TextField};

/// Text and words of the usual ones. The first means that nothing starts by itself.
const USUAL: [(&str, &str); 6] = [
    ("manual", "Only when somebody starts them"),
    ("every 15 minutes", "Every 15 minutes"),
    ("every hour", "Every hour"),
    ("every 6 hours", "Every 6 hours"),
    ("every day", "Every day"),
    ("every week", "Every week"),
];

pub fn card(view: &ConnectionView) -> AnyView {
    let (connection, next) = (view.row.id.to_string(), next(view));
    let text = view.schedule.as_ref().map(|schedule| schedule.text.clone());
    let text = text.unwrap_or_else(|| USUAL[0].0.to_owned());
    let is_usual = USUAL.iter().any(|(usual, _)| *usual == text);
    let (picked, own) = if is_usual {
        (text, String::new())
    } else {
        (USUAL[0].0.to_owned(), text)
    };
    let answers = USUAL.map(|(text, words)| Answer::new(text, words)).to_vec();
    let hint = "Cron and time zone, such as 0 6 * * 1-5 Europe/Berlin. It comes before the list.";
    view! {
        <Card title="Schedule">
            <Form action=SetSchedule::PATH id="schedule" class="space-y-4">
                <Saved what="schedule" words="The schedule is saved." />
                {next}
                <input type="hidden" name="connection" value=connection />
                <SelectField name="schedule" label="When runs start" value=picked answers=answers />
                <TextField name="own" label="Or at times of your own" need=Need::Optional hint=Some(hint.to_owned()) value=own />
                <Button label="Save schedule" />
            </Form>
        </Card>
    }
    .into_any()
}

fn next(view: &ConnectionView) -> Option<AnyView> {
    let schedule = view.schedule.clone()?;
    let words = if view.row.state == ConnectionState::Paused {
        "Paused: no run starts until you resume it.".into_any()
    } else if schedule.coming.is_empty() {
        "The times that are set are all over.".into_any()
    } else {
        let coming = schedule.coming.into_iter().enumerate().map(moment);
        let coming = coming.collect_view();
        view! { "The next run starts "{coming}". Times are those of "<Zone />". A run that is still on its way then is left alone." }.into_any()
    };
    Some(view! { <p class="text-ink-soft">{words}</p> }.into_any())
}

/// One of the next times, with what leads to it.
fn moment((n, at): (usize, String)) -> AnyView {
    let before = match n {
        0 => "",
        1 => ", then ",
        _ => " and ",
    };
    view! { {before}<Moment at=at /> }.into_any()
}

/// The time zone that instants are shown in: the reader's own, once scripts run.
#[component]
fn Zone() -> impl IntoView {
    let shown = RwSignal::new("UTC".to_owned());
    Effect::new(move |_| {
        if let Some(own) = own_zone() {
            shown.set(own);
        }
    });
    move || shown.get()
}

fn own_zone() -> Option<String> {
    let options = DateTimeFormat::new(&Array::new(), &Object::new()).resolved_options();
    Reflect::get(&options, &"timeZone".into()).ok()?.as_string()
}
