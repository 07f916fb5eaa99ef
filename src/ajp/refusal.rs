//! What a Tomcat says while it is being stopped.
//!
//! A request that comes a moment too late is answered with 503 and the connection ends with it: without a header or a
//! body if the connector was paused already, else with Tomcat's own error page, because the application is gone. Seen
//! with Tomcat 10.1; a few in 100,000 requests if it is restarted under load. An application's 503 leaves the
//! connection alone.

use super::codes;
use super::packet::{Packet, Reader};

/// What the first bytes of a reply amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The whole reply of a Tomcat that is being stopped.
    Yes,
    /// They may become that.
    NotYet,
    /// Anything else.
    No,
}

/// Looks whether `received`, a reply from its first byte on, is one of a Tomcat that is being stopped.
pub fn refusal(received: &[u8]) -> Refusal {
    const START: [u8; 2] = 503u16.to_be_bytes();
    let mut rest = match received {
        [b'A', b'B', _, _, codes::SEND_HEADERS, high, low, ..] if [*high, *low] == START => received,
        _ => return Refusal::No,
    };
    while let Ok(packet) = Packet::split(rest, codes::MAX_PACKET) {
        let Some(Packet { payload, size }) = packet else { return Refusal::NotYet };
        let mut content = Reader::new(payload);
        match content.byte("type") {
            Ok(codes::SEND_HEADERS | codes::SEND_BODY_CHUNK) => {}
            Ok(codes::END_RESPONSE) if content.byte("reuse flag") == Ok(0) => return Refusal::Yes,
            Ok(_) | Err(_) => return Refusal::No,
        }
        rest = rest.get(size..).unwrap_or_default();
    }
    Refusal::No
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: &[u8] = b"AB\0\x0b\x04\x01\xf7\0\x03503\0\0\0AB\0\x02\x05\0";
    const PAGE: &[u8] = b"AB\0\x0b\x04\x01\xf7\0\x03503\0\0\0AB\0\x06\x03\0\x02no\0AB\0\x02\x05\0";

    #[test]
    fn it_is_a_503_that_ends_the_connection() {
        for reply in [BARE, PAGE] {
            assert_eq!(refusal(reply), Refusal::Yes);
            for cut in 7..reply.len() {
                assert_eq!(refusal(&reply[..cut]), Refusal::NotYet, "{cut}");
            }
        }
    }

    #[test]
    fn other_replies_are_for_the_client() {
        for (what, reply) in [
            ("nothing yet", &b""[..]),
            ("not yet known", b"AB\0\x0a\x04\x01"),
            ("200", b"AB\0\x0a\x04\0\xc8\0\x02OK\0\0\0AB\0\x02\x05\0"),
            ("the connection stays", b"AB\0\x0b\x04\x01\xf7\0\x03503\0\0\0AB\0\x02\x05\x01"),
            ("an end without its flag", b"AB\0\x0b\x04\x01\xf7\0\x03503\0\0\0AB\0\x01\x05"),
            ("a question for the body", b"AB\0\x0b\x04\x01\xf7\0\x03503\0\0\0AB\0\x03\x06\x1f\xfa"),
            ("no packet", b"AB\0\x0b\x04\x01\xf7\0\x03503\0\0\0HTTP"),
            ("an empty packet", b"AB\0\x0b\x04\x01\xf7\0\x03503\0\0\0AB\0\0"),
        ] {
            assert_eq!(refusal(reply), Refusal::No, "{what}");
        }
    }
}
