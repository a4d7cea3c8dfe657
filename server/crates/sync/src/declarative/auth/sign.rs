//! Signatures of tokens: HMAC with a secret, RSA, ECDSA and Ed25519 with a private key in PEM.

use aws_lc_rs::signature::{self as curves, EcdsaKeyPair, EcdsaSigningAlgorithm};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{self, Ed25519KeyPair, RsaKeyPair};
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
        "ES256" => ecdsa(&curves::ECDSA_P256_SHA256_FIXED_SIGNING, key, text),
        "ES256K" => ecdsa(&curves::ECDSA_P256K1_SHA256_FIXED_SIGNING, key, text),
        "ES384" => ecdsa(&curves::ECDSA_P384_SHA384_FIXED_SIGNING, key, text),
        "ES512" => ecdsa(&curves::ECDSA_P521_SHA512_FIXED_SIGNING, key, text),
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

/// `BEGIN EC PRIVATE KEY` is the older form of such keys, `BEGIN PRIVATE KEY` the one of all kinds.
fn ecdsa(
    algorithm: &'static EcdsaSigningAlgorithm,
    key: &str,
    text: &[u8],
) -> Result<Vec<u8>, Fault> {
    let key = pem(key)?;
    let der = match &key {
        PrivateKeyDer::Pkcs8(der) => der.secret_pkcs8_der(),
        PrivateKeyDer::Sec1(der) => der.secret_sec1_der(),
        _ => return Err(unusable("it is not a key on a curve")),
    };
    let pair = EcdsaKeyPair::from_private_key_der(algorithm, der)
        .map_err(|error| unusable(&error.to_string()))?;
    let signed = pair
        .sign(&aws_lc_rs::rand::SystemRandom::new(), text)
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
    use std::io::Write as _;
    use std::process::{Command, Stdio};

    use rcgen::{
        KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PublicKeyData as _,
    };
    use ring::signature::{UnparsedPublicKey, VerificationAlgorithm};

    use super::*;

    const TEXT: &[u8] = b"header.claims";

    /// RFC 4231, test case 2.
    #[test]
    fn a_shared_secret_signs_as_the_standard_says() {
        let signed = sign("HS256", "Jefe", b"what do ya want for nothing?").unwrap();
        let expected: [u8; 32] = [
            0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08, 0x95,
            0x75, 0xc7, 0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9,
            0x64, 0xec, 0x38, 0x43,
        ];
        assert_eq!(signed, expected);
    }

    /// Made by another program, in the form that people download: `BEGIN PRIVATE KEY`.
    fn rsa_key() -> String {
        made(&[
            "genpkey",
            "-quiet",
            "-algorithm",
            "RSA",
            "-pkeyopt",
            "rsa_keygen_bits:2048",
        ])
    }

    fn made(key: &[&str]) -> String {
        let made = Command::new("openssl")
            .args(key)
            .output()
            .expect("openssl makes keys");
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        String::from_utf8(made.stdout).unwrap()
    }

    /// The public half, as PKCS #1.
    fn rsa_public(key: &str) -> Vec<u8> {
        public(&["rsa", "-RSAPublicKey_out", "-outform", "DER"], key)
    }

    fn public(form: &[&str], key: &str) -> Vec<u8> {
        let mut openssl = Command::new("openssl")
            .args(form)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl reads keys");
        openssl
            .stdin
            .take()
            .unwrap()
            .write_all(key.as_bytes())
            .unwrap();
        openssl.wait_with_output().unwrap().stdout
    }

    #[test]
    fn an_rsa_key_signs_what_its_public_half_verifies() {
        let key = rsa_key();
        let public = rsa_public(&key);
        // As people paste it into one line of a form.
        let in_a_line = key.replace('\n', "\\n");
        let algorithms: [(&str, &dyn VerificationAlgorithm); 4] = [
            ("RS256", &signature::RSA_PKCS1_2048_8192_SHA256),
            ("RS512", &signature::RSA_PKCS1_2048_8192_SHA512),
            ("PS256", &signature::RSA_PSS_2048_8192_SHA256),
            ("PS384", &signature::RSA_PSS_2048_8192_SHA384),
        ];
        for (name, algorithm) in algorithms {
            for key in [&key, &in_a_line] {
                let signed = sign(name, key, TEXT).unwrap();
                let public = UnparsedPublicKey::new(algorithm, &public);
                assert_eq!(public.verify(TEXT, &signed), Ok(()), "{name}");
                assert!(public.verify(b"other.claims", &signed).is_err(), "{name}");
            }
        }
    }

    #[test]
    fn keys_on_curves_sign_what_their_public_halves_verify() {
        let algorithms: [(&str, _, &dyn VerificationAlgorithm); 3] = [
            (
                "ES256",
                &PKCS_ECDSA_P256_SHA256,
                &signature::ECDSA_P256_SHA256_FIXED,
            ),
            (
                "ES384",
                &PKCS_ECDSA_P384_SHA384,
                &signature::ECDSA_P384_SHA384_FIXED,
            ),
            ("EdDSA", &PKCS_ED25519, &signature::ED25519),
        ];
        for (name, kind, algorithm) in algorithms {
            let pair = KeyPair::generate_for(kind).unwrap();
            let signed = sign(name, &pair.serialize_pem(), TEXT).unwrap();
            let public = UnparsedPublicKey::new(algorithm, pair.der_bytes());
            assert_eq!(public.verify(TEXT, &signed), Ok(()), "{name}");
        }
    }

    /// In both forms that OpenSSL writes: that of all kinds of keys, and that of curves alone.
    #[test]
    fn each_curve_of_the_standard_signs_in_either_form_of_its_key() {
        let algorithms: [(&str, &str, usize, &curves::EcdsaVerificationAlgorithm); 4] = [
            ("ES256", "prime256v1", 65, &curves::ECDSA_P256_SHA256_FIXED),
            (
                "ES256K",
                "secp256k1",
                65,
                &curves::ECDSA_P256K1_SHA256_FIXED,
            ),
            ("ES384", "secp384r1", 97, &curves::ECDSA_P384_SHA384_FIXED),
            ("ES512", "secp521r1", 133, &curves::ECDSA_P521_SHA512_FIXED),
        ];
        for (name, curve, point, algorithm) in algorithms {
            let chosen = format!("ec_paramgen_curve:{curve}");
            let newer = made(&["genpkey", "-quiet", "-algorithm", "EC", "-pkeyopt", &chosen]);
            let older = made(&["ecparam", "-name", curve, "-genkey"]);
            assert!(newer.contains("BEGIN PRIVATE KEY"), "{name}");
            assert!(older.contains("BEGIN EC PRIVATE KEY"), "{name}");
            for key in [newer, older] {
                let signed = sign(name, &key, TEXT).unwrap();
                let told = public(&["ec", "-pubout", "-outform", "DER"], &key);
                // The point stands last, behind the name of its curve.
                let told = curves::UnparsedPublicKey::new(algorithm, &told[told.len() - point..]);
                assert!(told.verify(TEXT, &signed).is_ok(), "{name}");
                assert!(told.verify(b"other.claims", &signed).is_err(), "{name}");
            }
        }
    }

    #[test]
    fn a_key_on_another_curve_is_refused() {
        let key = made(&["ecparam", "-name", "secp384r1", "-genkey", "-noout"]);
        let fault = sign("ES256", &key, TEXT).unwrap_err();
        assert!(fault.message.contains("private key"), "{fault}");
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
            sign("ES999", "x", b"x")
                .unwrap_err()
                .message
                .contains("ES999")
        );
        assert_eq!(sign("HS256", "k", b"x").unwrap().len(), 32);
    }
}
