//! The client of a request as the workers see it: httpd's filters, with replies going out as brigades of slices of
//! the receive buffer.

use super::apr::{Pool, Table, int};
use super::ffi;
use super::request_body::RequestBody;
use crate::ajp::reply::ReplyHead;
use crate::worker::{BodyPart, Client, ClientError, Then};
use std::ffi::{c_char, c_int};

/// The client of one request.
pub(super) struct Browser {
    r: *mut ffi::request_rec,
    pool: Pool,
    out: *mut ffi::apr_bucket_brigade,
    body: RequestBody,
    /// What to go back to when a head is forgotten.
    before: Option<Before>,
    /// The headers of httpd's own answers without a backend's challenge, if one was put there.
    unchallenged: Option<*mut ffi::apr_table_t>,
    delivered: bool,
    /// Whether a range of the reply is asked for.
    ranged: bool,
}

/// The reply's part of the request as other modules had left it.
struct Before {
    headers: *mut ffi::apr_table_t,
    content_type: *const c_char,
    length: ffi::apr_off_t,
    status: c_int,
    status_line: *const c_char,
    mtime: ffi::apr_time_t,
}

impl Browser {
    /// # Safety
    /// `r` is a live request used by this thread alone while the value lives.
    pub(super) unsafe fn new(r: *mut ffi::request_rec) -> Self {
        // SAFETY: a live request has a pool and a connection with a bucket allocator.
        unsafe {
            let pool = Pool::new((*r).pool);
            let out = ffi::apr_brigade_create((*r).pool, (*(*r).connection).bucket_alloc);
            let ranged = Table::new((*r).headers_in).get(c"Range").is_some();
            Self {
                r,
                pool,
                out,
                body: RequestBody::new(r),
                before: None,
                unchallenged: None,
                delivered: false,
                ranged,
            }
        }
    }

    /// Whether something of a reply may have reached the client.
    pub(super) fn delivered(&self) -> bool {
        self.delivered
    }

    /// Ends a reply that was begun and cannot be completed: the client sees a cut, not an end. The connection is
    /// closed, and a chunked body gets no last chunk.
    pub(super) fn cut(&mut self) {
        // SAFETY: the request is live; error and EOS buckets are made by its connection's allocator.
        unsafe {
            let c = (*self.r).connection;
            self.forbid_caching();
            (*c).keepalive = ffi::ap_conn_keepalive_e::AP_CONN_CLOSE;
            let status = int(ffi::HTTP_BAD_GATEWAY);
            let error =
                ffi::ap_bucket_error_create(status, std::ptr::null(), (*self.r).pool, (*c).bucket_alloc);
            ffi::jk_shim_append(self.out, error);
            ffi::jk_shim_append(self.out, ffi::apr_bucket_eos_create((*c).bucket_alloc));
            ffi::ap_pass_brigade((*self.r).output_filters, self.out);
            ffi::apr_brigade_cleanup(self.out.cast());
        }
    }

    /// Keeps mod_cache from taking half a reply, or a page with half a part in it, for the whole.
    ///
    /// # Safety
    /// No other thread uses the request.
    unsafe fn forbid_caching(&self) {
        let mut r = self.r;
        while !r.is_null() {
            // SAFETY: the main request of a live one is live.
            unsafe {
                (*r).no_cache = 1;
                r = (*r).main;
            }
        }
    }

    /// Reads what the backend left unread of a request body that came over HTTP/2. mod_http2 would reset the stream
    /// at the end of the request, and with it what is still on its way to the client. Over HTTP/1.1 httpd itself does
    /// what is needed.
    pub(super) fn drain(&mut self) {
        // SAFETY: the request is live.
        let (part_of_http2, expects_100) =
            unsafe { (!(*(*self.r).connection).master.is_null(), (*self.r).expecting_100 != 0) };
        if !part_of_http2 || expects_100 {
            return;
        }
        while !self.body.has_ended() && self.body.read(DRAINED_AT_ONCE).is_ok() {}
    }

    /// Hands the pieces to httpd's buffer for small writes, which goes ahead of what is passed on later. httpd cuts a
    /// range out of a reply only if it gets all of it at once; with this that depends on the reply's size, as in
    /// mod_jk, and not on the segments in which it arrives.
    fn buffer(&mut self, pieces: &[&[u8]]) -> Result<(), ClientError> {
        for piece in pieces {
            let len = c_int::try_from(piece.len()).map_err(|_| ClientError::Write)?;
            // SAFETY: the request is live; httpd copies the bytes, or is done with them when it returns.
            let (written, aborted) = unsafe {
                (ffi::ap_rwrite(piece.as_ptr().cast(), len, self.r), (*(*self.r).connection).aborted != 0)
            };
            if written < 0 {
                return Err(if aborted { ClientError::Write } else { ClientError::Answered });
            }
        }
        Ok(())
    }

    /// Nothing more is written to this client.
    pub(super) fn give_up(&mut self) {
        // SAFETY: the request is live.
        unsafe { (*(*self.r).connection).aborted = 1 };
    }

    /// Keeps the reply's fields as they are, once.
    fn remember(&mut self) {
        if self.before.is_some() {
            return;
        }
        // SAFETY: the request is live.
        unsafe {
            let r = &mut *self.r;
            self.before = Some(Before {
                headers: r.headers_out,
                content_type: r.content_type,
                length: r.clength,
                status: r.status,
                status_line: r.status_line,
                mtime: r.mtime,
            });
            r.headers_out = ffi::apr_table_copy(r.pool, r.headers_out);
        }
    }

    /// `length` is that of the body, if the headers say one.
    fn header(&mut self, name: &[u8], value: &[u8], length: Option<ffi::apr_off_t>) {
        // SAFETY: the request is live.
        let table = unsafe { Table::new((*self.r).headers_out) };
        if name.eq_ignore_ascii_case(b"content-type") {
            self.content_type(value);
        } else if name.eq_ignore_ascii_case(b"content-length") {
            if let Some(length) = length {
                // SAFETY: the request is live.
                unsafe { ffi::ap_set_content_length(self.r, length) };
            }
        } else if name.eq_ignore_ascii_case(b"location") {
            table.set(self.pool.text(&[name]), self.pool.text(&[value]));
        } else if name.eq_ignore_ascii_case(b"last-modified") {
            let text = self.pool.text(&[value]);
            // SAFETY: the request is live, `text` a pool string.
            unsafe {
                ffi::ap_update_mtime(self.r, ffi::apr_date_parse_http(text));
                ffi::ap_set_last_modified(self.r);
            }
        } else {
            table.add(self.pool.text(&[name]), self.pool.text(&[value]));
        }
    }

    /// mod_jk lower-cases the type and leaves the parameters alone.
    fn content_type(&mut self, value: &[u8]) {
        let end = value.iter().position(|b| *b == b';').unwrap_or(value.len());
        let (kind, parameters) = value.split_at_checked(end).unwrap_or((value, &[]));
        let text = self.pool.text(&[&kind.to_ascii_lowercase(), parameters]);
        // SAFETY: the request is live, `text` a pool string.
        unsafe { ffi::ap_set_content_type(self.r, text) };
    }

    /// Sets the status line; without a reason httpd knows the phrase, or there is none.
    fn status(&mut self, status: u16, reason: &[u8]) {
        let number =
            [status / 100, status / 10 % 10, status % 10].map(|n| b'0' + u8::try_from(n % 10).unwrap_or(0));
        // SAFETY: httpd returns a static string for any number.
        let usual = unsafe { super::apr::bytes(ffi::ap_get_status_line(c_int::from(status))) };
        let line = match reason {
            [] if usual.starts_with(&number) => std::ptr::null_mut(),
            [] => self.pool.text(&[&number, b" Unknown Reason"]),
            _ => self.pool.text(&[&number, b" ", reason]),
        };
        // SAFETY: the request is live.
        unsafe {
            (*self.r).status = c_int::from(status);
            (*self.r).status_line = line;
        }
    }
}

impl Client for Browser {
    fn head(&mut self, head: &ReplyHead<'_>, set_cookie: Option<&[u8]>) -> Result<(), ClientError> {
        self.remember();
        self.status(head.status, head.reason);
        let length = head.content_length().map(ffi::apr_off_t::try_from);
        let length = length.transpose().map_err(|_| ClientError::Write)?;
        for (name, value) in head.headers() {
            self.header(name, value, length);
        }
        if let Some(cookie) = set_cookie {
            let text = self.pool.text(&[cookie]);
            // SAFETY: the request is live.
            unsafe { Table::new((*self.r).headers_out) }.add(c"Set-Cookie".as_ptr(), text);
        }
        Ok(())
    }

    fn forget_head(&mut self) {
        if let Some(headers) = self.unchallenged.take() {
            // SAFETY: the request is live; the table was its own.
            unsafe { (*self.r).err_headers_out = headers };
        }
        let Some(before) = self.before.take() else { return };
        // SAFETY: the request is live; the saved values were its own.
        unsafe {
            let r = &mut *self.r;
            r.headers_out = before.headers;
            r.content_type = before.content_type;
            r.clength = before.length;
            r.status = before.status;
            r.status_line = before.status_line;
            r.mtime = before.mtime;
        }
    }

    fn withhold(&mut self, head: &ReplyHead<'_>) {
        if head.status != 401 {
            return;
        }
        // Without it the client could not know how to answer httpd's own page.
        // SAFETY: the request is live, and so are its tables.
        let table = unsafe {
            let r = &mut *self.r;
            let before = *self.unchallenged.get_or_insert(r.err_headers_out);
            r.err_headers_out = ffi::apr_table_copy(r.pool, before);
            Table::new(r.err_headers_out)
        };
        for (_, value) in head.headers().filter(|(name, _)| name.eq_ignore_ascii_case(b"www-authenticate")) {
            table.set(c"WWW-Authenticate".as_ptr(), self.pool.text(&[value]));
        }
    }

    fn deliver(&mut self, pieces: &[&[u8]], then: Then) -> Result<(), ClientError> {
        self.delivered = true;
        let pieces = if self.ranged {
            self.buffer(pieces)?;
            &[]
        } else {
            pieces
        };
        // SAFETY: the request is live. Transient buckets point into the pieces, which outlive this call; a filter
        // that keeps data beyond it must copy it (that is what transient means), and the brigade is emptied here.
        unsafe {
            let c = (*self.r).connection;
            for piece in pieces {
                let bucket = ffi::apr_bucket_transient_create(
                    piece.as_ptr().cast(),
                    piece.len() as _,
                    (*c).bucket_alloc,
                );
                ffi::jk_shim_append(self.out, bucket);
            }
            match then {
                Then::More => {}
                Then::Flush => ffi::jk_shim_append(self.out, ffi::apr_bucket_flush_create((*c).bucket_alloc)),
                Then::End => ffi::jk_shim_append(self.out, ffi::apr_bucket_eos_create((*c).bucket_alloc)),
            }
            let status = ffi::ap_pass_brigade((*self.r).output_filters, self.out);
            ffi::apr_brigade_cleanup(self.out.cast());
            match status {
                // A filter had an answer of its own: the byte range asked for is not there, say.
                ffi::AP_FILTER_ERROR => Err(ClientError::Answered),
                0 if (*c).aborted == 0 => Ok(()),
                _ => Err(ClientError::Write),
            }
        }
    }

    fn body(&mut self, want: usize) -> Result<BodyPart<'_>, ClientError> {
        self.body.read(want)
    }
}

/// Bytes read at once of a body that nobody wants.
const DRAINED_AT_ONCE: usize = 8192;
