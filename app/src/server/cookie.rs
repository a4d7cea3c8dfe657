//! The two small cookies of pages: the theme, and what a refused form leaves behind.

use axum::http::{HeaderMap, HeaderValue, header, request::Parts};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use crate::shell::Theme;

const THEME: &str = "theme";
const THEME_SECONDS: u32 = 365 * 24 * 3600;

/// The theme this browser chose.
pub fn theme() -> Theme {
    use_context::<Parts>().map_or(Theme::System, |parts| theme_of(&parts.headers))
}

/// The theme that the sender of these headers chose.
pub fn theme_of(headers: &HeaderMap) -> Theme {
    cookie(headers, THEME).map_or(Theme::System, |name| Theme::parse(&name))
}

pub fn set_theme(theme: Theme) {
    if let Some(response) = use_context::<ResponseOptions>() {
        set_cookie(&response, THEME, theme.name(), THEME_SECONDS);
    }
}

pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value.to_owned())
}

pub fn set_cookie(response: &ResponseOptions, name: &str, value: &str, seconds: u32) {
    if let Ok(line) = HeaderValue::from_str(&cookie_line(name, value, seconds)) {
        response.append_header(header::SET_COOKIE, line);
    }
}

pub fn cookie_line(name: &str, value: &str, seconds: u32) -> String {
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax")
}
