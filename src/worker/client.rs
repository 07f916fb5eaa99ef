//! The browser's side of an exchange, as the host implements it.

use crate::ajp::reply::ReplyHead;
use std::io::IoSlice;

/// What follows the pieces of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// More will come; the host may keep what it has.
    More,
    /// Nothing for a while: the client gets what there is now.
    Flush,
    /// Nothing: the reply is complete.
    End,
}

/// The client failed; the backend is not to blame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientError {
    /// The body could not be read, or ended before its announced length. Carries the status that the host
    /// wants logged (400, or 413 where a limit was met).
    Read(u16),
    /// The host has answered the client itself: the request's body is over a limit, or a filter refused the reply.
    Answered,
    /// The reply could not be written.
    Write,
}

/// Part of a request body, in place.
#[derive(Debug)]
pub struct BodyPart<'c> {
    /// The bytes, in order.
    pub slices: &'c [IoSlice<'c>],
    /// How many there are in all. Fewer than asked for: the body ends here.
    pub len: usize,
}

/// Who asked: takes the reply, gives the request body.
pub trait Client {
    /// The head of the reply, and a cookie to add behind its headers. Nothing reaches the client before the first
    /// delivery, so that until then another backend can be asked.
    ///
    /// # Errors
    /// When the host cannot take it.
    fn head(&mut self, head: &ReplyHead<'_>, set_cookie: Option<&[u8]>) -> Result<(), ClientError>;

    /// Forgets the head: the reply it belonged to will not come, another may.
    fn forget_head(&mut self);

    /// The head of a reply that is not passed on (`use_server_errors`): the host will answer itself.
    fn withhold(&mut self, head: &ReplyHead<'_>);

    /// Pieces of the body. They need not live longer than the call.
    ///
    /// # Errors
    /// When the client is gone.
    fn deliver(&mut self, pieces: &[&[u8]], then: Then) -> Result<(), ClientError>;

    /// The next part of the request body: `want` bytes, or fewer if the body ends.
    ///
    /// # Errors
    /// When reading fails.
    fn body(&mut self, want: usize) -> Result<BodyPart<'_>, ClientError>;
}
