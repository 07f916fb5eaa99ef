//! Session ids and the routes they carry, from a path parameter or a cookie.
//!
//! Tomcat appends its jvmRoute to the session id; whoever presents the id is to reach the same Tomcat again. This
//! room finds the ids in one request and cuts the routes out of them. It borrows everything from the request, so no
//! other request's bytes can ever decide; what a route means is the business of whoever balances.
#![forbid(unsafe_code)]

use core::fmt;

use crate::text::{find, is_space, split_once};

/// Under which names an lb looks for session ids; both are compared with case.
#[derive(Clone, Copy, Debug)]
pub struct SessionKeys<'k> {
    /// Name of the cookie, `JSESSIONID` unless configured.
    pub cookie: &'k [u8],
    /// Marker of the path parameter with its semicolon, `;jsessionid` unless configured.
    pub path: &'k [u8],
}

/// What a request says about its session.
///
/// A request may name several ids (cookies of nested paths); each is a *candidate*. Copying is cheap: nothing
/// is owned.
#[derive(Clone, Copy)]
pub struct Session<'r> {
    first: Option<&'r [u8]>,
    more: Cookies<'r>,
    /// The candidate is a route by itself, set by the administrator.
    bare_route: bool,
    exists: bool,
}

impl<'r> Session<'r> {
    /// Looks for the session of a request. A non-empty `jk_route` (environment `JK_ROUTE`) beats the path parameter,
    /// that beats the cookies, even when what it names turns out to be of no use.
    ///
    /// `uri` is the URI as it will be forwarded, without its query string (mod_jk knows no query form);
    /// `cookies` are the values of all `Cookie` headers in their order.
    pub fn find(
        uri: &'r [u8],
        cookies: &'r [&'r [u8]],
        jk_route: Option<&'r [u8]>,
        keys: &SessionKeys<'r>,
    ) -> Self {
        if let Some(route) = jk_route.filter(|route| !route.is_empty()) {
            return Self { bare_route: true, ..Self::of(Some(route), Cookies::none()) };
        }
        if let Some(id) = path_parameter(uri, keys.path) {
            return Self::of(Some(id), Cookies::none());
        }
        let mut more = Cookies { name: keys.cookie, rest: &[], values: cookies };
        let first = more.next();
        Self::of(first, more)
    }

    /// A request without a session, or one whose session is to be ignored.
    pub const fn none() -> Self {
        Self { first: None, more: Cookies::none(), bare_route: false, exists: false }
    }

    fn of(first: Option<&'r [u8]>, mut more: Cookies<'r>) -> Self {
        let unused = more;
        let exists = first.is_some_and(|id| !id.is_empty() || more.next().is_some());
        Self { first, more: unused, bare_route: false, exists }
    }

    /// Whether the request counts as one with a session, whatever routes it names. mod_jk joins all candidates with
    /// `;` and asks whether the text is empty: a single empty id is no session, two empty ones are.
    pub const fn exists(&self) -> bool {
        self.exists
    }

    /// The session ids in the order in which they are tried, empty ones included. For `JK_ROUTE` the route itself
    /// (mod_jk makes an id of it by putting a dot before).
    ///
    /// Whoever knows an id owns the session: these must not get into a log.
    pub fn candidates(&self) -> impl Iterator<Item = &'r [u8]> + use<'r> {
        self.first.into_iter().chain(self.more)
    }

    /// The routes of those candidates that have one, in order. An empty route (`abc.`) is one.
    pub fn routes(&self) -> impl Iterator<Item = &'r [u8]> + use<'r> {
        let bare = self.bare_route;
        self.candidates().filter_map(move |id| if bare { Some(id) } else { route_of(id) })
    }

    /// The same session with its first candidate alone, for the second and later attempts of a request: mod_jk
    /// then looks at no other. What [`exists`](Self::exists) says stays.
    #[must_use]
    pub const fn first_only(self) -> Self {
        Self { more: Cookies::none(), ..self }
    }
}

/// Shows no session id.
impl fmt::Debug for Session<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("exists", &self.exists).finish_non_exhaustive()
    }
}

/// Removes the first occurrence of a session path parameter, as `JkStripSession` does for requests that stay in
/// httpd: from `marker` (usually `;jsessionid`) up to the next `;` or `/` or the end. mod_jk does not ask for a `=`, so
/// `;jsessionidX=1` goes as well. `None` if there is nothing to remove.
pub fn strip(text: &[u8], marker: &[u8]) -> Option<Vec<u8>> {
    if marker.is_empty() {
        return None;
    }
    let start = find(text, marker)?;
    let after = text.get(start + marker.len()..)?;
    let kept = memchr::memchr2(b';', b'/', after).and_then(|end| after.get(end..)).unwrap_or_default();
    Some([text.get(..start)?, kept].concat())
}

/// mod_jk counts from the first dot: the id `a.b.m2` has the route `b.m2`.
fn route_of(id: &[u8]) -> Option<&[u8]> {
    split_once(id, b'.').map(|(_, route)| route)
}

/// The first path parameter with something after its `=`; a later one is never looked at, even when this one is
/// empty because a delimiter follows at once.
fn path_parameter<'r>(uri: &'r [u8], marker: &[u8]) -> Option<&'r [u8]> {
    if marker.is_empty() {
        return None;
    }
    let mut rest = uri;
    loop {
        rest = rest.get(find(rest, marker)?..)?;
        match rest.get(marker.len()..).and_then(|after| after.strip_prefix(b"=")) {
            Some(value) if !value.is_empty() => {
                return value.get(..memchr::memchr3(b'?', b';', b'/', value).unwrap_or(value.len()));
            }
            Some(_) | None => rest = rest.get(1..)?,
        }
    }
}

/// Walks through all cookies of one name.
#[derive(Clone, Copy)]
struct Cookies<'r> {
    name: &'r [u8],
    rest: &'r [u8],
    values: &'r [&'r [u8]],
}

impl Cookies<'_> {
    const fn none() -> Self {
        Self { name: &[], rest: &[], values: &[] }
    }
}

impl<'r> Iterator for Cookies<'r> {
    type Item = &'r [u8];

    fn next(&mut self) -> Option<&'r [u8]> {
        if self.name.is_empty() {
            return None;
        }
        loop {
            if let Some((value, rest)) = cookie(self.rest, self.name) {
                self.rest = rest;
                return Some(unquote(value));
            }
            (self.rest, self.values) = self.values.split_first().map(|(first, others)| (*first, others))?;
        }
    }
}

/// The value of the first cookie called `name`, and the text after it. `header` begins where a cookie may begin.
fn cookie<'r>(header: &'r [u8], name: &[u8]) -> Option<(&'r [u8], &'r [u8])> {
    let mut from = 0;
    loop {
        let at = from + find(header.get(from..)?, name)?;
        let before = at.checked_sub(1).and_then(|last| header.get(last));
        if before.is_none_or(|&byte| matches!(byte, b';' | b',') || is_space(byte)) {
            if let Some(found) = header.get(at + name.len()..).and_then(assigned) {
                return Some(found);
            }
        }
        from = at + 1;
    }
}

/// Reads `= value` up to a delimiter; white space before the `=` is skipped, after it belongs to the value.
/// `None` when nothing at all follows the `=`.
fn assigned(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let equals = text.iter().position(|&byte| !is_space(byte))?;
    let value = text.get(equals..)?.strip_prefix(b"=").filter(|value| !value.is_empty())?;
    match memchr::memchr2(b';', b',', value) {
        Some(end) => Some((value.get(..end)?, value.get(end + 1..)?)),
        None => Some((value, &[])),
    }
}

/// Cuts a pair of double quotes.
fn unquote(value: &[u8]) -> &[u8] {
    match value {
        [b'"', inner @ .., b'"'] => inner,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: SessionKeys<'_> = SessionKeys { cookie: b"JSESSIONID", path: b";jsessionid" };

    fn joined<'r>(parts: impl Iterator<Item = &'r [u8]>) -> String {
        let parts: Vec<_> = parts.map(|part| String::from_utf8_lossy(part)).collect();
        parts.join("|")
    }

    #[test]
    fn a_path_parameter_ends_at_a_delimiter_and_hides_the_cookie() {
        let cookies: [&[u8]; 1] = [b"JSESSIONID=c.m1"];
        for (uri, candidates, routes, exists) in [
            (&b"/x;jsessionid=a.m3"[..], "a.m3", "m3", true),
            (b"/x;jsessionid=a.m3?q", "a.m3", "m3", true),
            (b"/x;jsessionid=a.m3/y", "a.m3", "m3", true),
            (b"/x;jsessionid=a", "a", "", true),
            (b"/x;jsessionid=/y", "", "", false),
            (b"/x;jsessionid=;jsessionid=a.m3", "", "", false),
            (b"/x;jsessionid=", "c.m1", "m1", true),
            (b"/x;jsessionidx=a;jsessionid=b.m3", "b.m3", "m3", true),
            (b"/x;jsessionid;jsessionid=b.m3", "b.m3", "m3", true),
            (b"/x;JSESSIONID=a.m3", "c.m1", "m1", true),
            (b"", "c.m1", "m1", true),
        ] {
            let session = Session::find(uri, &cookies, None, &KEYS);
            assert_eq!(joined(session.candidates()), candidates, "{}", uri.escape_ascii());
            assert_eq!(joined(session.routes()), routes, "{}", uri.escape_ascii());
            assert_eq!(session.exists(), exists, "{}", uri.escape_ascii());
        }
    }

    #[test]
    fn a_cookie_is_found_after_a_delimiter_or_white_space_only() {
        for (cookie, candidates) in [
            (&b"JSESSIONID=a"[..], "a"),
            (b"x=1;JSESSIONID=a", "a"),
            (b"x=1,JSESSIONID=a", "a"),
            (b"x=1\x0bJSESSIONID=a", "a"),
            (b"JSESSIONID\t =a", "a"),
            (b"JSESSIONID JSESSIONID=a", "a"),
            (b"XJSESSIONID=b; JSESSIONID=a", "a"),
            (b"JSESSIONID=a JSESSIONID=b", "a JSESSIONID=b"),
            (b"JSESSIONID=a=b", "a=b"),
            (b"JSESSIONID=\"", "\""),
            (b"JSESSIONID", ""),
            (b"JSESSIONID ", ""),
            (b"=JSESSIONID=a", ""),
        ] {
            let values = [cookie];
            let session = Session::find(b"/", &values, None, &KEYS);
            assert_eq!(joined(session.candidates()), candidates, "{}", cookie.escape_ascii());
        }
    }

    #[test]
    fn two_empty_ids_are_a_session_and_one_is_not() {
        for (values, candidates, exists) in [
            (&[&b"JSESSIONID=;"[..]][..], 1, false),
            (&[b"JSESSIONID=; JSESSIONID=\"\""], 2, true),
            (&[b"JSESSIONID=;", b"JSESSIONID=;"], 2, true),
            (&[b"JSESSIONID=", b"JSESSIONID="], 0, false),
            (&[], 0, false),
        ] {
            let session = Session::find(b"/", values, None, &KEYS);
            assert_eq!((session.candidates().count(), session.exists()), (candidates, exists), "{values:?}");
        }
    }

    #[test]
    fn later_attempts_see_the_first_candidate_even_if_it_has_no_route() {
        for (cookie, all, first) in [
            (&b"JSESSIONID=a.m2; JSESSIONID=b.m3"[..], "m2|m3", "m2"),
            (b"JSESSIONID=a; JSESSIONID=b.m3", "m3", ""),
            (b"JSESSIONID=; JSESSIONID=b.m3", "m3", ""),
        ] {
            let values = [cookie];
            let session = Session::find(b"/", &values, None, &KEYS);
            assert_eq!(joined(session.routes()), all);
            assert_eq!(joined(session.first_only().routes()), first);
            assert!(session.first_only().exists());
        }
    }

    #[test]
    fn jk_route_is_a_route_as_a_whole_and_an_empty_one_is_none() {
        let cookies: [&[u8]; 1] = [b"JSESSIONID=b.m1"];
        for (jk_route, routes) in [(&b"m2"[..], "m2"), (b"a.m2", "a.m2"), (b"", "m1")] {
            let session = Session::find(b"/;jsessionid=", &cookies, Some(jk_route), &KEYS);
            assert_eq!(joined(session.routes()), routes);
            assert!(session.exists());
        }
    }

    #[test]
    fn empty_names_find_nothing() {
        let cookies: [&[u8]; 1] = [b"=a.m1; =b.m2"];
        let session = Session::find(b"/x=a.m1", &cookies, None, &SessionKeys { cookie: b"", path: b"" });
        assert_eq!(session.candidates().count(), 0);
        assert!(!session.exists());
        assert_eq!(strip(b"/x", b""), None);
    }

    #[test]
    fn debug_output_shows_no_id() {
        let cookies: [&[u8]; 1] = [b"JSESSIONID=TOPSECRET.m1"];
        assert!(!format!("{:?}", Session::find(b"/", &cookies, None, &KEYS)).contains("TOPSECRET"));
    }

    #[test]
    fn stripping_removes_the_first_parameter_only() {
        for (text, marker, stripped) in [
            (&b"/s.html;jsessionid=A.b"[..], &b";jsessionid"[..], Some(&b"/s.html"[..])),
            (b"/d;jsessionid=A/e.html", b";jsessionid", Some(b"/d/e.html")),
            (b"/d;jsessionid=A/e;jsessionid=B", b";jsessionid", Some(b"/d/e;jsessionid=B")),
            (b"/s.html;jsessionid=A;x=1", b";jsessionid", Some(b"/s.html;x=1")),
            (b"/s.html;jsessionidX=1", b";jsessionid", Some(b"/s.html")),
            (b"/s.html;JSESSIONID=A", b";jsessionid", None),
            (b"/s;foo=1/t", b";foo", Some(b"/s/t")),
            (b"", b";jsessionid", None),
        ] {
            assert_eq!(strip(text, marker).as_deref(), stripped, "{}", text.escape_ascii());
        }
    }
}
