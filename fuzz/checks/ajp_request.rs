//! Any request: the packet is refused or can be read back by a decoder that shares no code with the encoder.

use mod_jk::ajp::codes::MIN_PACKET;
use mod_jk::ajp::request::{Body, ForwardRequest, Recipient, Tls, TooLarge};

#[path = "../../src/ajp/tests/decoder.rs"]
mod decoder;

/// Cuts texts off the input: a length byte each, scaled so that some strings fill a packet.
struct Texts<'i>(&'i [u8]);

impl<'i> Texts<'i> {
    fn byte(&mut self) -> u8 {
        let Some((&byte, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        byte
    }

    fn text(&mut self) -> &'i [u8] {
        let wanted = match self.byte() {
            long @ 240.. => usize::from(long - 239) * 600,
            short => usize::from(short & 63),
        };
        let (text, rest) = self.0.split_at(wanted.min(self.0.len()));
        self.0 = rest;
        text
    }

    fn maybe(&mut self) -> Option<&'i [u8]> {
        (self.byte() & 1 == 0).then(|| self.text())
    }
}

/// What must hold for any input; panics if it does not.
pub fn check(input: &[u8]) {
    let mut texts = Texts(input);
    let kind = texts.byte();
    let env = [(texts.text(), texts.text())];
    let mut request = ForwardRequest {
        method: texts.text(),
        protocol: texts.text(),
        uri: texts.text(),
        remote_addr: texts.maybe(),
        remote_host: texts.maybe(),
        server_name: texts.text(),
        server_port: u16::from(texts.byte()) << 8 | u16::from(texts.byte()),
        is_ssl: kind & 1 != 0,
        headers: &&[][..],
        body: match kind >> 1 & 3 {
            0 => Body::None,
            1 => Body::Chunked,
            _ => Body::Length(u64::from(kind)),
        },
        remote_user: texts.maybe(),
        auth_type: texts.maybe(),
        query: texts.maybe(),
        tls: Tls {
            cert: texts.maybe(),
            cipher: texts.maybe(),
            session: texts.maybe(),
            key_size: Some(u16::from(texts.byte())),
            protocol: texts.maybe(),
        },
        remote_port: texts.maybe(),
        local_addr: texts.maybe(),
        env: &env[..usize::from(kind >> 3 & 1)],
    };
    let to = Recipient { secret: texts.maybe(), route: texts.maybe(), activation: texts.text() };
    let mut headers = Vec::new();
    while !texts.0.is_empty() {
        let name: &[u8] = match texts.byte() {
            coded @ 0..=13 => decoder::NAMES[usize::from(coded)].as_bytes(),
            14 => b"content-length",
            _ => texts.text(),
        };
        headers.push((name, texts.text()));
    }
    let headers = &headers[..];
    request.headers = &headers;
    compare(&request, &to, headers);
}

fn compare(request: &ForwardRequest<'_>, to: &Recipient<'_>, headers: &[(&[u8], &[u8])]) {
    let mut packet = Vec::new();
    if let Err(error) = request.encode(to, MIN_PACKET, &mut packet) {
        match error {
            TooLarge::Packet { needed, .. } => assert!(needed > MIN_PACKET && packet.len() <= MIN_PACKET),
            TooLarge::HeaderName(len) => assert!((0xa000..=0xa0ff).contains(&len)),
        }
        return;
    }
    assert!(packet.len() <= MIN_PACKET);
    let decoded = decoder::decode(&packet);
    let some = |text: &[u8]| Some(text.to_vec());
    let own = |text: Option<&[u8]>| text.map(<[u8]>::to_vec);
    assert_eq!((decoded.protocol, decoded.uri), (some(request.protocol), some(request.uri)));
    assert_eq!(
        (decoded.remote_addr, decoded.remote_host),
        (own(request.remote_addr), own(request.remote_host))
    );
    assert_eq!(decoded.server_name, some(request.server_name));
    assert_eq!((decoded.server_port, decoded.is_ssl), (request.server_port, request.is_ssl));

    let is_length = |name: &[u8]| name.eq_ignore_ascii_case(b"content-length");
    let others = |(name, value): (&[u8], &[u8])| (name.to_ascii_lowercase(), value.to_vec());
    let expected: Vec<_> = headers.iter().filter(|(name, _)| !is_length(name)).copied().map(others).collect();
    let (lengths, sent): (Vec<_>, Vec<_>) =
        decoded.headers.into_iter().partition(|(name, _)| is_length(name));
    let sent: Vec<_> = sent.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
    assert_eq!(sent, expected);
    match request.body {
        Body::Chunked => assert!(lengths.is_empty()),
        Body::None => assert!(lengths.iter().all(|(_, value)| value.iter().all(|digit| *digit == b'0'))),
        Body::Length(_) => assert!(!lengths.is_empty()),
    }

    let find = |code, name: &[u8]| {
        let mut found = decoded.attributes.iter().filter(|(c, n, _)| *c == code && n == name);
        (found.next().map(|(_, _, value)| value.clone()), found.next().is_some())
    };
    assert_eq!(find(5, b""), (request.query.map(some), false));
    assert_eq!(find(12, b"").0, to.secret.filter(|secret| !secret.is_empty()).map(some));
    assert_eq!(find(10, b"AJP_REMOTE_PORT").0, Some(own(request.remote_port)));
    assert_eq!(find(10, b"JK_LB_ACTIVATION").0, Some(some(to.activation)));
}
