//! When the runs of a connection start by themselves: a few usual answers, or cron in one's own words.

use leptos::{prelude::*, server_fn::ServerFn};
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
            {next}
            <Form action=SetSchedule::PATH id="schedule" class="space-y-4">
                <Saved what="schedule" words="The schedule is saved." />
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
    } else if let Some(at) = schedule.next_at {
        view! { "The next run starts "<Moment at=at />". One that is still on its way then is left alone." }.into_any()
    } else {
        "The times that are set are all over.".into_any()
    };
    Some(view! { <p class="mb-3 text-ink-soft">{words}</p> }.into_any())
}
