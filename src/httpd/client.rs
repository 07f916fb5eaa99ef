//! The client of a request as the workers see it: httpd's filters, with replies going out as brigades of slices of
//! the receive buffer and request bodies read in place.

use super::apr::{Pool, Table, int};
use super::ffi;
use crate::ajp::reply::ReplyHead;
use crate::worker::{BodyPart, Client, ClientError, Then};
use std::ffi::{c_char, c_int};
use std::io::IoSlice;

/// The client of one request.
pub(super) struct Browser {
    r: *mut ffi::request_rec,
    pool: Pool,
    out: *mut ffi::apr_bucket_brigade,
    body: Body,
    /// What to go back to when a head is forgotten.
    before: Option<Before>,
    delivered: bool,
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
            Self { r, pool, out, body: Body::new(r), before: None, delivered: false }
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
        while !self.body.ended && self.body.read(DRAINED_AT_ONCE).is_ok() {}
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

    fn header(&mut self, name: &[u8], value: &[u8]) {
        // SAFETY: the request is live.
        let table = unsafe { Table::new((*self.r).headers_out) };
        let text = self.pool.text(&[value]);
        if name.eq_ignore_ascii_case(b"content-type") {
            self.content_type(value);
        } else if name.eq_ignore_ascii_case(b"content-length") {
            // Set from `ReplyHead::content_length`, which has checked it.
        } else if name.eq_ignore_ascii_case(b"location") {
            table.set(c"Location", text);
        } else if name.eq_ignore_ascii_case(b"last-modified") {
            // SAFETY: the request is live, `text` a pool string.
            unsafe {
                ffi::ap_update_mtime(self.r, ffi::apr_date_parse_http(text));
                ffi::ap_set_last_modified(self.r);
            }
        } else {
            table.add(self.pool.text(&[name]), text);
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
        for (name, value) in head.headers() {
            self.header(name, value);
        }
        if let Some(length) = head.content_length() {
            let length = ffi::apr_off_t::try_from(length).map_err(|_| ClientError::Write)?;
            // SAFETY: the request is live.
            unsafe { ffi::ap_set_content_length(self.r, length) };
        }
        if let Some(cookie) = set_cookie {
            let text = self.pool.text(&[cookie]);
            // SAFETY: the request is live.
            unsafe { Table::new((*self.r).headers_out) }.add(c"Set-Cookie".as_ptr(), text);
        }
        Ok(())
    }

    fn forget_head(&mut self) {
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
        // SAFETY: the request is live.
        let table = unsafe { Table::new((*self.r).err_headers_out) };
        for (_, value) in head.headers().filter(|(name, _)| name.eq_ignore_ascii_case(b"www-authenticate")) {
            table.set(c"WWW-Authenticate", self.pool.text(&[value]));
        }
    }

    fn deliver(&mut self, pieces: &[&[u8]], then: Then) -> Result<(), ClientError> {
        self.delivered = true;
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

/// Most pieces of a request body that are handed on in place; more are copied together.
const SLICES: usize = 64;

/// A request body, read through httpd's input filters.
struct Body {
    r: *mut ffi::request_rec,
    /// Where the filters put what they read, and what is handed out in slices; made with the first read.
    brigades: Option<[*mut ffi::apr_bucket_brigade; 2]>,
    slices: Vec<IoSlice<'static>>,
    copied: Vec<u8>,
    ended: bool,
}

impl Body {
    fn new(r: *mut ffi::request_rec) -> Self {
        Self { r, brigades: None, slices: Vec::new(), copied: Vec::new(), ended: false }
    }

    /// Reads `want` bytes, or up to the end of the body. They stay in their buckets, which live until the next
    /// read.
    fn read(&mut self, want: usize) -> Result<BodyPart<'_>, ClientError> {
        self.slices.clear();
        self.copied.clear();
        let brigades = self.empty_brigades();
        let mut len = 0;
        while len < want && !self.ended {
            len += self.read_some(brigades, want - len)?;
        }
        if self.slices.len() > SLICES {
            for slice in &self.slices {
                self.copied.extend_from_slice(slice);
            }
            self.slices.clear();
            // SAFETY: the slice is handed out under a borrow of `self` only, and `copied` changes with the next
            // read only, which needs `self` anew.
            self.slices.push(IoSlice::new(unsafe {
                std::slice::from_raw_parts(self.copied.as_ptr(), self.copied.len())
            }));
        }
        Ok(BodyPart { slices: &self.slices, len })
    }

    fn empty_brigades(&mut self) -> [*mut ffi::apr_bucket_brigade; 2] {
        // SAFETY: the request is live; the brigades are emptied before each read, when no slice into their buckets
        // is out any more.
        unsafe {
            let (pool, alloc) = ((*self.r).pool, (*(*self.r).connection).bucket_alloc);
            let make = || [(); 2].map(|()| ffi::apr_brigade_create(pool, alloc));
            let brigades = *self.brigades.get_or_insert_with(make);
            for brigade in brigades {
                ffi::apr_brigade_cleanup(brigade.cast());
            }
            brigades
        }
    }

    /// One read through the filters.
    fn read_some(
        &mut self,
        brigades: [*mut ffi::apr_bucket_brigade; 2],
        want: usize,
    ) -> Result<usize, ClientError> {
        let [fresh, kept] = brigades;
        let wanted = ffi::apr_off_t::try_from(want).map_err(|_| ClientError::Read(400))?;
        // SAFETY: the request is live; the filters append to an empty brigade, whose buckets then move to the kept.
        unsafe {
            let status = ffi::ap_get_brigade(
                (*self.r).input_filters,
                fresh,
                ffi::ap_input_mode_t::AP_MODE_READBYTES,
                ffi::apr_read_type_e::APR_BLOCK_READ,
                wanted,
            );
            if status != 0 {
                return Err(self.failed(status));
            }
            let result = self.collect(fresh);
            ffi::jk_shim_move(kept, fresh);
            result
        }
    }

    /// # Safety
    /// `brigade` is a live brigade of this request.
    unsafe fn collect(&mut self, brigade: *mut ffi::apr_bucket_brigade) -> Result<usize, ClientError> {
        let mut len = 0;
        // SAFETY: by the contract; a bucket's data lives as long as the bucket, and reading may insert further
        // buckets behind it, which the walk then meets.
        unsafe {
            let mut bucket = ffi::jk_shim_first(brigade);
            while !bucket.is_null() {
                if ffi::jk_shim_is_eos(bucket) != 0 {
                    self.ended = true;
                    break;
                }
                if ffi::jk_shim_is_metadata(bucket) == 0 {
                    let (mut data, mut count) = (std::ptr::null(), 0usize);
                    if ffi::jk_shim_read(bucket, &raw mut data, &raw mut count) != 0 {
                        return Err(ClientError::Read(400));
                    }
                    if count > 0 {
                        self.slices.push(IoSlice::new(std::slice::from_raw_parts(data.cast(), count)));
                        len += count;
                    }
                }
                bucket = ffi::jk_shim_next(brigade, bucket);
            }
        }
        Ok(len)
    }

    /// httpd says with its status whether the client is gone, too slow, or over a limit.
    fn failed(&mut self, status: ffi::apr_status_t) -> ClientError {
        self.ended = true;
        // SAFETY: a pure mapping of numbers.
        let mapped =
            unsafe { ffi::ap_map_http_request_error(status, super::apr::int(ffi::HTTP_BAD_REQUEST)) };
        if mapped == ffi::AP_FILTER_ERROR {
            return ClientError::Answered;
        }
        ClientError::Read(u16::try_from(mapped).unwrap_or(400))
    }
}
