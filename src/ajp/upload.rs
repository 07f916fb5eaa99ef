//! The request body's side of an exchange: what is left of it, what the backend waits for.

use super::codes;
use super::control;
use super::request::Body;

/// How much of the request body was sent, and which body packet is due.
#[derive(Debug)]
pub(super) struct Upload {
    left: Left,
    due: Due,
    /// The request came without a body.
    is_bare: bool,
    /// Most data bytes of one packet.
    room: usize,
    /// A question for body data was answered: the request cannot be repeated any more.
    pulled: bool,
    /// Every body packet was one the backend waits for.
    in_step: bool,
    /// How often the backend asked and there was nothing to give.
    in_vain: u16,
}

/// How often a backend may ask for what there is not: Tomcat does so a few times at most, and one that never stops would
/// hold the request's thread for as long as it likes.
pub(super) const PATIENCE: u16 = 1000;

/// What is left of the request body.
#[derive(Debug)]
enum Left {
    /// This many bytes; 0 if there was no body or it has ended.
    Bytes(u64),
    /// The client says when it ends.
    Unknown,
}

/// The body packet that the backend waits for, with its most data bytes.
#[derive(Clone, Copy, Debug)]
enum Due {
    Nothing,
    /// Tomcat reads one body packet after a request with Content-Length without asking for it.
    Unasked(usize),
    Asked(usize),
}

impl Upload {
    pub(super) fn new(body: Body, packet_limit: usize) -> Self {
        let room = packet_limit.saturating_sub(codes::BODY_OVERHEAD);
        let (left, due) = match body {
            Body::None | Body::Length(0) => (Left::Bytes(0), Due::Nothing),
            Body::Length(length) => (Left::Bytes(length), Due::Unasked(at_most(room, length))),
            Body::Chunked => (Left::Unknown, Due::Nothing),
        };
        let is_bare = matches!(left, Left::Bytes(0));
        Self { left, due, is_bare, room, pulled: false, in_step: true, in_vain: 0 }
    }

    /// There is no request body, and the backend has not asked for one. Of a body that it has in full the backend may
    /// still ask for more, to find its end.
    pub(super) fn is_none(&self) -> bool {
        self.is_bare && matches!(self.due, Due::Nothing) && !self.pulled
    }

    /// Data bytes of the packet that is due without a question.
    pub(super) fn unasked(&self) -> Option<usize> {
        match self.due {
            Due::Unasked(most) => Some(most),
            Due::Nothing | Due::Asked(_) => None,
        }
    }

    /// The backend asks for `asked` bytes: how many it may get at most. More than a packet holds is clipped, as
    /// mod_jk 1.2.48 does.
    pub(super) fn ask(&mut self, asked: u16) -> usize {
        let most = usize::from(asked).min(self.room);
        let most = match self.left {
            Left::Bytes(left) => at_most(most, left),
            Left::Unknown => most,
        };
        self.in_step &= matches!(self.due, Due::Nothing);
        self.due = Due::Asked(most);
        most
    }

    /// The bytes before `len` data bytes, which are accounted for.
    pub(super) fn frame(&mut self, len: usize) -> [u8; codes::BODY_OVERHEAD] {
        let most = self.answer();
        debug_assert!(0 < len && len <= most, "{len} bytes of body, {most} were wanted");
        self.in_step &= 0 < len && len <= most;
        match &mut self.left {
            Left::Bytes(left) => *left = left.saturating_sub(len as u64),
            Left::Unknown => {}
        }
        control::body_header(len)
    }

    /// The packet that says that there is no more. A question for 0 bytes, which gets it too, ends nothing.
    pub(super) fn end(&mut self) -> [u8; codes::PACKET_HEADER] {
        self.in_vain = self.in_vain.saturating_add(1);
        if self.answer() > 0 {
            self.left = Left::Bytes(0);
        }
        control::EMPTY_BODY
    }

    /// The backend asks again and again for what there is not.
    pub(super) fn is_pestered(&self) -> bool {
        self.in_vain >= PATIENCE
    }

    pub(super) fn pulled(&self) -> bool {
        self.pulled
    }

    /// The backend waits for no body packet and got none too many: the next bytes can be a new request.
    pub(super) fn settled(&self) -> bool {
        self.in_step && matches!(self.due, Due::Nothing)
    }

    /// Takes what is due as answered; its most data bytes.
    fn answer(&mut self) -> usize {
        let most = match self.due {
            Due::Nothing => {
                self.in_step = false;
                0
            }
            Due::Unasked(most) => most,
            Due::Asked(most) => {
                self.pulled = true;
                most
            }
        };
        self.due = Due::Nothing;
        most
    }
}

fn at_most(room: usize, left: u64) -> usize {
    usize::try_from(left).map_or(room, |left| left.min(room))
}
