//! Chooses the proxy of a session.

use std::fmt;

use ureq::ProxyProtocol;
use ureq::http::Uri;

use super::url::BaseUrl;
use crate::error::{Error, Result};

/// The environment variables for the proxy, in ureq's order. The first that is set wins. They are
/// read here because ureq skips an invalid value, and would then send the request without a proxy.
const PROXY_VARIABLES: [&str; 6] = [
    "ALL_PROXY",
    "all_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
];
/// The environment variables for hosts that need no proxy. The first that is set wins.
const NO_PROXY_VARIABLES: [&str; 2] = ["NO_PROXY", "no_proxy"];

/// The proxy option of a session.
#[derive(Clone, Default)]
pub(crate) enum Proxy {
    #[default]
    FromEnvironment,
    None,
    Url(String),
}

impl Proxy {
    /// The proxy for this base URL. `first_set` returns the first of these environment variables
    /// that is set, with its value.
    ///
    /// Loopback addresses never have a proxy, since requests to them are not encrypted. A variable
    /// that makes no difference is not read.
    pub(crate) fn route(
        &self,
        base_url: &BaseUrl,
        first_set: impl Fn(&[&'static str]) -> Result<Option<(&'static str, String)>>,
    ) -> Result<Option<Route>> {
        if base_url.is_loopback() {
            return Ok(None);
        }
        let (variable, url) = match self {
            Proxy::None => return Ok(None),
            Proxy::Url(url) => (None, url.to_owned()),
            Proxy::FromEnvironment => {
                let Some((name, url)) = first_set(&PROXY_VARIABLES)? else {
                    return Ok(None);
                };
                if let Some((_, hosts)) = first_set(&NO_PROXY_VARIABLES)?
                    && is_listed(&hosts, base_url)
                {
                    return Ok(None);
                }
                (Some(name), url)
            }
        };
        let proxy = read(variable.unwrap_or("proxy"), &url)?;
        Ok(Some(Route { proxy, variable }))
    }
}

/// Whether a comma-separated list of hosts includes the host of this base URL, by ureq's rules.
fn is_listed(hosts: &str, base_url: &BaseUrl) -> bool {
    let any = ureq::Proxy::builder(ProxyProtocol::Http);
    let hosts = hosts.split(',').map(str::trim);
    let any = hosts.fold(any, |any, host| any.no_proxy(host)).build();
    let uri = base_url.as_str().parse::<Uri>();
    matches!((any, uri), (Ok(any), Ok(uri)) if any.is_no_proxy(&uri))
}

/// Parses a proxy's URL, which comes from `name`. It may contain a password, so errors never quote it.
fn read(name: &str, url: &str) -> Result<ureq::Proxy> {
    let refuse = |message: &str| Err(Error::invalid_argument(name, message));
    let Ok(proxy) = ureq::Proxy::new(url.trim()) else {
        return refuse("is not the URL of a proxy, such as http://proxy:3128");
    };
    // ureq replaces an invalid port with the default.
    let authority = proxy.uri().authority();
    let port = authority.and_then(|authority| authority.port_u16());
    let address = authority.and_then(|authority| authority.as_str().rsplit('@').next());
    let has_port = address.is_some_and(|address| address.len() > proxy.host().len());
    if proxy.host().is_empty() || (has_port && port.is_none()) {
        return refuse("has no valid host and port, such as those of http://proxy:3128");
    }
    match proxy.protocol() {
        ProxyProtocol::Http | ProxyProtocol::Https => Ok(proxy),
        _ if cfg!(feature = "socks-proxy") => Ok(proxy),
        _ => refuse("a SOCKS proxy needs the feature \"socks-proxy\" of peak-press"),
    }
}

/// A proxy in use. Its user name and password are never shown.
pub(crate) struct Route {
    proxy: ureq::Proxy,
    /// The environment variable that named it.
    variable: Option<&'static str>,
}

impl Route {
    pub(crate) fn proxy(&self) -> &ureq::Proxy {
        &self.proxy
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.proxy.uri().scheme_str().unwrap_or("http");
        let (host, port) = (self.proxy.host(), self.proxy.port());
        write!(f, "{scheme}://{host}:{port}")?;
        match self.variable {
            Some(name) => write!(f, " (from {name})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HERE: &str = "https://press.peak.ai";

    /// The route in an environment of these variables, as `Debug` shows it.
    fn route(proxy: &Proxy, url: &str, variables: &[(&'static str, &str)]) -> Result<String> {
        let route = proxy.route(&BaseUrl::parse("base_url", url).unwrap(), |names| {
            let set = |name: &&str| {
                let found = variables.iter().find(|(variable, _)| variable == name)?;
                (!found.1.trim().is_empty()).then(|| (found.0, found.1.to_owned()))
            };
            Ok(names.iter().find_map(set))
        });
        Ok(route?.map_or("none".into(), |route| format!("{route:?}")))
    }

    fn from_environment(url: &str, variables: &[(&'static str, &str)]) -> Result<String> {
        route(&Proxy::FromEnvironment, url, variables)
    }

    const UNREADABLE: [&str; 16] = [
        "foo://bar",
        "ftp://user:pr1vate@host",
        "http://",
        "http://[bad",
        "http://user:pr1vate@",
        "http://:3128",
        "http://user:pr1vate@:3128",
        "http://host:99999",
        "http://user:pr1vate@host:99999",
        "http://[::1]:99999",
        "http://host:",
        "http://host:port",
        "host:99999",
        "proxy:3128/",
        "http://user:%ff@host:1",
        "pr1vate pr1vate",
    ];

    #[test]
    fn an_invalid_proxy_variable_is_refused_by_name() {
        for name in PROXY_VARIABLES {
            for value in UNREADABLE {
                let error = from_environment(HERE, &[(name, value)]).unwrap_err();
                assert!(
                    matches!(&error, Error::InvalidArgument { name: n, .. } if n == name),
                    "{value}: {error:?}"
                );
                let message = [
                    "is not the URL of a proxy, such as http://proxy:3128",
                    "has no valid host and port, such as those of http://proxy:3128",
                ]
                .into_iter()
                .map(|message| format!("{name}: {message}"))
                .find(|message| *message == error.to_string());
                assert!(message.is_some(), "{value}: {error}");
                let shown = format!("{error:?} {error:#?}");
                assert!(!shown.contains("pr1vate"), "{shown}");
            }
        }
        let error = from_environment(HERE, &[("HTTPS_PROXY", "http://host:99999")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "HTTPS_PROXY: has no valid host and port, such as those of http://proxy:3128"
        );
        let error = from_environment(HERE, &[("ALL_PROXY", "http://")]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "ALL_PROXY: is not the URL of a proxy, such as http://proxy:3128"
        );
    }

    #[test]
    fn an_invalid_proxy_of_the_builder_is_refused() {
        for value in UNREADABLE.iter().chain(&["", " "]) {
            let error = route(&Proxy::Url(value.to_string()), HERE, &[]).unwrap_err();
            assert!(
                matches!(&error, Error::InvalidArgument { name, .. } if name == "proxy"),
                "{value}: {error:?}"
            );
        }
    }

    #[test]
    fn variables_that_make_no_difference_are_not_read() {
        let broken = [("ALL_PROXY", "foo://bar"), ("NO_PROXY", ".peak.ai")];
        for loopback in ["http://127.0.0.1:1", "https://localhost"] {
            let shown = from_environment(loopback, &broken[..1]);
            assert_eq!(shown.unwrap(), "none", "{loopback}");
        }
        assert_eq!(from_environment(HERE, &broken).unwrap(), "none");
        let shown = route(&Proxy::None, HERE, &broken[..1]);
        assert_eq!(shown.unwrap(), "none");
        let shown = route(&Proxy::Url("foo://bar".into()), "http://[::1]:1", &[]);
        assert_eq!(shown.unwrap(), "none");
        let proxy = Proxy::Url("http://mine:1".into());
        assert_eq!(route(&proxy, HERE, &broken).unwrap(), "http://mine:1");
        let good = [("HTTPS_PROXY", "http://p:1"), ("HTTP_PROXY", "foo://bar")];
        let shown = from_environment(HERE, &good).unwrap();
        assert_eq!(shown, "http://p:1 (from HTTPS_PROXY)");
    }

    #[test]
    fn the_proxy_is_the_first_variable_that_is_set() {
        for first in 0..PROXY_VARIABLES.len() {
            let mut variables: Vec<_> = PROXY_VARIABLES[first..]
                .iter()
                .map(|name| {
                    (
                        *name,
                        format!("http://user:pr1vate@{}:1", name.to_lowercase()),
                    )
                })
                .collect();
            variables.extend(
                PROXY_VARIABLES[..first]
                    .iter()
                    .map(|name| (*name, " ".into())),
            );
            let variables: Vec<_> = variables.iter().map(|(n, v)| (*n, v.as_str())).collect();
            let name = PROXY_VARIABLES[first];
            let expected = format!("http://{}:1 (from {name})", name.to_lowercase());
            assert_eq!(from_environment(HERE, &variables).unwrap(), expected);
        }
        assert_eq!(from_environment(HERE, &[]).unwrap(), "none");
    }

    #[test]
    fn a_proxy_is_shown_without_a_password() {
        for (url, shown) in [
            ("http://user:pr1vate@host:3128", "http://host:3128"),
            ("user:pr1vate@host:3128", "http://host:3128"),
            ("https://host", "https://host:443"),
            (" host\n", "http://host:80"),
            ("HTTP://[::1]:1/", "http://[::1]:1"),
        ] {
            assert_eq!(route(&Proxy::Url(url.into()), HERE, &[]).unwrap(), shown);
        }
    }

    #[test]
    fn a_socks_proxy_needs_a_feature() {
        let result = from_environment(HERE, &[("all_proxy", "socks5h://user:pr1vate@host")]);
        match cfg!(feature = "socks-proxy") {
            true => assert_eq!(result.unwrap(), "socks5h://host:1080 (from all_proxy)"),
            false => assert_eq!(
                result.unwrap_err().to_string(),
                "all_proxy: a SOCKS proxy needs the feature \"socks-proxy\" of peak-press"
            ),
        }
    }

    #[test]
    fn hosts_in_no_proxy_are_reached_directly() {
        let check = |list: &str, url: &str, expected: &str| {
            for name in NO_PROXY_VARIABLES {
                let shown = from_environment(url, &[("HTTP_PROXY", "http://p:1"), (name, list)]);
                assert_eq!(shown.unwrap(), expected, "{list} {url}");
            }
        };
        for (list, url) in [
            ("press.peak.ai", HERE),
            (".peak.ai", HERE),
            ("*.peak.ai", HERE),
            ("*", HERE),
            ("PRESS.Peak.AI", HERE),
            ("localhost, .peak.ai ,x", HERE),
            ("10.0.0.1", "https://10.0.0.1:8443/p"),
        ] {
            check(list, url, "none");
        }
        for (list, url) in [
            ("peak.ai", HERE),
            ("press.peak.ai:443", HERE),
            (".peak.ai", "https://peak.ai"),
            (".peak.ai", "https://notpeak.ai"),
            (",,", HERE),
            ("10.0.0.0/8", "https://10.0.0.1"),
        ] {
            check(list, url, "http://p:1 (from HTTP_PROXY)");
        }
        let variables = [("ALL_PROXY", "p:1"), ("NO_PROXY", "x"), ("no_proxy", "*")];
        let shown = from_environment(HERE, &variables).unwrap();
        assert_eq!(
            shown, "http://p:1 (from ALL_PROXY)",
            "the first that is set"
        );
        let variables = [("ALL_PROXY", "p:1"), ("NO_PROXY", " "), ("no_proxy", "*")];
        assert_eq!(from_environment(HERE, &variables).unwrap(), "none");
        let proxy = Proxy::Url("http://mine:1".into());
        let shown = route(&proxy, HERE, &[("NO_PROXY", "*")]).unwrap();
        assert_eq!(shown, "http://mine:1", "`proxy` of the builder wins");
    }

    proptest! {
        #[test]
        fn any_proxy_is_refused_or_read(url in any::<String>(), hosts in any::<String>()) {
            for url in [url.clone(), format!("http://{url}"), format!("http://u:p@h:{url}")] {
                _ = from_environment(HERE, &[("ALL_PROXY", &url), ("NO_PROXY", &hosts)]);
            }
        }
    }
}
