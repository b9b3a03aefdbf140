//! The TLS settings of a session. ureq panics where a feature is missing, and ignores certificates
//! that it cannot parse, so both are checked first.

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

use super::options::{self, Options, TlsRoots};
use crate::error::{Error, Result};

pub(super) fn config(options: &Options) -> Result<TlsConfig> {
    let (provider, enabled, feature) = match options.tls_provider {
        options::TlsProvider::Rustls => (TlsProvider::Rustls, cfg!(feature = "rustls"), "rustls"),
        options::TlsProvider::NativeTls => (
            TlsProvider::NativeTls,
            cfg!(feature = "native-tls"),
            "native-tls",
        ),
    };
    if !enabled {
        return Err(missing_feature("tls_provider", feature));
    }
    let roots = match &options.tls_roots {
        TlsRoots::WebPki => RootCerts::WebPki,
        TlsRoots::Pem(text) => {
            RootCerts::new_with_certs(&certificates(text, options.tls_provider)?)
        }
        TlsRoots::Platform
            if provider == TlsProvider::Rustls && !cfg!(feature = "platform-verifier") =>
        {
            return Err(missing_feature("tls_roots", "platform-verifier"));
        }
        TlsRoots::Platform => RootCerts::PlatformVerifier,
    };
    Ok(TlsConfig::builder()
        .provider(provider)
        .root_certs(roots)
        .build())
}

/// The certificates in a PEM text, each checked by the library that will use it.
fn certificates(pem: &[u8], provider: options::TlsProvider) -> Result<Vec<Certificate<'static>>> {
    let invalid = |message: String| Error::invalid_argument("tls_roots", message);
    let mut certificates = Vec::new();
    for item in parse_pem(pem) {
        // A PEM text may hold other items, such as keys.
        let PemItem::Certificate(certificate) = item.map_err(|error| invalid(error.to_string()))?
        else {
            continue;
        };
        check(certificate.der(), provider).map_err(|cause| {
            let number = certificates.len() + 1;
            invalid(format!(
                "certificate {number} is not a valid X.509 certificate: {cause}"
            ))
        })?;
        certificates.push(certificate);
    }
    if certificates.is_empty() {
        return Err(invalid("the PEM text contains no certificate".into()));
    }
    Ok(certificates)
}

fn check(der: &[u8], provider: options::TlsProvider) -> Result<(), String> {
    match provider {
        #[cfg(feature = "rustls")]
        options::TlsProvider::Rustls => {
            let mut roots = rustls::RootCertStore::empty();
            let added = roots.add(der.to_vec().into());
            added.map_err(|error| error.to_string())
        }
        #[cfg(feature = "native-tls")]
        options::TlsProvider::NativeTls => {
            let certificate = native_tls::Certificate::from_der(der);
            certificate.map(drop).map_err(|error| error.to_string())
        }
        // A provider without its feature has been refused already.
        #[allow(unreachable_patterns)]
        _ => Ok(()),
    }
}

fn missing_feature(argument: &str, feature: &str) -> Error {
    let message = format!("needs the feature \"{feature}\" of peak-press");
    Error::invalid_argument(argument, message)
}
