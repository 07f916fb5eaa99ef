//! Variables that say something about a request, each under a name of the administrator's choice.

use super::new;
use crate::config::directives::Scope::ServerOrVhost;
use crate::config::directives::Takes::One;
use crate::config::directives::{Directive, apply};
use crate::config::indicators::Indicator;

macro_rules! indicator {
    ($name:literal, $which:ident, $help:literal, $meaning:literal) => {
        new($name, One, ServerOrVhost, $help, |settings, args, _| {
            apply::indicator(settings, args, Indicator::$which)
        })
        .page("NAME", Indicator::$which.default_name(), $meaning)
    };
}

pub(super) const ALL: &[Directive] = &[
    indicator!(
        "JkWorkerIndicator",
        Worker,
        "the variable with the worker of a request that no rule maps",
        "The variable that names the worker, perhaps with [extensions](#extensions), of a request with `SetHandler \
         jakarta-servlet`, or of a directory with `ForwardDirectories`. Where a rule has mapped the request, the rule \
         counts."
    ),
    indicator!(
        "JkHTTPSIndicator",
        Https,
        "the variable that tells whether TLS is used",
        "The variable that is `on` if the request came over TLS. Whoever can set it makes a request look so."
    ),
    indicator!(
        "JkSSLPROTOCOLIndicator",
        SslProtocol,
        "the variable with the TLS protocol",
        "The variable with the TLS protocol, which Tomcat gets as `AJP_SSL_PROTOCOL`."
    ),
    indicator!(
        "JkCERTSIndicator",
        Certs,
        "the variable with the client's certificate",
        "The variable with the client's certificate as PEM."
    ),
    indicator!(
        "JkCIPHERIndicator",
        Cipher,
        "the variable with the cipher",
        "The variable with the cipher suite."
    ),
    indicator!(
        "JkCERTCHAINPrefix",
        CertChainPrefix,
        "what the variables with the certificate chain begin with",
        "What the names of the variables with the client's certificate chain begin with, for `ForwardSSLCertChain`."
    ),
    indicator!(
        "JkSESSIONIndicator",
        SslSession,
        "the variable with the TLS session",
        "The variable with the id of the TLS session."
    ),
    indicator!(
        "JkKEYSIZEIndicator",
        KeySize,
        "the variable with the size of the key",
        "The variable with the bits of the cipher's key, for `ForwardKeySize`."
    ),
    indicator!(
        "JkRemoteHostIndicator",
        RemoteHost,
        "the variable that replaces the client's host name",
        "The variable that replaces the client's host name. Empty: no name is told."
    ),
    indicator!(
        "JkRemoteAddrIndicator",
        RemoteAddr,
        "the variable that replaces the client's address",
        "The variable that replaces the client's address. Empty: none is told."
    ),
    indicator!(
        "JkRemotePortIndicator",
        RemotePort,
        "the variable that replaces the client's port",
        "The variable that replaces the client's port. Empty: none is told."
    ),
    indicator!(
        "JkRemoteUserIndicator",
        RemoteUser,
        "the variable that replaces the user",
        "The variable that replaces the user whom httpd has authenticated. Empty: no user is told."
    ),
    indicator!(
        "JkAuthTypeIndicator",
        AuthType,
        "the variable that replaces the kind of authentication",
        "The variable that replaces the kind of that authentication. Empty: none is told."
    ),
    indicator!(
        "JkLocalNameIndicator",
        LocalName,
        "the variable that replaces the server's name",
        "The variable that replaces the server's name."
    ),
    indicator!(
        "JkLocalPortIndicator",
        LocalPort,
        "the variable that replaces the server's port",
        "The variable that replaces the server's port."
    ),
    indicator!(
        "JkLocalAddrIndicator",
        LocalAddr,
        "the variable that replaces the server's address",
        "The variable that replaces the address on which the server was asked."
    )
    .differs("it has an effect in virtual hosts too (D21)."),
    indicator!(
        "JkIgnoreCLIndicator",
        IgnoreCl,
        "the variable that says not to trust the length of the body",
        "The variable which, set to anything, says that the request's `Content-Length` does not hold (a filter changes \
         the body): the body is sent as one without length."
    ),
];
