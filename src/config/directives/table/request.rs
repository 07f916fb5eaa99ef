//! What of a request is forwarded.

use super::new;
use crate::config::directives::Inherited::Whole;
use crate::config::directives::Repeated::{Adds, Named};
use crate::config::directives::Scope::ServerOrVhost;
use crate::config::directives::Takes::{One, OneOrTwo, Raw};
use crate::config::directives::{Directive, apply};

pub(super) const ALL: &[Directive] = &[
    new("JkOptions", Raw, ServerOrVhost, "options, each perhaps with a + or - before it", apply::options)
        .repeated(Adds)
        .inherited(Whole("option by option"))
        .page(
            "[+|-]OPTION...",
            "`+ForwardURIProxy +ForwardKeySize`",
            "Switches options on (`+`, or no sign) and off (`-`). Their [table](#options) is below. In one server `-` \
             beats `+`, whatever the order. The `ForwardURI...` options exclude each other, the last one counts, and \
             none can be switched off; `ForwardLocalAddress` and `ForwardPhysicalAddress` exclude each other too.",
        )
        .differs("the two address options exclude each other between main server and virtual host as well (D21)."),
    new("JkEnvVar", OneOrTwo, ServerOrVhost, "the name of a variable, and perhaps a default", apply::env_var)
        .repeated(Named)
        .inherited(Whole("variable by variable; its own come first"))
        .page(
            "NAME [DEFAULT]",
            "none",
            "A variable of httpd's environment that Tomcat gets as an attribute of the request. If it is not set, \
             Tomcat gets the default; if there is none, nothing. httpd drops an empty default. Of two lines for a name, \
             in any case, the later one counts. Tomcat answers 403 to requests with an attribute whose name its \
             connector's `allowedRequestAttributesPattern` does not match; by default none does.",
        )
        .differs("only where there is a `JkEnvVar` are httpd's common variables (`HTTP_...`, `REMOTE_...`) made for \
                  each request (D44)."),
    new("JkExtractSSL", One, ServerOrVhost, "On or Off", apply::extract_ssl).page(
        "On|Off",
        "On",
        "Whether Tomcat is told that the request came over TLS, and cipher, session and certificate. mod_ssl gives \
         these only with `SSLOptions +StdEnvVars`, and certificates with `+ExportCertData`. With `Off` Tomcat takes the \
         request for a plain one, but is still told the port.",
    ),
];
