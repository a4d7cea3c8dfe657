//! What the person sees: named steps with a tick, a time and a word on the result; failures with what to do by hand.

use std::{
    fmt,
    io::{IsTerminal, Write},
    time::{Duration, Instant},
};

use anyhow::{Error, Result};

/// How often a long step says that it is still at work when nobody watches a terminal.
const HEARTBEAT: Duration = Duration::from_secs(30);
/// And when somebody does.
const BLINK: Duration = Duration::from_millis(500);

/// Something that could not be done, and the commands that do it by hand.
#[derive(Debug)]
pub struct ByHand(pub String);

impl fmt::Display for ByHand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "by hand: {}", self.0)
    }
}

impl std::error::Error for ByHand {}

/// A heading above a group of steps.
pub fn heading(text: &str) {
    println!("\n{}", bold(text));
}

/// A line under the steps.
pub fn note(text: &str) {
    println!("    {text}");
}

/// Prints a failure that ends the program.
pub fn failure(error: &Error) {
    eprintln!("\n{} {}", red("✗"), explain(error));
}

/// The whole chain of an error; the part to do by hand comes last, on its own line.
pub fn explain(error: &Error) -> String {
    let mut causes = Vec::new();
    let mut by_hand = Vec::new();
    for cause in error.chain() {
        match cause.downcast_ref::<ByHand>() {
            Some(hint) => by_hand.push(format!("\n    {hint}")),
            None => causes.push(cause.to_string()),
        }
    }
    if let Some(hint) = error
        .downcast_ref::<ByHand>()
        .filter(|_| by_hand.is_empty())
    {
        by_hand.push(format!("\n    {hint}"));
        causes.retain(|cause| *cause != hint.to_string());
    }
    causes.join(": ") + &by_hand.concat()
}

/// A step at work.
pub struct Step {
    name: String,
    started: Instant,
    spoke: Instant,
    live: bool,
}

/// Runs one named step and prints how it went. The work returns a word on its result ("already there").
pub fn step(name: &str, work: impl FnOnce(&mut Step) -> Result<String>) -> Result<()> {
    let now = Instant::now();
    let mut step = Step {
        name: name.to_owned(),
        started: now,
        spoke: now,
        live: std::io::stdout().is_terminal(),
    };
    step.show("");
    let result = work(&mut step);
    step.wipe();
    let time = duration(step.started.elapsed());
    match &result {
        Ok(detail) => println!("  {} {name:<34} {detail:<44} {}", green("✓"), dim(&time)),
        Err(error) => println!("  {} {name} ({time}): {}", red("✗"), explain(error)),
    }
    result.map(drop)
}

impl Step {
    /// Says now and then what the step is doing.
    pub fn busy_with(&mut self, what: &str) {
        let pause = if self.live { BLINK } else { HEARTBEAT };
        if self.spoke.elapsed() >= pause {
            self.show(what);
            self.spoke = Instant::now();
        }
    }

    /// Says at once what a long part of the step is going to be.
    pub fn announce(&mut self, what: &str) {
        self.wipe();
        println!("  · {}: {what}", self.name);
    }

    fn show(&self, what: &str) {
        let time = duration(self.started.elapsed());
        let what: String = what.chars().take(70).collect();
        if self.live {
            self.wipe();
            print!("  … {} {} {}", self.name, dim(&time), dim(&what));
            flush();
        } else if !what.is_empty() {
            println!("  … {} ({time}): {what}", self.name);
        }
    }

    fn wipe(&self) {
        if self.live {
            print!("\r\x1b[2K");
            flush();
        }
    }
}

fn flush() {
    // Progress that cannot be shown is no reason to stop.
    drop(std::io::stdout().flush());
}

/// `0.4 s`, `12 s`, `3 m 05 s`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        _ => format!("{} m {:02} s", seconds / 60, seconds % 60),
    }
}

fn paint(code: &str, text: &str) -> String {
    let plain = !std::io::stdout().is_terminal() || std::env::var_os("NO_COLOR").is_some();
    if plain {
        text.to_owned()
    } else {
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

fn bold(text: &str) -> String {
    paint("1", text)
}

fn dim(text: &str) -> String {
    paint("2", text)
}

pub fn green(text: &str) -> String {
    paint("32", text)
}

pub fn red(text: &str) -> String {
    paint("31", text)
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, anyhow};

    use super::*;

    #[test]
    fn durations_read_well() {
        assert_eq!(duration(Duration::from_millis(440)), "0.4 s");
        assert_eq!(duration(Duration::from_secs(59)), "59 s");
        assert_eq!(duration(Duration::from_secs(185)), "3 m 05 s");
    }

    #[test]
    fn what_to_do_by_hand_comes_last() {
        let error = anyhow!("no network").context(ByHand("apt-get install uv".into()));
        assert_eq!(
            explain(&error),
            "no network\n    by hand: apt-get install uv"
        );
        let wrapped = Err::<(), _>(error)
            .context("uv is missing")
            .expect_err("it is an error");
        assert_eq!(
            explain(&wrapped),
            "uv is missing: no network\n    by hand: apt-get install uv"
        );
    }
}
