//! Values that tests of this room share.

use crate::config::worker_spec::StatusSpec;
use crate::text::Text;

/// A status worker without any properties.
pub(super) fn spec() -> StatusSpec {
    let list = |text: &str| text.split(',').map(|entry| entry.as_bytes().into()).collect();
    StatusSpec {
        name: b"st"[..].into(),
        css: None,
        read_only: false,
        users: Vec::new(),
        user_case_insensitive: false,
        good: list("a.o,a.i,a.b,a.r"),
        bad: list("e,s"),
        prefix: b"worker"[..].into(),
        ns: b"jk:"[..].into(),
        xmlns: Text::from(&b"xmlns:jk=\"http://tomcat.apache.org\""[..]),
        doctype: None,
        mounts: Vec::new(),
    }
}
