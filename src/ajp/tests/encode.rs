//! Requests, compared with captured packets and read back by the decoder.

use super::decoder::{Decoded, NAMES, decode};
use super::golden_packets as golden;
use super::play::{Dice, hex};
use crate::ajp::request::{Body, ForwardRequest, Headers, Recipient, Tls, TooLarge};

type Pairs<'p> = &'p [(&'p [u8], &'p [u8])];

const HOST: (&[u8], &[u8]) = (b"Host", b"www.example.com");
const AGENT: (&[u8], &[u8]) = (b"User-Agent", b"t/1");
const CLOSE: (&[u8], &[u8]) = (b"Connection", b"close");

const PLAIN: Recipient<'_> = Recipient { secret: None, route: None, activation: b"ACT" };

/// What all captured requests have in common.
fn request<'r>(
    method: &'r [u8],
    uri: &'r [u8],
    port: &'r [u8],
    headers: &'r dyn Headers,
) -> ForwardRequest<'r> {
    ForwardRequest {
        method,
        protocol: b"HTTP/1.1",
        uri,
        remote_addr: Some(b"127.0.0.1"),
        remote_host: None,
        server_name: b"www.example.com",
        server_port: 80,
        is_ssl: false,
        headers,
        body: Body::None,
        remote_user: None,
        auth_type: None,
        query: None,
        tls: Tls::default(),
        remote_port: Some(port),
        local_addr: Some(b"127.0.0.1"),
        env: &[],
    }
}

fn encoded(request: &ForwardRequest<'_>, to: &Recipient<'_>) -> Vec<u8> {
    let mut out = b"what was there before".to_vec();
    request.encode(to, 8192, &mut out).unwrap();
    out
}

#[track_caller]
fn assert_golden(request: &ForwardRequest<'_>, to: &Recipient<'_>, golden: &str) {
    let (ours, theirs) = (encoded(request, to), hex(golden));
    assert_eq!(ours.escape_ascii().to_string(), theirs.escape_ascii().to_string());
}

#[test]
fn a_get_is_sent_as_mod_jk_sends_it() {
    let headers: Pairs<'_> = &[HOST, AGENT, (b"Accept", b"*/*"), CLOSE];
    assert_golden(&request(b"GET", b"/t/ok", b"21801", &headers), &PLAIN, golden::GET);
}

#[test]
fn a_post_keeps_its_content_length_in_place() {
    let headers: Pairs<'_> = &[
        HOST,
        AGENT,
        (b"Content-Type", b"application/x-www-form-urlencoded"),
        (b"Content-Length", b"9"),
        CLOSE,
    ];
    let post = ForwardRequest { body: Body::Length(9), ..request(b"POST", b"/t/post", b"21802", &headers) };
    assert_golden(&post, &PLAIN, golden::POST);
}

#[test]
fn a_chunked_request_has_no_content_length() {
    let headers: Pairs<'_> = &[
        HOST,
        AGENT,
        (b"Content-Type", b"text/plain"),
        (b"Content-Length", b"7"),
        (b"Transfer-Encoding", b"chunked"),
        CLOSE,
    ];
    let post = ForwardRequest { body: Body::Chunked, ..request(b"POST", b"/t/chunked", b"21803", &headers) };
    assert_golden(&post, &PLAIN, golden::CHUNKED);
}

#[test]
fn tls_and_route_are_sent_as_mod_jk_sends_them() {
    let headers: Pairs<'_> =
        &[HOST, AGENT, (b"Cookie", b"JSESSIONID=AB12.tc1"), (b"Accept-Language", b"de"), CLOSE];
    let mut get = ForwardRequest {
        server_port: 443,
        is_ssl: true,
        query: Some(b"q=a%20b"),
        tls: Tls {
            cert: Some(b""),
            cipher: Some(b"ECDHE-ECDSA-AES128-GCM-SHA256"),
            session: None,
            key_size: Some(128),
            protocol: Some(b"TLSv1.2"),
        },
        ..request(b"GET", b"/lb/ok;x=1", b"21804", &headers)
    };
    let member = Recipient { route: Some(b"tc1"), ..PLAIN };
    assert_golden(&get, &member, golden::TLS_BALANCED);

    get.tls.cert = Some(b"-----BEGIN CERTIFICATE-----\n");
    let packet = encoded(&get, &member);
    let cert = hex("07 00 1c").into_iter().chain(*b"-----BEGIN CERTIFICATE-----\n\0\x08").collect::<Vec<_>>();
    assert!(packet.windows(cert.len()).any(|window| window == cert), "certificate before cipher");
}

#[test]
fn a_head_is_sent_as_mod_jk_sends_it() {
    let headers: Pairs<'_> = &[HOST, AGENT, CLOSE];
    assert_golden(&request(b"HEAD", b"/t/ok", b"21806", &headers), &PLAIN, golden::HEAD);
}

#[test]
fn secret_user_stored_method_and_environment_are_sent_as_mod_jk_sends_them() {
    let headers: Pairs<'_> = &[
        HOST,
        AGENT,
        (b"Authorization", b"Basic YWxpY2U6cHc="),
        (b"X-Long", &[b'L'; 40]),
        (b"Accept-Charset", b"utf-8"),
        (b"X-Dup", b"1, 2"),
        (b"Content-Length", b"0"),
        CLOSE,
    ];
    let patch = ForwardRequest {
        remote_user: Some(b"alice"),
        auth_type: Some(b"Basic"),
        env: &[(b"TENANT", b"acme")],
        ..request(b"PATCH", b"/t/ok", b"21807", &headers)
    };
    assert_golden(&patch, &Recipient { secret: Some(b"s3cr3t"), ..PLAIN }, golden::PATCH);
}

#[test]
fn a_content_length_is_sent_that_agrees_with_the_body() {
    let with: Pairs<'_> = &[(b"X", b"y"), (b"CONTENT-LENGTH", b"12")];
    let zero: Pairs<'_> = &[(b"content-length", b"000"), (b"X", b"y")];
    let without: Pairs<'_> = &[(b"X", b"y")];
    for (body, headers, sent) in [
        (Body::None, without, &["X: y", "Content-Length: 0"][..]),
        (Body::None, zero, &["Content-Length: 000", "X: y"]),
        (Body::None, with, &["X: y", "Content-Length: 0"]),
        (Body::Length(0), with, &["X: y", "Content-Length: 0"]),
        (Body::Length(12), with, &["X: y", "Content-Length: 12"]),
        (Body::Length(12), without, &["X: y", "Content-Length: 12"]),
        (Body::Length(u64::MAX), without, &["X: y", "Content-Length: 18446744073709551615"]),
        (Body::Chunked, without, &["X: y"]),
        (Body::Chunked, zero, &["X: y"]),
    ] {
        let request = ForwardRequest { body, ..request(b"GET", b"/", b"1", &headers) };
        let decoded = decode(&encoded(&request, &PLAIN));
        let shown: Vec<String> = decoded
            .headers
            .iter()
            .map(|(name, value)| format!("{}: {}", name.escape_ascii(), value.escape_ascii()))
            .collect();
        assert_eq!(shown, sent, "{body:?}");
    }
}

#[test]
fn empty_is_absent_for_some_and_null_is_sent_for_others() {
    let headers: Pairs<'_> = &[];
    let empty = Some(&b""[..]);
    let request = ForwardRequest {
        remote_addr: None,
        remote_host: empty,
        remote_user: empty,
        auth_type: empty,
        query: empty,
        tls: Tls { cert: empty, cipher: empty, session: empty, key_size: Some(0), protocol: empty },
        remote_port: None,
        local_addr: empty,
        env: &[(b"V", b"")],
        ..request(b"GET", b"", b"1", &headers)
    };
    let decoded = decode(&encoded(&request, &Recipient { secret: empty, route: empty, activation: b"STP" }));
    assert_eq!((decoded.uri, decoded.remote_addr, decoded.remote_host), (Some(vec![]), None, Some(vec![])));
    let named = |name: &[u8], value: Option<&[u8]>| (10, name.to_vec(), value.map(<[u8]>::to_vec));
    assert_eq!(
        decoded.attributes,
        [
            (5, vec![], Some(vec![])),
            (8, vec![], Some(vec![])),
            (9, vec![], Some(vec![])),
            (11, vec![], Some(vec![0, 0])),
            named(b"AJP_REMOTE_PORT", None),
            named(b"AJP_LOCAL_ADDR", empty),
            named(b"JK_LB_ACTIVATION", Some(b"STP")),
            named(b"V", empty),
        ]
    );
}

#[test]
fn a_packet_fills_its_limit_and_no_more() {
    let size_without_uri = {
        let headers: Pairs<'_> = &[];
        encoded(&request(b"GET", b"", b"1", &headers), &PLAIN).len()
    };
    for limit in [8192, 9216, 65536] {
        for (over, fits) in [(0, true), (1, false), (40, false)] {
            let uri = vec![b'u'; limit - size_without_uri + over];
            let headers: Pairs<'_> = &[];
            let mut out = Vec::new();
            let outcome = request(b"GET", &uri, b"1", &headers).encode(&PLAIN, limit, &mut out);
            if fits {
                assert_eq!((outcome, out.len()), (Ok(()), limit));
                assert_eq!(decode(&out).uri, Some(uri));
            } else {
                assert_eq!(outcome, Err(TooLarge::Packet { needed: limit + over, limit }));
            }
        }
    }
}

#[test]
fn no_string_is_cut_whatever_its_length() {
    for len in [65_535, 65_536, 65_537, 131_072 + 5] {
        let long = vec![b'x'; len];
        let headers: Pairs<'_> = &[(b"X", &long)];
        let mut out = Vec::new();
        for limit in [8192, 65536, usize::MAX] {
            let outcome = request(b"GET", b"/", b"1", &headers).encode(&PLAIN, limit, &mut out);
            assert!(matches!(outcome, Err(TooLarge::Packet { needed, .. }) if needed > len), "{len}");
            assert!(out.len() < 8192);
        }
    }
    let error = TooLarge::Packet { needed: 9000, limit: 8192 };
    assert_eq!(error.to_string(), "request needs a packet of 9000 bytes, max_packet_size is 8192");
}

#[test]
fn a_name_whose_length_reads_as_a_code_fits_nowhere() {
    for (len, fits) in [(0x9fff, true), (0xa000, false), (0xa001, false), (0xa0ff, false), (0xa100, true)] {
        let name = vec![b'x'; len];
        let headers: Pairs<'_> = &[(&name, b"1")];
        let outcome = request(b"GET", b"/", b"1", &headers).encode(&PLAIN, 65536, &mut Vec::new());
        assert_eq!(outcome, if fits { Ok(()) } else { Err(TooLarge::HeaderName(len)) }, "{len:#x}");
    }
}

#[test]
fn any_request_is_read_back_as_it_was() {
    let mut dice = Dice(20);
    let mut fitted = 0;
    for _ in 0..3000 {
        fitted += usize::from(round_trip(&mut dice));
    }
    assert!(fitted > 1000, "{fitted}");
}

/// One random request; whether it fitted.
fn round_trip(dice: &mut Dice) -> bool {
    let texts: Vec<Vec<u8>> = (0..16).map(|_| dice.bytes(60)).collect();
    let maybe: Vec<Option<&[u8]>> =
        texts.iter().map(|text| if dice.below(3) > 0 { Some(&text[..]) } else { None }).collect();
    let names: Vec<Vec<u8>> = (0..dice.below(20))
        .map(|_| if dice.below(3) == 0 { dice.bytes(20) } else { dice.pick(&NAMES).as_bytes().to_vec() })
        .collect();
    let values: Vec<Vec<u8>> = names.iter().map(|_| dice.bytes(800)).collect();
    let pairs: Vec<(&[u8], &[u8])> = names.iter().zip(&values).map(|(n, v)| (&n[..], &v[..])).collect();
    let headers = &pairs[..];
    let request = ForwardRequest {
        method: dice.pick(&[&b"GET"[..], b"PATCH", b"Get", b"", b"MKACTIVITY"]),
        protocol: &texts[0],
        uri: &texts[1],
        remote_addr: maybe[2],
        remote_host: maybe[3],
        server_name: &texts[4],
        server_port: u16::try_from(dice.below(65536)).unwrap(),
        is_ssl: dice.below(2) == 0,
        headers: &headers,
        body: dice.pick(&[Body::None, Body::Chunked, Body::Length(77)]),
        remote_user: maybe[5],
        auth_type: maybe[6],
        query: maybe[7],
        tls: Tls {
            cert: maybe[8],
            cipher: maybe[9],
            session: maybe[10],
            key_size: Some(256),
            protocol: maybe[11],
        },
        remote_port: maybe[12],
        local_addr: maybe[13],
        env: &pairs[..pairs.len() / 2],
    };
    let to = Recipient { secret: maybe[14], route: maybe[15], activation: b"DIS" };
    let mut out = Vec::new();
    if let Err(error) = request.encode(&to, 8192, &mut out) {
        let mut large = Vec::new();
        request.encode(&to, 65536, &mut large).unwrap();
        assert_eq!(error, TooLarge::Packet { needed: large.len(), limit: 8192 });
        return false;
    }
    assert_eq!(decode(&out), expected(&request, &to, headers));
    true
}

/// What the decoder must see.
fn expected(request: &ForwardRequest<'_>, to: &Recipient<'_>, headers: Pairs<'_>) -> Decoded {
    let own = |text: Option<&[u8]>| text.map(<[u8]>::to_vec);
    let (method, stored) = match request.method {
        b"GET" => (2, None),
        b"MKACTIVITY" => (27, None),
        other => (255, Some(other)),
    };
    let protocol = request.tls.protocol.filter(|text| !text.is_empty());
    let filled = [
        (12, to.secret),
        (3, request.remote_user),
        (4, request.auth_type),
        (5, request.query),
        (6, to.route),
        (7, request.tls.cert),
        (8, request.tls.cipher),
        (9, request.tls.session),
        (11, Some(&[1, 0])),
        (13, stored),
    ];
    let coded = filled
        .into_iter()
        .filter(|(code, text)| text.is_some_and(|text| !text.is_empty() || matches!(code, 5 | 8 | 9 | 13)))
        .map(|(code, text)| (code, vec![], own(text)));
    let named = [
        (&b"AJP_REMOTE_PORT"[..], request.remote_port),
        (b"AJP_LOCAL_ADDR", request.local_addr),
        (b"JK_LB_ACTIVATION", Some(to.activation)),
    ];
    let env = request.env.iter().map(|(name, value)| (*name, Some(*value)));
    let attributes = protocol
        .map(|text| (&b"AJP_SSL_PROTOCOL"[..], Some(text)))
        .into_iter()
        .chain(named)
        .chain(env)
        .map(|(name, value)| (10, name.to_vec(), own(value)));
    Decoded {
        method,
        protocol: Some(request.protocol.to_vec()),
        uri: Some(request.uri.to_vec()),
        remote_addr: own(request.remote_addr),
        remote_host: own(request.remote_host),
        server_name: Some(request.server_name.to_vec()),
        server_port: request.server_port,
        is_ssl: request.is_ssl,
        headers: expected_headers(request.body, headers),
        attributes: coded.chain(attributes).collect(),
    }
}

fn expected_headers(body: Body, headers: Pairs<'_>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let length = |name: &[u8]| name.eq_ignore_ascii_case(b"content-length");
    let mut sent = Vec::new();
    for (name, value) in headers {
        let value = match body {
            Body::Chunked if length(name) => continue,
            Body::None if length(name) && value.iter().any(|byte| *byte != b'0') => &b"0"[..],
            Body::None | Body::Length(_) | Body::Chunked => value,
        };
        sent.push((name.to_vec(), value.to_vec()));
    }
    let announced = sent.iter().any(|(name, _)| length(name));
    match body {
        Body::None if !announced => sent.push((b"Content-Length".to_vec(), b"0".to_vec())),
        Body::Length(length) if !announced => {
            sent.push((b"Content-Length".to_vec(), length.to_string().into_bytes()));
        }
        Body::None | Body::Length(_) | Body::Chunked => {}
    }
    sent
}
