//! The start page for signed-out people: what it does, how it goes, and a way in.

use leptos::prelude::*;
use leptos_meta::{Meta, Title};

use crate::{
    paths,
    ui::{Icon, Kind, LinkButton},
};

pub fn page() -> AnyView {
    view! {
        <Title text="" />
        <Meta name="description" content="Connect the tools your business runs on, see real rows in a minute, and hand each app exactly the data it may read." />
        <div class="py-8 md:py-16">
            <div class="max-w-3xl">
                <h1 id="page-title" tabindex="-1" class="text-[2.25rem] leading-[2.625rem] tracking-tight md:text-[3rem] md:leading-[3.375rem]">
                    "Your business data, flowing into one place your apps can read."
                </h1>
                <p class="mt-5 max-w-[60ch] text-base leading-7 text-ink-soft">
                    "Connect payments, shop, CRM, databases and files. See real rows before anything is copied. Every app gets its own read-only login, limited to its tables."
                </p>
                <div class="mt-7 flex flex-wrap items-center gap-3">
                    <LinkButton href=paths::SIGN_UP label="Create a workspace" kind=Kind::Primary />
                    <LinkButton href=paths::SIGN_IN label="Sign in" kind=Kind::Quiet />
                </div>
            </div>
            {preview()}
            {steps()}
            {promises()}
        </div>
    }
    .into_any()
}

/// The product itself, in both themes.
fn preview() -> AnyView {
    view! {
        <figure class="mt-12 overflow-hidden rounded-card border border-line bg-raised shadow-float">
            <picture>
                <img
                    src="/screenshot.png"
                    width="1280"
                    height="800"
                    alt="A run in Tributary: 9,714 rows in three tables, with what was read, written and counted for each."
                    class="h-auto w-full"
                />
            </picture>
        </figure>
    }
    .into_any()
}

fn steps() -> AnyView {
    const STEPS: [(&str, &str, &str); 3] = [
        (
            "plug",
            "Connect",
            "Paste a key, a database login or a file. Every check is named, and a failing one says what to do.",
        ),
        (
            "table",
            "See rows",
            "Twenty real rows of each table, what looks personal masked. Nothing is stored until you say so.",
        ),
        (
            "package",
            "Hand over",
            "Choose tables for an app and download its settings. Its login reads those tables and nothing else.",
        ),
    ];
    let items = STEPS
        .into_iter()
        .enumerate()
        .map(|(index, (icon, title, text))| {
            view! {
                <li class="border-t border-line pt-4">
                    <span class="flex items-center gap-2 text-river"><Icon name=icon class="size-5 shrink-0" /><span class="font-mono text-xs">{index + 1}</span></span>
                    <h3 class="mt-3 text-base">{title}</h3>
                    <p class="mt-1 text-ink-soft">{text}</p>
                </li>
            }
        })
        .collect_view();
    view! {
        <section class="mt-16" aria-labelledby="how">
            <h2 id="how" class="text-title">"From sign-up to rows in three steps"</h2>
            <ol class="mt-6 grid gap-6 md:grid-cols-3">{items}</ol>
        </section>
    }
    .into_any()
}

fn promises() -> AnyView {
    const PROMISES: [(&str, &str); 4] = [
        (
            "Counted, not hoped",
            "A run is green only when rows read, rows written and the change of the table agree.",
        ),
        (
            "Secrets stay sealed",
            "Keys are encrypted for your workspace alone. Nobody can read one back, operators included.",
        ),
        (
            "Its own schema",
            "Your tables live in a database schema no other workspace can reach. That is checked from outside.",
        ),
        (
            "Open protocol",
            "Every connector speaks the Airbyte protocol, embedded here or on an Airbyte of your own.",
        ),
    ];
    let items = PROMISES
        .into_iter()
        .map(|(title, text)| view! { <div><dt class="font-semibold">{title}</dt><dd class="mt-1 text-ink-soft">{text}</dd></div> })
        .collect_view();
    view! {
        <section class="mt-16 border-t border-line pt-8" aria-labelledby="trust">
            <h2 id="trust" class="text-title">"What you can rely on"</h2>
            <dl class="mt-5 grid gap-x-10 gap-y-6 sm:grid-cols-2">{items}</dl>
        </section>
    }
    .into_any()
}
