//! A backend that sends anything, in any cut: nothing panics, what is handed out lies in what was received and is
//! fit for a client, and where the stream was cut changes nothing.

use mod_jk::ajp::codes::MIN_PACKET;
use mod_jk::ajp::exchange::{Event, Exchange, ProtocolError, Terms};
use mod_jk::ajp::reply::ReplyHead;
use mod_jk::ajp::request::Body;

/// What must hold for any input; panics if it does not. Two bytes say what the request was and how many pieces are
/// given a size, so many bytes are those sizes, over and over, and the rest is what the backend sends.
pub fn check(input: &[u8]) {
    let Some((&[kind, pieces], rest)) = input.split_first_chunk() else { return };
    let Some((sizes, stream)) = rest.split_at_checked(usize::from(pieces & 15) + 1) else { return };
    let terms = Terms {
        head_request: kind & 1 != 0,
        body: match kind >> 1 & 3 {
            0 => Body::None,
            1 => Body::Chunked,
            2 => Body::Length(1),
            _ => Body::Length(20_000),
        },
        packet_limit: MIN_PACKET,
    };
    let whole = run(terms, stream, &mut std::iter::repeat(stream.len()));
    let pieces = run(terms, stream, &mut sizes.iter().cycle().map(|size| usize::from(*size) + 1));
    assert_eq!(whole, pieces);
}

/// All body data and how it ended, with pieces of these sizes received one after the other.
fn run(terms: Terms, stream: &[u8], sizes: &mut dyn Iterator<Item = usize>) -> (Vec<u8>, String) {
    let mut exchange = Exchange::new(terms);
    if let Some(first) = exchange.first_body() {
        let _ = exchange.frame_body(first);
    }
    let (mut done, mut received) = (0, 0);
    let (mut body, mut length) = (Vec::new(), None);
    loop {
        let window = &stream[done..received];
        let step = match exchange.advance(window) {
            Ok(step) => step,
            Err(error) => return (body, told(error)),
        };
        done += step.used;
        match step.event {
            None if step.used > 0 => {}
            None => {
                assert!(!exchange.is_whole() || length.is_none_or(|all| all == body.len() as u64));
                if received == stream.len() {
                    return (body, "incomplete".into());
                }
                received = stream.len().min(received + sizes.next().unwrap_or(1));
            }
            Some(Event::Head(head)) => {
                check_head(&head, window);
                let none = terms.head_request || matches!(head.status, 204 | 304);
                length = head.content_length().filter(|_| !none);
            }
            Some(Event::Body(data)) => {
                assert!(!data.is_empty() && inside(data, window) && !terms.head_request);
                body.extend_from_slice(data);
            }
            Some(Event::Flush) => {}
            Some(Event::WantsBody(0)) => assert_eq!(exchange.end_body(), [0x12, 0x34, 0, 0]),
            Some(Event::WantsBody(most)) => {
                assert!(most <= MIN_PACKET - 6);
                let _ = exchange.frame_body(most);
            }
            Some(Event::Finished { reuse }) => {
                assert!(!reuse || done == received);
                return (body, "finished".into());
            }
        }
    }
}

fn told(error: ProtocolError) -> String {
    let line = error.to_string();
    assert!(line.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
    line
}

fn check_head(head: &ReplyHead<'_>, received: &[u8]) {
    assert!((200..1000).contains(&head.status));
    assert!(!head.reason.iter().any(|byte| is_control(*byte)));
    for (name, value) in head.headers() {
        assert!(!name.is_empty() && name.iter().all(u8::is_ascii_graphic));
        assert!(!name.eq_ignore_ascii_case(b"transfer-encoding"));
        assert!(inside(value, received) && !value.iter().any(|byte| is_control(*byte)));
    }
}

fn is_control(byte: u8) -> bool {
    byte.is_ascii_control() && byte != b'\t'
}

fn inside(part: &[u8], whole: &[u8]) -> bool {
    let (part, whole) = (part.as_ptr_range(), whole.as_ptr_range());
    part.start >= whole.start && part.end <= whole.end
}
