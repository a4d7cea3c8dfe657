//! The launcher as a program of its own, for tests and for hosts that do not want to be their own launcher.

use std::process::ExitCode;

fn main() -> ExitCode {
    sync::process::launcher::main().unwrap_or_else(|| {
        eprintln!("usage: sandbox-exec sandbox-exec POLICY PROGRAM [ARGUMENT…]");
        ExitCode::FAILURE
    })
}
