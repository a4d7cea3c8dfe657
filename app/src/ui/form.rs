//! The one form: a plain POST that works without scripts, sent in place when they run.
//!
//! Not generic over server functions on purpose: one instance serves every form, which keeps the browser's part small.

use leptos::{context::Provider, ev::SubmitEvent, prelude::*, task::spawn_local};
use leptos_router::{
    NavigateOptions,
    hooks::{use_location, use_navigate},
};

use super::{Icon, reference};
use crate::{
    browser::{self, Filled, window::Beside},
    error::{Code, Error},
    paths,
    shell::{self, Flash},
};

/// After this long a page asks again for what a download has changed.
const DOWNLOAD_TIME: std::time::Duration = std::time::Duration::from_secs(2);
/// By then the server has answered or given up. Whoever stopped the browser, or came back to the page, can send again.
const PAGE_TIME: std::time::Duration = std::time::Duration::from_secs(35);

/// What happens in the browser once the form was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum After {
    /// Go where the answer says, or show the same page with fresh data.
    #[default]
    Navigate,
    /// Load the next page anew: who is signed in has changed.
    Reload,
    /// The browser sends the form itself: the answer is a file, or a page that exists only as that answer.
    Download,
    /// The same where the answer is always a page: until it is there the form is on its way and is sent no second time.
    Page,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    #[default]
    Pairs,
    /// For forms with files.
    Multipart,
}

/// A trip that a form's answer leads on, beside this page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Away {
    /// The part of the answer's address after its last slash.
    pub flow: String,
    pub seen: Seen,
}

/// How its window looks from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    Open,
    /// Closed, or cut off from this page.
    Gone,
    /// The browser allowed none.
    Blocked,
}

impl Seen {
    pub const fn of(beside: Beside) -> Self {
        match beside {
            Beside::Open => Self::Open,
            Beside::NotAsked | Beside::Blocked => Self::Blocked,
        }
    }
}

/// Set while a form's answer is followed in another window.
#[derive(Clone, Copy)]
pub struct Elsewhere(pub RwSignal<Option<Away>>);

impl Elsewhere {
    /// For the forms of this page; made by the first who asks.
    pub fn provide() -> Self {
        let known = use_context::<Self>();
        known.unwrap_or_else(|| {
            let new = Self(RwSignal::new(None));
            provide_context(new);
            new
        })
    }
}

/// What the fields and buttons of a form know of it.
#[derive(Clone, Copy)]
pub struct FormState {
    error: RwSignal<Option<Error>>,
    busy: RwSignal<bool>,
    flash: StoredValue<Option<Flash>>,
    id: StoredValue<String>,
}

impl FormState {
    fn new(id: String, flash: Option<Flash>) -> Self {
        let error = flash.as_ref().map(|flash| flash.error.clone());
        Self {
            error: RwSignal::new(error),
            busy: RwSignal::new(false),
            flash: StoredValue::new(flash),
            id: StoredValue::new(id),
        }
    }

    /// Is the surrounding form on its way? Never, outside of a form.
    pub fn busy() -> Signal<bool> {
        use_context::<Self>().map_or_else(|| Signal::stored(false), |state| state.busy.into())
    }

    /// Was it refused before its page was loaded?
    fn came_back(self) -> bool {
        self.error.with_untracked(Option::is_some)
    }

    /// What is wrong with a field of the surrounding form.
    pub fn error_at(name: &str) -> Signal<Option<String>> {
        let Some(state) = use_context::<Self>() else {
            return Signal::stored(None);
        };
        let name = name.to_owned();
        Signal::derive(move || {
            state.error.with(|error| {
                error
                    .as_ref()
                    .and_then(|error| error.at(&name))
                    .map(str::to_owned)
            })
        })
    }

    /// Is anything wrong with a field whose name starts like this?
    pub fn error_below(names: Vec<String>) -> Signal<bool> {
        let Some(state) = use_context::<Self>() else {
            return Signal::stored(false);
        };
        Signal::derive(move || {
            state.error.with(|error| {
                error.as_ref().is_some_and(|error| {
                    error.fields.iter().any(|field| {
                        names
                            .iter()
                            .any(|name| field.field.starts_with(name.as_str()))
                    })
                })
            })
        })
    }

    /// Was the surrounding form refused?
    pub fn refused() -> Signal<bool> {
        let Some(state) = use_context::<Self>() else {
            return Signal::stored(false);
        };
        Signal::derive(move || state.error.with(Option::is_some))
    }

    /// What was typed before the form came back, or what the page says.
    pub fn value_of(name: &str, otherwise: String) -> String {
        let typed = use_context::<Self>().and_then(|state| {
            state.flash.with_value(|flash| {
                flash
                    .as_ref()?
                    .typed
                    .iter()
                    .find(|(known, _)| known == name)
                    .map(|(_, value)| value.clone())
            })
        });
        typed.unwrap_or(otherwise)
    }

    /// The id of a field's control, unique on a page with several forms.
    pub fn field_id(name: &str) -> String {
        let form = use_context::<Self>().map_or_else(String::new, |state| state.id.get_value());
        format!("{form}-{name}")
    }
}

#[component]
pub fn Form(
    /// Where it posts: the path of a server function or of a handler.
    #[prop(into)]
    action: String,
    /// Prefix of its fields' ids.
    #[prop(default = "f".to_owned(), into)]
    id: String,
    #[prop(default = "space-y-4")] class: &'static str,
    #[prop(optional)] after: After,
    #[prop(optional)] encoding: Encoding,
    /// An error the page already knows of.
    #[prop(optional_no_strip)]
    error: Option<Error>,
    children: Children,
) -> impl IntoView {
    let flash = shell::flash_of(&action);
    let state = FormState::new(id, flash);
    if error.is_some() {
        state.error.set(error);
    }
    let submit = enhance(state, after);
    let enctype = match encoding {
        Encoding::Pairs => "application/x-www-form-urlencoded",
        Encoding::Multipart => "multipart/form-data",
    };
    view! {
        <Provider value=state>
            <form method="post" action=action enctype=enctype class=class novalidate=true on:submit=submit>
                <Summary state=state />
                {children()}
            </form>
        </Provider>
    }
    .into_any()
}

/// Sends the form in place, keeps it as it is when refused, and moves on when accepted.
fn enhance(state: FormState, after: After) -> impl Fn(SubmitEvent) + 'static {
    let navigate = use_navigate();
    let here = use_location().pathname;
    let changes = shell::changes();
    let elsewhere = use_context::<Elsewhere>();
    move |event: SubmitEvent| {
        if after == After::Download {
            // A file leaves the page where it is; what the download changed shows a moment later.
            set_timeout(move || changes.update(|n| *n += 1), DOWNLOAD_TIME);
            return;
        }
        if after == After::Page {
            if state.busy.get_untracked() {
                event.prevent_default();
                return;
            }
            state.busy.set(true);
            let again = move || {
                let _gone = state.busy.try_set(false);
            };
            set_timeout(again, PAGE_TIME);
            return;
        }
        let Some(filled) = Filled::of(&event).filter(|_| !event.default_prevented()) else {
            return;
        };
        event.prevent_default();
        if state.busy.get_untracked() {
            return;
        }
        state.busy.set(true);
        let (navigate, form, beside) = (navigate.clone(), filled.form(), filled.beside());
        spawn_local(async move {
            let answer = filled.post().await;
            state.busy.set(false);
            let next = answer.as_ref().ok().and_then(Option::as_deref);
            let trip = next.filter(|next| next.starts_with(paths::OAUTH));
            match (trip, elsewhere) {
                (Some(trip), Some(Elsewhere(elsewhere))) if beside != Beside::NotAsked => {
                    beside.lead(trip);
                    let flow = trip.rsplit('/').next().unwrap_or_default().to_owned();
                    let seen = Seen::of(beside);
                    elsewhere.set(Some(Away { flow, seen }));
                    return;
                }
                _ => beside.close(),
            }
            match answer {
                Err(error) => {
                    let summary = format!("{}-errors", state.id.get_value());
                    state.error.set(Some(error));
                    request_animation_frame(move || browser::focus_id(&summary));
                }
                Ok(Some(next)) if after == After::Reload || next.starts_with(paths::OAUTH) => {
                    browser::leave_to(&next);
                }
                Ok(next) => {
                    state.error.set(None);
                    browser::forget_passwords(&form);
                    let path = next
                        .as_deref()
                        .and_then(|next| next.split(['?', '#']).next());
                    if path.is_none_or(|path| path == here.get_untracked()) {
                        changes.update(|n| *n += 1);
                    }
                    if let Some(next) = next {
                        navigate(&next, NavigateOptions::default());
                    }
                }
            }
        });
    }
}

/// What is wrong with the form as a whole, with a link to each field that needs another look. It is there all the time, if
/// hidden: a page that follows what goes on is shown anew, and its reader stays where they are.
#[component]
fn Summary(state: FormState) -> impl IntoView {
    let errors = format!("{}-errors", state.id.get_value());
    // Its reader goes on here once the page is loaded, as they do where a script has kept the page.
    let first = state.came_back();
    let is_right = move || state.error.with(Option::is_none);
    view! {
        <div id=errors tabindex="-1" role="alert" autofocus=first hidden=is_right class="flex gap-3 rounded-card bg-bad-tint px-4 py-3">
            <span class="text-bad"><Icon name="circle-alert" class="mt-px size-5 shrink-0" /></span>
            <div class="min-w-0 space-y-1">{move || state.error.get().map(|error| summary(state, &error))}</div>
        </div>
    }
}

fn summary(state: FormState, error: &Error) -> AnyView {
    let id = state.id.get_value();
    let links = error
        .fields
        .iter()
        .map(|field| {
            let href = format!("#{id}-{}", field.field);
            view! { <li><a href=href rel="external" class="underline underline-offset-2">{field.detail.clone()}</a></li> }
        })
        .collect_view();
    let request = error.request_id.clone().filter(|_| error.fields.is_empty());
    view! {
        <p class="font-semibold">{error.title()}</p>
        <p class="text-ink-soft">{advice(error)}</p>
        <ul class="list-disc space-y-0.5 ps-4 empty:hidden">{links}</ul>
        {reference(request)}
    }
    .into_any()
}

/// Why, and what to do about it.
fn advice(error: &Error) -> AnyView {
    if error.code != Code::SignedOut {
        return error.advice().into_any();
    }
    // In a tab of its own: what was typed here stays.
    view! {
        <a href=paths::SIGN_IN target="_blank" rel="external noopener" class="underline underline-offset-2">"Sign in in a new tab"</a>
        ", then send the form again. What you typed stays here."
    }
    .into_any()
}
