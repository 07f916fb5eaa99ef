//! The forms in which a path is written for the backend (`JkOptions ForwardURIProxy`, `ForwardURIEscaped`).
//!
//! Both take the decoded path, with its parameters, and leave the same bytes as they are; they differ in the case
//! of the hexadecimal digits. A percent sign that survived httpd's decoding is escaped again.

use std::borrow::Cow;

/// `uri` in the form of `ForwardURIProxy`: upper-case digits.
pub fn proxy(uri: &[u8]) -> Cow<'_, [u8]> {
    escape(uri, b"0123456789ABCDEF")
}

/// `uri` in the form of `ForwardURIEscaped`: lower-case digits, as httpd's own path escaper writes them.
pub fn escaped(uri: &[u8]) -> Cow<'_, [u8]> {
    escape(uri, b"0123456789abcdef")
}

fn escape<'u>(uri: &'u [u8], digits: &[u8; 16]) -> Cow<'u, [u8]> {
    let (mut out, mut rest) = (Vec::new(), uri);
    while let Some(at) = rest.iter().position(|b| !is_kept(*b)) {
        let Some((plain, [odd, after @ ..])) = rest.split_at_checked(at) else { break };
        out.extend_from_slice(plain);
        out.extend_from_slice(&[b'%', digit(digits, odd >> 4), digit(digits, odd & 0x0f)]);
        rest = after;
    }
    if out.is_empty() {
        return Cow::Borrowed(uri);
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

fn digit(digits: &[u8; 16], value: u8) -> u8 {
    digits.get(usize::from(value & 0x0f)).copied().unwrap_or(b'0')
}

fn is_kept(byte: u8) -> bool {
    KEPT.get(usize::from(byte)).copied().unwrap_or(false)
}

/// Letters and digits of ASCII, and what a path segment may hold by RFC 1738.
const KEPT: [bool; 256] = {
    let mut kept = [false; 256];
    let mut byte = 0u8;
    while byte < 128 {
        #[allow(clippy::indexing_slicing, reason = "evaluated by the compiler; the index is below 128")]
        {
            kept[byte as usize] = byte.is_ascii_alphanumeric()
                || matches!(byte, b'/' | b'~' | b'$' | b'-' | b'_' | b'.' | b'+' | b'!' | b'*' | b'\'')
                || matches!(byte, b'(' | b')' | b',' | b';' | b':' | b'@' | b'&' | b'=');
        }
        byte += 1;
    }
    kept
};

#[cfg(test)]
mod tests {
    use super::*;

    fn written(form: fn(&[u8]) -> Cow<'_, [u8]>, uri: &[u8]) -> String {
        form(uri).escape_ascii().to_string()
    }

    #[test]
    fn each_byte_is_kept_or_escaped_as_recorded() {
        let kept = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/~$-_.+!*'(),;:@&=";
        for byte in 1..=u8::MAX {
            let uri = [byte];
            let (upper, lower) = (proxy(&uri), escaped(&uri));
            if kept.as_bytes().contains(&byte) {
                assert_eq!((&*upper, &*lower), (&uri[..], &uri[..]), "{byte:#x}");
            } else {
                assert_eq!(*upper, *format!("%{byte:02X}").as_bytes());
                assert_eq!(*lower, *format!("%{byte:02x}").as_bytes());
            }
        }
        assert_eq!(kept.len(), 80);
    }

    #[test]
    fn runs_between_escapes_are_copied() {
        for (uri, upper, lower) in [
            (&b"/a/A+ \";;p=1"[..], "/a/A+%20%22;;p=1", "/a/A+%20%22;;p=1"),
            (b"/caf\xc3\xa9/x", "/caf%C3%A9/x", "/caf%c3%a9/x"),
            (b"/a%2Fb", "/a%252Fb", "/a%252Fb"),
            (b"|/", "%7C/", "%7c/"),
            (b"", "", ""),
        ] {
            assert_eq!((&*written(proxy, uri), &*written(escaped, uri)), (upper, lower));
        }
    }
}
