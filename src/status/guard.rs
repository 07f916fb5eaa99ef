//! Whether a command that changes something may come from where it comes from.
//!
//! A browser sends requests that its user did not mean: any page can point an image or a form at the status worker.
//! But it says where such a request was made, in headers that a page cannot forge. A page can keep it from saying so
//! where there is no TLS; then it is known by the languages that its user reads. Scripts send none of this and are let
//! through, as in mod_jk; so is a person who typed the address, if the browser says that.

use crate::text;

/// The headers that tell, each as it came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Provenance<'r> {
    /// `Host`
    pub host: Option<&'r [u8]>,
    /// `Origin`
    pub origin: Option<&'r [u8]>,
    /// `Referer`
    pub referer: Option<&'r [u8]>,
    /// `Sec-Fetch-Site`
    pub fetch_site: Option<&'r [u8]>,
    /// `Sec-Fetch-Mode`
    pub fetch_mode: Option<&'r [u8]>,
    /// `Sec-Purpose` or, from older browsers, `Purpose`
    pub purpose: Option<&'r [u8]>,
    /// `Accept-Language`
    pub language: Option<&'r [u8]>,
}

impl<'r> Provenance<'r> {
    /// Looks its headers up by name.
    pub fn find(header: impl Fn(&'static str) -> Option<&'r [u8]>) -> Self {
        Self {
            host: header("Host"),
            origin: header("Origin"),
            referer: header("Referer"),
            fetch_site: header("Sec-Fetch-Site"),
            fetch_mode: header("Sec-Fetch-Mode"),
            purpose: header("Sec-Purpose").or_else(|| header("Purpose")),
            language: header("Accept-Language"),
        }
    }
}

/// Whether a changing command may be obeyed. `token` tells whether the right token came with it: `None` if there
/// was none at all.
pub fn allows(from: &Provenance<'_>, token: Option<bool>) -> bool {
    // Pages of ours prove themselves by what they carry, also behind a proxy that changes the host.
    token.unwrap_or_else(|| !fetched_ahead(from) && !embedded(from) && same_site(from))
}

/// A browser loads pages that its user may open next.
fn fetched_ahead(from: &Provenance<'_>) -> bool {
    from.purpose.is_some_and(|purpose| text::find(&purpose.to_ascii_lowercase(), b"prefetch").is_some())
}

/// An image, a style sheet, a frame of a script: nothing that somebody did on purpose, even on a page of this site.
fn embedded(from: &Provenance<'_>) -> bool {
    from.fetch_mode == Some(b"no-cors")
}

fn same_site(from: &Provenance<'_>) -> bool {
    match (from.fetch_site, from.origin, from.referer) {
        (Some(site), _, _) => matches!(site, b"same-origin" | b"none"),
        (None, Some(origin), _) => is_here(origin, from.host),
        (None, None, Some(page)) => is_here(page, from.host),
        (None, None, None) => !from.language.is_some_and(of_a_person),
    }
}

/// Whether somebody chose these languages. Node sends `*` for its scripts.
fn of_a_person(languages: &[u8]) -> bool {
    languages != b"*"
}

/// Whether a URL names this host and port. The scheme does not count: TLS may end before httpd.
fn is_here(url: &[u8], host: Option<&[u8]>) -> bool {
    let Some(at) = text::find(url, b"://") else { return false };
    let rest = url.get(at + 3..).unwrap_or_default();
    let authority = rest.split(|b| matches!(b, b'/' | b'?' | b'#')).next().unwrap_or_default();
    !authority.is_empty() && host.is_some_and(|host| host.eq_ignore_ascii_case(authority))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Provenance<'_> = Provenance {
        host: Some(b"a.example:8080"),
        origin: None,
        referer: None,
        fetch_site: None,
        fetch_mode: None,
        purpose: None,
        language: None,
    };

    #[test]
    fn scripts_and_this_site_are_let_through_and_others_are_not() {
        let origin = |origin| Provenance { origin: Some(origin), ..HERE };
        let referer = |referer| Provenance { referer: Some(referer), ..HERE };
        let site = |site, origin| Provenance { fetch_site: Some(site), origin: Some(origin), ..HERE };
        for (from, allowed) in [
            (HERE, true),
            (origin(&b"http://a.example:8080"[..]), true),
            (origin(b"https://A.example:8080"), true),
            (origin(b"http://a.example"), false),
            (origin(b"http://b.example:8080"), false),
            (origin(b"null"), false),
            (origin(b""), false),
            (referer(&b"http://a.example:8080/jk?cmd=list"[..]), true),
            (referer(b"http://a.example:8080"), true),
            (referer(b"http://a.example:8080.evil.example/"), false),
            (referer(b"http://evil.example/?http://a.example:8080/"), false),
            (referer(b"http://a.example:8080@evil.example/"), false),
            (referer(b"/jk"), false),
            (site(&b"same-origin"[..], &b"http://proxy.example"[..]), true),
            (site(b"none", b"http://a.example:8080"), true),
            (site(b"same-site", b"http://a.example:8080"), false),
            (site(b"cross-site", b"http://a.example:8080"), false),
            (site(b"?", b"http://a.example:8080"), false),
            (Provenance { host: None, ..origin(b"http://a.example:8080") }, false),
            (Provenance { language: Some(b"de,en;q=0.5"), ..HERE }, false),
            (Provenance { language: Some(b"*"), ..HERE }, true),
            (Provenance { language: Some(b"de"), ..referer(b"http://a.example:8080/") }, true),
            (Provenance { language: Some(b"de"), fetch_site: Some(b"none"), ..HERE }, true),
        ] {
            assert_eq!(allows(&from, None), allowed, "{from:?}");
            assert!(allows(&from, Some(true)) && !allows(&from, Some(false)), "{from:?}");
        }
    }

    #[test]
    fn what_a_browser_does_by_itself_changes_nothing() {
        for (fetch_mode, purpose, allowed) in [
            (Some(&b"navigate"[..]), None, true),
            (Some(b"cors"), None, true),
            (Some(b"no-cors"), None, false),
            (Some(b"navigate"), Some(&b"prefetch;prerender"[..]), false),
            (None, Some(b"Prefetch"), false),
            (None, Some(b"preview"), true),
        ] {
            let from = Provenance { fetch_site: Some(b"same-origin"), fetch_mode, purpose, ..HERE };
            assert_eq!(allows(&from, None), allowed, "{from:?}");
        }
    }
}
