//! One request and its response as a state machine without I/O.
//!
//! The driver sends the request packet, then the body packet that [`Exchange::first_body`] announces. After that
//! it hands what it received to [`Exchange::advance`] and does what the events say, until one says that the
//! exchange is finished. Nothing is copied: events point into the bytes that were handed in.
//!
//! A packet is looked at when it is complete, so a receive buffer must hold [`Exchange::buffer_size`] bytes.

use super::codes;
pub use super::error::{Class, ProtocolError};
use super::packet::{Packet, Reader};
use super::reply::ReplyHead;
use super::request::Body;
use super::upload::Upload;

/// What an exchange must know of the request, and of the agreement with the backend.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// The method is HEAD: no body will reach the client, whatever the backend sends.
    pub head_request: bool,
    /// The body of the request.
    pub body: Body,
    /// `max_packet_size` in bytes, [`codes::MIN_PACKET`] to [`codes::MAX_PACKET`].
    pub packet_limit: usize,
}

/// One request and its response.
#[derive(Debug)]
pub struct Exchange {
    head_request: bool,
    packet_limit: usize,
    upload: Upload,
    stage: Progress,
    reply_body: ReplyBody,
}

/// How far a reply has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Progress {
    /// Neither headers nor body were handed out.
    Nothing,
    /// The headers were.
    Head,
    /// Some body data was.
    Body,
    /// The reply is complete.
    Finished,
}

/// What [`Exchange::advance`] found.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Step<'b> {
    /// Bytes that are done with. 0 without an event: more are needed.
    pub used: usize,
    /// What is to be done, if anything.
    pub event: Option<Event<'b>>,
}

/// What the driver of an exchange has to do.
#[derive(Clone, Copy, Debug)]
pub enum Event<'b> {
    /// Status and headers for the client.
    Head(ReplyHead<'b>),
    /// Body data for the client, never empty.
    Body(&'b [u8]),
    /// What was handed out should reach the client now.
    Flush,
    /// The backend waits for a body packet with at most so many bytes; 0: answer with [`Exchange::end_body`].
    WantsBody(usize),
    /// The reply is complete.
    Finished {
        /// The connection may serve another request.
        reuse: bool,
    },
}

/// How much body the client may get.
#[derive(Debug)]
enum ReplyBody {
    /// As much as comes.
    Open,
    /// So many more bytes: there was a Content-Length.
    Left(u64),
    /// None, whatever comes: HEAD, 204, 304.
    Discarded,
    /// More came than the Content-Length said. The rest of the reply is not worth waiting for.
    Surplus,
}

impl Exchange {
    /// An exchange whose request packet is about to be sent.
    pub fn new(terms: Terms) -> Self {
        let packet_limit = terms.packet_limit.clamp(codes::MIN_PACKET, codes::MAX_PACKET);
        Self {
            head_request: terms.head_request,
            packet_limit,
            upload: Upload::new(terms.body, packet_limit),
            stage: Progress::Nothing,
            reply_body: ReplyBody::Open,
        }
    }

    /// Bytes of the longest packet that can be received: header and a payload as long as the limit.
    pub fn buffer_size(&self) -> usize {
        codes::PACKET_HEADER + self.packet_limit
    }

    /// Data bytes of the body packet that must follow the request without being asked for, until it was framed.
    /// The packet must be that full; Tomcat reads it even if the application does not.
    pub fn first_body(&self) -> Option<usize> {
        self.upload.unasked()
    }

    /// The 6 bytes that precede the `len` data bytes of the next body packet, which are accounted for. `len` is
    /// at least 1 and at most what [`Exchange::first_body`] or [`Event::WantsBody`] said.
    pub fn frame_body(&mut self, len: usize) -> [u8; codes::BODY_OVERHEAD] {
        self.upload.frame(len)
    }

    /// The packet that answers [`Event::WantsBody`] when the client's body has ended.
    pub fn end_body(&mut self) -> [u8; codes::PACKET_HEADER] {
        self.upload.end()
    }

    /// How far the reply has come.
    pub fn progress(&self) -> Progress {
        self.stage
    }

    /// The client has all that it will get, though the packet that ends the reply has not come: the reply has as
    /// many bytes as its Content-Length says, or can have none.
    pub fn is_whole(&self) -> bool {
        let complete = match self.reply_body {
            ReplyBody::Left(left) => left == 0,
            ReplyBody::Discarded => true,
            ReplyBody::Open | ReplyBody::Surplus => false,
        };
        complete && matches!(self.stage, Progress::Head | Progress::Body)
    }

    /// The reply is whole and the request had no body, so nothing is owed but the packet that ends the reply.
    pub fn is_answered(&self) -> bool {
        self.is_whole() && self.upload.is_none()
    }

    /// A question for body data was answered, so the request body cannot be repeated.
    pub fn body_pulled(&self) -> bool {
        self.upload.pulled()
    }

    /// Looks at the received bytes that are not done with yet, one packet at a time: to be called again until it
    /// uses nothing and has no event. After an error the connection is worth nothing.
    pub fn advance<'b>(&mut self, received: &'b [u8]) -> Result<Step<'b>, ProtocolError> {
        if self.stage == Progress::Finished {
            return if received.is_empty() { Ok(Step::MORE) } else { Err(ProtocolError::AfterEnd) };
        }
        if matches!(self.reply_body, ReplyBody::Surplus) {
            return Ok(Step { used: 0, event: Some(self.finish(false)) });
        }
        let Some(Packet { payload, size }) = Packet::split(received, self.packet_limit)? else {
            return Ok(Step::MORE);
        };
        let alone = size == received.len();
        Ok(Step { used: size, event: self.take(payload, alone)? })
    }

    /// `alone`: nothing was received behind this packet.
    fn take<'b>(&mut self, payload: &'b [u8], alone: bool) -> Result<Option<Event<'b>>, ProtocolError> {
        let (&kind, content) = payload.split_first().ok_or(ProtocolError::EmptyPacket)?;
        let mut content = Reader::new(content);
        match kind {
            codes::SEND_HEADERS => self.head(content).map(Some),
            codes::SEND_BODY_CHUNK => self.chunk(content),
            codes::GET_BODY_CHUNK => {
                let asked = content.int("requested length")?;
                if self.upload.is_pestered() {
                    return Err(ProtocolError::Insatiable);
                }
                Ok(Some(Event::WantsBody(self.upload.ask(asked))))
            }
            codes::END_RESPONSE => self.end(content, alone).map(Some),
            kind => Err(ProtocolError::PacketType(kind)),
        }
    }

    fn head<'b>(&mut self, content: Reader<'b>) -> Result<Event<'b>, ProtocolError> {
        if self.stage != Progress::Nothing {
            return Err(ProtocolError::SecondHead);
        }
        let head = ReplyHead::decode(content)?;
        self.reply_body = match head.content_length() {
            _ if self.head_request || !head.has_body() => ReplyBody::Discarded,
            Some(length) => ReplyBody::Left(length),
            None => ReplyBody::Open,
        };
        self.stage = Progress::Head;
        Ok(Event::Head(head))
    }

    fn chunk<'b>(&mut self, mut content: Reader<'b>) -> Result<Option<Event<'b>>, ProtocolError> {
        let claimed = usize::from(content.int("chunk length")?);
        let present = content.rest().len();
        let data = content.rest().get(..claimed).ok_or(ProtocolError::Chunk { claimed, present })?;
        match (self.stage, data.is_empty()) {
            // A flush of nothing.
            (Progress::Nothing, true) => Ok(None),
            (Progress::Nothing, false) => Err(ProtocolError::BodyBeforeHead),
            (Progress::Head | Progress::Body | Progress::Finished, true) => Ok(Some(Event::Flush)),
            (Progress::Head | Progress::Body | Progress::Finished, false) => Ok(self.data(data)),
        }
    }

    /// What of `data` the client may get.
    fn data<'b>(&mut self, data: &'b [u8]) -> Option<Event<'b>> {
        let data = match &mut self.reply_body {
            ReplyBody::Open => data,
            // mod_jk flushes for each body packet that a HEAD request drops.
            ReplyBody::Discarded => return self.head_request.then_some(Event::Flush),
            ReplyBody::Left(left) => match left.checked_sub(data.len() as u64) {
                Some(rest) => {
                    *left = rest;
                    data
                }
                None => {
                    let fits = usize::try_from(*left).ok().and_then(|left| data.get(..left));
                    self.reply_body = ReplyBody::Surplus;
                    fits.unwrap_or_default()
                }
            },
            ReplyBody::Surplus => &[],
        };
        if data.is_empty() {
            return Some(self.finish(false));
        }
        self.stage = Progress::Body;
        Some(Event::Body(data))
    }

    fn end<'b>(&mut self, mut content: Reader<'b>, alone: bool) -> Result<Event<'b>, ProtocolError> {
        if self.stage == Progress::Nothing {
            return Err(ProtocolError::EndBeforeHead);
        }
        match self.reply_body {
            ReplyBody::Left(missing @ 1..) => return Err(ProtocolError::ShortBody(missing)),
            ReplyBody::Left(0) | ReplyBody::Open | ReplyBody::Discarded | ReplyBody::Surplus => {}
        }
        // Without the flag the request is complete all the same; any flag but 0 allows reuse.
        let allowed = content.byte("reuse flag").is_ok_and(|flag| flag != 0);
        Ok(self.finish(allowed && alone && self.upload.settled()))
    }

    fn finish<'b>(&mut self, reuse: bool) -> Event<'b> {
        self.stage = Progress::Finished;
        Event::Finished { reuse }
    }
}

impl Step<'_> {
    const MORE: Self = Self { used: 0, event: None };
}
