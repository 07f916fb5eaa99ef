//! The directives themselves.

use super::Scope::{Anywhere, Server, ServerOrVhost};
use super::Takes::{One, OneOrTwo, Raw};
use super::{Apply, Directive, Scope, Takes, apply};
use crate::config::indicators::Indicator;

/// All directives, in the order of the reference page.
pub const TABLE: &[Directive] = &[
    // Workers.
    new("JkWorkersFile", One, Server, "the path of workers.properties", apply::workers_file),
    new("JkWorkerProperty", Raw, Server, "a property of a worker, name=value", apply::worker_property),
    new("JkShmFile", One, Server, "the path of a file for shared state", apply::shm_file),
    new(
        "JkShmSize",
        One,
        Server,
        "the size of shared memory in KiB; it is found automatically",
        apply::shm_size,
    ),
    new(
        "JkWatchdogInterval",
        One,
        Server,
        "the seconds between rounds of maintenance by a thread, 0 for no thread",
        apply::watchdog,
    ),
    // Rules.
    new(
        "JkMount",
        OneOrTwo,
        Anywhere,
        "a pattern and a worker, or only a worker inside <Location>",
        apply::mount,
    ),
    new(
        "JkUnMount",
        OneOrTwo,
        Anywhere,
        "a pattern and a worker, or only a worker inside <Location>",
        apply::unmount,
    ),
    new("JkMountFile", One, ServerOrVhost, "the path of a file with rules", apply::mount_file),
    new(
        "JkMountFileReload",
        One,
        ServerOrVhost,
        "the seconds between looks at the mount file, 0 for none",
        apply::mount_file_reload,
    ),
    new("JkMountCopy", One, ServerOrVhost, "On, Off or (in the main server) All", apply::mount_copy),
    new("JkAutoAlias", One, ServerOrVhost, "the directory of the web applications", apply::auto_alias),
    new(
        "JkStripSession",
        OneOrTwo,
        ServerOrVhost,
        "On or Off, and perhaps what a session id begins with",
        apply::strip_session,
    ),
    // Log.
    new("JkLogFile", One, ServerOrVhost, "the path of the log file, or a program after a |", apply::log_file),
    new("JkLogLevel", One, ServerOrVhost, "trace, debug, info, warn, error or emerg", apply::log_level),
    new(
        "JkLogStampFormat",
        One,
        ServerOrVhost,
        "a format for strftime, with %Q for milliseconds or %q for microseconds",
        apply::log_stamp,
    ),
    new(
        "JkRequestLogFormat",
        One,
        ServerOrVhost,
        "a format of the line for each request",
        apply::request_log,
    ),
    new(
        "JkRequestIdIndicator",
        One,
        ServerOrVhost,
        "the variable with the id of a request",
        |settings, args, _| apply::indicator(settings, args, Indicator::RequestId),
    ),
    // What Tomcat is told.
    new("JkOptions", Raw, ServerOrVhost, "options, each perhaps with a + or - before it", apply::options),
    new("JkEnvVar", OneOrTwo, ServerOrVhost, "the name of a variable, and perhaps a default", apply::env_var),
    new("JkExtractSSL", One, ServerOrVhost, "On or Off", apply::extract_ssl),
    new(
        "JkHTTPSIndicator",
        One,
        ServerOrVhost,
        "the variable that tells whether TLS is used",
        |settings, args, _| apply::indicator(settings, args, Indicator::Https),
    ),
    new(
        "JkSSLPROTOCOLIndicator",
        One,
        ServerOrVhost,
        "the variable with the TLS protocol",
        |settings, args, _| apply::indicator(settings, args, Indicator::SslProtocol),
    ),
    new(
        "JkCERTSIndicator",
        One,
        ServerOrVhost,
        "the variable with the client's certificate",
        |settings, args, _| apply::indicator(settings, args, Indicator::Certs),
    ),
    new("JkCIPHERIndicator", One, ServerOrVhost, "the variable with the cipher", |settings, args, _| {
        apply::indicator(settings, args, Indicator::Cipher)
    }),
    new(
        "JkCERTCHAINPrefix",
        One,
        ServerOrVhost,
        "what the variables with the certificate chain begin with",
        |settings, args, _| apply::indicator(settings, args, Indicator::CertChainPrefix),
    ),
    new(
        "JkSESSIONIndicator",
        One,
        ServerOrVhost,
        "the variable with the TLS session",
        |settings, args, _| apply::indicator(settings, args, Indicator::SslSession),
    ),
    new(
        "JkKEYSIZEIndicator",
        One,
        ServerOrVhost,
        "the variable with the size of the key",
        |settings, args, _| apply::indicator(settings, args, Indicator::KeySize),
    ),
    new(
        "JkRemoteHostIndicator",
        One,
        ServerOrVhost,
        "the variable that replaces the client's host name",
        |settings, args, _| apply::indicator(settings, args, Indicator::RemoteHost),
    ),
    new(
        "JkRemoteAddrIndicator",
        One,
        ServerOrVhost,
        "the variable that replaces the client's address",
        |settings, args, _| apply::indicator(settings, args, Indicator::RemoteAddr),
    ),
    new(
        "JkRemotePortIndicator",
        One,
        ServerOrVhost,
        "the variable that replaces the client's port",
        |settings, args, _| apply::indicator(settings, args, Indicator::RemotePort),
    ),
    new(
        "JkRemoteUserIndicator",
        One,
        ServerOrVhost,
        "the variable that replaces the user",
        |settings, args, _| apply::indicator(settings, args, Indicator::RemoteUser),
    ),
    new(
        "JkAuthTypeIndicator",
        One,
        ServerOrVhost,
        "the variable that replaces the kind of authentication",
        |settings, args, _| apply::indicator(settings, args, Indicator::AuthType),
    ),
    new(
        "JkLocalNameIndicator",
        One,
        ServerOrVhost,
        "the variable that replaces the server's name",
        |settings, args, _| apply::indicator(settings, args, Indicator::LocalName),
    ),
    new(
        "JkLocalPortIndicator",
        One,
        ServerOrVhost,
        "the variable that replaces the server's port",
        |settings, args, _| apply::indicator(settings, args, Indicator::LocalPort),
    ),
    new(
        "JkLocalAddrIndicator",
        One,
        ServerOrVhost,
        "the variable that replaces the server's address",
        |settings, args, _| apply::indicator(settings, args, Indicator::LocalAddr),
    ),
    new(
        "JkIgnoreCLIndicator",
        One,
        ServerOrVhost,
        "the variable that says not to trust the length of the body",
        |settings, args, _| apply::indicator(settings, args, Indicator::IgnoreCl),
    ),
    new(
        "JkWorkerIndicator",
        One,
        ServerOrVhost,
        "the variable with the worker of a request that no rule maps",
        |settings, args, _| apply::indicator(settings, args, Indicator::Worker),
    ),
];

const fn new(name: &'static str, takes: Takes, scope: Scope, help: &'static str, apply: Apply) -> Directive {
    Directive { name, takes, scope, help, later: None, apply }
}
