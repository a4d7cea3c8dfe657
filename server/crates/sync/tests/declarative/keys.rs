//! Private keys of cases: made for each run, so that none is kept.

use std::process::Command;

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256};
use serde_json::Value;

/// The configuration, with a new key for each text `{made ALGORITHM}`.
pub fn made(mut config: Value) -> Value {
    for value in config
        .as_object_mut()
        .into_iter()
        .flat_map(|fields| fields.values_mut())
    {
        let algorithm = value.as_str().and_then(|text| text.strip_prefix("{made "));
        if let Some(algorithm) = algorithm.and_then(|text| text.strip_suffix('}')) {
            *value = Value::from(key(algorithm));
        }
    }
    config
}

fn key(algorithm: &str) -> String {
    match algorithm {
        "RS256" => rsa(),
        "ES256" => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)
            .unwrap()
            .serialize_pem(),
        _ => panic!("no case needs a key for {algorithm}"),
    }
}

fn rsa() -> String {
    let made = Command::new("openssl")
        .args([
            "genpkey",
            "-quiet",
            "-algorithm",
            "RSA",
            "-pkeyopt",
            "rsa_keygen_bits:2048",
        ])
        .output()
        .expect("openssl makes keys");
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    String::from_utf8(made.stdout).unwrap()
}
