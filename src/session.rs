//! Session ids and the routes they carry, from a path parameter or a cookie.
#![forbid(unsafe_code)]
