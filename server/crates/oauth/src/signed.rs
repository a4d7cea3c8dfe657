//! Callbacks that a provider signs: proven before the code of one is used.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::ExposeSecret;
use sha2::Sha256;
use url::form_urlencoded::Serializer;

use crate::{Elsewhere, Endpoint, callback::plain, words};

/// Why a callback does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// It is not signed with the client's secret, or was changed on its way.
    #[error("the callback is not signed with the client's secret")]
    Signature,
    #[error(transparent)]
    Elsewhere(Elsewhere),
}

/// Whether the provider itself wrote these parameters, for the place that the person was sent to. Anything is, where it
/// signs nothing.
pub fn proven(at: Endpoint<'_>, pairs: &[(String, String)]) -> Result<(), Unproven> {
    let Some(signed) = &at.provider.signed else {
        return Ok(());
    };
    let all = |name: &str| -> Vec<&str> {
        let named = pairs.iter().filter(|(known, _)| known == name);
        named.map(|(_, value)| value.as_str()).collect()
    };
    let [given] = all(&signed.hmac)[..] else {
        return Err(Unproven::Signature);
    };
    let given = bytes(given).ok_or(Unproven::Signature)?;
    let secret = at.client.secret.expose_secret();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .expect("an HMAC takes a key of any length");
    mac.update(message(pairs, &signed.hmac).as_bytes());
    // Takes as long for every wrong one.
    mac.verify_slice(&given).map_err(|_| Unproven::Signature)?;
    let wanted = words::filled(&signed.is, at.words);
    let places = all(&signed.place);
    if places == [wanted.as_str()] {
        return Ok(());
    }
    Err(Unproven::Elsewhere(Elsewhere {
        wanted,
        found: places.into_iter().map(plain).collect(),
    }))
}

/// What is signed: all other parameters as a query, in the order of their names.
fn message(pairs: &[(String, String)], signature: &str) -> String {
    let mut signed: Vec<&(String, String)> =
        pairs.iter().filter(|(name, _)| name != signature).collect();
    signed.sort();
    let query = Serializer::new(String::new()).extend_pairs(signed).finish();
    query.replace('+', "%20")
}

/// Two hexadecimal digits each.
fn bytes(digits: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = digits
        .chars()
        .map(|digit| digit.to_digit(16))
        .collect::<Option<_>>()?;
    let (whole, rest) = digits.as_chunks::<2>();
    let byte = |[high, low]: &[u32; 2]| u8::try_from(high * 16 + low).ok();
    rest.is_empty().then(|| whole.iter().map(byte).collect())?
}

#[cfg(test)]
mod tests {
    use sync::outbound::{Outbound, Policy};

    use super::*;
    use crate::{Client, Providers, Words};

    /// Signed by hand: `printf 'code=c1&host=YWRtaW4%3D&shop=acme.myshopify.com&state=st&timestamp=1337178173' |
    /// openssl dgst -sha256 -hmac hush`.
    const HMAC: &str = "f9acb10c58ee6f4648c2650d1921e879802b622f2e42142183aa30299cebcf13";
    /// The same for `shop=other.myshopify.com`.
    const OTHER: &str = "ea98352246c825d4e3f279a8b5b7378386b7466edde56063787d90633730cc8a";

    fn said(shop: &str, hmac: &str) -> Vec<(String, String)> {
        let pairs = [
            ("code", "c1"),
            ("hmac", hmac),
            ("host", "YWRtaW4="),
            ("shop", shop),
            ("state", "st"),
            ("timestamp", "1337178173"),
        ];
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        pairs.map(owned).into()
    }

    fn at_acme(provider: &str, pairs: &[(String, String)]) -> Result<(), Unproven> {
        let all = Providers::load(None).unwrap();
        let client = Client {
            id: "app".to_owned(),
            secret: "hush".to_owned().into(),
        };
        let at = Endpoint {
            outbound: &Outbound::new(Policy::default()).unwrap(),
            provider: all.provider(provider).unwrap(),
            words: &Words::from([("shop".to_owned(), "acme".to_owned())]),
            client: &client,
        };
        proven(at, pairs)
    }

    #[test]
    fn shopify_signs_what_it_sends_people_back_with() {
        let right = said("acme.myshopify.com", HMAC);
        assert_eq!(at_acme("shopify", &right), Ok(()));
        let mut turned = right.clone();
        turned.reverse();
        assert_eq!(at_acme("shopify", &turned), Ok(()), "the order is its own");
        assert_eq!(at_acme("slack", &[]), Ok(()), "others sign nothing");
    }

    #[test]
    fn what_was_changed_on_the_way_is_refused() {
        let wrong = Err(Unproven::Signature);
        let right = said("acme.myshopify.com", HMAC);
        for (name, value) in &right {
            let mut changed = right.clone();
            changed.retain(|(known, _)| known != name);
            assert_eq!(at_acme("shopify", &changed), wrong, "without {name}");
            changed.push((name.clone(), format!("{value}0")));
            assert_eq!(at_acme("shopify", &changed), wrong, "another {name}");
            let mut twice = right.clone();
            twice.insert(0, (name.clone(), value.clone()));
            assert_eq!(at_acme("shopify", &twice), wrong, "{name} twice");
        }
        for odd in ["", "0", "zz", &HMAC[..62], &HMAC.replace('a', "é")] {
            let changed = said("acme.myshopify.com", odd);
            assert_eq!(at_acme("shopify", &changed), wrong, "{odd:?}");
        }
    }

    #[test]
    fn a_callback_of_another_shop_is_not_for_this_one() {
        let elsewhere = Elsewhere {
            wanted: "acme.myshopify.com".to_owned(),
            found: vec!["other.myshopify.com".to_owned()],
        };
        assert_eq!(
            at_acme("shopify", &said("other.myshopify.com", OTHER)),
            Err(Unproven::Elsewhere(elsewhere))
        );
    }
}
