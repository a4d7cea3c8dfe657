//! What is said of mistakes about databases, webhooks and files.

use crate::mistakes::wrong;

#[test]
fn databases_are_checked() {
    let login = "database: d, username: u, password: '${secrets.p}'";
    for (item, expected) in [
        ("type: database", "engine is missing".to_owned()),
        (
            "type: database, engine: oracle",
            "engine is \"oracle\": one of postgresql, mysql, mongodb".to_owned(),
        ),
        (
            &format!("type: database, engine: mysql, host: h, schemas: [a], {login}"),
            "schemas is not for MySQL".to_owned(),
        ),
        (
            &format!("type: database, engine: postgresql, {login}"),
            "host is missing".to_owned(),
        ),
        (
            &format!("type: database, engine: postgresql, host: 'https://h', {login}"),
            "host is a name or an IP address".to_owned(),
        ),
        (
            &format!("type: database, engine: postgresql, host: h, port: 70000, {login}"),
            "port is not a whole number from 1 to 65535".to_owned(),
        ),
        (
            &format!("type: database, engine: postgresql, host: h, ssl_mode: verify-full, {login}"),
            "ssl_mode needs ca_certificate".to_owned(),
        ),
        (
            &format!("type: database, engine: postgresql, host: h, ca_certificate: x, {login}"),
            "ca_certificate needs ssl_mode: verify-ca or verify-full".to_owned(),
        ),
        (
            &format!("type: database, engine: mysql, host: h, ssl_mode: require, ca_certificate: x, {login}"),
            "ca_certificate needs ssl_mode: verify-ca or verify-full".to_owned(),
        ),
        (
            &format!("type: database, engine: mysql, host: h, ssl_mode: disable, {login}"),
            "ssl_mode cannot be disable for MySQL, whose sources encrypt where the server can: say prefer for that".to_owned(),
        ),
        (
            &format!("type: database, engine: postgresql, host: h, ssl_mode: prefer, {login}"),
            "ssl_mode is \"prefer\": one of disable, require, verify-ca, verify-full".to_owned(),
        ),
        (
            &format!("type: database, engine: postgresql, host: h, jdbc_url_params: fast, {login}"),
            "jdbc_url_params is not name=value".to_owned(),
        ),
        (
            &format!("type: database, engine: mysql, host: h, jdbc_url_params: 'a=b&password2=hush', {login}"),
            "jdbc_url_params holds a login: say it in username and password".to_owned(),
        ),
        (
            &format!("type: database, engine: mongodb, host: h, jdbc_url_params: 'a=b', {login}"),
            "jdbc_url_params is not for MongoDB".to_owned(),
        ),
        (
            &format!(
                "type: database, engine: mongodb, connection_string: 'mongodb://h', port: 27018, {login}"
            ),
            "port is said by connection_string already".to_owned(),
        ),
        (
            "type: database, engine: mysql, host: h, database: d, username: u",
            "password is missing".to_owned(),
        ),
        (
            &format!(
                "type: database, engine: mongodb, host: h, connection_string: 'mongodb://h', {login}"
            ),
            "host is said by connection_string already".to_owned(),
        ),
    ] {
        assert_one_mistake(item, &expected);
    }
}

#[test]
fn webhooks_are_checked() {
    for (item, expected) in [
        (
            "type: webhook, url: x, base_url: 'https://a.example.com', endpoints: [{ name: a, path: /a }]",
            "url is not known",
        ),
        (
            "type: webhook, endpoints: [{ name: a, path: /a }]",
            "base_url is missing",
        ),
        (
            "type: webhook, sender: pigeon, base_url: 'https://a.example.com', endpoints: [{ name: a, path: /a }]",
            "sender is \"pigeon\": one of standard_webhooks, stripe, github",
        ),
    ] {
        assert_one_mistake(item, expected);
    }
}

#[test]
fn files_are_checked() {
    for (item, expected) in [
        (
            "type: file, url: 'https://example.com/prices'",
            "format is missing, and the url does not tell it: one of csv, json, jsonl, excel",
        ),
        (
            "type: file, url: 'https://example.com/p.json', delimiter: ;",
            "delimiter is for csv only",
        ),
        (
            "type: file, url: 'ftp://example.com/p.csv'",
            "url is no address",
        ),
        (
            "type: file, url: 'https://example.com/p.csv', table: a.b",
            "table is no table name",
        ),
        (
            "type: file, url: 's3://exports', format: csv, access_key_id: a, secret_name: s",
            "url is no s3://bucket/name of the file",
        ),
        (
            "type: file, url: 's3://exports/p.csv', access_key_id: a",
            "secret_access_key is missing",
        ),
        (
            "type: file, url: 's3://exports/p.csv', access_key_id: a, secret_access_key: hush",
            "secret_access_key is not ${secrets.name}: a document holds no secrets",
        ),
        (
            "type: file, url: 'https://example.com/p.csv', region: eu-central-1",
            "region is for s3:// addresses only",
        ),
    ] {
        assert_one_mistake(item, expected);
    }
}

/// One mistake, one line.
fn assert_one_mistake(item: &str, expected: &str) {
    let said = wrong(&format!(
        "apis: {{ integrations: [{{ name: A, {item} }}] }}"
    ));
    assert!(said.contains(expected), "{item}\n{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}
