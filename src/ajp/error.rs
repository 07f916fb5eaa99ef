//! What can be wrong with what a backend sends.

use core::fmt;

/// How mod_jk sorts an error; `recovery_options` and the status for the client depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The stream is no sequence of packets: wrong magic, too long a packet.
    Framing,
    /// A packet cannot be understood, or comes when it must not.
    Content,
}

/// What a backend sent is not AJP/1.3, or is nothing that may reach a client. The connection must be closed.
///
/// No variant carries bytes of the reply, so none can bring them into a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProtocolError {
    /// A packet does not begin with `AB`.
    Magic,
    /// A payload of this many bytes, with this `max_packet_size`.
    Oversize {
        /// Bytes of payload that the packet announces.
        payload: usize,
        /// Bytes of payload that are accepted.
        limit: usize,
    },
    /// Bytes follow the end of the reply.
    AfterEnd,
    /// A packet without payload, so without type.
    EmptyPacket,
    /// A packet of a type that has no place in a reply.
    PacketType(u8),
    /// A packet ends before or within the named part.
    Truncated(&'static str),
    /// A body chunk claims more data than its packet holds.
    Chunk {
        /// Bytes of data that the chunk claims.
        claimed: usize,
        /// Bytes of data that the packet has room for.
        present: usize,
    },
    /// A status that HTTP does not have.
    Status(u16),
    /// An interim status, which AJP does not have.
    Interim(u16),
    /// A header name by a code that does not exist.
    HeaderCode(u16),
    /// A null string as name or value of the header at this place, counted from 1.
    NullHeader(u16),
    /// No HTTP token as name of the header at this place, counted from 1.
    HeaderName(u16),
    /// Control characters in the value of the header at this place, counted from 1.
    HeaderValue(u16),
    /// A Content-Length that is no number.
    ContentLength,
    /// Two Content-Length headers that disagree.
    ContentLengths,
    /// `Connection` headers longer than anyone needs.
    Connection,
    /// Headers came a second time.
    SecondHead,
    /// Body data came before the headers.
    BodyBeforeHead,
    /// The reply ended without headers.
    EndBeforeHead,
    /// The reply ended this many bytes before its Content-Length.
    ShortBody(u64),
    /// Body data was asked for again and again after there was no more.
    Insatiable,
}

impl ProtocolError {
    /// How mod_jk sorts this error.
    pub fn class(&self) -> Class {
        match self {
            Self::Magic | Self::Oversize { .. } | Self::AfterEnd => Class::Framing,
            Self::EmptyPacket
            | Self::PacketType(_)
            | Self::Truncated(_)
            | Self::Chunk { .. }
            | Self::Status(_)
            | Self::Interim(_)
            | Self::HeaderCode(_)
            | Self::NullHeader(_)
            | Self::HeaderName(_)
            | Self::HeaderValue(_)
            | Self::ContentLength
            | Self::ContentLengths
            | Self::Connection
            | Self::SecondHead
            | Self::BodyBeforeHead
            | Self::EndBeforeHead
            | Self::ShortBody(_)
            | Self::Insatiable => Class::Content,
        }
    }
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Magic => {
                f.write_str("reply is no ajp packet (is the port really that of an AJP connector?)")
            }
            Self::Oversize { payload, limit } => {
                write!(
                    f,
                    "packet of {payload} bytes exceeds max_packet_size {limit} (packetSize of the connector?)"
                )
            }
            Self::AfterEnd => f.write_str("more bytes after the end of the reply"),
            Self::EmptyPacket => f.write_str("packet without content"),
            Self::PacketType(kind) => write!(f, "packet of type {kind} has no place in a reply"),
            Self::Truncated(part) => write!(f, "packet ends before its {part} does"),
            Self::Chunk { claimed, present } => {
                write!(f, "body chunk claims {claimed} bytes, its packet holds {present}")
            }
            Self::Status(status) => write!(f, "status {status} does not exist"),
            Self::Interim(status) => write!(f, "interim status {status} cannot be sent over ajp"),
            Self::HeaderCode(code) => write!(f, "unknown header code {code:#06x}"),
            Self::NullHeader(place) => write!(f, "header {place} has a null name or value"),
            Self::HeaderName(place) => write!(f, "header {place} has a name that http does not allow"),
            Self::HeaderValue(place) => write!(f, "header {place} has control characters in its value"),
            Self::ContentLength => f.write_str("content-length is not a number"),
            Self::ContentLengths => f.write_str("several content-length headers that differ"),
            Self::Connection => f.write_str("connection headers are too long"),
            Self::SecondHead => f.write_str("headers were sent twice"),
            Self::BodyBeforeHead => f.write_str("body data before the headers"),
            Self::EndBeforeHead => f.write_str("reply ended without headers"),
            Self::ShortBody(missing) => write!(f, "reply ended {missing} bytes before its content-length"),
            Self::Insatiable => f.write_str("body data is asked for without end, though there is no more"),
        }
    }
}

impl core::error::Error for ProtocolError {}
