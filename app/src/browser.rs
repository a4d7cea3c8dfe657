//! The few things asked of the browser itself: sending a form, leaving the page, dates in the reader's words.
//!
//! Compiles for the server too, where effects and event handlers never run.

pub mod window;

use leptos::{server_fn::error::FromServerFnError, web_sys::js_sys};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    FormData, HtmlElement, HtmlFormElement, HtmlInputElement, RequestInit, Response, SubmitEvent,
    UrlSearchParams,
};

use crate::error::{Code, Error};
use window::Beside;

/// A form as it was when its button was pressed.
pub struct Filled {
    action: String,
    multipart: bool,
    data: FormData,
    form: HtmlFormElement,
    beside: Beside,
}

impl Filled {
    /// Reads the form of a submit event, with the name and value of the pressed button.
    pub fn of(event: &SubmitEvent) -> Option<Self> {
        let form: HtmlFormElement = event.target()?.dyn_into().ok()?;
        let data = FormData::new_with_form(&form).ok()?;
        let button = event.submitter();
        if let Some(button) = &button
            && let Some(name) = button.get_attribute("name")
        {
            let value = button.get_attribute("value").unwrap_or_default();
            data.append_with_str(&name, &value).ok()?;
        }
        let wants_window = button
            .as_ref()
            .is_some_and(|button| button.has_attribute("data-window"));
        let beside = if wants_window {
            Beside::open()
        } else {
            Beside::NotAsked
        };
        if beside == Beside::Open {
            data.append_with_str("form.window", "own").ok()?;
        }
        let action = button
            .and_then(|button| button.get_attribute("formaction"))
            .or_else(|| form.get_attribute("action"))?;
        Some(Self {
            action,
            multipart: form.enctype() == "multipart/form-data",
            data,
            form,
            beside,
        })
    }

    /// The window that its button asked for.
    pub fn beside(&self) -> Beside {
        self.beside
    }

    /// Its form, to be cleaned once it was accepted.
    pub fn form(&self) -> HtmlFormElement {
        self.form.clone()
    }

    /// Posts it. An answer is where to go next, if anywhere.
    pub async fn post(self) -> Result<Option<String>, Error> {
        let offline = |_: JsValue| Error::new(Code::Offline);
        let options = RequestInit::new();
        options.set_method("POST");
        if self.multipart {
            options.set_body(&self.data);
        } else {
            let pairs =
                UrlSearchParams::new_with_str_sequence_sequence(&self.data).map_err(offline)?;
            options.set_body(&pairs);
        }
        let request =
            web_sys::Request::new_with_str_and_init(&self.action, &options).map_err(offline)?;
        request
            .headers()
            .set("accept", "application/json")
            .map_err(offline)?;
        let window = web_sys::window().ok_or_else(|| Error::new(Code::Offline))?;
        let response: Response = JsFuture::from(window.fetch_with_request(&request))
            .await
            .map_err(offline)?
            .unchecked_into();
        if response.ok() {
            return Ok(response.headers().get("location").ok().flatten());
        }
        let text = JsFuture::from(response.text().map_err(offline)?)
            .await
            .map_err(offline)?;
        Err(Error::de(text.as_string().unwrap_or_default().into()))
    }
}

/// Empties the passwords typed into a form: a page that stays keeps none.
pub fn forget_passwords(form: &HtmlFormElement) {
    let Ok(found) = form.query_selector_all("input[autocomplete$='password']") else {
        return;
    };
    for index in 0..found.length() {
        if let Some(input) = found
            .item(index)
            .and_then(|node| node.dyn_into::<HtmlInputElement>().ok())
        {
            input.set_value("");
        }
    }
}

/// Loads a page anew, so that everything on it is asked for again.
pub fn leave_to(path: &str) {
    if let Some(window) = web_sys::window() {
        let _left = window.location().set_href(path);
    }
}

/// Puts the keyboard's focus on the element with this id.
pub fn focus_id(id: &str) {
    let element = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id(id));
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _focused = element.focus();
    }
}

/// Closes the `<details>` with this id.
pub fn fold_away(id: &str) {
    let element = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id(id));
    if let Some(element) = element {
        let _folded = element.remove_attribute("open");
    }
}

/// Is the page in a tab that nobody looks at?
pub fn is_hidden() -> bool {
    web_sys::window()
        .and_then(|window| window.document())
        .is_some_and(|document| document.hidden())
}

/// An attribute of `<html>`.
#[cfg(not(feature = "ssr"))]
pub fn root_attribute(name: &str) -> Option<String> {
    let root = web_sys::window()?.document()?.document_element()?;
    root.get_attribute(name)
}

/// Sets an attribute of `<html>`, or removes it.
pub fn set_root_attribute(name: &str, value: Option<&str>) {
    let root = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.document_element());
    if let Some(root) = root {
        let _set = match value {
            Some(value) => root.set_attribute(name, value),
            None => root.remove_attribute(name),
        };
    }
}

/// Copies text; says whether the browser allowed it.
pub async fn copy(text: &str) -> bool {
    let Some(window) = web_sys::window() else {
        return false;
    };
    JsFuture::from(window.navigator().clipboard().write_text(text))
        .await
        .is_ok()
}

/// An instant as its reader writes it.
#[cfg_attr(
    feature = "ssr",
    expect(dead_code, reason = "the server writes instants in UTC")
)]
pub struct LocalTime {
    /// "21 Nov 2026, 07:07" in the reader's language and time zone: a month in letters can't be taken for a day.
    pub full: String,
    /// "07:07:59".
    pub clock: String,
    pub seconds_ago: f64,
}

/// An instant in the reader's time zone and language.
pub fn local_time(rfc3339: &str) -> Option<LocalTime> {
    let date = js_sys::Date::new(&JsValue::from_str(rfc3339));
    let millis = date.get_time();
    if millis.is_nan() {
        return None;
    }
    let styled = |date_style: Option<&str>, time_style: &str| {
        let options = js_sys::Object::new();
        let set = |name: &str, value: &str| {
            let _set = js_sys::Reflect::set(&options, &name.into(), &value.into());
        };
        set("timeStyle", time_style);
        if let Some(style) = date_style {
            set("dateStyle", style);
        }
        match date_style {
            Some(_) => String::from(date.to_locale_string("default", &options)),
            None => String::from(date.to_locale_time_string_with_options("default", &options)),
        }
    };
    Some(LocalTime {
        full: styled(Some("medium"), "short"),
        clock: styled(None, "medium"),
        seconds_ago: (js_sys::Date::now() - millis) / 1000.0,
    })
}

/// Sets an empty attribute on `<body>`.
pub fn mark_body(name: &str) {
    if let Some(body) = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.body())
    {
        let _set = body.set_attribute(name, "");
    }
}

/// Ticks or clears all boxes that match a selector.
pub fn tick_all(selector: &str, on: bool) {
    let found = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.query_selector_all(selector).ok());
    let Some(found) = found else { return };
    for index in 0..found.length() {
        if let Some(tick) = found
            .item(index)
            .and_then(|node| node.dyn_into::<HtmlInputElement>().ok())
        {
            tick.set_checked(on);
        }
    }
}
