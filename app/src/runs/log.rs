//! The log of a run: a page of lines, each with an address of its own, and what arrives after them.

use leptos::prelude::*;
use model::{LogLine, RunView};

use super::{
    api::{LOG_PAGE, NUMBERS_OF_A_TRY, log},
    tail::Tail,
};
use crate::{
    error::{Code, Error},
    paths,
    ui::{Clock, CopyButton, Loaded, Notice, Pager, Tone, reference},
};

#[component]
pub fn LogPart(id: Memo<String>, after: Memo<i64>, run: Loaded<RunView>) -> impl IntoView {
    let lines = Resource::new(
        move || (id.get(), after.get()),
        |(id, after)| log(id, after),
    );
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match lines.await {
                    Ok(lines) => part(id, after, lines, run),
                    // The page above says it already.
                    Err(error) if matches!(error.code, Code::NotFound | Code::SignedOut | Code::Denied) => ().into_any(),
                    Err(error) => broken(&error),
                }
            })}
        </Transition>
    }
    .into_any()
}

fn broken(error: &Error) -> AnyView {
    let advice = error.advice();
    let request = error.request_id.clone();
    view! { <div class="mt-5"><Notice tone=Tone::Warn title="The log could not be read"><p>{advice}</p>{reference(request)}</Notice></div> }.into_any()
}

fn part(id: Memo<String>, after: Memo<i64>, lines: Vec<LogLine>, run: Loaded<RunView>) -> AnyView {
    let (id, after) = (id.get_untracked(), after.get_untracked());
    let last = lines.last().map_or(after, |line| line.n);
    let full = i64::try_from(lines.len()).is_ok_and(|length| length >= LOG_PAGE);
    let page = |after: i64| {
        paths::with_query(
            &format!("/runs/{}", paths::escape(&id)),
            &[("after", &after.to_string())],
        ) + "#log"
    };
    let next = full.then(|| page(last));
    let first = if after > 0 { page(0) } else { String::new() };
    let text = lines
        .iter()
        .map(|line| format!("{} {} {}", line.at, line.level, line.text))
        .collect::<Vec<_>>()
        .join("\n");
    let shown = lines.into_iter().map(line).collect_view();
    let tail = (!full).then(|| view! { <Tail id=id.clone() last=last run=run /> });
    view! {
        <section id="log" class="card mt-5 overflow-hidden" aria-labelledby="log-title">
            <div class="flex items-center justify-between gap-2 border-b border-line px-4 py-2">
                <h2 id="log-title" class="text-sm">"Log"</h2>
                <CopyButton text=text about="the lines shown" />
            </div>
            <ol class="max-h-[32rem] overflow-auto py-2 font-mono text-xs leading-6" tabindex="0" aria-label="Log lines">
                {shown}
                {tail}
            </ol>
        </section>
        {pager(next, first)}
    }
    .into_any()
}

fn pager(next: Option<String>, first: String) -> Option<AnyView> {
    if next.is_none() && first.is_empty() {
        return None;
    }
    Some(if first.is_empty() {
        view! { <Pager next=next /> }.into_any()
    } else {
        view! { <Pager next=next first=first /> }.into_any()
    })
}

/// One line; its number, which is counted anew with each try, is a link to itself.
pub fn line(line: LogLine) -> AnyView {
    let anchor = format!("L{}", line.n);
    let n = in_its_try(line.n);
    if n == 0 {
        return view! { <li id=anchor class="px-4 py-1 font-medium target:bg-river-tint">{line.text}</li> }.into_any();
    }
    let class = match line.level.to_ascii_lowercase().as_str() {
        "error" | "fatal" => "text-bad",
        "warn" | "warning" => "text-warn",
        _ => "text-ink-soft",
    };
    let stream = line
        .stream
        .map(|stream| view! { <span class="text-river">{stream}" "</span> });
    view! {
        <li id=anchor.clone() class="flex gap-3 px-4 hover:bg-sunken target:bg-river-tint">
            <a href=format!("#{anchor}") rel="external" class="min-h-6 min-w-10 shrink-0 text-end text-ink-mute hover:underline">{n}</a>
            <span class="shrink-0 text-ink-mute max-sm:hidden"><Clock at=line.at /></span>
            <span class=class>
                <span class="uppercase">{line.level}</span>
                " "
                {stream}
                <span class="break-words whitespace-pre-wrap text-ink">{line.text}</span>
            </span>
        </li>
    }
    .into_any()
}

/// The number of a line among those of its try; a heading has none.
const fn in_its_try(n: i64) -> i64 {
    (n - 1) % NUMBERS_OF_A_TRY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_anew_with_each_try() {
        let second = NUMBERS_OF_A_TRY + 1;
        let numbers = [1, 2, 43, second, second + 1].map(in_its_try);
        assert_eq!(numbers, [0, 1, 42, 0, 1]);
    }
}
