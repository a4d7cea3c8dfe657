//! Signatures of tokens: HMAC with a secret, RSA, ECDSA and Ed25519 with a private key in PEM.

use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{self, EcdsaKeyPair, Ed25519KeyPair, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;

use crate::fault::Fault;

/// Signs `text` as the algorithm of a JSON web token says.
pub fn sign(algorithm: &str, key: &str, text: &[u8]) -> Result<Vec<u8>, Fault> {
    match algorithm {
        "HS256" => Ok(mac(hmac::HMAC_SHA256, key, text)),
        "HS384" => Ok(mac(hmac::HMAC_SHA384, key, text)),
        "HS512" => Ok(mac(hmac::HMAC_SHA512, key, text)),
        "RS256" => rsa(&signature::RSA_PKCS1_SHA256, key, text),
        "RS384" => rsa(&signature::RSA_PKCS1_SHA384, key, text),
        "RS512" => rsa(&signature::RSA_PKCS1_SHA512, key, text),
        "PS256" => rsa(&signature::RSA_PSS_SHA256, key, text),
        "PS384" => rsa(&signature::RSA_PSS_SHA384, key, text),
        "PS512" => rsa(&signature::RSA_PSS_SHA512, key, text),
        "ES256" => ecdsa(&signature::ECDSA_P256_SHA256_FIXED_SIGNING, key, text),
        "ES384" => ecdsa(&signature::ECDSA_P384_SHA384_FIXED_SIGNING, key, text),
        "EdDSA" => ed25519(key, text),
        _ => Err(Fault::unsupported(format!(
            "Signing tokens with {algorithm} is not supported here."
        ))),
    }
}

fn mac(algorithm: hmac::Algorithm, key: &str, text: &[u8]) -> Vec<u8> {
    let key = hmac::Key::new(algorithm, key.as_bytes());
    hmac::sign(&key, text).as_ref().to_vec()
}

fn rsa(
    encoding: &'static dyn signature::RsaEncoding,
    key: &str,
    text: &[u8],
) -> Result<Vec<u8>, Fault> {
    let pair = match pem(key)? {
        PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
        PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
        _ => return Err(unusable("it is not an RSA key")),
    }
    .map_err(|error| unusable(&error.to_string()))?;
    let mut signed = vec![0; pair.public().modulus_len()];
    pair.sign(encoding, &SystemRandom::new(), text, &mut signed)
        .map_err(|_| unusable("signing failed"))?;
    Ok(signed)
}

fn ecdsa(
    algorithm: &'static signature::EcdsaSigningAlgorithm,
    key: &str,
    text: &[u8],
) -> Result<Vec<u8>, Fault> {
    let PrivateKeyDer::Pkcs8(der) = pem(key)? else {
        return Err(unusable("it is not in the PKCS #8 form"));
    };
    let random = SystemRandom::new();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, der.secret_pkcs8_der(), &random)
        .map_err(|error| unusable(&error.to_string()))?;
    let signed = pair
        .sign(&random, text)
        .map_err(|_| unusable("signing failed"))?;
    Ok(signed.as_ref().to_vec())
}

fn ed25519(key: &str, text: &[u8]) -> Result<Vec<u8>, Fault> {
    let PrivateKeyDer::Pkcs8(der) = pem(key)? else {
        return Err(unusable("it is not in the PKCS #8 form"));
    };
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der.secret_pkcs8_der())
        .map_err(|error| unusable(&error.to_string()))?;
    Ok(pair.sign(text).as_ref().to_vec())
}

/// Keys pasted into one line keep their line breaks as `\n`.
fn pem(key: &str) -> Result<PrivateKeyDer<'static>, Fault> {
    let text = key.replace("\\n", "\n");
    PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|error| unusable(&error.to_string()))
}

fn unusable(why: &str) -> Fault {
    Fault::credentials("The private key for signing tokens cannot be used.").with_detail(why)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    use super::*;

    #[test]
    fn signs_like_the_standard_says() {
        // RFC 7515, appendix A.1, with its key as text.
        let key = BASE64_URL_SAFE_NO_PAD
            .decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
            .unwrap();
        let text = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let signed = hmac::sign(&key, text.as_bytes());
        assert_eq!(
            BASE64_URL_SAFE_NO_PAD.encode(signed.as_ref()),
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        );
    }

    #[test]
    fn keys_that_are_none_are_said_so() {
        for algorithm in ["RS256", "ES256", "EdDSA"] {
            assert!(
                sign(algorithm, "nonsense", b"x")
                    .unwrap_err()
                    .message
                    .contains("private key")
            );
        }
        assert!(
            sign("ES512", "x", b"x")
                .unwrap_err()
                .message
                .contains("ES512")
        );
        assert_eq!(sign("HS256", "k", b"x").unwrap().len(), 32);
    }
}
