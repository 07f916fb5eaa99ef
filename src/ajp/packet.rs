//! Cursors over packets: one that writes a packet within a limit.

use super::codes;

/// Writes one packet to Tomcat. What does not fit is counted instead of written, so that an error can tell how
/// large the packet would have been.
pub(super) struct Writer<'o> {
    out: &'o mut Vec<u8>,
    limit: usize,
    size: usize,
}

impl<'o> Writer<'o> {
    /// Starts a packet of at most `limit` bytes, header included. No packet can exceed [`codes::MAX_PACKET`], so
    /// no string can exceed what its length can say.
    pub(super) fn new(out: &'o mut Vec<u8>, limit: usize) -> Self {
        out.clear();
        let limit = limit.min(codes::MAX_PACKET);
        out.reserve(limit.min(codes::MIN_PACKET));
        let mut writer = Self { out, limit, size: 0 };
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
            Ok(payload) if self.size <= self.limit => {
                self.patch(codes::TO_TOMCAT.len(), payload);
                Ok(self.size)
            }
            Ok(_) | Err(_) => Err(TooLarge { needed: self.size, limit: self.limit }),
        }
    }
}

/// A packet would exceed its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge {
    /// Bytes that the whole packet would take.
    pub needed: usize,
    /// Bytes that it may take.
    pub limit: usize,
}

impl core::fmt::Display for TooLarge {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "request needs a packet of {} bytes, max_packet_size is {}", self.needed, self.limit)
    }
}

impl core::error::Error for TooLarge {}
