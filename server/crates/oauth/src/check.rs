//! What descriptions of providers and grants must say before they are believed, wherever they were written.

use crate::{
    Error,
    provider::{Ask, Grant, Provider},
    words,
};

pub(crate) fn all(providers: &[Provider], grants: &[Grant]) -> Result<(), Error> {
    for provider in providers {
        issuer(provider)?;
    }
    for grant in grants {
        let provider = provider_of(grant, providers)?;
        words_are_asked(provider, grant)?;
        places(grant)?;
        constants(grant)?;
        hosts_are_chosen(provider, grant)?;
        one_server(provider, grant, grants)?;
    }
    Ok(())
}

fn wrong<T>(why: String) -> Result<T, Error> {
    Err(Error::Data(why))
}

fn provider_of<'a>(grant: &Grant, providers: &'a [Provider]) -> Result<&'a Provider, Error> {
    let found = providers.iter().find(|one| one.id == grant.provider);
    found.map_or_else(
        || {
            wrong(format!(
                "“{}” names the provider “{}”, which is not described",
                grant.source_type, grant.provider
            ))
        },
        Ok,
    )
}

fn issuer(provider: &Provider) -> Result<(), Error> {
    if provider.issuer_required && provider.issuer.is_none() {
        return wrong(format!(
            "“{}” has no issuer that callbacks could name",
            provider.id
        ));
    }
    Ok(())
}

/// Where people are sent, and where the client's secret is.
fn addresses(provider: &Provider) -> impl Iterator<Item = &String> {
    let revoke = provider.revoke.as_ref().map(|revoke| &revoke.url);
    [&provider.authorize_url, &provider.token_url]
        .into_iter()
        .chain(revoke)
}

fn words_are_asked(provider: &Provider, grant: &Grant) -> Result<(), Error> {
    let revoke = provider.revoke.as_ref().map(|revoke| &revoke.url);
    let among = provider.account.iter().filter_map(|who| who.among.as_ref());
    let places = provider.signed.iter().map(|signed| &signed.is);
    for url in addresses(provider)
        .chain(among.map(|among| &among.is))
        .chain(places)
    {
        let ours = |word: &&str| *word == words::CLIENT_ID && Some(url) == revoke;
        for word in words::wanted(url).filter(|word| !ours(word)) {
            if !grant.asks.contains_key(word) {
                return wrong(format!(
                    "“{}” does not ask for “{word}”, which {url} needs",
                    grant.source_type
                ));
            }
        }
    }
    Ok(())
}

fn places(grant: &Grant) -> Result<(), Error> {
    if grant.filled().any(Vec::is_empty) {
        return wrong(format!("“{}” has an empty path", grant.source_type));
    }
    Ok(())
}

fn constants(grant: &Grant) -> Result<(), Error> {
    let empty = |(_, ask): &(&String, &Ask)| ask.constant() == Some("");
    match grant.asks.iter().find(empty) {
        Some((word, _)) => wrong(format!(
            "“{}” neither asks for “{word}” nor says it",
            grant.source_type
        )),
        None => Ok(()),
    }
}

/// A customer must not choose the host that is sent the client's secret.
fn hosts_are_chosen(provider: &Provider, grant: &Grant) -> Result<(), Error> {
    for (word, ask) in deciding(provider, grant) {
        if ask.constant().is_none() && ask.map.is_empty() {
            return wrong(format!(
                "“{}” lets anybody choose the host that “{word}” stands for: name the choices in its map",
                grant.source_type
            ));
        }
    }
    Ok(())
}

/// A client is registered at one server: its secret must not go to another one.
fn one_server(provider: &Provider, grant: &Grant, all: &[Grant]) -> Result<(), Error> {
    let others = || all.iter().filter(|one| one.provider == provider.id);
    for (word, ask) in deciding(provider, grant) {
        let elsewhere = |one: &&Grant| {
            let theirs = one.asks.get(word).and_then(Ask::constant);
            theirs.is_some_and(|host| ask.constant().is_some_and(|ours| ours != host))
        };
        if let Some(other) = others().find(elsewhere) {
            return wrong(format!(
                "“{}” and “{}” send the client of “{}” to different servers: describe a provider for each",
                grant.source_type, other.source_type, provider.id
            ));
        }
    }
    Ok(())
}

/// The asks that decide which host an address leads to.
fn deciding<'a>(
    provider: &'a Provider,
    grant: &'a Grant,
) -> impl Iterator<Item = (&'a str, &'a Ask)> {
    addresses(provider)
        .flat_map(|url| deciding_words(url))
        .filter_map(|word| Some((word, grant.asks.get(word)?)))
}

/// The words that decide which host an address leads to: all of its host, where no name and its ending stand fixed after
/// them.
fn deciding_words(url: &str) -> Vec<&str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let place = rest.split(['/', '?', '#', '\\']).next().unwrap_or(rest);
    let host = place.rsplit_once('@').map_or(place, |(_, host)| host);
    let host = host.split(':').next().unwrap_or(host);
    let tail = host.rsplit_once('}').map_or("", |(_, tail)| tail);
    let labels = tail.split('.').filter(|label| !label.is_empty());
    if tail.starts_with('.') && labels.count() >= 2 {
        Vec::new()
    } else {
        words::wanted(host).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Providers;

    const OWN: &str = "
        [[provider]]
        id = 'own'
        name = 'Own'
        authorize_url = 'https://{host}/authorize'
        token_url = 'https://{host}/token'
    ";

    fn refused(grants: &[(&str, &str)]) -> Option<String> {
        let grants = grants.iter().map(|(name, ask)| {
            format!(
                "\n[[grant]]\nsource_type = '{name}'\nprovider = 'own'\nasks.host = {ask}\ntokens = [{{ from = 'access_token', to = ['key'] }}]"
            )
        });
        let text = OWN.to_owned() + &grants.collect::<String>();
        Some(Providers::load(Some(&text)).err()?.to_string())
    }

    #[test]
    fn nobody_but_the_description_chooses_who_is_sent_the_secret() {
        for open in [
            "{ path = ['host'] }",
            "{ path = ['host'], default = 'a.example' }",
        ] {
            let why = refused(&[("mine", open)]).unwrap();
            assert!(why.contains("lets anybody choose the host"), "{why}");
        }
        for closed in [
            "{ default = 'login.example.com' }",
            "{ path = ['zone'], map = { eu = 'eu.example.com', us = 'us.example.com' } }",
        ] {
            assert_eq!(refused(&[("mine", closed)]), None, "{closed}");
        }
        let nothing = refused(&[("mine", "{}")]).unwrap();
        assert!(nothing.contains("neither asks for “host”"), "{nothing}");
    }

    #[test]
    fn a_client_is_sent_to_one_server() {
        let (one, other) = ("{ default = 'a.example' }", "{ default = 'b.example' }");
        assert_eq!(refused(&[("mine", one), ("too", one)]), None);
        let why = refused(&[("mine", one), ("too", other)]).unwrap();
        assert!(why.contains("different servers"), "{why}");
    }

    #[test]
    fn the_end_of_a_host_decides_it() {
        for (url, words) in [
            ("https://{host}/a", &["host"][..]),
            ("https://{host}:8443", &["host"]),
            ("https://me@{host}/a", &["host"]),
            ("https://{host}./a", &["host"]),
            ("https://accounts.example.{zone}/{path}", &["zone"]),
            ("https://{shop}.{zone}/a", &["shop", "zone"]),
            ("https://{shop}.com/a", &["shop"]),
            ("https://{shop}example.com/a", &["shop"]),
            ("{anything}", &["anything"]),
            ("https://{shop}.example.com/{path}", &[]),
            ("https://login.example.com/{tenant}", &[]),
        ] {
            assert_eq!(deciding_words(url), words, "{url}");
        }
    }
}
