//! THE HOST: the only room that names httpd and APR.

mod ffi;
