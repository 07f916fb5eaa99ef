//! The Content-Security-Policy of the page: its own style and script by their hashes, and nothing else.

use super::sha256::sha256;

/// The style of the page.
pub(super) const STYLE: &str = include_str!("../page.css");

/// The script of the page.
pub(super) const SCRIPT: &str = include_str!("../page.js");

const STYLE_HASH: [u8; 32] = sha256(STYLE.as_bytes());
const SCRIPT_HASH: [u8; 32] = sha256(SCRIPT.as_bytes());

/// The value of the header `Content-Security-Policy`. `css` is the URL of the administrator's style sheet.
///
/// Whatever is in that URL, the value stays one policy: only what may stand in a source is taken over.
pub fn policy(css: Option<&[u8]>) -> String {
    let mut style = format!("'sha256-{}'", base64(&STYLE_HASH));
    if let Some(source) = css.map(source) {
        style.push(' ');
        style.push_str(&source);
    }
    format!(
        "default-src 'none'; style-src {style}; script-src 'sha256-{}'; connect-src 'self'; img-src data:; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        base64(&SCRIPT_HASH)
    )
}

/// Where a style sheet comes from: scheme and host of an absolute URL, else our own server.
fn source(url: &[u8]) -> String {
    let text = String::from_utf8_lossy(url);
    let Some((scheme, rest)) = text.split_once("//") else { return "'self'".to_owned() };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    let known = matches!(scheme, "" | "http:" | "https:");
    if known && !host.is_empty() && host.chars().all(is_plain) {
        if scheme.is_empty() { host.to_owned() } else { format!("{scheme}//{host}") }
    } else {
        "'self'".to_owned()
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |bits: u32| DIGITS.get((bits & 63) as usize).map_or('=', |digit| char::from(*digit));
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits =
            chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        let text = [digit(bits >> 18), digit(bits >> 12), digit(bits >> 6), digit(bits)];
        out.extend(text.iter().take(chunk.len() + 1));
        out.extend(core::iter::repeat_n('=', 3 - chunk.len()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        for (plain, coded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
        assert_eq!(base64(&[0xfb, 0xff, 0xfe]), "+//+");
    }

    #[test]
    fn a_style_sheet_adds_its_server_and_nothing_more() {
        for (url, source) in [
            (&b"/jk.css"[..], "'self'"),
            (b"jk.css", "'self'"),
            (b"https://static.example:8443/jk.css?x", "https://static.example:8443"),
            (b"//static.example/jk.css", "static.example"),
            (b"https://[2001:db8::1]/a", "https://[2001:db8::1]"),
            (b"https://a; script-src 'unsafe-inline'/", "'self'"),
            (b"javascript://a", "'self'"),
            (b"https:///x", "'self'"),
        ] {
            assert!(policy(Some(url)).contains(&format!("' {source}; script-src")), "{}", policy(Some(url)));
        }
    }

    #[test]
    fn the_policy_is_one_line_without_exceptions() {
        let policy = policy(None);
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"));
        assert!(!policy.contains("unsafe") && !policy.contains('\n') && !policy.contains('*'));
        assert_ne!(STYLE_HASH, SCRIPT_HASH);
    }
}
