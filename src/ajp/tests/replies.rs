//! Replies that are as they should be, in any cut.

use super::play::{GET, HEAD, Seen, chunk, end, get, head, hex, packet, play};
use crate::ajp::exchange::{Exchange, Progress};

/// The captured reply to a simple GET, in its three packets.
const REPLY: [&str; 3] = [
    "4142001f 04 00c8 00024f4b00 0002 a001000a746578742f706c61696e00 a00300013500",
    "41420009 03 0005 68656c6c6f 00",
    "41420002 05 01",
];

fn reply() -> Vec<u8> {
    hex(&REPLY.concat())
}

fn seen(status: u16, reason: &str, headers: &[(&str, &str)], length: Option<u64>) -> Seen {
    let headers = headers.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()));
    Seen::Head { status, reason: reason.as_bytes().to_vec(), headers: headers.collect(), length }
}

fn seen_reply() -> Vec<Seen> {
    vec![
        seen(200, "OK", &[("Content-Type", "text/plain"), ("Content-Length", "5")], Some(5)),
        Seen::Body(b"hello".to_vec()),
        Seen::Finished(true),
    ]
}

#[test]
fn the_captured_reply_is_understood() {
    assert_eq!(get(&reply()), seen_reply());
}

#[test]
fn no_cut_of_the_stream_changes_what_is_seen() {
    let reply = reply();
    for first in 0..=reply.len() {
        for second in first..=reply.len() {
            let parts = [&reply[..first], &reply[first..second], &reply[second..]];
            assert_eq!(play(&mut Exchange::new(GET), &parts), seen_reply(), "cut at {first} and {second}");
        }
    }
    let bytes: Vec<&[u8]> = reply.chunks(1).collect();
    assert_eq!(play(&mut Exchange::new(GET), &bytes), seen_reply());
}

#[test]
fn a_packet_is_not_touched_before_it_is_complete() {
    let reply = reply();
    for cut in 0..35 {
        let mut exchange = Exchange::new(GET);
        let step = exchange.advance(&reply[..cut]).unwrap();
        assert_eq!((step.used, step.event.is_none()), (0, true), "{cut}");
    }
}

#[test]
fn all_header_codes_have_their_names() {
    let names = [
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
    let mut payload = hex("04 00c8 ffff 000b");
    for code in 1..=11 {
        payload.extend([0xa0, code, 0, 1, b'7', 0]);
    }
    let expected: Vec<(&str, &str)> = names.iter().map(|name| (*name, "7")).collect();
    assert_eq!(get(&packet(&payload)), [seen(200, "", &expected, Some(7))]);
}

#[test]
fn the_status_is_any_final_one() {
    for status in [200, 204, 304, 404, 599, 600, 999] {
        assert_eq!(get(&head(status, &[])), [seen(status, "OK", &[], None)], "{status}");
    }
}

#[test]
fn the_reason_ends_at_its_first_control_character() {
    for (sent, reason) in [
        (&b"\0\x02OK\0"[..], "OK"),
        (b"\0\x03200\0", "200"),
        (b"\0\0\0", ""),
        (b"\xff\xff", ""),
        (b"\0\x0dOK\r\nX-Evil: 1\0", "OK"),
        (b"\0\x04\r\nOK\0", ""),
        (b"\0\x04a\tb\x7f\0", "a\tb"),
    ] {
        let payload = [b"\x04\x00\xc8", sent, b"\0\0"].concat();
        assert_eq!(get(&packet(&payload)), [seen(200, reason, &[], None)], "{}", sent.escape_ascii());
    }
}

#[test]
fn headers_of_one_hop_end_here() {
    let sent = [
        ("Transfer-Encoding", "chunked"),
        ("connection", "keep-alive, X-Private ,,x-TOO"),
        ("Keep-Alive", "timeout=5"),
        ("Proxy-Connection", "close"),
        ("TE", "trailers"),
        ("Trailer", "X"),
        ("UPGRADE", "h2c"),
        ("X-Private", "1"),
        ("x-too", "2"),
        ("Proxy-Authenticate", "Basic"),
        ("X-Private-Not", "3"),
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
        ("Connection", "Date"),
        ("Date", "now"),
    ];
    let passed = [
        ("Proxy-Authenticate", "Basic"),
        ("X-Private-Not", "3"),
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
    ];
    assert_eq!(get(&head(200, &sent)), [seen(200, "OK", &passed, None)]);
}

#[test]
fn values_may_be_empty_and_hold_tab_and_high_bytes() {
    let headers = [("X-Empty", ""), ("X-Tab", "a\tb"), ("X-High", "\u{e9}")];
    assert_eq!(get(&head(200, &headers)), [seen(200, "OK", &headers, None)]);
}

#[test]
fn a_content_length_may_come_twice_if_it_is_the_same() {
    let headers = [("Content-Length", "5"), ("content-length", " 05 ")];
    assert_eq!(get(&head(200, &headers)), [seen(200, "OK", &headers, Some(5))]);
}

#[test]
fn a_reply_needs_no_content_length() {
    let stream = [head(200, &[]), chunk(b"ab"), chunk(b"cd"), end()].concat();
    assert_eq!(
        get(&stream)[1..],
        [Seen::Body(b"ab".to_vec()), Seen::Body(b"cd".to_vec()), Seen::Finished(true)]
    );
}

#[test]
fn an_empty_chunk_flushes_once_there_are_headers() {
    let stream = [chunk(b""), head(200, &[]), chunk(b""), chunk(b"x"), chunk(b""), end()].concat();
    assert_eq!(
        get(&stream),
        [
            seen(200, "OK", &[], None),
            Seen::Flush,
            Seen::Body(b"x".to_vec()),
            Seen::Flush,
            Seen::Finished(true)
        ]
    );
}

#[test]
fn a_body_that_must_not_be_is_dropped() {
    let length = [("Content-Length", "100")];
    for (terms, status, rest) in [
        (HEAD, 200, &[Seen::Flush, Seen::Flush, Seen::Finished(true)][..]),
        (GET, 204, &[Seen::Flush, Seen::Finished(true)]),
        (GET, 304, &[Seen::Flush, Seen::Finished(true)]),
    ] {
        let stream = [head(status, &length), chunk(b"body"), chunk(b""), end()].concat();
        let mut exchange = Exchange::new(terms);
        let seen = play(&mut exchange, &[&stream]);
        assert_eq!(seen[1..], *rest, "{status}");
    }
}

#[test]
fn a_body_is_cut_at_its_content_length() {
    for (chunks, bodies) in [
        (&[&b"abcX"[..]][..], &[&b"abc"[..]][..]),
        (&[b"ab", b"cX", b"Y"], &[b"ab", b"c"]),
        (&[b"abc", b"X"], &[b"abc"]),
    ] {
        let mut stream = head(200, &[("Content-Length", "3")]);
        chunks.iter().for_each(|data| stream.extend(chunk(data)));
        stream.extend(end());
        let mut expected: Vec<Seen> = bodies.iter().map(|data| Seen::Body(data.to_vec())).collect();
        expected.push(Seen::Finished(false));
        assert_eq!(get(&stream)[1..], expected, "{chunks:?}");
    }
    let nothing = [head(200, &[("Content-Length", "0")]), chunk(b"X"), end()].concat();
    assert_eq!(get(&nothing)[1..], [Seen::Finished(false)]);
}

#[test]
fn the_end_says_whether_the_connection_can_be_used_again() {
    for (payload, reuse) in [
        (&[5, 0][..], false),
        (&[5, 1], true),
        (&[5, 2], true),
        (&[5, 0xff], true),
        (&[5], false),
        (&[5, 1, 9, 9], true),
    ] {
        let stream = [head(200, &[]), packet(payload)].concat();
        assert_eq!(get(&stream)[1..], [Seen::Finished(reuse)], "{payload:?}");
    }
}

#[test]
fn a_connection_with_bytes_after_the_end_is_not_used_again() {
    let stream = [head(200, &[]), end(), b"A".to_vec()].concat();
    assert_eq!(get(&stream)[1..], [Seen::Finished(false)]);
}

#[test]
fn progress_tells_what_was_handed_out() {
    let mut exchange = Exchange::new(GET);
    assert_eq!(exchange.progress(), Progress::Nothing);
    for (bytes, progress) in [
        (chunk(b""), Progress::Nothing),
        (head(200, &[]), Progress::Head),
        (chunk(b""), Progress::Head),
        (chunk(b"x"), Progress::Body),
        (end(), Progress::Finished),
    ] {
        play(&mut exchange, &[&bytes]);
        assert_eq!(exchange.progress(), progress);
    }
    let step = exchange.advance(b"").unwrap();
    assert_eq!((step.used, step.event.is_none()), (0, true));
}

#[test]
fn a_terminator_need_not_be_zero() {
    let stream = [packet(b"\x04\0\xc8\0\x02OKQ\0\x01\0\x01XQ\0\x02vvQ"), packet(b"\x03\0\x01bQ")].concat();
    assert_eq!(get(&stream), [seen(200, "OK", &[("X", "vv")], None), Seen::Body(b"b".to_vec())]);
}

#[test]
fn surplus_bytes_inside_a_packet_are_ignored() {
    let stream = [packet(b"\x04\0\xc8\0\0\0\0\0more"), packet(b"\x03\0\x01b\0more"), packet(b"\x03\0\x01b")];
    let body = Seen::Body(b"b".to_vec());
    assert_eq!(get(&stream.concat()), [seen(200, "", &[], None), body.clone(), body]);
}
