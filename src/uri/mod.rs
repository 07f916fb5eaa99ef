//! WHICH WORKER: path normalisation, mount rules, the compiled map, and the forms of a forwarded URI.
#![forbid(unsafe_code)]
