//! A request of httpd, seen from Rust.

use super::apr::{self, Pool, Table};
use super::{ffi, module};
use crate::time::Seconds;
use std::ffi::{CStr, CString, c_char, c_int, c_void};

/// A live request. Copies refer to the same one.
#[derive(Clone, Copy)]
pub(super) struct RequestView {
    r: *mut ffi::request_rec,
}

/// The handler name that means "this module".
pub(super) const HANDLER: &CStr = c"jakarta-servlet";

/// httpd's own for a directory.
pub(super) const DIRECTORY: &[u8] = match ffi::DIR_MAGIC_TYPE.split_last() {
    Some((_, text)) => text,
    None => b"",
};

impl RequestView {
    /// # Safety
    /// `r` is a live request that no other thread uses while the view and what it gives out are used.
    pub(super) const unsafe fn new(r: *mut ffi::request_rec) -> Self {
        Self { r }
    }

    pub(super) const fn raw(self) -> *mut ffi::request_rec {
        self.r
    }

    fn rec(&self) -> &ffi::request_rec {
        // SAFETY: by the contract of `new`.
        unsafe { &*self.r }
    }

    fn connection(&self) -> &ffi::conn_rec {
        // SAFETY: a live request has a live connection.
        unsafe { &*self.rec().connection }
    }

    pub(super) fn pool(self) -> Pool {
        // SAFETY: the request's pool lives as long as the request.
        unsafe { Pool::new((*self.r).pool) }
    }

    pub(super) fn server(self) -> *mut ffi::server_rec {
        self.rec().server
    }

    pub(super) fn main(self) -> Option<Self> {
        let main = self.rec().main;
        // SAFETY: a sub-request's main request outlives it.
        (!main.is_null()).then(|| unsafe { Self::new(main) })
    }

    /// Whether httpd asks for an `ErrorDocument` by an internal redirect. The headers are still those of the request
    /// that failed, whether its body was read or not.
    pub(super) fn is_error_page(self) -> bool {
        // SAFETY: the request before an internal redirect outlives the one after it.
        unsafe { self.rec().prev.as_ref() }
            .is_some_and(|before| before.status >= apr::int(ffi::HTTP_BAD_REQUEST))
    }

    /// Whether the body can be read from its beginning: nobody has begun to, and the client is not waiting to be asked
    /// for it, which httpd does not do any more after an error.
    pub(super) fn has_whole_body(self) -> bool {
        // SAFETY: a request's filters live as long as the request, the connection's behind them longer.
        let reader = unsafe {
            let kind = ffi::ap_get_input_filter_handle(c"HTTP_IN".as_ptr());
            let mut filter = self.rec().proto_input_filters;
            std::iter::from_fn(|| {
                let this = filter.as_ref()?;
                filter = this.next;
                Some(this)
            })
            .find(|filter| filter.frec == kind)
        };
        // The filter that finds the end of a body notes with the first read how far it got.
        self.rec().expecting_100 == 0 && reader.is_some_and(|filter| filter.ctx.is_null())
    }

    /// When its first line was read.
    pub(super) fn time(self) -> Seconds {
        Seconds(u64::try_from(self.rec().request_time).unwrap_or(0) / 1_000_000)
    }

    /// The status of a sub-request that was answered with an error.
    pub(super) fn status_of_bad_part(self) -> Option<c_int> {
        let status = self.rec().status;
        (!self.rec().main.is_null() && status >= apr::int(ffi::HTTP_BAD_REQUEST)).then_some(status)
    }

    pub(super) fn is_proxied(self) -> bool {
        self.rec().proxyreq != 0
    }

    pub(super) fn is_aborted(self) -> bool {
        self.connection().aborted != 0
    }

    pub(super) fn handler(&self) -> &[u8] {
        self.text(self.rec().handler)
    }

    pub(super) fn set_handler(self) {
        // SAFETY: the request is live; the string is static.
        unsafe { (*self.r).handler = HANDLER.as_ptr() };
    }

    fn text(&self, text: *const c_char) -> &[u8] {
        // SAFETY: the strings of a request live in its pool and do not change while a hook of ours runs.
        unsafe { apr::bytes(text) }
    }

    fn maybe(&self, text: *const c_char) -> Option<&[u8]> {
        // SAFETY: as above.
        unsafe { apr::maybe(text) }
    }

    pub(super) fn method(&self) -> &[u8] {
        self.text(self.rec().method)
    }

    pub(super) fn protocol(&self) -> &[u8] {
        self.text(self.rec().protocol)
    }

    pub(super) fn uri(&self) -> &[u8] {
        self.text(self.rec().uri)
    }

    pub(super) fn raw_uri(self) -> *mut c_char {
        self.rec().uri
    }

    pub(super) fn set_uri(self, uri: *mut c_char) {
        // SAFETY: the request is live, `uri` a string of its pool.
        unsafe { (*self.r).uri = uri };
    }

    /// The path of the request line as the client wrote it.
    pub(super) fn unparsed_path(&self) -> &[u8] {
        let uri = self.text(self.rec().unparsed_uri);
        let path = uri.split(|b| *b == b'?').next().unwrap_or_default();
        // Absolute form: what stands before the path is not forwarded.
        match crate::text::find(path, b"://") {
            Some(at) if !path.starts_with(b"/") => {
                let rest = path.get(at + 3..).unwrap_or_default();
                rest.iter().position(|b| *b == b'/').and_then(|slash| rest.get(slash..)).unwrap_or(b"/")
            }
            Some(_) | None => path,
        }
    }

    /// The first line as the client sent it.
    pub(super) fn request_line(&self) -> Option<&[u8]> {
        self.maybe(self.rec().the_request)
    }

    pub(super) fn status(self) -> c_int {
        self.rec().status
    }

    /// Bytes of the body that went out; `None` if there was no body.
    pub(super) fn bytes_sent(self) -> Option<u64> {
        (self.rec().sent_bodyct != 0).then(|| u64::try_from(self.rec().bytes_sent).unwrap_or(0))
    }

    /// The port that the configuration names, else that of the scheme.
    pub(super) fn configured_port(self) -> u16 {
        // SAFETY: a live request has a live server.
        match unsafe { (*self.rec().server).port } {
            // SAFETY: the request is live.
            0 => unsafe { ffi::ap_run_default_port(self.r) },
            port => port,
        }
    }

    /// `ServerName`.
    pub(super) fn configured_name(&self) -> Option<&[u8]> {
        // SAFETY: a live request has a live server.
        self.maybe(unsafe { (*self.rec().server).server_hostname })
    }

    pub(super) fn query(&self) -> Option<&[u8]> {
        self.maybe(self.rec().args)
    }

    pub(super) fn filename(&self) -> Option<&[u8]> {
        self.maybe(self.rec().filename)
    }

    pub(super) fn set_filename(self, name: *mut c_char) {
        // SAFETY: the request is live, `name` a string of its pool.
        unsafe { (*self.r).filename = name };
    }

    /// Whether core found a directory for the request.
    pub(super) fn is_directory(self) -> bool {
        self.rec().finfo.filetype == ffi::apr_filetype_e::APR_DIR
    }

    /// Whether core found something on disk for the request.
    pub(super) fn is_on_disk(self) -> bool {
        self.rec().finfo.filetype != ffi::apr_filetype_e::APR_NOFILE
    }

    /// Whether a sub-request is meant to be run. One that only asks what would become of a URI gets no place in the
    /// main request's chain of filters.
    pub(super) fn will_run(self) -> bool {
        self.rec().output_filters != self.rec().proto_output_filters
    }

    /// Makes `name` in `directory` the file of the request, whether it is there or not. False if that would lead out
    /// of the directory.
    pub(super) fn find_file(self, directory: &[u8], name: &[u8]) -> bool {
        let pool = self.pool();
        let (directory, name) = (pool.text(&[directory]), pool.text(&[name]));
        let flags = ffi::APR_FILEPATH_SECUREROOT | ffi::APR_FILEPATH_TRUENAME;
        let mut path = std::ptr::null_mut();
        // SAFETY: the request is live, the strings are its pool's.
        unsafe {
            if ffi::apr_filepath_merge(&raw mut path, directory, name, apr::int(flags), pool.raw()) != 0 {
                return false;
            }
            (*self.r).filename = path;
            // A file that is not there has the type APR_NOFILE, and nothing else is asked for.
            ffi::apr_stat(&raw mut (*self.r).finfo, path, apr::int(ffi::APR_FINFO_MIN), pool.raw());
        }
        true
    }

    pub(super) fn user(&self) -> Option<&[u8]> {
        self.maybe(self.rec().user)
    }

    pub(super) fn auth_type(&self) -> Option<&[u8]> {
        self.maybe(self.rec().ap_auth_type)
    }

    pub(super) fn useragent_ip(&self) -> Option<&[u8]> {
        self.maybe(self.rec().useragent_ip)
    }

    pub(super) fn useragent_port(self) -> u16 {
        port(self.rec().useragent_addr)
    }

    pub(super) fn peer_ip(&self) -> Option<&[u8]> {
        self.maybe(self.connection().client_ip)
    }

    pub(super) fn peer_port(self) -> u16 {
        port(self.connection().client_addr)
    }

    pub(super) fn local_ip(&self) -> Option<&[u8]> {
        self.maybe(self.connection().local_ip)
    }

    /// The client's name, if httpd looks names up.
    pub(super) fn remote_host(&self) -> Option<&[u8]> {
        // SAFETY: httpd's own lookup for a live request.
        self.maybe(unsafe {
            let kind = apr::int(ffi::REMOTE_HOST);
            ffi::ap_get_remote_host(
                self.rec().connection,
                self.rec().per_dir_config.cast(),
                kind,
                std::ptr::null_mut(),
            )
        })
    }

    pub(super) fn server_name(&self) -> &[u8] {
        // SAFETY: the request is live.
        self.text(unsafe { ffi::ap_get_server_name(self.r) })
    }

    pub(super) fn server_port(self) -> u16 {
        // SAFETY: the request is live.
        unsafe { ffi::ap_get_server_port(self.r) }
    }

    pub(super) fn headers(&self) -> Table<'_> {
        // SAFETY: a live request has the table.
        unsafe { Table::new(self.rec().headers_in) }
    }

    fn environment(&self) -> Table<'_> {
        // SAFETY: a live request has the table.
        unsafe { Table::new(self.rec().subprocess_env) }
    }

    pub(super) fn env(&self, name: &CStr) -> Option<&[u8]> {
        self.environment().get(name)
    }

    /// `JK_ROUTE`: the route that the configuration gives to this request; not empty.
    pub(super) fn route(&self) -> Option<&[u8]> {
        self.env(c"JK_ROUTE").filter(|route| !route.is_empty())
    }

    pub(super) fn env_entries(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.environment().entries()
    }

    /// Adds httpd's common variables (`HTTP_*`, `REMOTE_*`, `SERVER_*`) to the environment.
    pub(super) fn add_common_variables(self) {
        // SAFETY: the request is live.
        unsafe { ffi::ap_add_common_vars(self.r) };
    }

    pub(super) fn note(&self, name: &CStr) -> Option<&[u8]> {
        // SAFETY: a live request has the table.
        unsafe { Table::<'_>::new(self.rec().notes) }.get(name)
    }

    /// Sets a note to a copy of `value`.
    pub(super) fn set_note(self, name: &'static CStr, value: &[u8]) {
        // SAFETY: a live request has the table.
        unsafe { Table::new(self.rec().notes) }.set(name.as_ptr(), self.pool().text(&[value]));
    }

    /// Prepares reading the request body; `Err` is the status to return.
    pub(super) fn open_body(self) -> Result<(), c_int> {
        // SAFETY: the request is live.
        match unsafe { ffi::ap_setup_client_block(self.r, apr::int(ffi::REQUEST_CHUNKED_DECHUNK)) } {
            0 => Ok(()),
            status => Err(status),
        }
    }

    pub(super) fn is_chunked(self) -> bool {
        self.rec().read_chunked != 0
    }

    /// What this module keeps about the request.
    pub(super) fn state<T>(&self) -> Option<&T> {
        // SAFETY: our slot of the request's vector holds what `set_state` put there, a value of the same type.
        unsafe {
            let slot = self.rec().request_config.cast::<*mut c_void>().add(module::index());
            (*slot).cast::<T>().as_ref()
        }
    }

    /// Keeps a value with the request until its pool is cleared.
    pub(super) fn set_state<T>(self, value: T) {
        let kept = self.pool().keep(value);
        // SAFETY: httpd sizes the vector for all modules.
        unsafe { *self.rec().request_config.cast::<*mut c_void>().add(module::index()) = kept.cast() };
    }
}

fn port(address: *const ffi::apr_sockaddr_t) -> u16 {
    // SAFETY: addresses of a live request are NULL or live.
    unsafe { address.as_ref() }.map_or(0, |address| address.port)
}

/// A name from the configuration as C string; one with a NUL inside cannot exist there.
pub(super) fn c_name(name: &[u8]) -> CString {
    CString::new(name).unwrap_or_default()
}
