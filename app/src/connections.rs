use leptos::prelude::*;
#[component] pub fn ConnectPage() -> impl IntoView {}
#[component] pub fn ListPage() -> impl IntoView {}
#[component] pub fn ConnectionPage() -> impl IntoView {}
#[component] pub fn TestPage() -> impl IntoView {}
#[component] pub fn RowsPage() -> impl IntoView {}
#[component] pub fn EditPage() -> impl IntoView {}
#[component] pub fn RemovePage() -> impl IntoView {}
