//! The one way pages wait for data and show that a load failed.

use std::future::Future;

use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

use super::{Notice, PageHead, Tone, reference};
use crate::{
    error::{Code, Error},
    paths, shell,
};

pub type Loaded<T> = Resource<Result<T, Error>>;

/// The data of a page. Asked for again when `source` changes and after a form of the page was accepted.
pub fn page_data<S, T, F>(
    source: impl Fn() -> S + Send + Sync + 'static,
    fetch: fn(S) -> F,
) -> Loaded<T>
where
    S: PartialEq + Clone + Send + Sync + 'static,
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Future<Output = Result<T, Error>> + Send + 'static,
{
    let changes = shell::changes();
    Resource::new(
        move || (changes.get(), source()),
        move |(_, source)| fetch(source),
    )
}

/// Shows the page once its data is there; what was there before stays until then, and while the network is gone.
pub fn load<T: Clone + Send + Sync + 'static>(data: Loaded<T>, view: fn(T) -> AnyView) -> AnyView {
    load_with(data, Callback::new(view))
}

/// As [`load`], for views that need more than the data.
pub fn load_with<T: Clone + Send + Sync + 'static>(
    data: Loaded<T>,
    view: Callback<T, AnyView>,
) -> AnyView {
    let flash = shell::flash_resource();
    let last = StoredValue::new(None::<T>);
    view! {
        <Transition fallback=skeleton>
            {move || Suspend::new(async move {
                let _ready = flash.await;
                match data.await {
                    Ok(data) => {
                        last.set_value(Some(data.clone()));
                        view.run(data)
                    }
                    Err(error) => match last.try_get_value().flatten() {
                        Some(data) if error.code == Code::Offline => older(view.run(data)),
                        _ => problem(error),
                    },
                }
            })}
        </Transition>
    }
    .into_any()
}

/// What the page showed before the network went: better than nothing, and said to be old.
fn older(page: AnyView) -> AnyView {
    view! {
        <div role="status" class="mb-5">
            <Notice tone=Tone::Warn title="The hub could not be reached">
                <p>"This is what was here before. Load the page again to see what is new."</p>
            </Notice>
        </div>
        {page}
    }
    .into_any()
}

/// The size of a page's head and first card; shown only when loading takes noticeable time.
fn skeleton() -> AnyView {
    view! {
        <div class="late space-y-5" aria-busy="true">
            <p class="sr-only" role="status">"Loading"</p>
            <div class="skeleton h-7 w-56"></div>
            <div class="skeleton h-40"></div>
            <div class="skeleton h-64"></div>
        </div>
    }
    .into_any()
}

/// A page that could not be shown: what happened, why, what to do.
pub fn problem(error: Error) -> AnyView {
    #[cfg(feature = "ssr")]
    answer_with_status(error.code);
    let action = match error.code {
        Code::SignedOut => {
            view! { <a href=paths::SIGN_IN class="btn btn-primary">"Sign in"</a> }.into_any()
        }
        Code::NotFound | Code::Denied => {
            view! { <a href=paths::HOME class="btn">"Go to the start page"</a> }.into_any()
        }
        _ => view! { <a href="" rel="external" class="btn">"Load the page again"</a> }.into_any(),
    };
    let advice = error.advice();
    view! {
        <PageHead title=error.title() lead=view! { <p>{advice}</p> }.into_any() />
        <div class="space-y-4">
            {action}
            {reference(error.request_id)}
        </div>
    }
    .into_any()
}

/// Signed-out people are on their way to the sign-in page; that answer has its status.
#[cfg(feature = "ssr")]
fn answer_with_status(code: Code) {
    if code != Code::SignedOut {
        crate::server::set_status(code.status());
    }
}
