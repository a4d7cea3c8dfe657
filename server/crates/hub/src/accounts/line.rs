//! Whose an address of the network is. What is counted per address is counted per line, here and wherever else.

use std::net::{IpAddr, Ipv6Addr};

/// The line that an address belongs to: one customer usually has a whole /64 of IPv6. `None` when the text is no address.
pub fn line(ip: &str) -> Option<IpAddr> {
    Some(match ip.parse::<IpAddr>().ok()? {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or_else(
            || IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
            IpAddr::V4,
        ),
        v4 @ IpAddr::V4(_) => v4,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_on_one_line_are_one_and_those_on_the_next_another() {
        for (ip, of) in [
            ("203.0.113.9", Some("203.0.113.9")),
            ("::ffff:203.0.113.9", Some("203.0.113.9")),
            ("2001:db8:1:2::1", Some("2001:db8:1:2::")),
            ("2001:db8:1:2:ffff::9", Some("2001:db8:1:2::")),
            ("2001:db8:1:3::1", Some("2001:db8:1:3::")),
            ("unknown", None),
            ("", None),
        ] {
            let found = line(ip).map(|line| line.to_string());
            assert_eq!(found.as_deref(), of, "{ip}");
        }
    }
}
