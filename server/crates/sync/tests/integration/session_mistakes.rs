//! What is said of mistakes about signing in first, each with its place.

use sync::integration::Integration;

use crate::session::SHIPS;

/// The authentication's other lines, the part that is wrong, and what is said of it.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "login_body: { p: '${secrets.p}' }, token_path: t",
        "{ type",
        ".login_path is missing",
    ),
    (
        "login_path: https://evil.example.com/login, login_body: { p: '${secrets.p}' }, token_path: t",
        "https:",
        ".login_path is a whole address: it follows base_url",
    ),
    (
        "login_path: //evil.example.com, login_body: { p: '${secrets.p}' }, token_path: t",
        "//evil",
        ".login_path is a whole address: it follows base_url",
    ),
    (
        "login_path: /in, token_path: t",
        "{ type",
        " needs login_body (JSON), login_form, login_basic or login_headers: what is sent to sign in",
    ),
    (
        "login_path: /in, login_body: { p: '${secrets.p}' }, login_form: { q: '${secrets.p}' }, token_path: t",
        "{ q",
        ".login_form is said by login_body already: what is sent is one of them",
    ),
    (
        "login_path: /in, login_body: anna, token_path: t",
        "anna",
        ".login_body is a text: a mapping is needed",
    ),
    (
        "login_path: /in, login_form: { user: [anna], p: '${secrets.p}' }, token_path: t",
        "[anna",
        ".login_form.user is a list: a text is needed",
    ),
    (
        "login_path: /in, login_body: { user: anna, code: open }, token_path: t",
        "{ user",
        ".login_body holds no secret: write ${secrets.name} where the password goes",
    ),
    (
        "login_path: /in, login_form: { user: anna, password: hush }, token_path: t",
        "hush",
        ".login_form.password is named like a secret and is none: write ${secrets.name}, or say it in authentication",
    ),
    (
        "login_path: /in, login_body: { p: '${secrets.p}' }",
        "{ type",
        ".token_path is missing",
    ),
    (
        "login_path: /in, login_body: { p: '${secrets.p}' }, token_path: data..id",
        "data..id",
        ".token_path is no path like data.items",
    ),
    (
        "login_path: /in, login_body: { p: '${secrets.p}' }, token_path: []",
        "[]",
        ".token_path is empty",
    ),
    (
        "login_path: /in, login_body: { p: '${secrets.p}' }, token_path: t, prefix: Token",
        "Token",
        ".prefix needs header: a bearer token has a prefix of its own",
    ),
    (
        "login_path: /in, login_body: { p: '${secrets.p}' }, token_path: t, expires_after: 1 hour",
        "1 hour",
        ".expires_after is no duration like PT1H (an hour) or P1D (a day)",
    ),
    (
        "login_path: /in, login_body: { p: '${secrets.p}' }, token_path: t, expires_after: P1M",
        "P1M",
        ".expires_after is no duration like PT1H (an hour) or P1D (a day)",
    ),
    (
        "login_path: /in, login_body: { p: '${secrets.p}' }, token_path: t, expires_after: PT0S",
        "PT0S",
        ".expires_after is no duration like PT1H (an hour) or P1D (a day)",
    ),
    (
        "login_path: /in, login_body: { p: '${secrets.p}' }, token_path: t, secret_name: p",
        "secret_name",
        ".secret_name is not known: known are type, login_path, login_method, login_parameters, login_headers, login_basic, login_body, login_form, token_path, header, prefix, expires_after",
    ),
    (
        "login_path: /in, login_method: PUT, login_basic: { username: u, secret_name: p }, token_path: t",
        "PUT",
        ".login_method is \"PUT\": one of GET, POST",
    ),
    (
        "login_path: /in, login_method: GET, token_path: t",
        "{ type",
        " needs login_basic or login_headers: what else a GET sends stands in the address, where no secret may",
    ),
    (
        "login_path: /in, login_method: GET, login_basic: { username: u, secret_name: p }, login_form: { p: '${secrets.p}' }, token_path: t",
        "{ p:",
        ".login_form needs login_method: POST",
    ),
    (
        "login_path: /in, login_method: GET, login_basic: { username: u, secret_name: p }, login_parameters: { door: '${secrets.p}' }, token_path: t",
        "'${secrets.p}'",
        ".login_parameters.door would put a secret into the address, which logs keep: it goes into login_basic or login_headers",
    ),
    (
        "login_path: /in, login_method: GET, login_basic: { username: u, secret_name: p }, login_parameters: { password: hush }, token_path: t",
        "hush",
        ".login_parameters.password would put a secret into the address, which logs keep: it goes into login_basic or login_headers",
    ),
    (
        "login_path: '/in?p=${secrets.p}', login_method: GET, login_basic: { username: u, secret_name: p }, token_path: t",
        "'/in",
        ".login_path would put a secret into the address, which logs keep: it goes into login_basic or login_headers",
    ),
    (
        "login_path: '/in?p=${secrets.p}', login_body: { q: '${secrets.p}' }, token_path: t",
        "'/in",
        ".login_path would put a secret into the address, which logs keep: it goes into login_basic or login_headers",
    ),
    (
        "login_path: /in, login_method: GET, login_headers: { X-User: anna }, token_path: t",
        "{ X-User",
        ".login_headers holds no secret: write ${secrets.name} where the password goes",
    ),
    (
        "login_path: /in, login_basic: { username: u }, token_path: t",
        "{ username",
        ".login_basic.secret_name is missing",
    ),
    (
        "login_path: /in, login_basic: { username: u, secret_name: p }, login_headers: { authorization: '${secrets.q}' }, token_path: t",
        "authorization:",
        ".login_headers.authorization is set by login_basic already",
    ),
];

/// Where the authentication begins in its line.
const COLUMN: usize = 23;

#[test]
fn every_mistake_is_told_with_its_place() {
    for (more, part, why) in MISTAKES {
        let authentication = format!("{{ type: session_token, {more} }}");
        let document = format!(
            "apis:\n  integrations:\n    - name: Harbour\n      type: rest\n      base_url: https://api.example.com\n      authentication: {authentication}\n      {SHIPS}"
        );
        let said = Integration::read(&document, None).unwrap_err().to_string();
        let column = COLUMN + authentication.find(part).unwrap();
        let expected = format!("line 6, column {column}: integrations[0].authentication{why}");
        assert_eq!(said, expected, "{authentication}");
    }
}
