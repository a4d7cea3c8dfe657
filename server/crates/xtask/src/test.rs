//! `cargo hub test`: every check there is, each part run even when another failed, with the summaries at the end.

use std::{
    num::NonZero,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    thread,
    time::Instant,
};

use anyhow::{Context, Result, bail};

use crate::{
    build, child, place, queries,
    report::{self, explain, green, red},
    services::{
        memory::Memory, mongodb::MongoDb, mysql::MariaDb, postgres::Postgres, redis::Redis, s3::S3,
    },
    setup::{self, Purpose, Tools},
};

/// One part of the checks, as named on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Format,
    Lint,
    Rust,
    Browser,
}

const ALL: &[Part] = &[Part::Format, Part::Lint, Part::Rust, Part::Browser];

impl Part {
    fn parse(name: &str) -> Result<Self> {
        match name {
            "format" => Ok(Self::Format),
            "lint" => Ok(Self::Lint),
            "rust" => Ok(Self::Rust),
            "browser" => Ok(Self::Browser),
            other => bail!("`{other}` is not a part; the parts are: format, lint, rust, browser"),
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Format => "Format",
            Self::Lint => "Lints and queries",
            Self::Rust => "Rust and database tests",
            Self::Browser => "Browser tests",
        }
    }

    fn run(self, bench: &Bench) -> Result<Vec<String>> {
        match self {
            Self::Format => format(bench),
            Self::Lint => lint(bench),
            Self::Rust => rust(bench),
            Self::Browser => browser(bench),
        }
    }
}

/// Everything the tests run on.
struct Bench {
    tools: Tools,
    postgres: Postgres,
    redis: Redis,
    mariadb: MariaDb,
    s3: S3,
    mongodb: MongoDb,
    /// Dropped after the servers, which have files in it.
    memory: Option<Memory>,
    /// Which Rust tests to run; empty means all.
    which: Vec<String>,
    /// The program under test, once a part has had it built.
    built: OnceLock<PathBuf>,
}

/// How a part went.
struct Outcome {
    part: Part,
    result: Result<Vec<String>>,
    time: String,
}

/// `cargo hub test [part…] [-- which Rust tests]`. What follows `--` goes to nextest instead of `--workspace`.
pub fn run(arguments: &[String]) -> Result<()> {
    let (named, which) = match arguments.iter().position(|word| word == "--") {
        Some(at) => (&arguments[..at], &arguments[at + 1..]),
        None => (arguments, [].as_slice()),
    };
    let chosen = named
        .iter()
        .map(|name| Part::parse(name))
        .collect::<Result<Vec<_>>>()?;
    let parts = if chosen.is_empty() { ALL } else { &chosen };
    let bench = set_up(which.to_vec())?;
    let outcomes = run_parts(parts, &bench);
    drop(bench);
    summarise(&outcomes)
}

fn set_up(which: Vec<String>) -> Result<Bench> {
    let tools = setup::prepare(Purpose::Tests)?;
    report::heading("Servers for the tests");
    let memory = Memory::folder()?;
    let postgres = started("PostgreSQL", || Postgres::start(&tools, memory.as_ref()))?;
    let redis = started("Redis", || Redis::start(&tools))?;
    let mariadb = started("MariaDB", || MariaDb::start(&tools))?;
    let s3 = started("S3", || S3::start(&tools))?;
    let mongodb = started("MongoDB", || MongoDb::start(&tools))?;
    Ok(Bench {
        tools,
        postgres,
        redis,
        mariadb,
        s3,
        mongodb,
        memory,
        which,
        built: OnceLock::new(),
    })
}

fn started<T>(name: &str, start: impl FnOnce() -> Result<T>) -> Result<T> {
    let mut server = None;
    report::step(name, |_| {
        server = Some(start()?);
        Ok("running".to_owned())
    })?;
    server.context("the step above failed")
}

/// One part after the other. Only lints run beside the browser tests: a browser leaves a quarter of the processors idle,
/// and lints take what is left.
fn run_parts(parts: &[Part], bench: &Bench) -> Vec<Outcome> {
    const BESIDE: [Part; 2] = [Part::Lint, Part::Browser];
    let one_by_one = |parts: &[Part]| parts.iter().map(|part| attempt(*part, bench)).collect();
    if !BESIDE.iter().all(|part| parts.contains(part)) {
        return one_by_one(parts);
    }
    let (_, first): (Vec<Part>, Vec<Part>) = parts.iter().partition(|part| BESIDE.contains(part));
    let mut outcomes: Vec<Outcome> = one_by_one(&first);
    // Before the lints, which touch sources and take the lock of the builds.
    outcomes.extend(match bench.program() {
        Ok(_) => thread::scope(|scope| {
            let lints = scope.spawn(|| attempt(Part::Lint, bench));
            let browser = attempt(Part::Browser, bench);
            vec![lints.join().expect("a part returns its failure"), browser]
        }),
        Err(_) => one_by_one(&BESIDE),
    });
    outcomes
}

fn attempt(part: Part, bench: &Bench) -> Outcome {
    report::heading(part.title());
    let begun = Instant::now();
    let result = part.run(bench);
    if let Err(error) = &result {
        report::note(&explain(error));
    }
    Outcome {
        part,
        result,
        time: report::duration(begun.elapsed()),
    }
}

fn summarise(outcomes: &[Outcome]) -> Result<()> {
    report::heading("Summary");
    for Outcome { part, result, time } in outcomes {
        let mark = if result.is_ok() {
            green("✓")
        } else {
            red("✗")
        };
        println!("  {mark} {:<34} {time}", part.title());
        match result {
            Ok(lines) => lines.iter().for_each(|line| report::note(line)),
            Err(error) => report::note(&explain(error)),
        }
    }
    let failed = outcomes
        .iter()
        .filter(|outcome| outcome.result.is_err())
        .count();
    if failed > 0 {
        bail!("{failed} of {} parts failed", outcomes.len());
    }
    Ok(())
}

fn format(bench: &Bench) -> Result<Vec<String>> {
    child::open(
        bench
            .tools
            .command("cargo")
            .args(["fmt", "--all", "--check", "--", "-l"]),
    )?;
    Ok(Vec::new())
}

/// Lints while every query is checked against the migrated schema: one compilation for both.
fn lint(bench: &Bench) -> Result<Vec<String>> {
    let clippy = [
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ];
    let collected = queries::collect(&bench.tools, &clippy)?;
    queries::compare(&collected)?;
    Ok(Vec::new())
}

fn rust(bench: &Bench) -> Result<Vec<String>> {
    let program = bench.program()?;
    let with_nextest =
        child::output(bench.tools.command("cargo").args(["nextest", "--version"])).is_ok();
    let command: &[&str] = if with_nextest {
        &["nextest", "run", "--no-fail-fast"]
    } else {
        &["test", "--no-fail-fast"]
    };
    let mut tests = bench.command("cargo", program);
    tests.args(command);
    if with_nextest {
        tests.args(["--profile", "hub", "--test-threads", &places().to_string()]);
    }
    if bench.which.is_empty() {
        tests.arg("--workspace");
    }
    let tests = child::watched(tests.args(&bench.which), |line| {
        line.trim_start().starts_with("Summary [")
            || line.starts_with("test result:")
            || is_failure(line)
    })?;
    ended(tests)
}

/// Two for each processor: `.config/nextest.toml` says who takes how many.
fn places() -> usize {
    2 * thread::available_parallelism().map_or(1, NonZero::get)
}

/// The lines in which nextest and cargo name a test that failed.
fn is_failure(line: &str) -> bool {
    let line = line.trim_start();
    ["FAIL [", "TIMEOUT [", "SIGABRT ["]
        .iter()
        .any(|mark| line.starts_with(mark))
        || line.ends_with("... FAILED\n")
}

fn browser(bench: &Bench) -> Result<Vec<String>> {
    let program = bench.program()?;
    let mut playwright = bench.command("npx", program);
    playwright.current_dir(place::root().join("end2end")).args([
        "--no-install",
        "playwright",
        "test",
    ]);
    let tests = child::watched(&mut playwright, |line| {
        let mut words = line.split_whitespace();
        let counted = words.next().is_some_and(|word| word.parse::<u32>().is_ok());
        counted
            && words
                .next()
                .is_some_and(|word| ["passed", "failed", "flaky", "skipped"].contains(&word))
    })?;
    ended(tests)
}

fn ended(tests: child::Watched) -> Result<Vec<String>> {
    tests.check().with_context(|| tests.kept.join("\n    "))?;
    Ok(tests.kept)
}

impl Bench {
    /// Built by the first part that asks.
    fn program(&self) -> Result<&Path> {
        if let Some(program) = self.built.get() {
            return Ok(program);
        }
        let program = build::debug(&self.tools)?;
        Ok(self.built.get_or_init(|| program))
    }

    /// A command that knows the servers, the program and the site under test.
    fn command(&self, name: &str, program: &Path) -> Command {
        let mut command = self.tools.command(name);
        command.env("TEST_DATABASE_URL", &self.postgres.url);
        command.env("TEST_REDIS_URL", &self.redis.url);
        command.env("TEST_MYSQL_URL", &self.mariadb.url);
        command.env("TEST_S3_URL", &self.s3.url);
        command.env("TEST_MONGODB_URL", &self.mongodb.url);
        command.env("TEST_AIRBYTE_PYTHON", &self.tools.airbyte_python);
        command.env("TEST_AIRBYTE_CDK_PYTHON", &self.tools.airbyte_cdk_python);
        command.env("TEST_PRISM", setup::prism());
        command.env("TRIBUTARY_BIN", program);
        command.env("LEPTOS_SITE_ROOT", place::site());
        if let Some(memory) = &self.memory {
            command.env("TEST_MEMORY_DIR", memory.path());
        }
        if self.tools.chromium != PathBuf::new() {
            command.env("CHROMIUM", &self.tools.chromium);
        }
        command
    }
}
