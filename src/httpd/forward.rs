//! From httpd's request to the one that a backend gets: every field from where the original takes it.

use super::apr::Table;
use super::request::RequestView;
use super::server::Live;
use crate::ajp::request::{Body, ForwardRequest, Headers, Tls};
use crate::config::indicators::Indicator;
use crate::config::options::{Address, Forward};
use crate::text::atoi;
use crate::uri::escape;
use std::borrow::Cow;

/// What a [`ForwardRequest`] borrows beside the request itself.
pub(super) struct Parts<'r> {
    view: &'r RequestView,
    uri: Cow<'r, [u8]>,
    named: Named<'r>,
    remote: Remote<'r>,
    env: Vec<(&'r [u8], &'r [u8])>,
    chain: Vec<u8>,
    body: Body,
}

/// What the environment says in place of what httpd knows.
struct Named<'r> {
    remote_host: Option<&'r [u8]>,
    server_name: Option<&'r [u8]>,
    server_port: Option<&'r [u8]>,
    remote_user: Option<&'r [u8]>,
    auth_type: Option<&'r [u8]>,
    local_addr: Option<&'r [u8]>,
}

impl<'r> Named<'r> {
    fn new(view: &'r RequestView, live: &'r Live) -> Self {
        let of = |indicator| view.env(live.names.of(indicator));
        Self {
            remote_host: of(Indicator::RemoteHost),
            server_name: of(Indicator::LocalName),
            server_port: of(Indicator::LocalPort),
            remote_user: of(Indicator::RemoteUser),
            auth_type: of(Indicator::AuthType),
            local_addr: of(Indicator::LocalAddr),
        }
    }
}

/// Who the client is said to be.
struct Remote<'r> {
    address: Option<&'r [u8]>,
    port: Option<Cow<'r, [u8]>>,
}

impl<'r> Parts<'r> {
    /// Gathers them. `original` is the URI before path parameters were removed for matching.
    pub(super) fn new(view: &'r RequestView, live: &'r Live, original: &'r [u8]) -> Self {
        // Before the common variables: a client's header (`HTTP_...`) must not say who it is or whom it asked.
        let (named, remote) = (Named::new(view, live), remote(view, live));
        // Costly, so only where a name in the configuration may be among them.
        if live.names.may_be_common {
            view.add_common_variables();
        }
        let env = environment(view, live);
        Self {
            view,
            uri: uri(view, live.effective.options.forward, original),
            named,
            remote,
            env,
            chain: certificates(view, live),
            body: body(view, live),
        }
    }

    /// Its headers.
    pub(super) fn headers(&self) -> HeaderTable<'r> {
        HeaderTable { table: self.view.headers(), body: self.body }
    }

    /// The request as a backend gets it.
    pub(super) fn request<'s>(&'s self, live: &'s Live, headers: &'s dyn Headers) -> ForwardRequest<'s> {
        let view = self.view;
        let named = &self.named;
        let is_ssl = is_ssl(view, live);
        ForwardRequest {
            method: view.method(),
            protocol: view.protocol(),
            uri: &self.uri,
            remote_addr: self.remote.address,
            remote_host: named.remote_host.map_or_else(|| view.remote_host(), not_empty),
            server_name: named.server_name.unwrap_or_else(|| view.server_name()),
            server_port: named.server_port.map_or_else(|| view.server_port(), port),
            is_ssl,
            headers,
            body: self.body,
            remote_user: named.remote_user.or_else(|| view.user()),
            auth_type: named.auth_type.or_else(|| view.auth_type()),
            query: view.query(),
            tls: if is_ssl { self.tls(live) } else { Tls::default() },
            remote_port: self.remote.port.as_deref(),
            local_addr: named.local_addr.or_else(|| view.local_ip()),
            env: &self.env,
        }
    }

    fn tls<'s>(&'s self, live: &'s Live) -> Tls<'s> {
        let (view, names) = (self.view, &live.names);
        // -1 is what mod_jk keeps for a size that is not known.
        let key_size = || view.env(names.of(Indicator::KeySize)).filter(|text| atoi(text) != -1).map(port);
        Tls {
            cert: if self.chain.is_empty() {
                view.env(names.of(Indicator::Certs))
            } else {
                Some(&self.chain)
            },
            cipher: view.env(names.of(Indicator::Cipher)),
            session: view.env(names.of(Indicator::SslSession)),
            key_size: live.effective.options.forward_key_size().then(key_size).flatten(),
            protocol: view.env(names.of(Indicator::SslProtocol)),
        }
    }
}

/// httpd's table of request headers.
pub(super) struct HeaderTable<'r> {
    table: Table<'r>,
    body: Body,
}

impl Headers for HeaderTable<'_> {
    fn each(&self, visit: &mut dyn FnMut(&[u8], &[u8])) {
        for (name, value) in self.table.entries() {
            // Tomcat would wait for a body that was read already.
            if self.body != Body::None || !name.eq_ignore_ascii_case(b"transfer-encoding") {
                visit(name, value);
            }
        }
    }
}

fn not_empty(text: &[u8]) -> Option<&[u8]> {
    Some(text).filter(|text| !text.is_empty())
}

/// A number as the original takes it: `atoi`, the low 16 bits.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // that is the rule
fn port(text: &[u8]) -> u16 {
    atoi(text) as u16
}

fn is_ssl(view: &RequestView, live: &Live) -> bool {
    live.effective.extract_ssl
        && view.env(live.names.of(Indicator::Https)).is_some_and(|on| on.eq_ignore_ascii_case(b"on"))
}

fn uri<'r>(view: &'r RequestView, form: Forward, original: &'r [u8]) -> Cow<'r, [u8]> {
    match form {
        Forward::Compat => Cow::Borrowed(original),
        Forward::CompatUnparsed => Cow::Borrowed(view.unparsed_path()),
        Forward::Proxy => escape::proxy(original),
        Forward::Escaped => escape::escaped(original),
    }
}

fn remote<'r>(view: &'r RequestView, live: &Live) -> Remote<'r> {
    let (address, number) = match live.effective.options.address {
        Some(Address::Local) => (view.local_ip(), 0),
        Some(Address::Physical) => (view.peer_ip(), view.peer_port()),
        None => (view.useragent_ip(), view.useragent_port()),
    };
    let own = view.env(live.names.of(Indicator::RemotePort));
    Remote {
        address: view.env(live.names.of(Indicator::RemoteAddr)).map_or(address, not_empty),
        port: match own {
            Some(text) => not_empty(text).map(Cow::Borrowed),
            None => Some(Cow::Owned(number.to_string().into_bytes())),
        },
    }
}

/// `JkEnvVar`: what the environment holds, else the configured default, else nothing.
fn environment<'r>(view: &'r RequestView, live: &'r Live) -> Vec<(&'r [u8], &'r [u8])> {
    if live.names.env.is_empty() {
        return Vec::new();
    }
    let named = live.names.env.iter().zip(&live.effective.env);
    named.filter_map(|(name, var)| Some((&*var.name, view.env(name).or(var.default.as_deref())?))).collect()
}

/// The client's certificate with its chain, if both are wanted; else nothing.
fn certificates(view: &RequestView, live: &Live) -> Vec<u8> {
    if !live.effective.options.forward_ssl_cert_chain() || !is_ssl(view, live) {
        return Vec::new();
    }
    let mut all = view.env(live.names.of(Indicator::Certs)).unwrap_or_default().to_vec();
    let prefix = live.effective.names.of(Indicator::CertChainPrefix);
    let in_chain =
        |name: &[u8]| name.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    view.env_entries().filter(|(name, _)| in_chain(name)).for_each(|(_, value)| all.extend_from_slice(value));
    all
}

fn body(view: &RequestView, live: &Live) -> Body {
    if view.is_error_page() && !view.has_whole_body() {
        return Body::None;
    }
    let length =
        if view.main().is_some() { 0 } else { view.headers().get(c"Content-Length").map_or(0, length) };
    let chunked = view.is_chunked();
    if length > 0 && !chunked && view.env(live.names.of(Indicator::IgnoreCl)).is_none() {
        return Body::Length(length);
    }
    if chunked || length > 0 { Body::Chunked } else { Body::None }
}

fn length(text: &[u8]) -> u64 {
    crate::text::leading_int(text).and_then(|(number, _)| u64::try_from(number).ok()).unwrap_or(0)
}
