//! The head of all settings pages, with their tabs.

use leptos::prelude::*;

use crate::{
    paths,
    ui::{PageHead, Tabs},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    Profile,
    Security,
    Keys,
    Apps,
}

const TABS: [(Tab, &str, &str); 4] = [
    (Tab::Profile, paths::SETTINGS, "Profile"),
    (
        Tab::Security,
        paths::SETTINGS_SECURITY,
        "Password & sessions",
    ),
    (Tab::Keys, paths::SETTINGS_KEYS, "API keys"),
    (Tab::Apps, paths::SETTINGS_APPS, "Providers"),
];

#[component]
pub fn Frame(tab: Tab, children: Children) -> impl IntoView {
    let tabs = TABS
        .into_iter()
        .map(|(known, href, word)| (href.to_owned(), word.to_owned(), known == tab))
        .collect();
    view! {
        <PageHead title="Settings" />
        <Tabs label="Settings" tabs=tabs />
        <div class="space-y-5">{children()}</div>
    }
    .into_any()
}
