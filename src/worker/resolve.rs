//! Addresses of backends, looked up once at start-up.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};

/// All addresses of `host`, in the order in which they are to be tried: as the resolver gives them, or IPv6 first
/// with `prefer_ipv6`. Text of digits and dots alone is an IPv4 address, short forms as `127.1` included.
pub(super) fn addresses(host: &[u8], port: u16, prefer_ipv6: bool) -> std::io::Result<Vec<SocketAddr>> {
    if let Some(v4) = dotted(host) {
        return Ok(vec![SocketAddr::new(IpAddr::V4(v4), port)]);
    }
    let name = std::str::from_utf8(host).map_err(|_| std::io::ErrorKind::InvalidInput)?;
    let mut found: Vec<SocketAddr> = (name, port).to_socket_addrs()?.collect();
    let mut seen = std::collections::HashSet::new();
    found.retain(|address| seen.insert(*address));
    if prefer_ipv6 {
        found.sort_by_key(SocketAddr::is_ipv4);
    }
    Ok(found)
}

/// The numbers-and-dots notation of `inet_aton`: the last number fills all bytes that are left.
fn dotted(host: &[u8]) -> Option<Ipv4Addr> {
    if host.is_empty() || !host.iter().all(|b| b.is_ascii_digit() || *b == b'.') {
        return None;
    }
    let parts: Vec<u64> = host
        .split(|b| *b == b'.')
        .map(|part| std::str::from_utf8(part).ok()?.parse().ok())
        .collect::<Option<_>>()?;
    let (last, leading) = parts.split_last()?;
    if leading.len() > 3 || leading.iter().any(|n| *n > 255) || *last >= 1 << (8 * (4 - leading.len())) {
        return None;
    }
    let value = leading.iter().enumerate().fold(*last, |sum, (i, n)| sum | n << (24 - 8 * i));
    u32::try_from(value).ok().map(Ipv4Addr::from)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_dots_are_ipv4() {
        for (text, address) in [
            (&b"127.0.0.1"[..], Some([127, 0, 0, 1])),
            (b"127.1", Some([127, 0, 0, 1])),
            (b"10.258", Some([10, 0, 1, 2])),
            (b"300.1.1.1", None),
            (b"1.2.3.4.5", None),
            (b"1..2", None),
            (b"localhost", None),
        ] {
            assert_eq!(dotted(text), address.map(Ipv4Addr::from));
        }
    }

    #[test]
    fn literals_need_no_resolver() {
        assert_eq!(addresses(b"::1", 8009, false).unwrap(), ["[::1]:8009".parse().unwrap()]);
    }
}
