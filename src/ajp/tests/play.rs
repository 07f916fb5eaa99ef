//! Runs an exchange over given bytes and keeps what it said.

use crate::ajp::codes::MIN_PACKET;
use crate::ajp::exchange::{Event, Exchange, ProtocolError, Terms};
use crate::ajp::request::Body;

/// What an exchange said, without the bytes it pointed into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Head { status: u16, reason: Vec<u8>, headers: Vec<(Vec<u8>, Vec<u8>)>, length: Option<u64> },
    Body(Vec<u8>),
    Flush,
    Wants(usize),
    Finished(bool),
    Failed(ProtocolError),
}

pub(super) const GET: Terms = Terms { head_request: false, body: Body::None, packet_limit: MIN_PACKET };
pub(super) const HEAD: Terms = Terms { head_request: true, body: Body::None, packet_limit: MIN_PACKET };

/// What a plain GET sees of these bytes.
pub(super) fn get(received: &[u8]) -> Vec<Seen> {
    play(&mut Exchange::new(GET), &[received])
}

/// Hands over the parts one after the other, as a driver that receives them would: bytes not used stay for the
/// next call. A question for body is answered with the end of it. Stops at the end or an error.
pub(super) fn play(exchange: &mut Exchange, parts: &[&[u8]]) -> Vec<Seen> {
    let mut seen = Vec::new();
    let mut buffer = Vec::new();
    for part in parts {
        buffer.extend_from_slice(part);
        let mut done = 0;
        loop {
            let step = match exchange.advance(&buffer[done..]) {
                Ok(step) => step,
                Err(error) => {
                    seen.push(Seen::Failed(error));
                    return seen;
                }
            };
            assert!(step.used <= buffer.len() - done, "used more than there was");
            done += step.used;
            match step.event {
                None if step.used == 0 => break,
                None => {}
                Some(event) => {
                    seen.push(own(&event));
                    match event {
                        Event::WantsBody(_) => assert_eq!(exchange.end_body(), [0x12, 0x34, 0, 0]),
                        Event::Finished { .. } => return seen,
                        Event::Head(_) | Event::Body(_) | Event::Flush => {}
                    }
                }
            }
        }
        buffer.drain(..done);
    }
    seen
}

pub(super) fn own(event: &Event<'_>) -> Seen {
    match event {
        Event::Head(head) => Seen::Head {
            status: head.status,
            reason: head.reason.to_vec(),
            headers: head.headers().map(|(name, value)| (name.to_vec(), value.to_vec())).collect(),
            length: head.content_length(),
        },
        Event::Body(data) => Seen::Body(data.to_vec()),
        Event::Flush => Seen::Flush,
        Event::WantsBody(most) => Seen::Wants(*most),
        Event::Finished { reuse } => Seen::Finished(*reuse),
    }
}

/// A packet from Tomcat around this payload.
pub(super) fn packet(payload: &[u8]) -> Vec<u8> {
    let size = u16::try_from(payload.len()).unwrap().to_be_bytes();
    [b"AB", &size[..], payload].concat()
}

/// Headers packet: status, reason `OK`, and headers with literal names.
pub(super) fn head(status: u16, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut payload = vec![4];
    payload.extend(status.to_be_bytes());
    payload.extend(string(b"OK"));
    payload.extend(u16::try_from(headers.len()).unwrap().to_be_bytes());
    for (name, value) in headers {
        payload.extend(string(name.as_bytes()));
        payload.extend(string(value.as_bytes()));
    }
    packet(&payload)
}

pub(super) fn chunk(data: &[u8]) -> Vec<u8> {
    packet(&[&[3], &string(data)[..]].concat())
}

pub(super) fn ask(most: u16) -> Vec<u8> {
    packet(&[&[6], &most.to_be_bytes()[..]].concat())
}

pub(super) fn end() -> Vec<u8> {
    packet(&[5, 1])
}

pub(super) fn string(text: &[u8]) -> Vec<u8> {
    [&u16::try_from(text.len()).unwrap().to_be_bytes()[..], text, &[0]].concat()
}

/// Bytes from hexadecimal text; blanks do not matter.
pub(super) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16).unwrap()).unwrap();
    digits.chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// A small generator of pseudo-random numbers (xorshift), the same at every run.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// 0 to `below` - 1.
    pub(super) fn below(&mut self, below: usize) -> usize {
        usize::try_from(self.roll() >> 16).unwrap() % below
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    pub(super) fn bytes(&mut self, below: usize) -> Vec<u8> {
        let len = self.below(below);
        (0..len).map(|_| self.roll().to_le_bytes()[3]).collect()
    }
}
