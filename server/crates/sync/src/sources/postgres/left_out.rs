//! What Airbyte's sources of databases offer and ours do not. Doing without in silence would mislead: it is refused, so that
//! another way can be taken.

use serde_json::Value;

use crate::fault::Fault;

/// Refuses a configuration that asks for it. `methods` are the ways in which new rows are found here.
pub fn refuse(config: &Value, methods: &[&str]) -> Result<(), Fault> {
    let word = |path: &str| {
        config
            .pointer(path)
            .and_then(Value::as_str)
            .map(str::trim)
            .filter(|word| !word.is_empty())
    };
    let known = |method: &str| {
        methods
            .iter()
            .any(|known| known.eq_ignore_ascii_case(method))
    };
    if word("/replication_method/method").is_some_and(|method| !known(method)) {
        return Err(no_log(methods));
    }
    if word("/tunnel_method/tunnel_method").is_some_and(|method| method != "NO_TUNNEL") {
        return Err(Fault::unsupported(
            "This source makes no SSH tunnels: the server must be reachable without one.",
        )
        .at_field("tunnel_method"));
    }
    if word("/jdbc_url_params").is_some() {
        return Err(Fault::unsupported(
            "This source has no JDBC driver, so it follows none of the driver's settings. Leave the JDBC URL parameters empty.",
        )
        .at_field("jdbc_url_params"));
    }
    if word("/ssl_mode/client_certificate").is_some() || word("/ssl_mode/client_key").is_some() {
        return Err(Fault::unsupported(
            "This source shows no certificate of its own. Use a login that needs none.",
        )
        .at_field("ssl_mode"));
    }
    Ok(())
}

fn no_log(methods: &[&str]) -> Fault {
    let methods: Vec<String> = methods.iter().map(|method| format!("“{method}”")).collect();
    Fault::unsupported(format!(
        "This source does not follow the server's log of changes. Choose the method {}.",
        methods.join(" or ")
    ))
    .at_field("replication_method")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::fault::Kind;

    #[test]
    fn what_is_not_offered_is_refused_by_name() {
        let methods = ["Standard", "Xmin"];
        for config in [
            json!({}),
            json!({"replication_method": {"method": "STANDARD"}, "tunnel_method": {"tunnel_method": "NO_TUNNEL"}}),
            json!({"replication_method": {"method": "Xmin"}, "ssl_mode": {"mode": "require", "client_key": " "}, "jdbc_url_params": " "}),
        ] {
            assert_eq!(refuse(&config, &methods), Ok(()), "{config}");
        }
        for (field, value) in [
            (
                "replication_method",
                json!({"method": "CDC", "plugin": "pgoutput"}),
            ),
            (
                "tunnel_method",
                json!({"tunnel_method": "SSH_PASSWORD_AUTH"}),
            ),
            ("jdbc_url_params", json!("options=-csearch_path=shop")),
            (
                "ssl_mode",
                json!({"mode": "verify-ca", "client_certificate": "x"}),
            ),
            (
                "ssl_mode",
                json!({"mode": "verify-full", "client_key": "x"}),
            ),
        ] {
            let mut config = json!({});
            config[field] = value;
            let fault = refuse(&config, &methods).unwrap_err();
            assert_eq!(
                (fault.kind, fault.field.as_deref()),
                (Kind::Unsupported, Some(field))
            );
        }
        let fault = no_log(&methods);
        assert!(fault.message.ends_with("the method “Standard” or “Xmin”."));
    }
}
