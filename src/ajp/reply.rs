//! The head of a reply: status, reason and those headers that may reach a client.
//!
//! Everything is checked when the packet is decoded, so that walking the headers cannot fail. Names and values
//! stay where they are in the packet.

use super::codes;
use super::error::ProtocolError;
use super::packet::Reader;

/// Most bytes of all `Connection` headers of a reply together. Real ones are far below; without a bound, looking
/// up each header in them could be made expensive.
const CONNECTION_BYTES: usize = 1024;

/// The largest Content-Length: httpd counts with a sign.
const LONGEST: u64 = u64::MAX / 2;

/// Headers that concern one connection, or the framing of a message on it; httpd makes its own.
const HOP_BY_HOP: [&str; 7] =
    ["te", "trailer", "upgrade", "connection", "keep-alive", "proxy-connection", "transfer-encoding"];

/// Status line and headers of a reply.
#[derive(Clone, Copy, Debug)]
pub struct ReplyHead<'p> {
    /// 200 to 999.
    pub status: u16,
    /// The reason phrase up to its first control character; may be empty. Tomcat sends the status number here.
    pub reason: &'p [u8],
    length: Option<u64>,
    fields: Fields<'p>,
    /// Bytes of all `Connection` headers: they can name further headers that end here.
    connection: usize,
}

impl<'p> ReplyHead<'p> {
    /// Name and value of each header that may reach a client, in the backend's order. The headers of one hop
    /// are left out, and those that a `Connection` header names. Names are HTTP tokens, values hold no control
    /// character except TAB.
    pub fn headers(&self) -> impl Iterator<Item = (&'p [u8], &'p [u8])> + use<'p> {
        let head = *self;
        head.fields.filter(move |(name, _)| !head.ends_here(name))
    }

    /// The Content-Length, if the backend gave one.
    pub fn content_length(&self) -> Option<u64> {
        self.length
    }

    /// Whether a reply with this status has a body at all.
    pub(super) fn has_body(&self) -> bool {
        !matches!(self.status, 204 | 304)
    }

    /// What follows the type in a SEND_HEADERS packet. mod_jk ignores bytes behind the last header.
    pub(super) fn decode(mut reader: Reader<'p>) -> Result<Self, ProtocolError> {
        let status = final_status(reader.int("status")?)?;
        let reason = printable(reader.string("reason")?.unwrap_or_default());
        let count = reader.int("number of headers")?;
        let fields = Fields { reader, left: count };
        let mut head = Self { status, reason, length: None, fields, connection: 0 };
        for place in 1..=count {
            head.learn(field(&mut reader, place, is_token)?, place)?;
        }
        Ok(head)
    }

    fn learn(&mut self, (name, value): (&[u8], &[u8]), place: u16) -> Result<(), ProtocolError> {
        if !is_field_text(value) {
            return Err(ProtocolError::HeaderValue(place));
        }
        if name.eq_ignore_ascii_case(b"content-length") {
            let length = decimal(value).filter(|length| *length <= LONGEST);
            let length = length.ok_or(ProtocolError::ContentLength)?;
            if self.length.replace(length).is_some_and(|other| other != length) {
                return Err(ProtocolError::ContentLengths);
            }
        } else if name.eq_ignore_ascii_case(b"connection") {
            // One more for the comma that would stand between two of them.
            self.connection += value.len() + 1;
            if self.connection > CONNECTION_BYTES {
                return Err(ProtocolError::Connection);
            }
        }
        Ok(())
    }

    /// Whether a header must not go further than this hop.
    fn ends_here(&self, name: &[u8]) -> bool {
        is_hop_by_hop(name) || (self.connection > 0 && self.nominates(name))
    }

    /// Whether a `Connection` header names this one.
    fn nominates(&self, name: &[u8]) -> bool {
        self.fields
            .filter(|(other, _)| other.eq_ignore_ascii_case(b"connection"))
            .flat_map(|(_, value)| value.split(|byte| *byte == b','))
            .any(|word| word.trim_ascii().eq_ignore_ascii_case(name))
    }
}

/// The headers of a packet that was checked.
#[derive(Clone, Copy, Debug)]
struct Fields<'p> {
    reader: Reader<'p>,
    left: u16,
}

impl<'p> Iterator for Fields<'p> {
    type Item = (&'p [u8], &'p [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        field(&mut self.reader, 0, |_name| true).ok()
    }
}

/// One header: a coded or literal name, and a value. A literal name must be good.
fn field<'p>(
    reader: &mut Reader<'p>,
    place: u16,
    good: impl Fn(&[u8]) -> bool,
) -> Result<(&'p [u8], &'p [u8]), ProtocolError> {
    let name = match reader.int("header name")? {
        codes::NULL_STRING => return Err(ProtocolError::NullHeader(place)),
        code if code >> 8 == codes::HEADER_CODE_MARK => {
            codes::response_header(code).ok_or(ProtocolError::HeaderCode(code))?
        }
        len => {
            let name = reader.text(len, "header name")?;
            if good(name) { name } else { return Err(ProtocolError::HeaderName(place)) }
        }
    };
    let value = reader.string("header value")?.ok_or(ProtocolError::NullHeader(place))?;
    Ok((name, value))
}

fn final_status(status: u16) -> Result<u16, ProtocolError> {
    match status {
        200..=999 => Ok(status),
        100..=199 => Err(ProtocolError::Interim(status)),
        0..=99 | 1000.. => Err(ProtocolError::Status(status)),
    }
}

fn is_hop_by_hop(name: &[u8]) -> bool {
    // Most names have a length that none of them has.
    matches!(name.len(), 2 | 7 | 10 | 16 | 17)
        && HOP_BY_HOP.iter().any(|hop| name.eq_ignore_ascii_case(hop.as_bytes()))
}

/// What RFC 9110 5.6.2 calls a token.
fn is_token(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|byte| is_token_byte(*byte))
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'_' | b'.' | b'!' | b'#'..=b'\'' | b'*' | b'+' | b'^' | b'`' | b'|' | b'~')
}

/// Free of control characters except TAB, which is what httpd puts on the wire as a header's value. Looks at
/// all bytes at once rather than stopping early: the compiler makes vectors of that.
fn is_field_text(value: &[u8]) -> bool {
    !value.iter().fold(false, |bad, byte| bad | is_control(*byte))
}

fn printable(reason: &[u8]) -> &[u8] {
    let end = reason.iter().position(|byte| is_control(*byte)).unwrap_or(reason.len());
    reason.get(..end).unwrap_or_default()
}

const fn is_control(byte: u8) -> bool {
    (byte < b' ' && byte != b'\t') || byte == 0x7f
}

/// A length in decimal digits, blanks around it allowed; `None` if it is anything else or too large.
fn decimal(value: &[u8]) -> Option<u64> {
    let digits = value.trim_ascii();
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0, |sum: u64, digit| match digit {
        b'0'..=b'9' => sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')),
        _ => None,
    })
}
