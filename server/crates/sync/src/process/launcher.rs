//! The small program between the server and a connector. It restricts itself, then becomes the connector.
//!
//! It has two halves, because the first process of a new process namespace must be a child: the first half makes the
//! namespaces, starts the second, and stays as reaper and lifeline; the second applies every restriction and executes
//! the connector. Call [`main`] before anything else, above all before threads exist.

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::{dup2_stderr, dup2_stdout};

use super::contain::{Policy, Report, files, limits, namespaces, syscalls};
use super::tree;
use crate::connector::{Level, Network};

/// The server's subcommand that is the launcher.
pub const COMMAND: &str = "sandbox-exec";
const SECOND_HALF: &str = "sandbox-exec-second-half";

/// Exit code when the connector was not started; the reason is in the report.
pub const NOT_STARTED: u8 = 125;
/// Exit code when the lifeline was cut.
const CUT: u8 = 137;

/// Acts as launcher when the arguments say so; otherwise does nothing and gives `None`.
pub fn main() -> Option<ExitCode> {
    let mut args = env::args_os().skip(1);
    let half = args.next()?;
    let half = match half.to_str()? {
        COMMAND => first_half,
        SECOND_HALF => second_half,
        _ => return None,
    };
    let policy = args
        .next()
        .and_then(|text| serde_json::from_str(text.to_str()?).ok());
    let Some((policy, program)) = policy.zip(args.next()) else {
        return Some(refuse(
            Vec::new(),
            "the launcher was called without policy and program",
        ));
    };
    Some(half(policy, &program, args.collect()))
}

/// Makes the namespaces, starts the second half and sees to its end.
fn first_half(mut policy: Policy, program: &OsStr, args: Vec<OsString>) -> ExitCode {
    if let Err(error) = prctl::set_child_subreaper(true) {
        return refuse(
            policy.missing,
            format_args!("it cannot be the reaper of its children: {error}"),
        );
    }
    match namespaces::enter(policy.network) {
        Ok(()) => policy.isolated = true,
        Err(error) => policy.lacks("namespaces", error),
    }
    let second = Command::new("/proc/self/exe")
        .arg(SECOND_HALF)
        .arg(policy.to_argument())
        .arg(program)
        .args(args)
        .stdin(Stdio::null())
        .spawn();
    match second.and_then(|child| let_go_of_output().and_then(|()| attend(child, &policy))) {
        Ok(code) => ExitCode::from(code),
        Err(error) => refuse(policy.missing, error),
    }
}

/// The pipes belong to the connector alone, so that closing them is seen as their end.
fn let_go_of_output() -> io::Result<()> {
    let nowhere = File::options().write(true).open("/dev/null")?;
    dup2_stdout(&nowhere)?;
    dup2_stderr(&nowhere)?;
    Ok(())
}

/// Waits for the connector's end or the lifeline's, then ends whatever the connector left behind.
fn attend(mut child: Child, policy: &Policy) -> io::Result<u8> {
    let mut ended = SigSet::empty();
    ended.add(Signal::SIGCHLD);
    ended.thread_block()?;
    let signals = SignalFd::with_flags(&ended, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
    let stdin = io::stdin();
    let code = loop {
        // The child may have ended before the signal was watched, so look first.
        if let Some(status) = child.try_wait()? {
            break code_of(status);
        }
        let mut watched = [
            PollFd::new(stdin.as_fd(), PollFlags::POLLIN),
            PollFd::new(signals.as_fd(), PollFlags::POLLIN),
        ];
        match poll(&mut watched, PollTimeout::NONE) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        // Nothing is ever written to the lifeline: any event on it is its end.
        if watched[0].any().unwrap_or(true) {
            break CUT;
        }
        while signals.read_signal()?.is_some() {}
    };
    // With a namespace the end of its first process is the end of all, and `/proc` no longer shows our numbers.
    child.kill()?;
    child.wait()?;
    if !policy.isolated {
        tree::kill_below(nix::unistd::getpid().as_raw());
    }
    Ok(code)
}

fn code_of(status: ExitStatus) -> u8 {
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok())
        .unwrap_or(u8::MAX)
}

/// Applies every restriction, reports, and becomes the connector.
fn second_half(mut policy: Policy, program: &OsStr, args: Vec<OsString>) -> ExitCode {
    if let Err(error) = bind_to_parent(&policy) {
        return refuse(policy.missing, error);
    }
    restrict(&mut policy);
    if policy.level == Level::Strict && !policy.missing.is_empty() {
        return refuse(
            policy.missing,
            "this server demands every layer of the sandbox",
        );
    }
    let report = Report {
        missing: policy.missing,
        refused: None,
    };
    if io::stderr().write_all(report.to_line().as_bytes()).is_err() {
        return ExitCode::from(NOT_STARTED);
    }
    let error = Command::new(program).args(args).exec();
    // Past the report: the connector's own voice. The exit code says that it never began.
    let _ = writeln!(
        io::stderr(),
        "{} could not be executed: {error}",
        program.display()
    );
    ExitCode::from(NOT_STARTED)
}

/// What must hold on any machine: no new rights, end with the first half, resource limits.
fn bind_to_parent(policy: &Policy) -> io::Result<()> {
    prctl::set_no_new_privs()?;
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    limits::apply(policy)?;
    Ok(())
}

/// What the machine may lack.
fn restrict(policy: &mut Policy) {
    if policy.isolated {
        match namespaces::cover() {
            Ok(()) => policy.covered = true,
            Err(error) => policy.lacks("private /proc", error),
        }
    } else if policy.network == Network::None {
        policy.lacks("no network", "UDP stays open without a network namespace");
    }
    match files::restrict(policy) {
        Ok(status) if files::is_complete(&status) => {}
        Ok(status) => policy.lacks("file allow-list", format_args!("{:?}", status.ruleset)),
        Err(error) => policy.lacks("file allow-list", error),
    }
    if let Err(error) = caps::clear(None, caps::CapSet::Permitted) {
        policy.lacks("capabilities dropped", error);
    }
    if let Err(error) = syscalls::restrict() {
        policy.lacks("system call filter", error);
    }
}

fn refuse(missing: Vec<String>, why: impl std::fmt::Display) -> ExitCode {
    let report = Report {
        missing,
        refused: Some(why.to_string()),
    };
    // If even this cannot be said, the exit code still tells.
    let _ = io::stderr().write_all(report.to_line().as_bytes());
    ExitCode::from(NOT_STARTED)
}
