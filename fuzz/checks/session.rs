//! Arbitrary URIs and cookies: what is found lies inside the request, and nothing panics.

use mod_jk::session::{Session, SessionKeys, strip};

/// Whether `part` is a piece of `whole` itself, not merely equal to one.
fn lies_in(part: &[u8], whole: &[u8]) -> bool {
    let (part, whole) = (part.as_ptr_range(), whole.as_ptr_range());
    whole.start <= part.start && part.end <= whole.end
}

/// What must hold for any input; panics if it does not.
pub fn check(data: &[u8]) {
    // line 1: names and JK_ROUTE; line 2: the URI; the others: Cookie headers
    let mut lines = data.split(|&byte| byte == b'\n');
    let mut names = lines.next().unwrap_or_default().split(|&byte| byte == b' ');
    let keys = SessionKeys {
        cookie: names.next().unwrap_or(b"JSESSIONID"),
        path: names.next().unwrap_or(b";jsessionid"),
    };
    let route = names.next();
    let uri = lines.next().unwrap_or_default();
    let cookies: Vec<&[u8]> = lines.collect();

    let session = Session::find(uri, &cookies, route, &keys);
    let candidates: Vec<&[u8]> = session.candidates().collect();
    for candidate in &candidates {
        assert!(lies_in(candidate, data));
    }
    let joined = candidates.len().saturating_sub(1) + candidates.iter().map(|id| id.len()).sum::<usize>();
    assert_eq!(session.exists(), joined > 0);
    assert!(session.routes().all(|route| lies_in(route, data)));
    assert!(session.first_only().candidates().eq(candidates.iter().copied().take(1)));

    if let Some(stripped) = strip(uri, keys.path) {
        assert!(stripped.len() + keys.path.len() <= uri.len());
    }
}
