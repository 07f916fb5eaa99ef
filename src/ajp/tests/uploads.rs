//! Request bodies: what goes out unasked, what is asked for, how it ends.

use super::play::{Seen, ask, end, head, hex, play};
use crate::ajp::control::{CLIENT_EOF, EMPTY_BODY};
use crate::ajp::exchange::{Event, Exchange, ProtocolError, Terms};
use crate::ajp::request::Body;
use crate::ajp::upload::PATIENCE;

fn exchange(body: Body) -> Exchange {
    Exchange::new(Terms { head_request: false, body, packet_limit: 8192 })
}

/// How much the exchange wants after this question.
#[track_caller]
fn wanted(exchange: &mut Exchange, asked: u16) -> usize {
    let question = ask(asked);
    let step = exchange.advance(&question).unwrap();
    assert_eq!(step.used, 7);
    match step.event {
        Some(Event::WantsBody(most)) => most,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn reuse(exchange: &mut Exchange) -> bool {
    match play(exchange, &[&head(200, &[]), &end()]).last() {
        Some(Seen::Finished(reuse)) => *reuse,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_body_packet_goes_out_unasked_only_for_a_known_length() {
    for (body, limit, first) in [
        (Body::None, 8192, None),
        (Body::Chunked, 8192, None),
        (Body::Length(0), 8192, None),
        (Body::Length(1), 8192, Some(1)),
        (Body::Length(8186), 8192, Some(8186)),
        (Body::Length(8187), 8192, Some(8186)),
        (Body::Length(u64::MAX), 65536, Some(65530)),
        (Body::Length(99_999), 100, Some(8186)),
        (Body::Length(99_999), 999_999, Some(65530)),
    ] {
        let exchange = Exchange::new(Terms { head_request: false, body, packet_limit: limit });
        assert_eq!(exchange.first_body(), first, "{body:?} {limit}");
    }
}

#[test]
fn the_captured_upload_of_9_bytes_is_sent_as_mod_jk_sends_it() {
    let mut exchange = exchange(Body::Length(9));
    assert_eq!(exchange.first_body(), Some(9));
    assert_eq!(exchange.frame_body(9)[..], hex("1234 000b 0009"));
    assert_eq!((exchange.first_body(), exchange.body_pulled()), (None, false));
    assert_eq!(wanted(&mut exchange, 8186), 0);
    assert_eq!(exchange.end_body()[..], hex("1234 0000"));
    assert!(exchange.body_pulled());
    assert!(reuse(&mut exchange));
}

#[test]
fn the_captured_upload_of_20000_bytes_is_sent_as_mod_jk_sends_it() {
    let mut exchange = exchange(Body::Length(20_000));
    assert_eq!(exchange.first_body(), Some(8186));
    assert_eq!(exchange.frame_body(8186)[..], hex("1234 1ffc 1ffa"));
    for (most, header) in [(8186, "1234 1ffc 1ffa"), (3628, "1234 0e2e 0e2c")] {
        assert_eq!(wanted(&mut exchange, 8186), most);
        assert_eq!(exchange.frame_body(most)[..], hex(header));
    }
    for _ in 0..3 {
        assert_eq!(wanted(&mut exchange, 8186), 0);
        assert_eq!(exchange.end_body(), EMPTY_BODY);
    }
    assert!(reuse(&mut exchange));
}

#[test]
fn the_captured_chunked_upload_is_sent_as_mod_jk_sends_it() {
    let mut exchange = exchange(Body::Chunked);
    assert_eq!(wanted(&mut exchange, 8186), 8186);
    assert_eq!(exchange.frame_body(7)[..], hex("1234 0009 0007"));
    for most in [8186, 0, 0] {
        assert_eq!(wanted(&mut exchange, 8186), most);
        assert_eq!(exchange.end_body()[..], hex("1234 0000"));
    }
    assert!(reuse(&mut exchange));
}

#[test]
fn a_question_gets_no_more_than_asked_left_and_fitting() {
    for (left, asked, most) in [
        (Body::Length(100_000), 10, 10),
        (Body::Length(100_000), 0xffff, 8186),
        (Body::Length(8186 + 20), 8186, 20),
        (Body::Length(8186), 8186, 0),
        (Body::Chunked, 10, 10),
        (Body::Chunked, 0xffff, 8186),
        (Body::Chunked, 0, 0),
        (Body::None, 8186, 0),
    ] {
        let mut exchange = exchange(left);
        if let Some(first) = exchange.first_body() {
            let _ = exchange.frame_body(first);
        }
        assert_eq!(wanted(&mut exchange, asked), most, "{left:?} {asked}");
    }
}

#[test]
fn a_question_for_nothing_ends_nothing() {
    let mut exchange = exchange(Body::Chunked);
    assert_eq!(wanted(&mut exchange, 0), 0);
    assert_eq!(exchange.end_body(), EMPTY_BODY);
    assert_eq!(wanted(&mut exchange, 5), 5);
}

#[test]
fn a_backend_that_never_stops_asking_is_refused() {
    for body in [Body::None, Body::Length(0), Body::Chunked] {
        let mut exchange = exchange(body);
        for _ in 0..PATIENCE {
            let _ = wanted(&mut exchange, 8186);
            assert_eq!(exchange.end_body(), EMPTY_BODY);
        }
        assert_eq!(exchange.advance(&hex("4142 0003 06 1ffa")).err(), Some(ProtocolError::Insatiable));
    }
}

#[test]
fn a_reply_may_come_before_the_body_was_read() {
    let mut exchange = exchange(Body::Length(20_000));
    let _ = exchange.frame_body(8186);
    assert!(reuse(&mut exchange));
    assert!(!exchange.body_pulled());
}

#[test]
fn a_connection_on_which_a_body_packet_is_due_is_not_used_again() {
    let mut unasked = exchange(Body::Length(1));
    assert!(!reuse(&mut unasked));

    let mut asked = exchange(Body::Chunked);
    assert_eq!(wanted(&mut asked, 8186), 8186);
    assert!(!reuse(&mut asked));

    let mut twice = exchange(Body::Length(20_000));
    assert_eq!(wanted(&mut twice, 8186), 8186);
    let _ = twice.frame_body(8186);
    assert!(!reuse(&mut twice));

    let mut too_many = exchange(Body::None);
    let _ = too_many.end_body();
    assert!(!reuse(&mut too_many));
}

#[test]
fn a_client_that_breaks_off_is_told_by_an_empty_body_with_a_length() {
    assert_eq!(CLIENT_EOF[..], hex("1234 0002 0000"));
}
