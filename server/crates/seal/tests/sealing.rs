//! What sealing promises: it opens at its own place, with its own key, unchanged, and nowhere else.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt};

use seal::{Error, Key, KeyRing, RingError, Sealer, open, seal, token};
use secrecy::ExposeSecret;

const PLACE: &[&str] = &["rec", "tenant-a", "connections", "config", "row-1"];

fn sealer() -> Sealer {
    Sealer::new(1, BTreeMap::from([(1, Key::random().unwrap())])).unwrap()
}

#[test]
fn a_secret_opens_at_its_own_place() {
    let sealer = sealer();
    let record = seal(&sealer, PLACE, b"sk_live_123");
    assert_eq!(
        open(&sealer, PLACE, &record).unwrap().expose_secret(),
        b"sk_live_123"
    );
    assert!(!record.windows(7).any(|part| part == b"sk_live"));
    assert_ne!(
        record,
        seal(&sealer, PLACE, b"sk_live_123"),
        "every record has its own nonce"
    );
}

#[test]
fn a_record_moved_to_another_place_stays_shut() {
    let sealer = sealer();
    let record = seal(&sealer, PLACE, b"secret");
    for n in 0..PLACE.len() {
        let mut moved = PLACE.to_vec();
        moved[n] = "elsewhere";
        assert_eq!(open(&sealer, &moved, &record).unwrap_err(), Error::Refused);
    }
    // The same letters cut differently are another place.
    let record = seal(&sealer, &["ab", "c"], b"secret");
    assert_eq!(
        open(&sealer, &["a", "bc"], &record).unwrap_err(),
        Error::Refused
    );
}

#[test]
fn every_changed_byte_is_noticed() {
    let sealer = sealer();
    let record = seal(&sealer, PLACE, b"secret");
    for n in 0..record.len() {
        let mut changed = record.clone();
        changed[n] ^= 1;
        assert!(open(&sealer, PLACE, &changed).is_err(), "byte {n}");
        assert!(open(&sealer, PLACE, &record[..n]).is_err(), "cut at {n}");
    }
    assert_eq!(
        open(&sealer, PLACE, b"plain text left by somebody").unwrap_err(),
        Error::Form
    );
}

#[test]
fn another_tenants_key_opens_nothing() {
    let record = seal(&sealer(), PLACE, b"secret");
    assert_eq!(open(&sealer(), PLACE, &record).unwrap_err(), Error::Refused);
}

#[test]
fn a_rotated_ring_opens_the_old_and_seals_with_the_new() {
    let old = KeyRing::random().unwrap();
    let record = seal(&old.platform("engine"), PLACE, b"secret");
    let wrapped = old.wrap(&["dek", "t"], &Key::random().unwrap());
    let new = old.rotated().unwrap();
    assert_eq!((old.active(), new.active()), (1, 2));
    assert_eq!(
        open(&new.platform("engine"), PLACE, &record)
            .unwrap()
            .expose_secret(),
        b"secret"
    );
    assert!(new.unwrap(&["dek", "t"], &wrapped).is_ok());
    assert!(new.unwrap(&["dek", "other"], &wrapped).is_err());
    let newer = seal(&new.platform("engine"), PLACE, b"secret");
    assert_eq!(
        open(&old.platform("engine"), PLACE, &newer).unwrap_err(),
        Error::UnknownKey(2)
    );
}

#[test]
fn purposes_do_not_open_each_others_records() {
    let ring = KeyRing::random().unwrap();
    let record = seal(&ring.platform("engine"), PLACE, b"secret");
    assert_eq!(
        open(&ring.platform("samples"), PLACE, &record).unwrap_err(),
        Error::Refused
    );
}

#[test]
fn a_keyed_hash_holds_for_its_parts_only() {
    let ring = KeyRing::random().unwrap();
    let (id, mac) = ring.mac("audit", &[b"ab", b"c"]);
    let later = ring.rotated().unwrap();
    assert!(later.mac_holds(id, "audit", &[b"ab", b"c"], &mac));
    assert!(!later.mac_holds(id, "audit", &[b"a", b"bc"], &mac));
    assert!(!later.mac_holds(id, "other", &[b"ab", b"c"], &mac));
    assert!(!later.mac_holds(later.active(), "audit", &[b"ab", b"c"], &mac));
}

#[test]
fn the_key_file_is_made_once_and_kept_private() {
    let folder = std::env::temp_dir().join(format!("seal-{}", token::letters(8)));
    fs::create_dir(&folder).unwrap();
    let path = folder.join("keys.toml");
    let record = seal(
        &KeyRing::load_or_create(&path).unwrap().platform("p"),
        PLACE,
        b"secret",
    );
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let again = KeyRing::load_or_create(&path).unwrap();
    assert!(open(&again.platform("p"), PLACE, &record).is_ok());
    again.rotated().unwrap().write(&path).unwrap();
    assert_eq!(
        KeyRing::load(&path).unwrap().ids().collect::<Vec<_>>(),
        [1, 2]
    );

    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(
        KeyRing::load(&path),
        Err(RingError::Permissions { .. })
    ));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    for bad in [
        "",
        "active = 1\nkey = []",
        "active = 1\n[[key]]\nid = 1\nsecret = \"00ff\"",
    ] {
        fs::write(&path, bad).unwrap();
        assert!(
            matches!(KeyRing::load(&path), Err(RingError::Damaged { .. })),
            "{bad}"
        );
    }
    let sample = format!(
        "active = 1\n[[key]]\nid = 1\nsecret = \"{}\"",
        "00".repeat(32)
    );
    fs::write(&path, sample).unwrap();
    assert!(matches!(
        KeyRing::load_or_create(&path),
        Err(RingError::Damaged { .. })
    ));
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn tokens_are_long_and_codes_are_six_digits() {
    assert_eq!(token::letters(43).len(), 43);
    assert_ne!(token::letters(43), token::letters(43));
    for _ in 0..200 {
        let code = token::code();
        assert!(
            code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()),
            "{code}"
        );
    }
    assert_eq!(
        token::from_hex(&token::hex(&[0, 15, 255])),
        Some(vec![0, 15, 255])
    );
    assert_eq!(token::from_hex("0g"), None);
}
