//! The page for an address that is nobody's.

use leptos::prelude::*;

use crate::{error::{Code, Error}, ui};

#[component]
pub fn NotFound() -> impl IntoView {
    ui::problem(Error::new(Code::NotFound))
}
