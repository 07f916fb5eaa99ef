//! Replies, made once for each size and sent again and again.

use std::collections::HashMap;
use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};

/// How a reply is cut into writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// All of it with one call, so that a large one is always ahead of its reader.
    One,
    /// Each packet with a call of its own, as Tomcat does it.
    Three,
}

/// What a listening port does.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    pub style: Style,
    /// `packetSize` of the connector.
    pub packet: usize,
}

impl Manner {
    /// `one:8192` or `three:8192`.
    pub fn parse(text: &str) -> Option<Self> {
        let (style, packet) = text.split_once(':')?;
        let style = match style {
            "one" => Style::One,
            "three" => Style::Three,
            _ => return None,
        };
        Some(Self { style, packet: packet.parse().ok()? })
    }
}

/// The replies that were made so far, for one packet size.
#[derive(Default)]
pub struct Replies(Mutex<HashMap<usize, Arc<Vec<u8>>>>);

impl Replies {
    /// The packets of a reply with a body of `size` bytes.
    pub fn of(&self, size: usize, packet: usize) -> Arc<Vec<u8>> {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(made.entry(size).or_insert_with(|| Arc::new(make(size, packet))))
    }
}

fn make(size: usize, packet: usize) -> Vec<u8> {
    // Packet header, type, length, and the zero byte at the end.
    let most = packet - 8;
    let mut out = Vec::with_capacity(size + size / most * 8 + 200);
    let length = size.to_string();
    let mut head = b"\x04\0\xc8\0\x02OK\0\0\x02\xa0\x01\0\x0atext/plain\0\xa0\x03".to_vec();
    head.extend_from_slice(&short(length.len()));
    head.extend_from_slice(length.as_bytes());
    head.push(0);
    push(&mut out, &[&head]);
    let mut left = size;
    while left > 0 {
        let now = left.min(most);
        push(&mut out, &[b"\x03", &short(now), &vec![b'x'; now], b"\0"]);
        left -= now;
    }
    push(&mut out, &[b"\x05\x01"]);
    out
}

/// The packet that asks for so many bytes of the request's body.
pub fn ask(bytes: usize) -> [u8; 7] {
    let [high, low] = short(bytes);
    [b'A', b'B', 0, 3, 6, high, low]
}

fn push(out: &mut Vec<u8>, parts: &[&[u8]]) {
    out.extend_from_slice(b"AB");
    out.extend_from_slice(&short(parts.iter().map(|part| part.len()).sum()));
    parts.iter().for_each(|part| out.extend_from_slice(part));
}

fn short(number: usize) -> [u8; 2] {
    let [.., high, low] = number.to_be_bytes();
    [high, low]
}

/// Sends a reply.
pub fn send(socket: &mut TcpStream, style: Style, mut packets: &[u8]) -> io::Result<()> {
    if style == Style::One {
        return socket.write_all(packets);
    }
    while let [_, _, high, low, ..] = *packets {
        let (packet, rest) = packets.split_at(4 + usize::from(u16::from_be_bytes([high, low])));
        socket.write_all(packet)?;
        packets = rest;
    }
    Ok(())
}
