//! The forms in which a path is written for the backend (`JkOptions ForwardURIProxy`, `ForwardURIEscaped`).
//!
//! Both take the decoded path, with its parameters, and leave the same bytes as they are; they differ in the case
//! of the hexadecimal digits. A percent sign that survived httpd's decoding is escaped again.

/// Appends `uri` in the form of `ForwardURIProxy`: upper-case digits.
pub fn proxy(uri: &[u8], out: &mut Vec<u8>) {
    escape(uri, b"0123456789ABCDEF", out);
}

/// Appends `uri` in the form of `ForwardURIEscaped`: lower-case digits, as httpd's own path escaper writes them.
pub fn escaped(uri: &[u8], out: &mut Vec<u8>) {
    escape(uri, b"0123456789abcdef", out);
}

fn escape(uri: &[u8], digits: &[u8; 16], out: &mut Vec<u8>) {
    out.reserve(uri.len());
    let mut rest = uri;
    while let Some(at) = rest.iter().position(|b| !is_kept(*b)) {
        let Some((plain, [odd, after @ ..])) = rest.split_at_checked(at) else { return };
        out.extend_from_slice(plain);
        out.extend_from_slice(&[b'%', digit(digits, odd >> 4), digit(digits, odd & 0x0f)]);
        rest = after;
    }
    out.extend_from_slice(rest);
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

    fn written(form: fn(&[u8], &mut Vec<u8>), uri: &[u8]) -> String {
        let mut out = Vec::new();
        form(uri, &mut out);
        out.escape_ascii().to_string()
    }

    #[test]
    fn each_byte_is_kept_or_escaped_as_recorded() {
        let kept = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/~$-_.+!*'(),;:@&=";
        for byte in 1..=u8::MAX {
            let (mut upper, mut lower) = (Vec::new(), Vec::new());
            proxy(&[byte], &mut upper);
            escaped(&[byte], &mut lower);
            if kept.as_bytes().contains(&byte) {
                assert_eq!((upper, lower), (vec![byte], vec![byte]), "{byte:#x}");
            } else {
                assert_eq!(upper, format!("%{byte:02X}").into_bytes());
                assert_eq!(lower, format!("%{byte:02x}").into_bytes());
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

    #[test]
    fn what_was_written_before_stays() {
        let mut out = b"GET ".to_vec();
        proxy(b"/ ", &mut out);
        assert_eq!(out, b"GET /%20");
    }
}
