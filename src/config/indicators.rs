//! The names of environment variables that the module reads, each with its own directive.

use std::collections::BTreeMap;

use crate::text::Text;

/// What a variable tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Indicator {
    /// The worker of a request that no rule mapped.
    Worker,
    /// The id of the request in log lines.
    RequestId,
    /// Whether the request came over TLS.
    Https,
    /// The TLS protocol.
    SslProtocol,
    /// The client's certificate.
    Certs,
    /// The cipher.
    Cipher,
    /// First part of the names that tell the certificate chain.
    CertChainPrefix,
    /// The TLS session.
    SslSession,
    /// The size of the cipher's key.
    KeySize,
    /// Replaces the client's host name.
    RemoteHost,
    /// Replaces the client's address.
    RemoteAddr,
    /// Replaces the client's port.
    RemotePort,
    /// Replaces the authenticated user.
    RemoteUser,
    /// Replaces the kind of authentication.
    AuthType,
    /// Replaces the server's name.
    LocalName,
    /// Replaces the server's port.
    LocalPort,
    /// Replaces the server's address.
    LocalAddr,
    /// The length of the request body is not to be trusted.
    IgnoreCl,
}

impl Indicator {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 18] = [
        Self::Worker,
        Self::RequestId,
        Self::Https,
        Self::SslProtocol,
        Self::Certs,
        Self::Cipher,
        Self::CertChainPrefix,
        Self::SslSession,
        Self::KeySize,
        Self::RemoteHost,
        Self::RemoteAddr,
        Self::RemotePort,
        Self::RemoteUser,
        Self::AuthType,
        Self::LocalName,
        Self::LocalPort,
        Self::LocalAddr,
        Self::IgnoreCl,
    ];

    /// The variable's name unless a directive gives another.
    pub const fn default_name(self) -> &'static str {
        match self {
            Self::Worker => "JK_WORKER_NAME",
            Self::RequestId => "UNIQUE_ID",
            Self::Https => "HTTPS",
            Self::SslProtocol => "SSL_PROTOCOL",
            Self::Certs => "SSL_CLIENT_CERT",
            Self::Cipher => "SSL_CIPHER",
            Self::CertChainPrefix => "SSL_CLIENT_CERT_CHAIN_",
            Self::SslSession => "SSL_SESSION_ID",
            Self::KeySize => "SSL_CIPHER_USEKEYSIZE",
            Self::RemoteHost => "JK_REMOTE_HOST",
            Self::RemoteAddr => "JK_REMOTE_ADDR",
            Self::RemotePort => "JK_REMOTE_PORT",
            Self::RemoteUser => "JK_REMOTE_USER",
            Self::AuthType => "JK_AUTH_TYPE",
            Self::LocalName => "JK_LOCAL_NAME",
            Self::LocalPort => "JK_LOCAL_PORT",
            Self::LocalAddr => "JK_LOCAL_ADDR",
            Self::IgnoreCl => "JK_IGNORE_CL",
        }
    }
}

/// The names that were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Indicators(BTreeMap<Indicator, Text>);

impl Indicators {
    /// Gives a name; the last one counts.
    pub fn set(&mut self, indicator: Indicator, name: &[u8]) {
        self.0.insert(indicator, name.into());
    }

    /// The names of a virtual host below a main server. All are inherited, also `JkLocalAddrIndicator`, which
    /// mod_jk forgets.
    #[must_use]
    pub fn below(&self, main: &Self) -> Self {
        let mut all = main.0.clone();
        all.extend(self.0.iter().map(|(indicator, name)| (*indicator, name.clone())));
        Self(all)
    }

    /// All names.
    pub fn resolve(&self) -> Names {
        Names(Indicator::ALL.map(|indicator| {
            self.0.get(&indicator).cloned().unwrap_or_else(|| indicator.default_name().as_bytes().into())
        }))
    }
}

/// The name for each indicator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names([Text; Indicator::ALL.len()]);

impl Names {
    /// The name to look for in the request's environment.
    pub fn of(&self, indicator: Indicator) -> &[u8] {
        self.0.get(indicator as usize).map_or(indicator.default_name().as_bytes(), |name| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_indicator_is_found_by_its_number() {
        let names = Indicators::default().resolve();
        for indicator in Indicator::ALL {
            assert_eq!(names.of(indicator), indicator.default_name().as_bytes());
        }
    }

    #[test]
    fn given_names_are_inherited_one_by_one() {
        let (mut main, mut vhost) = (Indicators::default(), Indicators::default());
        main.set(Indicator::LocalAddr, b"A");
        main.set(Indicator::Https, b"M");
        vhost.set(Indicator::Https, b"V");
        let names = vhost.below(&main).resolve();
        assert_eq!(names.of(Indicator::LocalAddr), b"A");
        assert_eq!(names.of(Indicator::Https), b"V");
        assert_eq!(names.of(Indicator::Worker), b"JK_WORKER_NAME");
    }
}
