//! Step 1: the form that a connector asks for.

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use model::{ConnectionState, FormState, IntegrationCard, SignIn, SignInState};

use super::{
    api::load_connect_form,
    given::{ConnectForm, NewForm, Same},
    outcome,
    sign_in::{self, Window},
    typed::{Begin, Keep, Typed},
    waiting::Waiting,
};
use crate::{
    paths,
    ui::{
        self, BrandTile, Busy, Button, Card, ConnectSteps, Elsewhere, Encoding, Form, FormFields,
        Icon, Kind, Notice, PageHead, ReloadWithoutScript, TextField, Tone,
    },
};

#[component]
pub fn ConnectPage() -> impl IntoView {
    let params = use_params_map();
    let slug = move || params.with(|params| params.get("slug").unwrap_or_default());
    let asked = asked();
    let data = ui::page_data(
        move || (slug(), asked.get()),
        |(slug, asked)| load_connect_form(slug, asked.how, asked.flow),
    );
    ui::follow(data, |page| {
        !matches!(page.form.state, FormState::Preparing { .. })
    });
    ui::load(data, page)
}

/// What the address asks of a form.
#[derive(Clone, PartialEq, Eq)]
pub struct Asked {
    /// `by_hand` or `sign_in`, where a person can sign in at the provider.
    pub how: String,
    /// A trip to a provider that this page is the end of.
    pub flow: String,
}

/// For the component of a page with such a form: what its address asks, and the place that knows of another window.
pub fn asked() -> Memo<Asked> {
    // Made here rather than with the form: it outlives the form that is shown anew.
    Elsewhere::provide();
    let query = use_query_map();
    Memo::new(move |_| {
        query.with(|query| Asked {
            how: query.get("how").unwrap_or_default(),
            flow: query.get("flow").unwrap_or_default(),
        })
    })
}

fn page(page: NewForm) -> AnyView {
    let NewForm {
        form,
        workspace,
        same,
    } = page;
    let card = form.card.clone();
    let crumbs = vec![
        ("Integrations".to_owned(), paths::INTEGRATIONS.to_owned()),
        (card.name.clone(), paths::integration(&card.slug)),
    ];
    let mark =
        view! { <BrandTile logo=card.logo.clone() monogram=card.monogram.clone() /> }.into_any();
    let effort = Some(card.effort.clone()).filter(|effort| !effort.is_empty());
    let lead = effort.map(|effort| view! { <p>{effort}</p> }).into_any();
    let action = paths::connect(&card.slug);
    let names = same.iter().map(|same| same.name.clone()).collect();
    let place = Place {
        keep: Some((format!("{action} {workspace}"), names)),
        action,
        purpose: Purpose::New,
        send: Some(paths::send_new(&card.slug)),
    };
    view! {
        <PageHead title=format!("Connect {}", card.name) crumbs=crumbs mark=mark lead=lead />
        <ConnectSteps step=1 />
        {drafts(&same)}
        {main(form, place)}
    }
    .into_any()
}

/// Most drafts that are named; the list of connections has them all.
const NAMED: usize = 3;

/// What was begun and not finished: whoever comes back here from a test that failed finds it again.
fn drafts(same: &[Same]) -> Option<AnyView> {
    let links = same
        .iter()
        .filter(|same| same.state == ConnectionState::Draft)
        .take(NAMED)
        .map(|same| {
            let words = format!("Finish {}", same.name);
            view! { <li><a href=paths::connection_edit(same.id)>{words}</a></li> }
        })
        .collect::<Vec<_>>();
    if links.is_empty() {
        return None;
    }
    Some(
        view! {
            <div class="mb-5">
                <Notice tone=Tone::Off title="What was begun before is kept as a draft">
                    <ul class="space-y-0.5">{links}</ul>
                    <p class="text-ink-soft">"The form below makes another connection."</p>
                </Notice>
            </div>
        }
        .into_any(),
    )
}

/// What the form is filled in for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A connection that does not exist yet.
    New,
    /// One that was saved before its test had passed.
    Finish,
    /// One that works: its old settings stay in force until the test of the new ones has passed.
    Change,
    /// One of somebody else, who sent a link.
    ForOthers,
}

impl Purpose {
    const fn promise(self) -> &'static str {
        match self {
            Self::New => {
                "What you type is kept as a draft, its secrets encrypted, until you finish or remove it. Secrets are never shown again."
            }
            Self::Finish => {
                "It stays a draft until the test has passed. Secrets are encrypted and never shown again."
            }
            Self::Change => {
                "Secrets are encrypted and never shown again. One that is left empty stays as it is."
            }
            Self::ForOthers => {
                "What you send is kept as a draft, its secrets encrypted, until the test has passed or those who sent you here remove it. Secrets are shown to nobody, not even to them."
            }
        }
    }

    const fn next(self) -> &'static [&'static str] {
        match self {
            Self::New | Self::Finish => &[
                "Named checks, one by one.",
                "Twenty rows of each table, not stored.",
                "You choose tables and start.",
            ],
            Self::Change => &[
                "Named checks, one by one.",
                "If all pass, the next run uses the new settings.",
            ],
            Self::ForOthers => &["Named checks, one by one.", "If all pass, you are done."],
        }
    }
}

/// Where a form stands, and what it is for.
pub struct Place {
    pub action: String,
    pub purpose: Purpose,
    /// Where a link for somebody else is made.
    pub send: Option<String>,
    /// Under which name the browser keeps what is typed, and the connections whose answers were sent already.
    pub keep: Option<(String, Vec<String>)>,
}

/// The form of somebody who came by a link: this browser may be anybody's, and keeps nothing of it.
pub fn body(page: ConnectForm, action: String, purpose: Purpose, send: Option<String>) -> AnyView {
    let place = Place {
        action,
        purpose,
        send,
        keep: None,
    };
    main(page, place)
}

/// The form, or why there is none yet; beside it, what the connection will bring.
pub fn main(page: ConnectForm, place: Place) -> AnyView {
    let ConnectForm {
        card,
        state,
        error,
        trip,
    } = page;
    let purpose = place.purpose;
    let said = trip.as_ref().and_then(|trip| {
        outcome::notice(trip).or_else(|| outcome::unfinished(trip, &place.action))
    });
    let flow = trip.map(|trip| trip.id.to_string());
    let main = match state {
        FormState::Ready(form) => ready(form, error, place, flow),
        FormState::Preparing { detail } => preparing(&card, detail),
        FormState::Unavailable { why } => unavailable(&card, why),
    };
    view! {
        <div class="grid items-start gap-6 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
            <div class="min-w-0">{said}{main}</div>
            {guide(&card, purpose)}
        </div>
    }
    .into_any()
}

fn ready(
    form: model::Form,
    error: Option<crate::error::Error>,
    place: Place,
    flow: Option<String>,
) -> AnyView {
    let encoding = if ui::has_file(&form) {
        Encoding::Multipart
    } else {
        Encoding::Pairs
    };
    let begin = if error.is_some() {
        Begin::AsItIs
    } else {
        Begin::Typed
    };
    let keep = place.keep.clone();
    let keep = keep.map(|(key, sent)| Keep::new(key, &form, sent, begin));
    let action = place.action.clone();
    // Its parts are made inside the form: only there they know of it, of its mistakes and of its being sent.
    let whole = move || {
        view! { <Form action=action class="space-y-6" encoding=encoding error=error>{parts(form, place, flow)}</Form> }
            .into_any()
    };
    match keep {
        Some(keep) => view! { <Typed keep=keep>{whole()}</Typed> }.into_any(),
        None => whole(),
    }
}

fn parts(form: model::Form, place: Place, flow: Option<String>) -> AnyView {
    let Place {
        action,
        purpose,
        send,
        ..
    } = place;
    let (token, suggested) = (form.token.clone(), form.suggested_name.clone());
    let name = (purpose == Purpose::New).then(|| {
        view! { <TextField name="form.name" label="Name" value=suggested hint=Some("How it appears in lists. Tables and apps do not depend on it.".to_owned()) /> }
    });
    let keeps = matches!(purpose, Purpose::New | Purpose::Finish);
    let later = keeps.then(|| view! { <Button label="Save and finish later" kind=Kind::Quiet name="form.intent" value="later" /> });
    let offer = form.sign_in.clone();
    let window = match purpose {
        Purpose::ForOthers => Window::Same,
        _ => Window::Own,
    };
    let (panel, acts) = acts(offer.as_ref(), &action, window);
    let send = send.map(|href| {
        view! { <p>"Somebody else has the keys? " <a href=href>"Send this form to them"</a></p> }
    });
    let way = offer.as_ref().map(|offer| {
        let way = if offer.state == SignInState::ByHand {
            "by_hand"
        } else {
            "sign_in"
        };
        view! { <input type="hidden" name="form.way" value=way /> }
    });
    let flow = flow.map(|flow| view! { <input type="hidden" name="form.flow" value=flow /> });
    let elsewhere = Elsewhere::provide();
    let waiting =
        offer.map(|offer| view! { <Waiting provider=offer.provider redirect_uri=offer.redirect_uri elsewhere=elsewhere /> });
    view! {
        <input type="hidden" name="form.token" value=token />
        {way}
        {flow}
        {name}
        <FormFields form=form />
        {panel}
        {waiting}
        <div class="flex flex-wrap items-center gap-2 border-t border-line pt-4">
            {acts}
            {later}
            <Busy words="Sending…" />
        </div>
        <p class="flex items-start gap-1.5 text-label text-ink-mute">
            <Icon name="lock" class="mt-0.5 size-4 shrink-0" />
            {purpose.promise()}
        </p>
        {send}
    }
    .into_any()
}

/// The panel of signing in, and the buttons that lead on: one is the next thing to do.
fn acts(offer: Option<&SignIn>, action: &str, window: Window) -> (Option<AnyView>, AnyView) {
    let test = |kind: Kind| view! { <Button label="Test the connection" kind=kind name="form.intent" value="test" /> };
    let Some(offer) = offer else {
        return (None, test(Kind::Primary).into_any());
    };
    let by_hand = paths::with_query(action, &[("how", "by_hand")]);
    let other = match offer.state {
        SignInState::ByHand => view! { <a href=paths::with_query(action, &[("how", "sign_in")]) class="btn btn-quiet">{format!("Sign in with {} instead", offer.provider)}</a> }.into_any(),
        _ => view! { <a href=by_hand class="btn btn-quiet">"Fill in by hand instead"</a> }.into_any(),
    };
    let acts = match offer.state {
        SignInState::ByHand => view! { {test(Kind::Primary)}{other} }.into_any(),
        SignInState::Needed | SignInState::Expired { .. } => {
            view! { {sign_in::button(offer, Kind::Primary, window)}{other} }.into_any()
        }
        SignInState::Done { .. } => {
            view! { {test(Kind::Primary)}{sign_in::button(offer, Kind::Plain, window)}{other} }
                .into_any()
        }
    };
    let panel = (offer.state != SignInState::ByHand).then(|| sign_in::panel(offer));
    (panel, acts)
}

fn preparing(card: &IntegrationCard, detail: String) -> AnyView {
    view! {
        <div class="card flex items-start gap-4 p-6" role="status">
            <span class="text-work"><Icon name="loader" class="size-6 shrink-0 spin" /></span>
            <div class="space-y-1">
                <p class="text-base font-semibold">{format!("The {} connector is being prepared", card.name)}</p>
                <p class="text-ink-soft">"This happens once on this hub and takes up to a minute or two. The form appears here by itself."</p>
                <p class="text-label text-ink-mute">{detail}</p>
            </div>
            <ReloadWithoutScript />
        </div>
    }
    .into_any()
}

fn unavailable(card: &IntegrationCard, why: String) -> AnyView {
    view! {
        <Notice tone=Tone::Warn title=format!("{} cannot be connected here", card.name)>
            <p class="text-ink-soft">{why}</p>
            <p><a href=paths::INTEGRATIONS>"See what can"</a></p>
        </Notice>
    }
    .into_any()
}

fn guide(card: &IntegrationCard, purpose: Purpose) -> AnyView {
    let takes = match card.auth.len() {
        // Nobody has said it yet: the form does.
        0 => None,
        1 => Some("It takes"),
        _ => Some("It takes one of"),
    };
    let next = purpose
        .next()
        .iter()
        .map(|step| view! { <li>{*step}</li> })
        .collect_view();
    let auth = card
        .auth
        .iter()
        .map(|method| view! { <li>{method.label()}</li> })
        .collect_view();
    let takes = takes.map(|takes| {
        view! {
            <h3 class="mt-4 text-label font-medium text-ink-mute">{takes}</h3>
            <ul class="mt-1 list-disc ps-4">{auth}</ul>
        }
    });
    let summary = card.summary.clone();
    view! {
        <aside class="space-y-4">
            <Card title="Good to know">
                <p class="text-ink-soft">{summary}</p>
                {takes}
                <h3 class="mt-4 text-label font-medium text-ink-mute">"What happens next"</h3>
                <ol class="mt-1 list-decimal space-y-0.5 ps-4 text-ink-soft">
                    {next}
                </ol>
            </Card>
        </aside>
    }
    .into_any()
}
