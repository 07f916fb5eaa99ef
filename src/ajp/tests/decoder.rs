//! Reads a request packet as a servlet container would. It shares no code with what it checks, so that a mistake
//! in both cannot cancel out; the fuzz target for requests includes this file too.

/// A request as the container sees it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    pub method: u8,
    pub protocol: Option<Vec<u8>>,
    pub uri: Option<Vec<u8>>,
    pub remote_addr: Option<Vec<u8>>,
    pub remote_host: Option<Vec<u8>>,
    pub server_name: Option<Vec<u8>>,
    pub server_port: u16,
    pub is_ssl: bool,
    /// Name and value; coded names as in [`NAMES`].
    pub headers: Vec<(Vec<u8>, Vec<u8>)>,
    /// Code, name (empty unless code 10) and value.
    pub attributes: Vec<(u8, Vec<u8>, Option<Vec<u8>>)>,
}

/// Names of the header codes from A001 on.
pub const NAMES: [&str; 14] = [
    "Accept",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Authorization",
    "Connection",
    "Content-Type",
    "Content-Length",
    "Cookie",
    "Cookie2",
    "Host",
    "Pragma",
    "Referer",
    "User-Agent",
];

/// Takes the packet apart; panics on anything that a container would refuse.
pub fn decode(packet: &[u8]) -> Decoded {
    let mut at = 0;
    let mut take = |count: usize| {
        let piece = packet[at..at + count].to_vec();
        at += count;
        piece
    };
    let int = |bytes: Vec<u8>| usize::from(bytes[0]) << 8 | usize::from(bytes[1]);
    assert_eq!(take(2), [0x12, 0x34], "magic");
    assert_eq!(int(take(2)), packet.len() - 4, "payload length");
    assert_eq!(take(1), [2], "type");

    let mut request = Decoded { method: take(1)[0], ..Decoded::default() };
    let rest = |length: usize, take: &mut dyn FnMut(usize) -> Vec<u8>| {
        if length == 0xffff {
            return None;
        }
        let text = take(length);
        assert_eq!(take(1), [0], "terminator");
        Some(text)
    };
    let string = |take: &mut dyn FnMut(usize) -> Vec<u8>| rest(int(take(2)), take);
    request.protocol = string(&mut take);
    request.uri = string(&mut take);
    request.remote_addr = string(&mut take);
    request.remote_host = string(&mut take);
    request.server_name = string(&mut take);
    request.server_port = u16::try_from(int(take(2))).unwrap();
    request.is_ssl = take(1) != [0];
    for _ in 0..int(take(2)) {
        let code = int(take(2));
        let name = if code >> 8 == 0xa0 {
            NAMES[(code & 0xff) - 1].as_bytes().to_vec()
        } else {
            rest(code, &mut take).expect("header without name")
        };
        request.headers.push((name, string(&mut take).expect("header without value")));
    }
    loop {
        let code = take(1)[0];
        let (name, value) = match code {
            0xff => break,
            0x0a => (string(&mut take).expect("attribute without name"), string(&mut take)),
            0x0b => (Vec::new(), Some(take(2))),
            3..=9 | 12 | 13 => (Vec::new(), string(&mut take)),
            other => panic!("no attribute has code {other}"),
        };
        request.attributes.push((code, name, value));
    }
    assert_eq!(at, packet.len(), "bytes behind the end");
    request
}
