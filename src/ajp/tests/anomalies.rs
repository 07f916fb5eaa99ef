//! Everything a broken or hostile backend may do, and that it is refused.

use super::play::{GET, Seen, ask, chunk, end, get, head, packet, play};
use crate::ajp::codes::MIN_PACKET;
use crate::ajp::exchange::{Class, Exchange, ProtocolError as Error, Terms};

fn ok() -> Vec<u8> {
    head(200, &[])
}

fn with_length(length: &str) -> Vec<u8> {
    head(200, &[("Content-Length", length)])
}

/// A headers packet with status 200, this many headers announced, and these bytes for them.
fn headers(count: u16, bytes: &[u8]) -> Vec<u8> {
    packet(&[&b"\x04\0\xc8\0\x02OK\0"[..], &count.to_be_bytes(), bytes].concat())
}

#[test]
fn each_anomaly_is_an_error_of_its_own() {
    let rows: Vec<(&str, Vec<u8>, Error)> = vec![
        // Framing.
        ("another protocol", b"HTTP/1.1 400 Bad Request".to_vec(), Error::Magic),
        ("one wrong byte is enough", b"H".to_vec(), Error::Magic),
        ("second byte wrong", b"AX".to_vec(), Error::Magic),
        ("our own magic", b"\x12\x34\0\x02\x05\x01".to_vec(), Error::Magic),
        ("wrong magic after headers", [ok(), b"XX".to_vec()].concat(), Error::Magic),
        ("payload too long", b"AB\x20\x01".to_vec(), Error::Oversize { payload: 8193, limit: 8192 }),
        ("payload far too long", b"AB\xff\xff".to_vec(), Error::Oversize { payload: 65535, limit: 8192 }),
        // Packets.
        ("payload of length 0", packet(b""), Error::EmptyPacket),
        ("type 0", packet(b"\0"), Error::PacketType(0)),
        ("a request", packet(b"\x02"), Error::PacketType(2)),
        ("CPing", packet(&[10]), Error::PacketType(10)),
        ("CPong", packet(&[9]), Error::PacketType(9)),
        ("CPong after headers", [ok(), packet(&[9])].concat(), Error::PacketType(9)),
        ("type FF", packet(b"\xff"), Error::PacketType(255)),
        // Order.
        ("end without headers", end(), Error::EndBeforeHead),
        ("end without flag or headers", packet(&[5]), Error::EndBeforeHead),
        ("body before headers", chunk(b"x"), Error::BodyBeforeHead),
        ("body before headers, after a question", [ask(9), chunk(b"x")].concat(), Error::BodyBeforeHead),
        ("headers twice", [ok(), ok()].concat(), Error::SecondHead),
        ("headers, body, headers", [ok(), chunk(b"x"), ok()].concat(), Error::SecondHead),
        ("interim, then final", [head(100, &[]), ok()].concat(), Error::Interim(100)),
        // Status.
        ("status 0", head(0, &[]), Error::Status(0)),
        ("status 99", head(99, &[]), Error::Status(99)),
        ("status 101", head(101, &[]), Error::Interim(101)),
        ("status 199", head(199, &[]), Error::Interim(199)),
        ("status 1000", head(1000, &[]), Error::Status(1000)),
        ("status FFFF", head(0xffff, &[]), Error::Status(0xffff)),
        ("no status", packet(&[4]), Error::Truncated("status")),
        ("half a status", packet(&[4, 0]), Error::Truncated("status")),
        ("no reason", packet(&[4, 0, 200]), Error::Truncated("reason")),
        ("reason beyond the packet", packet(b"\x04\0\xc8\0\x03OK\0"), Error::Truncated("reason")),
        ("reason without terminator", packet(b"\x04\0\xc8\0\x02OK"), Error::Truncated("reason")),
        ("no header count", packet(b"\x04\0\xc8\0\0\0"), Error::Truncated("number of headers")),
        // Headers.
        ("header code 0", headers(1, b"\xa0\0\0\x01v\0"), Error::HeaderCode(0xa000)),
        ("header code 12", headers(1, b"\xa0\x0c\0\x01v\0"), Error::HeaderCode(0xa00c)),
        ("header code 255", headers(1, b"\xa0\xff\0\x01v\0"), Error::HeaderCode(0xa0ff)),
        ("null name", headers(1, b"\xff\xff\0\x01v\0"), Error::NullHeader(1)),
        ("null value", headers(2, b"\0\x01X\0\0\x01v\0\0\x01Y\0\xff\xff"), Error::NullHeader(2)),
        ("null value of a coded header", headers(1, b"\xa0\x01\xff\xff"), Error::NullHeader(1)),
        ("more headers announced", headers(2, b"\xa0\x01\0\x01v\0"), Error::Truncated("header name")),
        ("65535 headers announced", headers(0xffff, b"\xa0\x01\0\x01v\0"), Error::Truncated("header name")),
        ("name beyond the packet", headers(1, b"\0\x09X\0"), Error::Truncated("header name")),
        ("name of 41216 bytes", headers(1, b"\xa1\0X\0"), Error::Truncated("header name")),
        ("no value", headers(1, b"\xa0\x01"), Error::Truncated("header value")),
        ("value beyond the packet", headers(1, b"\xa0\x01\0\x02v\0"), Error::Truncated("header value")),
        ("value without terminator", headers(1, b"\xa0\x01\0\x02vv"), Error::Truncated("header value")),
        ("empty name", head(200, &[("", "v")]), Error::HeaderName(1)),
        ("name with blank", head(200, &[("A", "v"), ("X Y", "v")]), Error::HeaderName(2)),
        ("name with colon", head(200, &[("X:", "v")]), Error::HeaderName(1)),
        ("name with CR", head(200, &[("X\r", "v")]), Error::HeaderName(1)),
        ("name with high byte", head(200, &[("X\u{e9}", "v")]), Error::HeaderName(1)),
        ("value with CR", head(200, &[("X", "a\rb")]), Error::HeaderValue(1)),
        ("value with LF", head(200, &[("A", ""), ("X", "a\nSet-Cookie: b")]), Error::HeaderValue(2)),
        ("value with NUL", head(200, &[("X", "a\0")]), Error::HeaderValue(1)),
        ("value with DEL", head(200, &[("X", "\u{7f}")]), Error::HeaderValue(1)),
        ("a dropped header is checked too", head(200, &[("Upgrade", "\n")]), Error::HeaderValue(1)),
        ("endless connection header", head(200, &[("Connection", &",".repeat(2000))]), Error::Connection),
        ("too many connection headers", head(200, &[("Connection", "close, x"); 114]), Error::Connection),
        // Content-Length.
        ("no number", with_length("five"), Error::ContentLength),
        ("empty", with_length(""), Error::ContentLength),
        ("negative", with_length("-1"), Error::ContentLength),
        ("with sign", with_length("+1"), Error::ContentLength),
        ("hexadecimal", with_length("0x10"), Error::ContentLength),
        ("list", with_length("5, 5"), Error::ContentLength),
        ("beyond 63 bits", with_length("9223372036854775808"), Error::ContentLength),
        ("beyond 64 bits", with_length("18446744073709551616"), Error::ContentLength),
        ("two", head(200, &[("Content-Length", "5"), ("content-length", "6")]), Error::ContentLengths),
        ("body too short", [with_length("5"), chunk(b"1234"), end()].concat(), Error::ShortBody(1)),
        ("no body", [with_length("5"), end()].concat(), Error::ShortBody(5)),
        // Chunks.
        ("chunk without length", [ok(), packet(&[3])].concat(), Error::Truncated("chunk length")),
        ("chunk with half a length", [ok(), packet(&[3, 0])].concat(), Error::Truncated("chunk length")),
        (
            "chunk longer than its packet",
            [ok(), packet(b"\x03\0\x03ab")].concat(),
            Error::Chunk { claimed: 3, present: 2 },
        ),
        (
            "chunk of FFFF",
            [ok(), packet(b"\x03\xff\xff")].concat(),
            Error::Chunk { claimed: 65535, present: 0 },
        ),
        // Questions.
        ("question without length", packet(&[6]), Error::Truncated("requested length")),
        ("question with half a length", packet(&[6, 31]), Error::Truncated("requested length")),
    ];
    for (what, bytes, error) in rows {
        assert_eq!(get(&bytes).last(), Some(&Seen::Failed(error)), "{what}");
    }
}

#[test]
fn an_error_comes_however_the_bytes_are_cut() {
    let bytes = [ok(), chunk(b"x"), ok()].concat();
    for cut in 0..bytes.len() {
        let seen = play(&mut Exchange::new(GET), &[&bytes[..cut], &bytes[cut..]]);
        assert_eq!(seen.last(), Some(&Seen::Failed(Error::SecondHead)), "{cut}");
    }
}

#[test]
fn a_payload_may_be_as_long_as_the_whole_packet() {
    let mut payload = b"\x03\x1f\xfd".to_vec();
    payload.resize(MIN_PACKET, b'x');
    let bytes = [ok(), packet(&payload)].concat();
    assert_eq!(get(&bytes).last(), Some(&Seen::Body(vec![b'x'; MIN_PACKET - 3])));
    assert_eq!(Exchange::new(GET).buffer_size(), MIN_PACKET + 4);

    let mut large = Exchange::new(Terms { packet_limit: 65536, ..GET });
    let mut payload = b"\x03\xff\xfc".to_vec();
    payload.resize(65535, b'x');
    let bytes = [ok(), packet(&payload)].concat();
    assert_eq!(play(&mut large, &[&bytes]).last(), Some(&Seen::Body(vec![b'x'; 65532])));
}

#[test]
fn bytes_after_the_end_are_an_error_for_whoever_asks_again() {
    let mut exchange = Exchange::new(GET);
    play(&mut exchange, &[&ok(), &end()]);
    assert_eq!(exchange.advance(b"A").err(), Some(Error::AfterEnd));
}

#[test]
fn errors_are_told_in_one_line_and_sorted_as_mod_jk_sorts_them() {
    for (error, class, line) in [
        (
            Error::Magic,
            Class::Framing,
            "reply is no ajp packet (is the port really that of an AJP connector?)",
        ),
        (
            Error::Oversize { payload: 9000, limit: 8192 },
            Class::Framing,
            "packet of 9000 bytes exceeds max_packet_size 8192 (packetSize of the connector?)",
        ),
        (Error::AfterEnd, Class::Framing, "more bytes after the end of the reply"),
        (Error::Truncated("status"), Class::Content, "packet ends before its status does"),
        (Error::HeaderCode(0xa000), Class::Content, "unknown header code 0xa000"),
        (Error::ShortBody(3), Class::Content, "reply ended 3 bytes before its content-length"),
        (Error::SecondHead, Class::Content, "headers were sent twice"),
        (Error::Insatiable, Class::Content, "body data is asked for without end, though there is no more"),
    ] {
        assert_eq!((error.class(), error.to_string().as_str()), (class, line));
    }
}
