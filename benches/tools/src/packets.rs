//! Packets from the web server: found in what was received, and as much of their content as a benchmark needs.

use std::io::{self, Read};
use std::net::TcpStream;

/// Receives packets of one connection.
pub struct Packets {
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
}

impl Packets {
    pub fn new() -> Self {
        Self { buffer: vec![0; 256 * 1024].into(), start: 0, end: 0 }
    }

    /// The content of the next packet; `None` when the peer has closed.
    pub fn next(&mut self, socket: &mut TcpStream) -> io::Result<Option<&[u8]>> {
        loop {
            if let Some(size) = self.complete()? {
                let start = self.start + 4;
                self.start += size;
                return Ok(Some(&self.buffer[start..self.start]));
            }
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                self.end -= self.start;
                self.start = 0;
            }
            match socket.read(&mut self.buffer[self.end..])? {
                0 => return Ok(None),
                n => self.end += n,
            }
        }
    }

    fn complete(&self) -> io::Result<Option<usize>> {
        let there = &self.buffer[self.start..self.end];
        match there {
            [0x12, 0x34, high, low, rest @ ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                Ok((rest.len() >= length).then_some(length + 4))
            }
            [_, _, _, _, ..] => Err(io::Error::other("not a packet from a web server")),
            _ => Ok(None),
        }
    }
}

/// What the backend needs to know of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The number at the end of the path: bytes to answer with.
    pub wanted: usize,
    /// Content-Length, or 0.
    pub body: usize,
}

const CONTENT_LENGTH: u16 = 0xa008;

impl Request {
    /// Reads a forward request, its first byte included.
    pub fn decode(packet: &[u8]) -> Option<Self> {
        let mut rest = packet.get(2..)?;
        text(&mut rest)?;
        let wanted = trailing_number(text(&mut rest)?);
        for _ in 0..3 {
            text(&mut rest)?;
        }
        rest = rest.get(3..)?;
        let mut body = 0;
        for _ in 0..int(&mut rest)? {
            let mut ahead = rest;
            let code = int(&mut ahead)?;
            if code >= 0xa000 {
                rest = ahead;
            } else {
                text(&mut rest)?;
            }
            let value = text(&mut rest)?;
            if code == CONTENT_LENGTH {
                body = trailing_number(value);
            }
        }
        Some(Self { wanted, body })
    }
}

fn int(rest: &mut &[u8]) -> Option<u16> {
    let (int, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(u16::from_be_bytes(*int))
}

fn text<'p>(rest: &mut &'p [u8]) -> Option<&'p [u8]> {
    let length = int(rest)?;
    if length == 0xffff {
        return Some(&[]);
    }
    let (text, after) = rest.split_at_checked(usize::from(length))?;
    *rest = after.get(1..)?;
    Some(text)
}

fn trailing_number(text: &[u8]) -> usize {
    let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    text[text.len() - digits..].iter().fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_and_content_length_are_found_behind_null_strings_and_named_headers() {
        let packet = b"\x02\x04\0\x08HTTP/1.1\0\0\x08/app/130\0\xff\xff\xff\xff\0\x01h\0\0\x50\0\0\x02\
            \0\x01x\0\0\x02yz\0\xa0\x08\0\x0277\0\xff";
        assert_eq!(Request::decode(packet), Some(Request { wanted: 130, body: 77 }));
    }
}
