//! The one place that says what kind of failure something is.

use airbyte::extension::FaultKind;
use model::Class;

/// Of what a connector, or the engine for it, gave as its reason. `None`: it was stopped, which is no failure.
pub(crate) fn of(kind: FaultKind) -> Option<Class> {
    Some(match kind {
        FaultKind::Unreachable => Class::Network,
        FaultKind::Timeout => Class::Timeout,
        FaultKind::RateLimited => Class::RateLimited,
        FaultKind::Credentials => Class::Auth,
        FaultKind::Upstream => Class::Upstream,
        FaultKind::Config => Class::Config,
        FaultKind::Data => Class::Validation,
        FaultKind::Forbidden => Class::Forbidden,
        FaultKind::Unsupported | FaultKind::Bug | FaultKind::Other => Class::Broken,
        FaultKind::Cancelled => return None,
    })
}

/// What a connection's state is made of, in the words it has always had.
pub(crate) fn problem_kind(class: Class) -> &'static str {
    match class {
        Class::Network => "unreachable",
        Class::Timeout => "timeout",
        Class::RateLimited => "rate_limited",
        Class::Auth => "credentials",
        Class::Upstream => "upstream",
        Class::Config => "config",
        Class::Validation => "data",
        Class::Forbidden => "forbidden",
        Class::Broken => "bug",
    }
}

/// Does the failure say that the other side, or the way there, is out of order? Only that counts towards leaving it alone.
pub(crate) fn is_outage(class: Class) -> bool {
    matches!(class, Class::Network | Class::Timeout | Class::Upstream)
}
