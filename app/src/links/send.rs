//! Making a link: whom it is for and how long it works, its address once, and what became of earlier ones.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_params_map;
use model::{LinkLife, LinkState, LinkView};

use super::{
    api::{RevokeLink, load_send_existing, load_send_new},
    given::{MadeLink, Sending},
};
use crate::{
    paths,
    ui::{
        self, After, Answer, Badge, BrandTile, Button, Card, ChoiceField, Code, Column, Crumb,
        Form, Kind, LinkButton, Moment, Need, Notice, Pad, PageHead, Table, TextField, Tone,
    },
};

const COLUMNS: [Column; 4] = [
    Column::Text("Sent to"),
    Column::Text("State"),
    Column::Text("Works until"),
    Column::Acts("Take back"),
];

#[component]
pub fn SendNewPage() -> impl IntoView {
    let params = use_params_map();
    let slug = Memo::new(move |_| params.with(|params| params.get("slug").unwrap_or_default()));
    let data = ui::page_data(move || slug.get(), load_send_new);
    ui::load_with(
        data,
        Callback::new(move |data| {
            let slug = slug.get_untracked();
            page(data, &paths::send_new(&slug), paths::connect(&slug))
        }),
    )
}

#[component]
pub fn SendExistingPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let data = ui::page_data(move || id.get(), load_send_existing);
    ui::load_with(
        data,
        Callback::new(move |data| {
            let path = format!("{}/{}", paths::CONNECTIONS, id.get_untracked());
            page(data, &format!("{path}/send"), format!("{path}/edit"))
        }),
    )
}

fn page(data: Sending, here: &str, back: String) -> AnyView {
    let Sending {
        card,
        connection,
        suggested,
        links,
        made,
    } = data;
    let above = connection.clone().unwrap_or_else(|| card.name.clone());
    let crumbs: Vec<Crumb> = vec![(above.clone(), back.clone())];
    let mark = view! { <BrandTile logo=card.logo monogram=card.monogram /> }.into_any();
    let lead = "Whoever has the keys fills in the form. They need no account, and see nothing of your workspace but this form.";
    let lead = view! { <p>{lead}</p> }.into_any();
    let main = match made {
        Some(made) => shown(made, &card.name, back),
        None => form(
            here.to_owned(),
            connection.is_none().then_some(suggested),
            back,
        ),
    };
    view! {
        <PageHead title="Send to someone else" crumbs=crumbs mark=mark lead=lead />
        <div class="max-w-3xl space-y-5">
            {main}
            {sent(links)}
        </div>
    }
    .into_any()
}

fn form(here: String, name: Option<String>, back: String) -> AnyView {
    let lives = LinkLife::ALL.map(|life| {
        let label = match life {
            LinkLife::Hour => "1 hour",
            LinkLife::Day => "1 day",
            LinkLife::Week => "7 days",
        };
        Answer::new(life.name(), label)
    });
    view! {
        <Card>
            <Form action=here id="send" after=After::Download>
                <TextField name="sent_to" label="Who gets it" hint=Some("A name or an address, so that you know it again. We send no mail.".to_owned()) placeholder=Some("maria@example.com".to_owned()) need=Need::Required />
                {name.map(named)}
                <ChoiceField name="lasts" label="It works for" value=LinkLife::Day.name() answers=lives.to_vec() />
                <div class="flex flex-wrap gap-2">
                    <Button label="Make the link" kind=Kind::Primary />
                    <LinkButton href=back label="Fill it in myself" kind=Kind::Quiet />
                </div>
            </Form>
        </Card>
    }
    .into_any()
}

/// To be made inside of its form, which knows what was typed and what became of it.
fn named(name: String) -> impl IntoView {
    view! { <TextField name="form.name" label="Name of the connection" value=name hint=Some("How it appears in your lists.".to_owned()) need=Need::Required /> }
}

fn shown(made: MadeLink, tool: &str, back: String) -> AnyView {
    let MadeLink {
        view,
        address,
        company,
    } = made;
    let until = ui::utc(&view.expires_at);
    let message = format!(
        "Hello,\n\n{company} wants to read data from {tool}, and you have access to it. Please open this link and follow it; it takes a few minutes:\n\n{address}\n\nIt works once, in one browser, until {until}. You need no account.\n"
    );
    view! {
        <Notice tone=Tone::Warn title="Copy it now">
            <p>{format!("The link is shown this once. Send it to {} by a way you trust: whoever opens it first can use it.", view.sent_to)}</p>
        </Notice>
        <Card title="Message"><Code text=message /></Card>
        <Card title="Only the link"><Code text=address /></Card>
        <LinkButton href=back label="I have copied it" kind=Kind::Primary />
    }
    .into_any()
}

fn sent(links: Vec<LinkView>) -> Option<AnyView> {
    if links.is_empty() {
        return None;
    }
    let rows = links.into_iter().map(row).collect_view();
    Some(
        view! {
            <Card title="Links" pad=Pad::None>
                <Table caption="Links that were made" columns=&COLUMNS>{rows}</Table>
            </Card>
        }
        .into_any(),
    )
}

fn row(link: LinkView) -> AnyView {
    let (tone, icon, label) = match link.state {
        LinkState::Sent => (Tone::Off, "clock", "not opened"),
        LinkState::Opened => (Tone::Work, "clock", "opened, not finished"),
        LinkState::Finished => (Tone::Ok, "circle-check", "connected"),
        LinkState::Expired => (Tone::Off, "clock", "time is over"),
        LinkState::Revoked => (Tone::Off, "ban", "taken back"),
    };
    let at = link
        .finished_at
        .or(link.opened_at)
        .map(|at| view! { <span class="block text-label text-ink-mute"><Moment at=at /></span> });
    let about = format!("Take back the link for {}", link.sent_to);
    let act = link.state.is_live().then(|| {
        let id = link.id.to_string();
        view! {
            <Form action=RevokeLink::PATH id=format!("revoke-{}", link.id) class="contents">
                <input type="hidden" name="link" value=id />
                <Button label="Take back" about=about kind=Kind::Small />
            </Form>
        }
    });
    view! {
        <tr>
            <td class="min-w-40">
                <span class="block font-medium wrap-anywhere">{link.sent_to}</span>
                <span class="text-label wrap-anywhere text-ink-mute">{format!("by {}", link.created_by)}</span>
            </td>
            <td data-label="State"><span class="min-w-0"><Badge tone=tone icon=icon label=label />{at}</span></td>
            <td data-label="Works until"><Moment at=link.expires_at /></td>
            <td class="md:text-end">{act}</td>
        </tr>
    }
    .into_any()
}
