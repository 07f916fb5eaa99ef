//! `JkAutoAlias`: which files of the web applications' directory a path that no rule maps may mean.

/// What a clean path means below the directory of the web applications.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alias<'p> {
    /// Nothing: it has no first segment.
    None,
    /// It is what an application keeps to itself.
    Private,
    /// Something inside this application, if that is a directory.
    Inside(&'p [u8]),
}

impl<'p> Alias<'p> {
    /// Looks at the first two segments of a clean path, as mod_jk does: a deeper `WEB-INF` is nothing special.
    pub fn of(clean_uri: &'p [u8]) -> Self {
        let mut segments = clean_uri.strip_prefix(b"/").unwrap_or_default().split(|b| *b == b'/');
        let context = segments.next().unwrap_or_default();
        let child = segments.next().unwrap_or_default();
        if context.is_empty() {
            Self::None
        } else if is_private(child) {
            Self::Private
        } else {
            Self::Inside(context)
        }
    }
}

/// Whether a segment names what an application keeps to itself.
pub fn is_private(segment: &[u8]) -> bool {
    segment.eq_ignore_ascii_case(b"WEB-INF") || segment.eq_ignore_ascii_case(b"META-INF")
}

/// Whether a first segment names the archive of an application.
pub fn is_archive(context: &[u8]) -> bool {
    context
        .len()
        .checked_sub(4)
        .and_then(|at| context.get(at..))
        .is_some_and(|end| end.eq_ignore_ascii_case(b".war"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::show;

    #[test]
    fn the_first_two_segments_decide() {
        for (uri, alias) in [
            (&b"/"[..], Alias::None),
            (b"*", Alias::None),
            (b"/app", Alias::Inside(b"app")),
            (b"/app/x/y", Alias::Inside(b"app")),
            (b"/app/WEB-INF", Alias::Private),
            (b"/app/web-inf/web.xml", Alias::Private),
            (b"/nosuch/Meta-Inf/x", Alias::Private),
            (b"/app/WEB-INFX", Alias::Inside(b"app")),
            (b"/app/x/WEB-INF/y", Alias::Inside(b"app")),
            (b"/WEB-INF/x", Alias::Inside(b"WEB-INF")),
        ] {
            assert_eq!(Alias::of(uri), alias, "{}", show(uri));
        }
    }

    #[test]
    fn archives_end_in_war() {
        for (context, is) in
            [(&b"x.war"[..], true), (b"X.WaR", true), (b".war", true), (b"war", false), (b"x.wars", false)]
        {
            assert_eq!(is_archive(context), is, "{}", show(context));
        }
    }
}
