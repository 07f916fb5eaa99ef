//! THE HOST: the only room that names httpd and APR.
//!
//! `module` is what httpd sees. At start `commands` takes directives, `plan` reads what they name, `startup` puts it
//! in force, per server in `server`, mount rules in `live_map`. A request passes `mapping`, then `handler`, which makes of it what a backend
//! gets (`forward`) and is the client (`client`, `request_body`) of the worker that serves it.

mod apr;
mod boundary;
mod client;
mod commands;
mod ffi;
mod forward;
mod handler;
mod listeners;
mod live_map;
mod logging;
mod maintenance;
mod mapping;
mod module;
mod notes;
mod plan;
mod request;
mod request_body;
mod request_lines;
mod rules_shown;
mod server;
mod server_status;
mod startup;
mod status;
