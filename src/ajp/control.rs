//! The small packets that hardly carry anything: CPing and its answer, the ends of a request body.

use super::codes;

/// Asks the backend whether it is alive. It needs no secret, so an answer proves liveness, not usability.
pub const CPING: [u8; 5] = [0x12, 0x34, 0, 1, codes::CPING];
/// The only bytes that count as an answer to [`CPING`].
pub const CPONG: [u8; 5] = [b'A', b'B', 0, 1, codes::CPONG];
/// Body packet without data: the request body has ended, or there was none.
pub const EMPTY_BODY: [u8; 4] = [0x12, 0x34, 0, 0];
/// What mod_jk sends in the place of the first body packet when the client broke off before it was complete.
pub const CLIENT_EOF: [u8; 6] = [0x12, 0x34, 0, 2, 0, 0];

/// What the bytes received after a [`CPING`] amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pong {
    /// They begin with the answer, which takes this many bytes. Any byte beyond makes the connection unusable.
    Yes(usize),
    /// They may become the answer.
    NotYet,
    /// They can never become the answer.
    No,
}

/// Looks for the answer to a [`CPING`] at the start of `received`.
pub fn pong(received: &[u8]) -> Pong {
    if received.starts_with(&CPONG) {
        Pong::Yes(CPONG.len())
    } else if CPONG.starts_with(received) {
        Pong::NotYet
    } else {
        Pong::No
    }
}

/// What the bytes received behind a whole reply amount to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The end of a reply, and nothing behind it: the connection may serve another request.
    Clean,
    /// They may become that.
    NotYet(Tail),
    /// Anything else.
    No,
}

/// The first bytes of a packet, of which the rest has not come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tail {
    bytes: [u8; FLUSH.len()],
    len: usize,
}

impl Tail {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    fn of(start: &[u8]) -> Self {
        let mut tail = Self { len: start.len(), ..Self::default() };
        tail.bytes.iter_mut().zip(start).for_each(|(to, from)| *to = *from);
        tail
    }
}

/// What Tomcat sends when an application flushes: a body packet without data.
const FLUSH: [u8; 8] = [b'A', b'B', 0, 4, codes::SEND_BODY_CHUNK, 0, 0, 0];

/// Looks whether `received` is the end of a reply whose body the client has in full already. The application may have
/// flushed before.
pub fn ending(received: &[u8]) -> Ending {
    const START: [u8; 5] = [b'A', b'B', 0, 2, codes::END_RESPONSE];
    let mut rest = received;
    while let Some(behind) = rest.strip_prefix(&FLUSH) {
        rest = behind;
    }
    match rest.split_last() {
        Some((0, start)) if start == START => Ending::No,
        Some((_, start)) if start == START => Ending::Clean,
        _ if START.starts_with(rest) || FLUSH.starts_with(rest) => Ending::NotYet(Tail::of(rest)),
        _ => Ending::No,
    }
}

/// The bytes before the `len` data bytes of a body packet; `len` is at most `u16::MAX - 2`.
pub(super) fn body_header(len: usize) -> [u8; codes::BODY_OVERHEAD] {
    const MOST: u16 = u16::MAX - 2;
    let data = u16::try_from(len).unwrap_or(MOST).min(MOST);
    let ([magic0, magic1], [size0, size1], [data0, data1]) =
        (codes::TO_TOMCAT, (data + 2).to_be_bytes(), data.to_be_bytes());
    [magic0, magic1, size0, size1, data0, data1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_is_one_whole_packet_that_allows_reuse_behind_any_flushes() {
        const NOT_YET: Ending = Ending::NotYet(Tail { bytes: [0; 8], len: 0 });
        for (received, expected) in [
            (&b""[..], NOT_YET),
            (b"AB\0\x02\x05\x01", Ending::Clean),
            (b"AB\0\x02\x05\xff", Ending::Clean),
            (b"AB\0\x02\x05\0", Ending::No),
            (b"AB\0\x02\x05\x01A", Ending::No),
            (b"AB\0\x01\x09", Ending::No),
            (b"AB\0\x01\x05", Ending::No),
            (b"AB\0\x04\x03\0\0\0", NOT_YET),
            (b"AB\0\x04\x03\0\0\0AB\0\x04\x03\0\0\0AB\0\x02\x05\x01", Ending::Clean),
            (b"AB\0\x04\x03\0\0\0AB\0\x02\x05\0", Ending::No),
            (b"AB\0\x05\x03\0\x01x\0", Ending::No),
        ] {
            assert_eq!(ending(received), expected, "{}", received.escape_ascii());
            for cut in 0..received.len() {
                let Ending::NotYet(tail) = ending(&received[..cut]) else { continue };
                let joined = [tail.bytes(), &received[cut..]].concat();
                assert_eq!(ending(&joined), expected, "{} cut at {cut}", received.escape_ascii());
            }
        }
    }

    #[test]
    fn only_the_whole_answer_is_a_pong() {
        for (received, answer) in [
            (&b""[..], Pong::NotYet),
            (b"AB\0", Pong::NotYet),
            (b"AB\0\x01", Pong::NotYet),
            (b"AB\0\x01\x09", Pong::Yes(5)),
            (b"AB\0\x01\x09AB", Pong::Yes(5)),
            (b"AB\0\x01\x0a", Pong::No),
            (b"AB\0\x02\x05\x01", Pong::No),
            (b"AB\0\x02", Pong::No),
            (b"\x12\x34\0\x01\x09", Pong::No),
            (b"H", Pong::No),
        ] {
            assert_eq!(pong(received), answer, "{}", received.escape_ascii());
        }
    }

    #[test]
    fn body_packets_carry_their_length_twice() {
        for (len, header) in [
            (1, [0x12, 0x34, 0, 3, 0, 1]),
            (9, [0x12, 0x34, 0, 0x0b, 0, 9]),
            (8186, [0x12, 0x34, 0x1f, 0xfc, 0x1f, 0xfa]),
            (65530, [0x12, 0x34, 0xff, 0xfc, 0xff, 0xfa]),
        ] {
            assert_eq!(body_header(len), header, "{len}");
        }
    }
}
