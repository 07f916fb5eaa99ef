//! Random streams: nothing panics, nothing points outside what was received, nothing forbidden is handed out.

use super::play::{Dice, ask, chunk, end, head, packet, play, string};
use crate::ajp::exchange::{Event, Exchange, Progress, Terms};
use crate::ajp::reply::ReplyHead;
use crate::ajp::request::Body;

fn terms(dice: &mut Dice) -> Terms {
    Terms {
        head_request: dice.below(4) == 0,
        body: dice.pick(&[Body::None, Body::Chunked, Body::Length(1), Body::Length(100_000)]),
        packet_limit: dice.pick(&[0, 8192, 9216, 65536, 1 << 40]),
    }
}

/// A packet that is likely to be understood, or a little wrong.
fn plausible(dice: &mut Dice) -> Vec<u8> {
    let status = u16::try_from(dice.below(1100)).unwrap();
    match dice.below(12) {
        0 => head(200, &[("Content-Length", "30"), ("Connection", "x-a"), ("X-A", "b")]),
        1 => head(status, &[("X", "y"), ("Transfer-Encoding", "chunked")]),
        2 => random_head(dice),
        3 => end(),
        4 => packet(&dice.bytes(9)),
        5 => ask(u16::try_from(dice.below(65536)).unwrap()),
        6 => [b"AB".to_vec(), dice.bytes(40)].concat(),
        7 => chunk(b""),
        8 => [&b"AB\0\x10\x03"[..], &dice.bytes(60)].concat(),
        9..12 => chunk(&dice.bytes(50)),
        other => unreachable!("{other}"),
    }
}

fn random_head(dice: &mut Dice) -> Vec<u8> {
    let mut payload = b"\x04\0\xc8".to_vec();
    payload.extend(string(&dice.bytes(6)));
    let count = dice.below(4);
    payload.extend(u16::try_from(count).unwrap().to_be_bytes());
    for _ in 0..count {
        match dice.below(3) {
            0 => payload.extend(string(&dice.bytes(4))),
            1 => payload.extend(string(dice.pick(&[&b"connection"[..], b"X", b"content-length"]))),
            _ => payload.extend([0xa0, dice.bytes(2).first().map_or(3, |byte| byte % 13)]),
        }
        payload.extend(string(dice.pick(&[&b"12"[..], b"x, y", b"\t", b"\x01", b"x\r\n"])));
    }
    packet(&payload)
}

fn inside(part: &[u8], whole: &[u8]) -> bool {
    let (part, whole) = (part.as_ptr_range(), whole.as_ptr_range());
    part.start >= whole.start && part.end <= whole.end
}

fn check_head(head: &ReplyHead<'_>, received: &[u8]) {
    assert!((200..1000).contains(&head.status));
    assert!(head.reason.is_empty() || inside(head.reason, received));
    for (name, value) in head.headers() {
        assert!(inside(value, received));
        assert!(!name.is_empty() && name.iter().all(u8::is_ascii_graphic));
        assert!(
            !name.eq_ignore_ascii_case(b"transfer-encoding") && !name.eq_ignore_ascii_case(b"connection")
        );
        assert!(!value.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t'));
    }
}

/// Takes a stream to its end; how far it came.
fn drive(stream: &[u8], terms: Terms, dice: &mut Dice) -> Progress {
    let mut exchange = Exchange::new(terms);
    if dice.below(2) == 0 {
        if let Some(first) = exchange.first_body() {
            let _ = exchange.frame_body(first);
        }
    }
    let (mut done, mut received) = (0, 0);
    let (mut length, mut body) = (None, 0);
    loop {
        let window = &stream[done..received];
        let Ok(step) = exchange.advance(window) else { return exchange.progress() };
        assert!(step.used <= window.len());
        done += step.used;
        match step.event {
            None if step.used > 0 => {}
            None if received == stream.len() => return exchange.progress(),
            None => received = (received + 1 + dice.below(40)).min(stream.len()),
            Some(Event::Head(head)) => {
                check_head(&head, window);
                length = head.content_length();
            }
            Some(Event::Body(data)) => {
                assert!(!data.is_empty() && inside(data, window) && !terms.head_request);
                body += data.len() as u64;
                assert!(length.is_none_or(|length| body <= length));
            }
            Some(Event::WantsBody(0)) => assert_eq!(exchange.end_body(), [0x12, 0x34, 0, 0]),
            Some(Event::WantsBody(most)) => {
                assert!(most <= 65530);
                let _ = exchange.frame_body(most);
            }
            Some(Event::Flush) => assert!(exchange.progress() >= Progress::Head),
            Some(Event::Finished { reuse }) => {
                assert!(!reuse || done == received);
                let whole = terms.head_request || length.is_none_or(|length| body == length);
                assert!(!reuse || whole || body == 0);
                return exchange.progress();
            }
        }
    }
}

#[test]
fn random_bytes_neither_panic_nor_lead_outside() {
    let mut dice = Dice(1);
    for _ in 0..20_000 {
        let stream = dice.bytes(60);
        let terms = terms(&mut dice);
        drive(&stream, terms, &mut dice);
    }
}

#[test]
fn plausible_packets_in_any_order_neither_panic_nor_lead_outside() {
    let mut dice = Dice(2);
    let mut ends = [0; 4];
    for _ in 0..50_000 {
        let count = 1 + dice.below(8);
        let stream: Vec<u8> = (0..count).flat_map(|_| plausible(&mut dice)).collect();
        let terms = terms(&mut dice);
        ends[drive(&stream, terms, &mut dice) as usize] += 1;
    }
    assert!(ends.iter().all(|count| *count > 500), "{ends:?}");
}

#[test]
fn the_cut_of_a_random_stream_does_not_change_what_is_seen() {
    let mut dice = Dice(3);
    for _ in 0..5_000 {
        let count = 1 + dice.below(8);
        let stream: Vec<u8> = (0..count).flat_map(|_| plausible(&mut dice)).collect();
        let terms = Terms { body: Body::Chunked, ..terms(&mut dice) };
        let (left, right) = stream.split_at(dice.below(stream.len() + 1));
        let whole = play(&mut Exchange::new(terms), &[&stream]);
        let cut = play(&mut Exchange::new(terms), &[left, right]);
        assert_eq!(shape(&whole), shape(&cut), "{}", stream.escape_ascii());
    }
}

/// Whether the connection can be used again depends on what had come with the end; all else must be equal.
fn shape(seen: &[super::play::Seen]) -> String {
    format!("{seen:?}").replace("Finished(true)", "Finished(false)")
}
