//! Who you are here, what your business told us, and how the pages look.

use leptos::{prelude::*, server_fn::ServerFn};
use model::{Me, ProfileAnswer, Role, TenantView};

use super::{
    api::{Profile, my_profile},
    frame::{Frame, Tab},
};
use crate::{
    paths,
    shell::{ShownTheme, Theme, api::SetTheme},
    ui::{self, Card, Facts, Form, Icon, LinkButton},
};

#[component]
pub fn ProfilePage() -> impl IntoView {
    ui::load(ui::page_data(|| (), |()| my_profile()), page)
}

fn page(profile: Profile) -> AnyView {
    let Profile { me, tenant, theme } = profile;
    view! {
        <Frame tab=Tab::Profile>
            <Card title="You">{you(&me)}</Card>
            {tenant.map(|tenant| view! { <Card title="Workspace">{workspace(&tenant)}</Card> })}
            <Card title="Look">{look(theme)}</Card>
        </Frame>
    }
    .into_any()
}

fn you(me: &Me) -> AnyView {
    let confirmed = if me.email_verified {
        "confirmed"
    } else {
        "not confirmed yet"
    };
    let mut facts = vec![(
        "E-mail".to_owned(),
        format!("{} ({confirmed})", me.email).into_any(),
    )];
    facts.extend(
        me.tenant
            .as_ref()
            .map(|tenant| ("Your role".to_owned(), role_words(tenant.role).into_any())),
    );
    if me.platform_admin {
        facts.push((
            "Platform".to_owned(),
            "Operator: you see the console of all tenants.".into_any(),
        ));
    }
    view! { <Facts facts=facts /> }.into_any()
}

const fn role_words(role: Role) -> &'static str {
    match role {
        Role::Owner => "Owner: everything in this workspace",
        Role::Admin => "Admin: connections, apps, keys and people",
        Role::Operator => "Operator: looks at everything, starts and stops runs",
        Role::Viewer => "Viewer: looks at connections and runs",
    }
}

fn workspace(tenant: &TenantView) -> AnyView {
    let business = match &tenant.profile {
        ProfileAnswer::Given(profile) => profile.words(),
        ProfileAnswer::Skipped | ProfileAnswer::NotAsked => "Not given yet".to_owned(),
    };
    let mut facts = vec![
        ("Name".to_owned(), tenant.name.clone().into_any()),
        ("Business".to_owned(), business.into_any()),
        ("Id".to_owned(), ui::mono(tenant.id.to_string())),
    ];
    facts.extend(
        tenant
            .schema
            .clone()
            .map(|schema| ("Database schema".to_owned(), ui::mono(schema))),
    );
    view! {
        <div class="space-y-3">
            <Facts facts=facts />
            <LinkButton href=paths::WELCOME label="Change the business profile" icon="pencil" />
        </div>
    }
    .into_any()
}

/// One button for each. Scripts change the page at once; the form stores the choice.
fn look(theme: Theme) -> AnyView {
    let shown = ShownTheme::here();
    let buttons = [(Theme::System, "monitor", "As the system"), (Theme::Light, "sun", "Light"), (Theme::Dark, "moon", "Dark")]
        .into_iter()
        .map(|(choice, icon, word)| {
            view! {
                <button type="submit" name="theme" value=choice.name() class="chip" on:click=move |_| shown.change(choice) aria-pressed=move || shown.pressed(choice) aria-current=(choice == theme).then_some("true")>
                    <Icon name=icon />
                    {word}
                </button>
            }
        })
        .collect_view();
    view! {
        <Form action=SetTheme::PATH id="look" class="flex flex-wrap items-center gap-2">
            <p class="me-2 text-ink-soft">"In this browser"</p>
            {buttons}
        </Form>
    }
    .into_any()
}
