//! Cursors over packets: one that writes a packet within a limit, one that reads a payload within its bounds.

use super::codes;
use super::error::ProtocolError;

/// One whole packet at the start of a receive buffer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'b> {
    /// What follows the packet's header.
    pub(super) payload: &'b [u8],
    /// Bytes of the buffer that the packet takes.
    pub(super) size: usize,
}

impl<'b> Packet<'b> {
    /// Finds the packet at the start of `received`; `None` if it is not complete yet. What can no longer become
    /// a packet is an error at once, not after waiting for the rest.
    ///
    /// mod_jk accepts a payload as long as the whole packet may be, four bytes more than legal; so do we.
    pub(super) fn split(received: &'b [u8], limit: usize) -> Result<Option<Self>, ProtocolError> {
        if !codes::FROM_TOMCAT.starts_with(received.get(..2).unwrap_or(received)) {
            return Err(ProtocolError::Magic);
        }
        let Some((&[_, _, high, low], rest)) = received.split_first_chunk() else { return Ok(None) };
        let payload = usize::from(u16::from_be_bytes([high, low]));
        if payload > limit {
            return Err(ProtocolError::Oversize { payload, limit });
        }
        let size = codes::PACKET_HEADER + payload;
        Ok(rest.get(..payload).map(|payload| Self { payload, size }))
    }
}

/// Reads the payload of one packet; never beyond its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'p> {
    rest: &'p [u8],
}

impl<'p> Reader<'p> {
    pub(super) fn new(rest: &'p [u8]) -> Self {
        Self { rest }
    }

    /// What was not read yet.
    pub(super) fn rest(&self) -> &'p [u8] {
        self.rest
    }

    pub(super) fn byte(&mut self, what: &'static str) -> Result<u8, ProtocolError> {
        let (&byte, rest) = self.rest.split_first().ok_or(ProtocolError::Truncated(what))?;
        self.rest = rest;
        Ok(byte)
    }

    pub(super) fn int(&mut self, what: &'static str) -> Result<u16, ProtocolError> {
        let (&int, rest) = self.rest.split_first_chunk().ok_or(ProtocolError::Truncated(what))?;
        self.rest = rest;
        Ok(u16::from_be_bytes(int))
    }

    /// A string with its length; `None` is the null string.
    pub(super) fn string(&mut self, what: &'static str) -> Result<Option<&'p [u8]>, ProtocolError> {
        match self.int(what)? {
            codes::NULL_STRING => Ok(None),
            len => self.text(len, what).map(Some),
        }
    }

    /// The bytes of a string whose length was read. The length counts; the byte after them must exist, but what
    /// it is does not matter.
    pub(super) fn text(&mut self, len: u16, what: &'static str) -> Result<&'p [u8], ProtocolError> {
        let (text, rest) =
            self.rest.split_at_checked(usize::from(len)).ok_or(ProtocolError::Truncated(what))?;
        let (_terminator, rest) = rest.split_first().ok_or(ProtocolError::Truncated(what))?;
        self.rest = rest;
        Ok(text)
    }
}

/// Writes one packet to Tomcat. What does not fit is counted instead of written, so that an error can tell how
/// large the packet would have been.
pub(super) struct Writer<'o> {
    out: &'o mut Vec<u8>,
    limit: usize,
    size: usize,
    /// Length of the last header name that cannot be sent; 0 for none.
    unsayable: usize,
}

impl<'o> Writer<'o> {
    /// Starts a packet of at most `limit` bytes, header included. No packet can exceed [`codes::MAX_PACKET`], so
    /// no string can exceed what its length can say.
    pub(super) fn new(out: &'o mut Vec<u8>, limit: usize) -> Self {
        out.clear();
        let limit = limit.min(codes::MAX_PACKET);
        out.reserve(limit.min(codes::MIN_PACKET));
        let mut writer = Self { out, limit, size: 0, unsayable: 0 };
        let [a, b] = codes::TO_TOMCAT;
        writer.put(&[a, b, 0, 0]);
        writer
    }

    /// Bytes as they are.
    #[inline]
    pub(super) fn put(&mut self, bytes: &[u8]) {
        self.size = self.size.saturating_add(bytes.len());
        if self.size <= self.limit {
            self.out.extend_from_slice(bytes);
        }
    }

    #[inline]
    pub(super) fn byte(&mut self, byte: u8) {
        self.put(&[byte]);
    }

    #[inline]
    pub(super) fn int(&mut self, int: u16) {
        self.put(&int.to_be_bytes());
    }

    pub(super) fn string(&mut self, text: &[u8]) {
        const AROUND: usize = 3;
        self.size = self.size.saturating_add(text.len()).saturating_add(AROUND);
        if self.size <= self.limit {
            // What fits into a packet has a length of 16 bits.
            let [.., high, low] = text.len().to_be_bytes();
            self.out.extend_from_slice(&[high, low]);
            self.out.extend_from_slice(text);
            self.out.push(0);
        }
    }

    /// The name of a header that has no code. A length that reads as one cannot be said: Tomcat would take what is in the
    /// name for the rest of the packet.
    pub(super) fn header_name(&mut self, name: &[u8]) {
        const CODES: usize = (codes::HEADER_CODE_MARK as usize) << 8;
        if (CODES..=CODES | 0xff).contains(&name.len()) {
            self.unsayable = name.len();
        }
        self.string(name);
    }

    pub(super) fn string_or_null(&mut self, text: Option<&[u8]>) {
        match text {
            Some(text) => self.string(text),
            None => self.int(codes::NULL_STRING),
        }
    }

    /// A number as a string of decimal digits.
    pub(super) fn decimal(&mut self, number: u64) {
        let mut digits = [0; 20];
        let mut start = digits.len();
        let mut rest = number;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            start -= 1;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.string(digits.get(start..).unwrap_or_default());
    }

    /// Where the next byte will stand.
    pub(super) fn position(&self) -> usize {
        self.size
    }

    /// Overwrites the integer at `position`.
    pub(super) fn patch(&mut self, position: usize, int: u16) {
        if let Some(slot) = self.out.get_mut(position..).and_then(<[u8]>::first_chunk_mut) {
            *slot = int.to_be_bytes();
        }
    }

    /// Completes the packet's header; the size of the packet in bytes, if it fits.
    pub(super) fn finish(mut self) -> Result<usize, TooLarge> {
        let payload = u16::try_from(self.size.saturating_sub(codes::PACKET_HEADER));
        match payload {
            _ if self.unsayable != 0 => Err(TooLarge::HeaderName(self.unsayable)),
            Ok(payload) if self.size <= self.limit => {
                self.patch(codes::TO_TOMCAT.len(), payload);
                Ok(self.size)
            }
            Ok(_) | Err(_) => Err(TooLarge::Packet { needed: self.size, limit: self.limit }),
        }
    }
}

/// A request that no packet can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooLarge {
    /// The packet would exceed its limit.
    Packet {
        /// Bytes that the whole packet would take.
        needed: usize,
        /// Bytes that it may take.
        limit: usize,
    },
    /// The name of a header has so many bytes that its length reads as a code.
    HeaderName(usize),
}

impl core::fmt::Display for TooLarge {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Packet { needed, limit } => {
                write!(f, "request needs a packet of {needed} bytes, max_packet_size is {limit}")
            }
            Self::HeaderName(len) => {
                write!(f, "request has a header whose name of {len} bytes AJP cannot tell from a code")
            }
        }
    }
}

impl core::error::Error for TooLarge {}
