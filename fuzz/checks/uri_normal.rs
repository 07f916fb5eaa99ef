//! Any bytes as a path: the clean form keeps its promises, and escaping can be undone.

use std::borrow::Cow;

use mod_jk::uri::{Unclean, clean, escape};

/// What must hold for any input; panics if it does not.
pub fn check(uri: &[u8]) {
    clean_form(uri);
    both_escapes(uri);
}

fn clean_form(uri: &[u8]) {
    match clean(uri) {
        Err(Unclean::NotAbsolute) => assert!(!uri.starts_with(b"/")),
        Err(Unclean::EscapesRoot) => assert!(uri.windows(2).any(|pair| pair == b"..")),
        Ok(path) if uri == b"*" => assert_eq!(path, uri),
        Ok(path) => {
            assert!(path.starts_with(b"/") && path.len() <= uri.len() && !path.contains(&b';'));
            assert_eq!(matches!(path, Cow::Borrowed(_)), path == uri, "copied without need");
            let mut segments = path.get(1..).unwrap_or_default().split(|byte| *byte == b'/');
            let last = segments.next_back().unwrap_or_default();
            assert!(last != b"." && last != b"..");
            assert!(segments.all(|name| !matches!(name, b"" | b"." | b"..")));
            assert!(matches!(clean(&path), Ok(Cow::Borrowed(again)) if again == &*path), "not clean at once");
        }
    }
}

fn both_escapes(uri: &[u8]) {
    let (upper, lower) = (escape::proxy(uri), escape::escaped(uri));
    assert!(upper.eq_ignore_ascii_case(&lower));
    assert!(upper.iter().all(|byte| matches!(byte, 0x21..=0x7e) && !b"\"#<>?[\\]^`{|}".contains(byte)));
    assert_eq!(decoded(&upper), uri);
}

fn decoded(text: &[u8]) -> Vec<u8> {
    let mut pieces = text.split(|byte| *byte == b'%');
    let mut out = pieces.next().unwrap_or_default().to_vec();
    for piece in pieces {
        let (digits, plain) = piece.split_at(2);
        let digits = std::str::from_utf8(digits).expect("digits are ASCII");
        out.push(u8::from_str_radix(digits, 16).expect("two hexadecimal digits"));
        out.extend_from_slice(plain);
    }
    out
}
