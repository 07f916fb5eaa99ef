//! WHAT WAS ASKED: directives, workers.properties, uriworkermap.properties, and the cross checks between them.
#![forbid(unsafe_code)]
