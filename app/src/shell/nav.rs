//! Navigation: a bar at the side, one at the foot of small screens, and the head for signed-out people.

use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_location;
use model::Me;

use super::theme::ThemeSwitch;
use crate::{
    account::api::SignOut,
    browser,
    error::Error,
    paths,
    ui::{After, Button, Form, Icon, Kind, LinkButton, Mark},
};

type MeResource = Resource<Result<Option<Me>, Error>>;

/// One place to go. `also` lists further paths that belong to it.
#[derive(Clone, Copy)]
struct Item {
    path: &'static str,
    also: &'static [&'static str],
    icon: &'static str,
    word: &'static str,
    /// The same where there is little room.
    short: &'static str,
}

const fn item(
    path: &'static str,
    icon: &'static str,
    word: &'static str,
    also: &'static [&'static str],
) -> Item {
    Item {
        path,
        also,
        icon,
        word,
        short: word,
    }
}

const TENANT: [Item; 6] = [
    item(paths::HOME, "home", "Home", &[]),
    item(paths::INTEGRATIONS, "blocks", "Integrations", &["/connect"]),
    item(paths::CONNECTIONS, "plug", "Connections", &[]),
    item(paths::APPS, "package", "Apps", &[]),
    item(paths::ACTIVITY, "activity", "Activity", &["/runs"]),
    item(paths::SETTINGS, "settings", "Settings", &[]),
];

const OPERATOR: [Item; 6] = [
    item(paths::ADMIN, "building", "Tenants", &["/admin/tenants"]),
    Item {
        short: "Connections",
        ..item(paths::ADMIN_CONNECTIONS, "plug", "All connections", &[])
    },
    item(paths::ADMIN_HEALTH, "heart-pulse", "Health", &[]),
    item(paths::ADMIN_REHEARSALS, "history", "Rehearsals", &[]),
    item(paths::ADMIN_AUDIT, "clipboard-list", "Audit", &[]),
    item(paths::ADMIN_APPS, "key", "Providers", &[]),
];

/// Id of the menu at the foot.
const MORE: &str = "more";
/// How many places fit the bar at the foot.
const FOOT: usize = 4;

impl Item {
    /// Does a page at `path` belong here? By prefix, so that detail pages mark their section.
    fn holds(&self, path: &str) -> bool {
        let below = |base: &str| {
            path.strip_prefix(base)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let exact = matches!(self.path, paths::HOME | paths::ADMIN);
        (if exact {
            path == self.path
        } else {
            below(self.path)
        }) || self.also.iter().any(|base| below(base))
    }
}

fn link(item: Item, word: &'static str, class: &'static str, icon_class: &'static str) -> AnyView {
    let path = use_location().pathname;
    view! {
        <li>
            <a href=item.path class=class aria-current=move || item.holds(&path.get()).then_some("page")>
                <Icon name=item.icon class=icon_class />
                <span>{word}</span>
            </a>
        </li>
    }
    .into_any()
}

fn side_links(items: &'static [Item]) -> AnyView {
    items
        .iter()
        .map(|item| link(*item, item.word, "nav-link", "size-4 shrink-0"))
        .collect_view()
        .into_any()
}

/// Shows something that depends on who is signed in. Nobody is asked twice: one resource serves all parts.
fn with_me(me: MeResource, view: fn(Option<Me>) -> AnyView) -> AnyView {
    view! {
        <Suspense>
            {move || Suspend::new(async move { view(me.await.ok().flatten().filter(has_a_place)) })}
        </Suspense>
    }
    .into_any()
}

/// Somebody who has yet to prove their address has nowhere to go.
fn has_a_place(me: &Me) -> bool {
    me.tenant.is_some() || me.platform_admin
}

#[component]
pub fn SideBar(me: MeResource) -> impl IntoView {
    with_me(me, |me| {
        me.map_or_else(|| ().into_any(), |me| side_bar(&me))
    })
}

/// The banner of wide screens, as [`TopBar`] is of small ones: nothing of it stands outside a landmark.
fn side_bar(me: &Me) -> AnyView {
    let tenant = me.tenant.as_ref().map(|tenant| tenant.tenant_name.clone());
    let places = tenant
        .is_some()
        .then(|| view! { <ul class="space-y-0.5">{side_links(&TENANT)}</ul> });
    let operator = me.platform_admin.then(|| {
        view! {
            <p class="mt-5 mb-1 flex items-center gap-1.5 px-2.5 text-xs font-medium text-ink-mute"><Icon name="shield" class="size-3.5" />"Operator"</p>
            <ul class="space-y-0.5">{side_links(&OPERATOR)}</ul>
        }
    });
    view! {
        <header class="sticky top-0 hidden h-dvh w-58 shrink-0 flex-col border-e border-line bg-raised px-3 py-4 md:flex">
            <a href=paths::HOME class="mb-4 flex items-center gap-2 rounded-control px-2 py-1">
                <Mark />
                <span class="min-w-0">
                    <span class="block text-sm leading-tight font-semibold">"Tributary"</span>
                    {tenant.map(|name| view! { <span class="block truncate text-xs text-ink-mute">{name}</span> })}
                </span>
            </a>
            <nav aria-label="Main" class="flex-1 overflow-y-auto">{places}{operator}</nav>
            <div class="space-y-2 border-t border-line pt-3">
                <p class="truncate px-2 text-xs text-ink-mute" title=me.email.clone()>{me.email.clone()}</p>
                <div class="flex items-center justify-between"><ThemeSwitch />{sign_out("out-side")}</div>
            </div>
        </header>
    }
    .into_any()
}

fn sign_out(id: &'static str) -> AnyView {
    view! {
        <Form action=SignOut::PATH id=id class="contents" after=After::Reload>
            <Button label="Sign out" icon="log-out" kind=Kind::SmallQuiet />
        </Form>
    }
    .into_any()
}

/// The head: of every page for signed-out people, of small screens for all others.
#[component]
pub fn TopBar(me: MeResource) -> impl IntoView {
    with_me(me, |me| match me {
        Some(me) => signed_in_head(me),
        None => signed_out_head(),
    })
}

fn signed_out_head() -> AnyView {
    view! {
        <header class="mx-auto flex w-full max-w-6xl items-center justify-between gap-3 px-4 py-3 md:px-8">
            <a href=paths::HOME class="flex items-center gap-2 rounded-control font-semibold"><Mark />"Tributary"</a>
            <nav aria-label="Account" class="flex items-center gap-2">
                <span class="hidden sm:block"><ThemeSwitch /></span>
                <LinkButton href=paths::SIGN_IN label="Sign in" kind=Kind::SmallQuiet />
                <LinkButton href=paths::SIGN_UP label="Start" kind=Kind::Small />
            </nav>
        </header>
    }
    .into_any()
}

fn signed_in_head(me: Me) -> AnyView {
    // That it is the operator's is said below it.
    let name = me
        .tenant
        .map_or_else(|| "Tributary".to_owned(), |tenant| tenant.tenant_name);
    view! {
        <header class="flex items-center gap-2 border-b border-line bg-raised px-4 py-2.5 md:hidden">
            <a href=paths::HOME class="flex min-w-0 items-center gap-2 rounded-control font-semibold">
                <Mark />
                <span class="truncate">{name}</span>
            </a>
        </header>
    }
    .into_any()
}

/// The first places at the foot of small screens; the rest behind "More".
#[component]
pub fn BottomBar(me: MeResource) -> impl IntoView {
    with_me(me, |me| {
        me.map_or_else(|| ().into_any(), |me| bottom_bar(&me))
    })
}

fn bottom_bar(me: &Me) -> AnyView {
    const CLASS: &str = "foot-link";
    fold_more_on_navigation();
    let (places, operator) = match (me.tenant.is_some(), me.platform_admin) {
        (false, _) => (&OPERATOR, &[][..]),
        (true, true) => (&TENANT, &OPERATOR[..]),
        (true, false) => (&TENANT, &[][..]),
    };
    let (first, rest) = places.split_at(FOOT);
    let links = first
        .iter()
        .map(|item| link(*item, item.short, CLASS, "size-5 shrink-0"))
        .collect_view();
    let path = use_location().pathname;
    let is_behind = move || {
        let path = path.get();
        rest.iter().chain(operator).any(|item| item.holds(&path))
    };
    let behind = move || is_behind().then_some("true");
    let more = rest
        .iter()
        .chain(operator)
        .map(|item| link(*item, item.word, "nav-link min-h-11", "size-5 shrink-0"))
        .collect_view();
    view! {
        <nav aria-label="Main" class="fixed inset-x-0 bottom-0 z-20 border-t border-line bg-raised pb-[env(safe-area-inset-bottom)] md:hidden">
            <ul class="grid auto-cols-fr grid-flow-col">
                {links}
                <li>
                    <details id=MORE>
                        <summary class=CLASS aria-current=behind><Icon name="more-horizontal" class="size-5 shrink-0" /><span>"More"</span></summary>
                        <div class="absolute inset-x-2 bottom-full mb-2 space-y-2 rounded-card border border-line bg-raised p-2 shadow-float">
                            <ul>{more}</ul>
                            <div class="flex items-center justify-between border-t border-line pt-2"><ThemeSwitch />{sign_out("out-foot")}</div>
                        </div>
                    </details>
                </li>
            </ul>
        </nav>
    }
    .into_any()
}

/// The menu would stay open over the page it led to.
fn fold_more_on_navigation() {
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let now = path.get();
        if before.is_some_and(|before| before != now) {
            browser::fold_away(MORE);
        }
        now
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detail_pages_mark_their_section() {
        let marked = |path: &str| {
            TENANT
                .iter()
                .chain(&OPERATOR)
                .filter(|item| item.holds(path))
                .map(|item| item.word)
                .collect::<Vec<_>>()
        };
        for (path, word) in [
            ("/", "Home"),
            ("/connections/con_1/edit", "Connections"),
            ("/connect/stripe", "Integrations"),
            ("/integrations/stripe", "Integrations"),
            ("/runs/run_1", "Activity"),
            ("/admin", "Tenants"),
            ("/admin/tenants/ten_1", "Tenants"),
            ("/admin/health", "Health"),
            ("/admin/rehearsals/reh_1", "Rehearsals"),
        ] {
            assert_eq!(marked(path), [word], "{path}");
        }
        assert_eq!(marked("/connectionsx"), Vec::<&str>::new());
    }
}
