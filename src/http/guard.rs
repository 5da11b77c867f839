//! Which addresses may be called: public ones over https, private ones only when configuration allows their range.
//!
//! Names are checked when they are resolved, so a name that changes between check and use cannot slip through.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Why an address is not called.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Refused {
    /// Not http or https.
    #[error("only http and https addresses can be called")]
    Scheme,
    /// The address lies in a private range.
    #[error("{0} is a private address; `http.allow_private` can allow its range")]
    Private(String),
    /// Plain http outside the allowed private ranges.
    #[error("plain http is only used for ranges in `http.allow_private`; use https")]
    Plain,
    /// User name or password in the address.
    #[error("an address must not carry a user name or password")]
    Userinfo,
}

/// The rule, cheap to clone.
#[derive(Clone)]
pub struct Guard(Arc<Vec<IpNet>>);

/// What a resolver may give.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses and allowed private ones.
    Public,
    /// Allowed private ones only: for plain http.
    AllowedPrivate,
}

impl Guard {
    pub fn new(allowed: &[IpNet]) -> Self {
        Self(Arc::new(allowed.to_vec()))
    }

    /// Checks everything that can be said before the name is resolved.
    pub fn allows(&self, url: &Url) -> Result<(), Refused> {
        let plain = match url.scheme() {
            "https" => false,
            "http" => true,
            _ => return Err(Refused::Scheme),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Userinfo);
        }
        let ip = match url.host() {
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
            Some(Host::Domain(_)) if plain && self.0.is_empty() => return Err(Refused::Plain),
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err(Refused::Scheme),
        };
        match (self.permits(ip, if plain { Reach::AllowedPrivate } else { Reach::Public }), plain && is_public(ip)) {
            (true, _) => Ok(()),
            (false, true) => Err(Refused::Plain),
            (false, false) => Err(Refused::Private(ip.to_string())),
        }
    }

    fn permits(&self, ip: IpAddr, reach: Reach) -> bool {
        let ip = canonical(ip);
        self.0.iter().any(|net| net.contains(&ip)) || (reach == Reach::Public && is_public(ip))
    }

    pub fn resolver(&self, reach: Reach) -> GuardedResolver {
        GuardedResolver { guard: self.clone(), reach }
    }
}

/// The one private address that may be called without configuration: where this instance itself listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Own(SocketAddr);

impl Own {
    pub fn new(listen: SocketAddr) -> Self {
        Self(own_address(listen))
    }

    /// True for plain http to exactly this address and port, written as an address and not as a name.
    pub fn is(&self, url: &Url) -> bool {
        let ip = match url.host() {
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
            _ => return false,
        };
        let bare = url.username().is_empty() && url.password().is_none();
        url.scheme() == "http" && bare && ip == self.0.ip() && url.port_or_known_default() == Some(self.0.port())
    }
}

/// How this instance reaches its own listener: one on any address is reached at its loopback address.
pub fn own_address(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

/// The system's resolver, with refused addresses removed.
pub struct GuardedResolver {
    guard: Guard,
    reach: Reach,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, reach) = (self.guard.clone(), self.reach);
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let allowed: Vec<SocketAddr> = found.iter().copied().filter(|a| guard.permits(a.ip(), reach)).collect();
            match (allowed.is_empty(), found.first()) {
                (false, _) => Ok(Box::new(allowed.into_iter()) as Addrs),
                (true, Some(a)) if is_public(canonical(a.ip())) => Err(io::Error::other(Refused::Plain).into()),
                (true, Some(a)) => Err(io::Error::other(Refused::Private(format!("{} ({})", name.as_str(), a.ip()))).into()),
                (true, None) => Err(io::Error::other(format!("{} has no address", name.as_str())).into()),
            }
        })
    }
}

/// An IPv4 address in IPv6 clothes is judged as IPv4.
fn canonical(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(ip, IpAddr::V4),
        IpAddr::V4(_) => ip,
    }
}

/// True for addresses of the open internet. Ranges: IANA special-purpose registries
/// <https://www.iana.org/assignments/iana-ipv4-special-registry/>.
fn is_public(ip: IpAddr) -> bool {
    match canonical(ip) {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_broadcast()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19)))
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    // Only 2000::/3 is given out; of it, documentation, Teredo, 6to4 and benchmarking are not the open internet.
    s[0] & 0xe000 == 0x2000
        && !(s[0] == 0x2001 && (s[1] == 0x0db8 || s[1] < 0x0200))
        && s[0] != 0x2002
        && !(s[0] == 0x3fff && s[1] < 0x1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(url: &str, ranges: &[&str]) -> bool {
        let ranges: Vec<IpNet> = ranges.iter().map(|r| r.parse().unwrap()).collect();
        Guard::new(&ranges).allows(&Url::parse(url).unwrap()).is_ok()
    }

    #[test]
    fn private_addresses_and_plain_http_are_refused_unless_their_range_is_allowed() {
        for url in [
            "https://127.0.0.1/",
            "https://10.0.0.1/",
            "https://169.254.169.254/",
            "https://[::1]/",
            "https://[fd00::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://100.64.0.1/",
            "https://0.0.0.0/",
            "https://2130706433/",
            "http://example.org/",
            "http://8.8.8.8/",
            "ftp://example.org/",
            "https://user@example.org/",
            "https://[64:ff9b::7f00:1]/",
            "https://198.18.0.1/",
        ] {
            assert!(!allows(url, &[]), "{url}");
        }
        for url in ["https://example.org/", "https://8.8.8.8/", "https://[2606:4700::1111]/"] {
            assert!(allows(url, &[]), "{url}");
        }
        assert!(allows("http://127.0.0.1:3000/", &["127.0.0.0/8"]));
        assert!(!allows("http://10.0.0.1/", &["127.0.0.0/8"]));
        assert!(!allows("http://8.8.8.8/", &["127.0.0.0/8"]));
    }

    #[test]
    fn only_the_exact_address_this_instance_listens_on_is_its_own() {
        let own = |listen: &str, url: &str| Own::new(listen.parse().unwrap()).is(&Url::parse(url).unwrap());
        assert!(own("127.0.0.1:8080", "http://127.0.0.1:8080/sandbox/api/me"));
        assert!(own("0.0.0.0:8080", "http://127.0.0.1:8080/"));
        assert!(own("[::]:8080", "http://[::1]:8080/"));
        assert!(own("127.0.0.1:80", "http://127.0.0.1/"));
        for url in [
            "http://127.0.0.1:8081/",
            "http://127.0.0.1/",
            "https://127.0.0.1:8080/",
            "http://127.0.0.2:8080/",
            "http://localhost:8080/",
            "http://me@127.0.0.1:8080/",
            "http://[::1]:8080/",
        ] {
            assert!(!own("127.0.0.1:8080", url), "{url}");
        }
        assert!(own("192.168.1.5:8080", "http://192.168.1.5:8080/"));
        assert!(!own("192.168.1.5:8080", "http://127.0.0.1:8080/"));
    }

    #[tokio::test]
    async fn a_name_is_judged_by_the_address_it_resolves_to() {
        let resolve = |reach, ranges: &[IpNet]| Guard::new(ranges).resolver(reach).resolve("localhost".parse().unwrap());
        assert!(resolve(Reach::Public, &[]).await.is_err());
        assert!(resolve(Reach::AllowedPrivate, &["127.0.0.0/8".parse().unwrap()]).await.is_ok());
    }
}
