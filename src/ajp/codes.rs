//! The numbers of AJP/1.3: packet types, methods, coded header names, attributes, sizes.

/// Smallest size of a whole packet that can be configured, and the default (`max_packet_size`).
pub const MIN_PACKET: usize = 8192;
/// Largest size of a whole packet that can be configured.
pub const MAX_PACKET: usize = 65536;
/// Bytes of every packet before its payload: magic and payload length.
pub const PACKET_HEADER: usize = 4;
/// Bytes of a body packet that are not data: packet header and data length.
pub const BODY_OVERHEAD: usize = PACKET_HEADER + 2;

/// First two bytes of every packet to Tomcat.
pub const TO_TOMCAT: [u8; 2] = [0x12, 0x34];
/// First two bytes of every packet from Tomcat.
pub const FROM_TOMCAT: [u8; 2] = *b"AB";
/// In the place of a string's length: there is no string.
pub const NULL_STRING: u16 = 0xffff;

/// Packet to Tomcat: a request.
pub const FORWARD_REQUEST: u8 = 2;
/// Packet from Tomcat: a piece of the response body; an empty one asks for a flush.
pub const SEND_BODY_CHUNK: u8 = 3;
/// Packet from Tomcat: status and headers.
pub const SEND_HEADERS: u8 = 4;
/// Packet from Tomcat: the response is complete; says whether the connection may be used again.
pub const END_RESPONSE: u8 = 5;
/// Packet from Tomcat: a question for more of the request body.
pub const GET_BODY_CHUNK: u8 = 6;
/// Packet from Tomcat: answer to [`CPING`].
pub const CPONG: u8 = 9;
/// Packet to Tomcat: are you alive?
pub const CPING: u8 = 10;

/// Methods that have a code, in code order; the first has code 1. Matching is case-sensitive.
pub const METHODS: [&str; 27] = [
    "OPTIONS",
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "TRACE",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "ACL",
    "REPORT",
    "VERSION-CONTROL",
    "CHECKIN",
    "CHECKOUT",
    "UNCHECKOUT",
    "SEARCH",
    "MKWORKSPACE",
    "UPDATE",
    "LABEL",
    "MERGE",
    "BASELINE-CONTROL",
    "MKACTIVITY",
];

/// Method code that says: the name stands in [`attribute::STORED_METHOD`].
pub const STORED_METHOD: u8 = 255;

/// The code of a method, `None` if it must be sent as [`STORED_METHOD`].
pub fn method_code(method: &[u8]) -> Option<u8> {
    let position = METHODS.iter().position(|name| name.as_bytes() == method)?;
    u8::try_from(position + 1).ok()
}

/// Codes of header names, in both directions, are `A0xx`; the first of each list has [`FIRST_HEADER`].
pub const FIRST_HEADER: u16 = 0xa001;
/// The high byte that tells a coded header name from the length of a literal one.
pub const HEADER_CODE_MARK: u16 = 0xa0;
/// Code of the request header Content-Length.
pub const CONTENT_LENGTH: u16 = 0xa008;

/// Request headers that have a code, in code order.
pub const REQUEST_HEADERS: [&str; 14] = [
    "Accept",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Authorization",
    "Connection",
    "Content-Type",
    "Content-Length",
    "Cookie",
    "Cookie2",
    "Host",
    "Pragma",
    "Referer",
    "User-Agent",
];

/// The code under which a request header is sent, `None` if by name. Case does not matter.
///
/// mod_jk never uses the codes of Accept-Charset, Accept-Encoding and Accept-Language; nor do we, so that
/// captures compare byte by byte. Length and first letter leave one candidate.
pub fn request_header_code(name: &[u8]) -> Option<u16> {
    let code = match (name.len(), name.first()?.to_ascii_lowercase()) {
        (4, b'h') => 0xa00b,
        (6, b'a') => 0xa001,
        (6, b'c') => 0xa009,
        (6, b'p') => 0xa00c,
        (7, b'c') => 0xa00a,
        (7, b'r') => 0xa00d,
        (10, b'c') => 0xa006,
        (10, b'u') => 0xa00e,
        (12, b'c') => 0xa007,
        (13, b'a') => 0xa005,
        (14, b'c') => CONTENT_LENGTH,
        _ => return None,
    };
    let candidate = REQUEST_HEADERS.get(usize::from(code - FIRST_HEADER))?.as_bytes();
    // Nearly all clients write them as the table does, and that is compared faster.
    (name == candidate || name.eq_ignore_ascii_case(candidate)).then_some(code)
}

/// Response headers that have a code, in code order.
pub const RESPONSE_HEADERS: [&str; 11] = [
    "Content-Type",
    "Content-Language",
    "Content-Length",
    "Date",
    "Last-Modified",
    "Location",
    "Set-Cookie",
    "Set-Cookie2",
    "Servlet-Engine",
    "Status",
    "WWW-Authenticate",
];

/// The name behind a response header's code; `None` if there is no such code.
pub fn response_header(code: u16) -> Option<&'static [u8]> {
    let position = code.checked_sub(FIRST_HEADER)?;
    RESPONSE_HEADERS.get(usize::from(position)).map(|name| name.as_bytes())
}

/// Codes of the attributes that follow the headers of a request. Tomcat skips none that it does not know, so
/// anything new must go as [`attribute::NAMED`].
pub mod attribute {
    /// The user that httpd authenticated.
    pub const REMOTE_USER: u8 = 3;
    /// How that user was authenticated.
    pub const AUTH_TYPE: u8 = 4;
    /// The query string.
    pub const QUERY_STRING: u8 = 5;
    /// The route of the chosen member.
    pub const ROUTE: u8 = 6;
    /// The client's certificate as PEM.
    pub const SSL_CERT: u8 = 7;
    /// The cipher suite.
    pub const SSL_CIPHER: u8 = 8;
    /// The TLS session id.
    pub const SSL_SESSION: u8 = 9;
    /// An attribute with a name: two strings.
    pub const NAMED: u8 = 10;
    /// Key size in bits: an integer of two bytes, the only attribute that is no string.
    pub const SSL_KEY_SIZE: u8 = 11;
    /// The secret that the connector wants.
    pub const SECRET: u8 = 12;
    /// The method, if it has no code.
    pub const STORED_METHOD: u8 = 13;
    /// End of the attributes and of the packet.
    pub const END: u8 = 255;
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn methods_have_their_codes_in_upper_case_only() {
        for (method, code) in [
            (&b"OPTIONS"[..], Some(1)),
            (b"GET", Some(2)),
            (b"POST", Some(4)),
            (b"VERSION-CONTROL", Some(17)),
            (b"MKACTIVITY", Some(27)),
            (b"get", None),
            (b"PATCH", None),
            (b"", None),
        ] {
            assert_eq!(method_code(method), code, "{}", method.escape_ascii());
        }
    }

    #[test]
    fn every_request_header_code_is_found_except_three() {
        for (position, name) in REQUEST_HEADERS.iter().enumerate() {
            let code = FIRST_HEADER + u16::try_from(position).unwrap();
            let sent = if (0xa002..=0xa004).contains(&code) { None } else { Some(code) };
            assert_eq!(request_header_code(name.as_bytes()), sent, "{name}");
            assert_eq!(request_header_code(name.to_uppercase().as_bytes()), sent, "{name}");
            assert_eq!(request_header_code(name.to_lowercase().as_bytes()), sent, "{name}");
        }
    }

    #[test]
    fn near_misses_have_no_request_header_code() {
        for name in
            [&b""[..], b"H", b"hos", b"hosts", b"haste", b"Content-Lengths", b"Content-lengtH-", b"Cookie1"]
        {
            assert_eq!(request_header_code(name), None, "{}", name.escape_ascii());
        }
        assert_eq!(request_header_code(b"content-lengtH"), Some(CONTENT_LENGTH));
    }

    #[test]
    fn response_codes_end_where_their_list_ends() {
        for (code, name) in [
            (0xa000, None),
            (0xa001, Some(&b"Content-Type"[..])),
            (0xa007, Some(b"Set-Cookie")),
            (0xa00b, Some(b"WWW-Authenticate")),
            (0xa00c, None),
            (0xa0ff, None),
        ] {
            assert_eq!(response_header(code), name, "{code:04x}");
        }
    }
}
