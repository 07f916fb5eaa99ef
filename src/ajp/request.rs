//! The packet that forwards a request.
//!
//! Byte for byte what mod_jk sends, including the order of the attributes and what it leaves out.

use super::codes::{self, attribute};
pub use super::packet::TooLarge;
use super::packet::Writer;

/// Header names and attributes that every packet repeats, with what stands around them.
const REMOTE_PORT: &[u8] = b"\x0a\x00\x0fAJP_REMOTE_PORT\0";
const LOCAL_ADDR: &[u8] = b"\x0a\x00\x0eAJP_LOCAL_ADDR\0";
const LB_ACTIVATION: &[u8] = b"\x0a\x00\x10JK_LB_ACTIVATION\0";
const SSL_PROTOCOL: &[u8] = b"\x0a\x00\x10AJP_SSL_PROTOCOL\0";

/// The headers of a request, wherever the host keeps them.
pub trait Headers {
    /// Visits name and value of every header in the host's order.
    fn each(&self, visit: &mut dyn FnMut(&[u8], &[u8]));
}

impl Headers for &[(&[u8], &[u8])] {
    fn each(&self, visit: &mut dyn FnMut(&[u8], &[u8])) {
        self.iter().for_each(|(name, value)| visit(name, value));
    }
}

/// What is known of a request's body before it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// There is none.
    None,
    /// So many bytes, more than 0: the request's Content-Length.
    Length(u64),
    /// Its length shows when it ends; any Content-Length is not sent.
    Chunked,
}

/// What is known of the client's TLS connection. An empty certificate or protocol counts as absent, an empty cipher or
/// session id is sent.
#[derive(Clone, Copy, Default)]
pub struct Tls<'r> {
    /// The client's certificate as PEM, with the chain behind it if wanted.
    pub cert: Option<&'r [u8]>,
    /// Cipher suite.
    pub cipher: Option<&'r [u8]>,
    /// Session id.
    pub session: Option<&'r [u8]>,
    /// Key size in bits.
    pub key_size: Option<u16>,
    /// Protocol version as mod_ssl names it.
    pub protocol: Option<&'r [u8]>,
}

/// A request as it goes to a backend, whichever that will be. It holds credentials and is never shown.
#[derive(Clone, Copy)]
pub struct ForwardRequest<'r> {
    /// Method name; case matters.
    pub method: &'r [u8],
    /// As the client sent it: `HTTP/1.1`.
    pub protocol: &'r [u8],
    /// Path in the form that JkOptions ask for, without query.
    pub uri: &'r [u8],
    /// Client's address; `None` is sent as null string.
    pub remote_addr: Option<&'r [u8]>,
    /// Client's name; `None` is sent as null string.
    pub remote_host: Option<&'r [u8]>,
    /// Host name that the client asked for.
    pub server_name: &'r [u8],
    /// Port that the client asked for.
    pub server_port: u16,
    /// The client uses TLS.
    pub is_ssl: bool,
    /// All headers, those of one hop too.
    pub headers: &'r dyn Headers,
    /// The body that will follow.
    pub body: Body,
    /// Authenticated user; empty counts as absent.
    pub remote_user: Option<&'r [u8]>,
    /// How that user was authenticated; empty counts as absent.
    pub auth_type: Option<&'r [u8]>,
    /// Query string; `/a?` has an empty one, which is sent.
    pub query: Option<&'r [u8]>,
    /// What is known of TLS.
    pub tls: Tls<'r>,
    /// Client's port in decimal; `None` is sent as null string.
    pub remote_port: Option<&'r [u8]>,
    /// Our address on the client's connection; `None` is sent as null string.
    pub local_addr: Option<&'r [u8]>,
    /// Names and values that JkEnvVar asks for.
    pub env: &'r [(&'r [u8], &'r [u8])],
}

/// The part of a packet that depends on the member that gets it. It holds the secret and is never shown.
#[derive(Clone, Copy)]
pub struct Recipient<'r> {
    /// What the connector wants to see; empty counts as absent.
    pub secret: Option<&'r [u8]>,
    /// Route of the member of a balancer; empty counts as absent.
    pub route: Option<&'r [u8]>,
    /// `ACT`, `DIS` or `STP`; always `ACT` for a worker without balancer.
    pub activation: &'r [u8],
}

impl ForwardRequest<'_> {
    /// Makes `out` the request packet for `to`, of at most `limit` bytes (`max_packet_size`).
    ///
    /// # Errors
    /// [`TooLarge`] if the packet would be longer, or a string longer than 65534 bytes, or if the length of a header's
    /// name would read as a code. `out` is useless then.
    pub fn encode(&self, to: &Recipient<'_>, limit: usize, out: &mut Vec<u8>) -> Result<(), TooLarge> {
        let mut packet = Writer::new(out, limit);
        let method = codes::method_code(self.method);
        self.put_line(&mut packet, method.unwrap_or(codes::STORED_METHOD));
        self.put_headers(&mut packet);
        self.put_coded_attributes(&mut packet, to, method.is_none());
        self.put_named_attributes(&mut packet, to);
        packet.byte(attribute::END);
        packet.finish().map(|_size| ())
    }

    fn put_line(&self, packet: &mut Writer<'_>, method: u8) {
        packet.put(&[codes::FORWARD_REQUEST, method]);
        packet.string(self.protocol);
        packet.string(self.uri);
        packet.string_or_null(self.remote_addr);
        packet.string_or_null(self.remote_host);
        packet.string(self.server_name);
        packet.int(self.server_port);
        packet.byte(u8::from(self.is_ssl));
    }

    fn put_headers(&self, packet: &mut Writer<'_>) {
        let place = packet.position();
        packet.int(0);
        let mut count: u16 = 0;
        let mut announced = false;
        self.headers.each(&mut |name, value| {
            let value = match codes::request_header_code(name) {
                Some(codes::CONTENT_LENGTH) => {
                    let Some(value) = self.content_length(value) else { return };
                    announced = true;
                    packet.int(codes::CONTENT_LENGTH);
                    value
                }
                Some(code) => {
                    packet.int(code);
                    value
                }
                None => {
                    packet.header_name(name);
                    value
                }
            };
            packet.string(value);
            count = count.saturating_add(1);
        });
        if !announced && self.put_missing_length(packet) {
            count = count.saturating_add(1);
        }
        packet.patch(place, count);
    }

    /// What is sent for the Content-Length header of the client. Without a body it must not promise one: after
    /// an internal redirect of httpd the header can be that of a body which is gone, and Tomcat would take the
    /// next request for it.
    fn content_length<'v>(&self, value: &'v [u8]) -> Option<&'v [u8]> {
        match self.body {
            Body::Chunked => None,
            Body::Length(1..) => Some(value),
            Body::None | Body::Length(0) if value.iter().all(|digit| *digit == b'0') => Some(value),
            Body::None | Body::Length(0) => Some(b"0"),
        }
    }

    /// Tomcat takes a request without Content-Length for one of unknown length and asks for its body, so mod_jk
    /// adds one, last of all headers.
    fn put_missing_length(&self, packet: &mut Writer<'_>) -> bool {
        let length = match self.body {
            Body::Chunked => return false,
            Body::None => 0,
            Body::Length(length) => length,
        };
        packet.int(codes::CONTENT_LENGTH);
        packet.decimal(length);
        true
    }

    fn put_coded_attributes(&self, packet: &mut Writer<'_>, to: &Recipient<'_>, stored_method: bool) {
        put_filled(packet, attribute::SECRET, to.secret);
        put_filled(packet, attribute::REMOTE_USER, self.remote_user);
        put_filled(packet, attribute::AUTH_TYPE, self.auth_type);
        put_if_there(packet, attribute::QUERY_STRING, self.query);
        put_filled(packet, attribute::ROUTE, to.route);
        put_filled(packet, attribute::SSL_CERT, self.tls.cert);
        put_if_there(packet, attribute::SSL_CIPHER, self.tls.cipher);
        put_if_there(packet, attribute::SSL_SESSION, self.tls.session);
        if let Some(bits) = self.tls.key_size {
            packet.byte(attribute::SSL_KEY_SIZE);
            packet.int(bits);
        }
        if stored_method {
            packet.byte(attribute::STORED_METHOD);
            packet.string(self.method);
        }
    }

    fn put_named_attributes(&self, packet: &mut Writer<'_>, to: &Recipient<'_>) {
        if let Some(protocol) = self.tls.protocol.filter(|protocol| !protocol.is_empty()) {
            packet.put(SSL_PROTOCOL);
            packet.string(protocol);
        }
        packet.put(REMOTE_PORT);
        packet.string_or_null(self.remote_port);
        packet.put(LOCAL_ADDR);
        packet.string_or_null(self.local_addr);
        packet.put(LB_ACTIVATION);
        packet.string(to.activation);
        for (name, value) in self.env {
            packet.byte(attribute::NAMED);
            packet.string(name);
            packet.string(value);
        }
    }
}

fn put_filled(packet: &mut Writer<'_>, code: u8, text: Option<&[u8]>) {
    put_if_there(packet, code, text.filter(|text| !text.is_empty()));
}

fn put_if_there(packet: &mut Writer<'_>, code: u8, text: Option<&[u8]>) {
    if let Some(text) = text {
        packet.byte(code);
        packet.string(text);
    }
}
