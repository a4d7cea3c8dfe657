//! Sending: credentials on, limits kept, retries as the error handler says.

mod draft;
mod tell;
mod tries;

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde_json::Value;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use super::merge::{self, Options, Same};
use super::page::{Page, Room, within};
use super::{Ask, Requester, Stop, Wire, encode};
use crate::declarative::auth::Holder;
use crate::declarative::budget::not_before;
use crate::declarative::env::Env;
use crate::declarative::errors::{Action, MAX_TIME, Outcome, Resolution, after, named_pause};
use crate::declarative::text::plain;
use crate::declarative::turns::{Ticket, Turn};
use crate::fault::{Fault, Kind};
use crate::outbound::Purpose;
use draft::Draft;
use tries::{Pauses, Tries};

/// The most one page may hold once unpacked.
const PAGE_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// A request with all its parts as they go out.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Option<Vec<u8>>,
}

impl Requester {
    /// Sends and gives the page. A page whose status is not one of success was ignored on the manifest's wish.
    pub async fn send(&self, ask: &Ask<'_>, env: &Env) -> Result<Page, Stop> {
        let request = self.build(ask, env).await?;
        if !self.use_cache {
            return self.attempts(Draft::new(request), ask, env).await;
        }
        let key = super::cache::key(&request);
        let draft = Draft::new(request);
        let slot = env.cache.slot(&key);
        let mut slot = slot.lock().await;
        if let Some(page) = slot.as_ref() {
            return Ok(page.clone());
        }
        let page = self.attempts(draft, ask, env).await?;
        if page.is_ok() {
            *slot = env.cache.admit(page.clone())?;
        }
        Ok(page)
    }

    async fn build(&self, ask: &Ask<'_>, env: &Env) -> Result<Prepared, Fault> {
        let own = self.prepare(ask, env)?;
        let auth = self.auth.extras(env).await?;
        let extras = ask.extras.clone();
        let params = merge::fields([own.params, auth.query, extras.query], Same::Refused)?;
        if let Some((name, _)) = params.iter().find(|(_, value)| value.is_object()) {
            return Err(Fault::config(format!(
                "The query parameter “{name}” is an object, which a query cannot hold."
            )));
        }
        let headers = merge::fields([own.headers, auth.headers, extras.headers], Same::Refused)?;
        let json = merge::fields([own.json, auth.json, extras.json], Same::Allowed)?;
        let form = merge::options([
            own.form,
            Options::Fields(auth.form),
            Options::Fields(extras.form),
        ])?;
        let url = encode::with_query(&own.url, &params);
        let url = Url::parse(&url).map_err(|error| {
            Fault::config(format!("“{}” is not an address.", own.url))
                .with_detail(error.to_string())
        })?;
        let mut headers = header_map(
            headers
                .iter()
                .map(|(name, value)| (name.as_str(), plain(value))),
        )?;
        headers
            .entry(ACCEPT)
            .or_insert_with(|| HeaderValue::from_static("*/*"));
        let body = body(&self.method, form, json, &mut headers)?;
        Ok(Prepared {
            method: self.method.clone(),
            url,
            headers,
            body,
        })
    }

    async fn attempts(&self, mut draft: Draft, ask: &Ask<'_>, env: &Env) -> Result<Page, Stop> {
        let mut tries = Tries::new(self.errors.max_retries(env)?, MAX_TIME);
        let mut refreshed = None;
        let mut place = None;
        let holder = self.holder(env)?;
        loop {
            let turn = self
                .turn(&mut draft, place.take(), holder, ask, env)
                .await?;
            let request = &draft.request;
            let answer = send_once(request, Some(&self.name), env, &self.wire).await;
            if let Ok(page) = &answer {
                env.budget.learn(&turn, page);
            }
            let outcome = match &answer {
                Ok(page) => Outcome::Page(page),
                Err(fault) if fault.kind == Kind::Cancelled => {
                    return Err(Stop::Fault(fault.clone()));
                }
                Err(fault) => Outcome::Fault(fault),
            };
            let resolution = self.errors.interpret(outcome, env)?;
            let refused = is_refusal(&resolution, outcome, holder, env);
            if !refused && answer.is_ok() {
                turn.served();
            }
            match resolution.action {
                Action::Success | Action::Ignore => {
                    if resolution.action == Action::Ignore {
                        self.remark_ignored(&resolution, outcome, env).await;
                    }
                    return answer.or_else(|_| Ok(Page::nothing(request.url.as_str())));
                }
                Action::ResetPagination => return Err(Stop::ResetPagination),
                Action::ReducePageSize => return Err(Stop::ReducePageSize(resolution.message)),
                Action::SplitRequestWindow => {
                    return Err(Stop::SplitRequestWindow(resolution.message));
                }
                Action::Fail => return Err(resolution.fault(outcome).into()),
                Action::RefreshTokenThenRetry => {
                    if refreshed.is_some() {
                        return Err(resolution.fault(outcome).into());
                    }
                    refreshed = Some(
                        self.auth
                            .refresh(&request.headers, &request.url, env)
                            .await?,
                    );
                }
                Action::Retry | Action::RateLimited => {}
            }
            let refused = refused.then_some(turn);
            place = self
                .wait(&mut tries, &resolution, outcome, refused, env)
                .await?;
        }
    }

    /// Waits for the next try; a fault when there is none. Where the server wants fewer requests, others that count against
    /// the same quota wait, too: then it is in their line that the request waits on.
    async fn wait(
        &self,
        tries: &mut Tries,
        resolution: &Resolution,
        outcome: Outcome<'_>,
        refused: Option<Turn>,
        env: &Env,
    ) -> Result<Option<Ticket>, Fault> {
        let limited = resolution.action == Action::RateLimited;
        if limited {
            env.rate_limited(&self.name).await?;
        }
        tries.sent += 1;
        let asked = self.errors.wait(outcome, tries.sent, env)?;
        let pauses = Pauses {
            own: tries.next(asked, limited),
            asked,
            named: match outcome {
                Outcome::Page(page) => named_pause(page),
                Outcome::Fault(_) => None,
            },
        };
        let place = refused.and_then(|turn| turn.refused(pauses.of_all()));
        let opens = place.as_ref().and_then(Ticket::closed_until);
        let patience = env.cx.limits.patience;
        let pause = pauses.of_one(patience).ok_or_else(|| {
            let fault = exhausted(&resolution.fault(outcome), tries.sent);
            not_before(fault, opens)
        })?;
        if patience.is_some_and(|longest| pause > longest) {
            let fault = impatient(resolution.fault(outcome), pause, pauses.named);
            return Err(not_before(fault, opens));
        }
        // Whoever is in line again waits as long as the line is closed.
        let told = if place.is_some() {
            pauses.of_all()
        } else {
            pause
        };
        let text = format!(
            "{} Trying again in {:.1} s.",
            resolution
                .message
                .as_deref()
                .unwrap_or("The request failed."),
            told.as_secs_f64()
        );
        env.say("INFO", &self.name, text).await;
        if env.tells_all() {
            Box::pin(tell::pause(pauses, told, &self.name, env)).await;
        }
        if place.is_none() {
            tokio::time::sleep(pause).await;
        }
        Ok(place)
    }

    async fn remark_ignored(&self, resolution: &Resolution, outcome: Outcome<'_>, env: &Env) {
        let text = match (&resolution.message, outcome) {
            (Some(message), _) if !message.is_empty() => message.clone(),
            (_, Outcome::Page(page)) => {
                format!("An answer with HTTP status {} was ignored.", page.status)
            }
            (_, Outcome::Fault(fault)) => {
                format!("A failed request was ignored: {}", fault.message)
            }
        };
        env.say("INFO", &self.name, text).await;
    }
}

/// One exchange, without any second try, for a stream or for credentials.
pub async fn send_once(
    request: &Prepared,
    stream: Option<&str>,
    env: &Env,
    wire: &Wire,
) -> Result<Page, Fault> {
    let begun = Instant::now();
    let answer = exchange(request, env, wire).await;
    if env.tells_all() {
        // Seldom, and the future of every read would hold it.
        Box::pin(tell::exchange(
            request,
            &answer,
            begun.elapsed(),
            stream,
            env,
        ))
        .await;
    }
    answer
}

async fn exchange(request: &Prepared, env: &Env, wire: &Wire) -> Result<Page, Fault> {
    let mut call = wire
        .outbound
        .request(request.method.clone(), request.url.clone())
        .headers(request.headers.clone());
    if let Some(body) = &request.body {
        call = call.body(body.clone());
    }
    let call = call.build().map_err(|error| {
        Fault::config("The request cannot be made.").with_detail(error.without_url().to_string())
    })?;
    let room = Room {
        silence: wire.silence,
        work_dir: env.cx.work_dir.clone(),
        bytes: PAGE_BYTES.min(env.cx.limits.total_bytes),
    };
    let (outbound, first_word) = (wire.outbound.clone(), wire.first_word());
    // A task of its own: what was asked for ahead comes in while the records of the page before it are passed on.
    let exchange = AbortOnDropHandle::new(tokio::spawn(async move {
        let response = within(first_word, outbound.send(call, Purpose::Api)).await??;
        Page::read(response, &room).await
    }));
    exchange.await.unwrap_or_else(|error| {
        Err(Fault::bug("A request was broken off.").with_detail(error.to_string()))
    })
}

/// Whether the server wants fewer requests. Where no credentials tell one caller from another, only the plain status counts:
/// what a manifest takes for a refusal is its own matter.
fn is_refusal(resolution: &Resolution, outcome: Outcome<'_>, holder: Holder, env: &Env) -> bool {
    let Outcome::Page(page) = outcome else {
        return false;
    };
    if holder.is_nobody() {
        return page.status == 429;
    }
    resolution.action == Action::RateLimited || env.budget.is_refusal(page)
}

/// Whoever asked for the read decides about pauses as long as this one.
fn impatient(mut fault: Fault, pause: Duration, named: Option<Duration>) -> Fault {
    fault.kind = match fault.kind {
        Kind::RateLimited { until } => Kind::RateLimited {
            until: until.or_else(|| after(pause)),
        },
        // Only this kind can say when. A server that names a time wants to be left alone until then, whatever its status.
        Kind::Upstream | Kind::Bug if named == Some(pause) => Kind::RateLimited {
            until: after(pause),
        },
        Kind::Bug => Kind::Upstream,
        kind => kind,
    };
    fault
}

fn exhausted(fault: &Fault, tries: u32) -> Fault {
    let mut fault = fault.clone();
    if matches!(fault.kind, Kind::Bug) {
        fault.kind = Kind::Upstream;
    }
    // Of one try nobody needs to be told that it was the only one.
    if tries > 1 {
        fault.message = format!("Given up after {tries} tries. {}", fault.message);
    }
    fault
}

pub fn header_map<'a>(fields: impl Iterator<Item = (&'a str, String)>) -> Result<HeaderMap, Fault> {
    let mut headers = HeaderMap::new();
    for (name, value) in fields {
        let key = HeaderName::from_bytes(name.trim().as_bytes())
            .map_err(|_| Fault::config(format!("“{name}” is not the name of a header.")))?;
        let value = HeaderValue::from_bytes(value.trim().as_bytes()).map_err(|_| {
            Fault::config(format!(
                "The value of the header “{name}” holds characters a header cannot hold, such as a line break."
            ))
        })?;
        headers.insert(key, value);
    }
    Ok(headers)
}

fn body(
    method: &Method,
    form: Options,
    json: serde_json::Map<String, Value>,
    headers: &mut HeaderMap,
) -> Result<Option<Vec<u8>>, Fault> {
    let carries = [Method::GET, Method::POST, Method::PUT, Method::PATCH].contains(method);
    if !carries {
        return Ok(None);
    }
    let form = match form {
        Options::Text(text) if text.is_empty() => None,
        Options::Text(text) => Some((text, None)),
        Options::Fields(fields) if fields.is_empty() => None,
        Options::Fields(fields) => Some((
            encode::form(&fields),
            Some("application/x-www-form-urlencoded"),
        )),
    };
    if json.is_empty() {
        return Ok(form.map(|(text, kind)| {
            if let Some(kind) = kind {
                headers
                    .entry(CONTENT_TYPE)
                    .or_insert(HeaderValue::from_static(kind));
            }
            text.into_bytes()
        }));
    }
    if form.is_some() {
        return Err(Fault::config(
            "The request has a JSON body and another one.",
        ));
    }
    headers
        .entry(CONTENT_TYPE)
        .or_insert(HeaderValue::from_static("application/json"));
    Ok(Some(Value::Object(json).to_string().into_bytes()))
}
