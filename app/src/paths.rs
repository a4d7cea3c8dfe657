//! Every address of the product as a function or constant, so that no page spells a URL by hand.

use model::{
    ApiKeyId, AppId, ConnectionId, ConsentOutcome, FlowId, RehearsalId, RunId, SampleId, StepName,
    TenantId, TestId,
};

pub const HOME: &str = "/";
pub const SIGN_UP: &str = "/sign-up";
pub const SIGN_IN: &str = "/sign-in";
pub const JOIN: &str = "/sign-up/company";
pub const VERIFY: &str = "/verify";
pub const RESET: &str = "/reset";
pub const WELCOME: &str = "/welcome";
pub const INTEGRATIONS: &str = "/integrations";
/// Where a workspace describes an integration of its own.
/// Describing an HTTP API in a form.
pub const DESCRIBE: &str = "/integrations/new?by=form";
pub const INTEGRATIONS_NEW: &str = "/integrations/new";
pub const CONNECTIONS: &str = "/connections";
pub const ACTIVITY: &str = "/activity";
pub const APPS: &str = "/apps";
pub const APPS_NEW: &str = "/apps/new";
pub const SETTINGS: &str = "/settings";
pub const SETTINGS_SECURITY: &str = "/settings/security";
pub const SETTINGS_KEYS: &str = "/settings/keys";
pub const SETTINGS_KEYS_NEW: &str = "/settings/keys/new";
pub const ADMIN: &str = "/admin";
pub const TENANT_NEW: &str = "/admin/tenants/new";
pub const ADMIN_CONNECTIONS: &str = "/admin/connections";
pub const ADMIN_HEALTH: &str = "/admin/health";
pub const ADMIN_REHEARSALS: &str = "/admin/rehearsals";
pub const ADMIN_AUDIT: &str = "/admin/audit";
pub const API_DOCS: &str = "/api/docs";
pub const SETTINGS_APPS: &str = "/settings/providers";
pub const ADMIN_APPS: &str = "/admin/providers";
/// Below here are no pages of the app: a browser loads them as a whole.
pub const OAUTH: &str = "/oauth/";

/// Where somebody connects a tool by a link.
pub const LINK: &str = "/link";

/// Where a link for somebody else is made.
pub fn send_new(slug: &str) -> String {
    format!("{}/send", connect(slug))
}

pub fn send_existing(id: ConnectionId) -> String {
    format!("{}/send", connection(id))
}

pub fn sign_in_then(next: &str) -> String {
    format!("{SIGN_IN}?next={}", escape(next))
}

/// Leaves for an account elsewhere, and comes back to this page.
pub fn sign_in_with(login: &str, next: &str) -> String {
    with_query(&format!("{SIGN_IN}/with/{login}"), &[("next", next)])
}

pub fn integration(slug: &str) -> String {
    format!("{INTEGRATIONS}/{}", escape(slug))
}

/// The text of an integration of one's own, to be changed.
pub fn own_change(slug: &str) -> String {
    with_query(INTEGRATIONS_NEW, &[("of", slug)])
}

/// Where a person leaves for a provider.
pub fn oauth_go(flow: &str) -> String {
    format!("{OAUTH}go/{flow}")
}

/// Where a person is led after a trip to a provider: to the test that has begun, or back to the form, which says why not.
pub fn after_consent(
    integration: &str,
    connection_id: Option<ConnectionId>,
    flow: FlowId,
    outcome: Option<&ConsentOutcome>,
) -> String {
    if let Some(ConsentOutcome::Tested {
        connection,
        test: id,
    }) = outcome
    {
        return test(*connection, *id);
    }
    let form = match connection_id {
        Some(id) => connection_edit(id),
        None => connect(integration),
    };
    format!("{form}?flow={flow}")
}

/// The form that connects an integration.
pub fn connect(slug: &str) -> String {
    format!("/connect/{}", escape(slug))
}

pub fn connection(id: ConnectionId) -> String {
    format!("{CONNECTIONS}/{id}")
}

/// One tab of a connection's page: `tables`, `runs` or `settings`.
pub fn connection_tab(id: ConnectionId, tab: &str) -> String {
    format!("{CONNECTIONS}/{id}?tab={tab}")
}

/// The same tab once something of it was saved; what it was says so there.
pub fn connection_saved(id: ConnectionId, tab: &str, what: &str) -> String {
    with_query(&connection(id), &[("tab", tab), ("saved", what)])
}

/// The runs of one connection among all of the workspace.
pub fn activity_of(id: ConnectionId) -> String {
    with_query(ACTIVITY, &[("connection", &id.to_string())])
}

pub fn connection_what_if(id: ConnectionId) -> String {
    format!("{CONNECTIONS}/{id}/what-if")
}

/// Where events are turned on, and what is made for them is shown once.
pub fn connection_events(id: ConnectionId) -> String {
    format!("{CONNECTIONS}/{id}/events")
}

/// The same place, where a new address is asked for and made.
pub fn connection_events_address(id: ConnectionId) -> String {
    format!("{}?part=address", connection_events(id))
}

pub fn connection_events_off(id: ConnectionId) -> String {
    format!("{CONNECTIONS}/{id}/events/off")
}

pub fn rehearsal(id: RehearsalId) -> String {
    format!("{ADMIN_REHEARSALS}/{id}")
}

pub fn test(connection: ConnectionId, test: TestId) -> String {
    format!("{CONNECTIONS}/{connection}/test/{test}")
}

pub fn rows(connection: ConnectionId, sample: SampleId) -> String {
    format!("{CONNECTIONS}/{connection}/rows/{sample}")
}

pub fn connection_edit(id: ConnectionId) -> String {
    format!("{CONNECTIONS}/{id}/edit")
}

pub fn connection_remove(id: ConnectionId) -> String {
    format!("{CONNECTIONS}/{id}/remove")
}

pub fn run(id: RunId) -> String {
    format!("/runs/{id}")
}

/// The same page with the question whether to stop.
pub fn run_stop(id: RunId) -> String {
    format!("/runs/{id}?stop=ask")
}

pub fn app(id: AppId) -> String {
    format!("{APPS}/{id}")
}

/// Where the bundle is downloaded; answered by the server, not by a page.
pub fn bundle(id: AppId) -> String {
    format!("{APPS}/{id}/bundle")
}

/// Makes a new password and downloads the bundle that holds it.
pub fn app_rotate(id: AppId) -> String {
    format!("{APPS}/{id}/rotate")
}

pub fn app_revoke(id: AppId) -> String {
    format!("{APPS}/{id}/revoke")
}

pub fn key_revoke(id: ApiKeyId) -> String {
    format!("{SETTINGS_KEYS}/{id}/revoke")
}

pub fn tenant(id: TenantId) -> String {
    format!("{ADMIN}/tenants/{id}")
}

pub fn tenant_suspend(id: TenantId) -> String {
    format!("{ADMIN}/tenants/{id}/suspend")
}

/// Taking back one step of preparing a tenant.
pub fn step_undo(id: TenantId, step: StepName) -> String {
    format!("{ADMIN}/tenants/{id}/undo/{}", step.name())
}

pub fn tenant_delete(id: TenantId) -> String {
    format!("{ADMIN}/tenants/{id}/delete")
}

/// An address with a query; empty values are left out.
pub fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut url = path.to_owned();
    let mut mark = '?';
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        url.push(mark);
        url.push_str(name);
        url.push('=');
        url.push_str(&escape(value));
        mark = '&';
    }
    url
}

/// Longest page that anybody is sent back to: it is kept while they are away.
const LONGEST_NEXT: usize = 2000;

/// A path of this site that a query may send people to. Anything else is the home page: the query is not ours.
pub fn safe_next(next: &str) -> &str {
    // Our own paths have all other letters escaped, and a header could not name them.
    let foreign = !next.starts_with('/')
        || next.starts_with("//")
        || next.contains('\\')
        || !next.bytes().all(|byte| byte.is_ascii_graphic())
        || next.len() > LONGEST_NEXT;
    if foreign { HOME } else { next }
}

/// A parameter of a query, decoded once. The router's own map decodes twice, which an address inside does not survive.
pub fn in_query(query: &str, name: &str) -> Option<String> {
    let mut pairs = query.trim_start_matches('?').split('&');
    pairs.find_map(|pair| {
        let (known, value) = pair.split_once('=')?;
        (known == name).then(|| unescape(value))
    })
}

/// What [`escape`] and forms encode.
fn unescape(text: &str) -> String {
    let digit = |byte: Option<&u8>| char::from(*byte?).to_digit(16);
    let (bytes, mut out, mut at) = (text.as_bytes(), Vec::with_capacity(text.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let escaped = digit(bytes.get(at + 1))
            .zip(digit(bytes.get(at + 2)))
            .filter(|_| *byte == b'%')
            .and_then(|(high, low)| u8::try_from(high * 16 + low).ok());
        out.push(escaped.unwrap_or(if *byte == b'+' { b' ' } else { *byte }));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Percent-encodes all but unreserved characters.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            const HEX: &[u8; 16] = b"0123456789ABCDEF";
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_escaped_and_empty_ones_left_out() {
        assert_eq!(
            with_query(
                INTEGRATIONS,
                &[("q", "a b&c"), ("category", ""), ("runs", "here")]
            ),
            "/integrations?q=a%20b%26c&runs=here"
        );
        assert_eq!(with_query(INTEGRATIONS, &[("q", "")]), "/integrations");
    }

    #[test]
    fn an_address_inside_a_query_comes_out_as_it_went_in() {
        for page in ["/runs?q=a%20%26%20b&x=%", "/\u{fc}?a=+1", "", "%zz%4"] {
            let query = format!("?a=1&next={}&b", escape(page));
            assert_eq!(in_query(&query, "next").as_deref(), Some(page));
            assert_eq!(in_query(&query, "other"), None);
        }
        assert_eq!(in_query("next=%zz+%e", "next").as_deref(), Some("%zz %e"));
        assert_eq!(in_query("next=%ff", "next").as_deref(), Some("\u{fffd}"));
    }

    #[test]
    fn only_paths_of_this_site_are_followed() {
        for foreign in [
            "https://evil.test",
            "//evil.test",
            "/\\evil.test",
            "evil",
            "",
            "/a\nb",
            "/\t/evil.test",
            "/ /evil.test",
            "/\u{fc}ber",
            &format!("/{}", "a".repeat(LONGEST_NEXT)),
        ] {
            assert_eq!(safe_next(foreign), HOME, "{foreign:?}");
        }
        assert_eq!(safe_next("/connections?tab=runs"), "/connections?tab=runs");
    }
}
