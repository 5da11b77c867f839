//! The way to a mail server, or to none.

use std::{sync::Arc, time::Duration};

use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor,
    message::Mailbox,
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, CertificateStore, Tls, TlsParameters},
        extension::ClientId,
    },
};
use url::Url;

use super::Outgoing;
use crate::{
    config::{Mail, MailSecurity, MailTransport},
    error::{Error, Result},
    http,
};

/// How often a conversation of several commands may take the timeout of one.
const PATIENCE: u32 = 4;
/// What a server says to a login it does not like. Our settings are to blame, not the letter.
const LOGIN_TROUBLE: [&str; 4] = ["530", "534", "535", "538"];

/// Sends letters. Cloning is cheap.
#[derive(Clone)]
pub struct Mailer(Option<Arc<Smtp>>);

struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    reply_to: Option<Mailbox>,
    domain: String,
    longest: Duration,
}

/// Why a letter did not leave.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Mail is off in the settings.
    #[error("mail is off")]
    Off,
    /// The server is away, slow, or says: later.
    #[error("{0}")]
    Later(String),
    /// The server will never take it; its words.
    #[error("{0}")]
    Refused(String),
}

impl Mailer {
    /// From the settings; an error names the setting. `url` is the address people use: its host stands in Message-IDs.
    pub fn new(config: &Mail, url: &str) -> Result<Self> {
        if config.transport == MailTransport::None {
            return Ok(Self(None));
        }
        if config.host.trim().is_empty() {
            return Err(Error::invalid("mail.host", "mail.host_missing"));
        }
        let host = Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
        let domain = host.unwrap_or_else(|| "localhost".into());
        let from = mailbox("mail.from", &config.from)?;
        let reply_to = Some(&config.reply_to).filter(|to| !to.is_empty());
        let reply_to = reply_to.map(|to| mailbox("mail.reply_to", to)).transpose()?;
        let timeout = Duration::from_secs(config.timeout_seconds.clamp(1, 600));
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(config.host.trim())
            .port(config.port.unwrap_or(config.security.port()))
            .tls(tls(config)?)
            .hello_name(ClientId::Domain(domain.clone()))
            .timeout(Some(timeout));
        if !config.user.is_empty() {
            builder = builder.credentials(Credentials::new(config.user.clone(), config.password.expose().to_owned()));
        }
        let longest = timeout * PATIENCE;
        Ok(Self(Some(Arc::new(Smtp { transport: builder.build(), from, reply_to, domain, longest }))))
    }

    /// False when mail is off.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Sends a letter; it is at the server when this returns.
    pub async fn send(&self, letter: &Outgoing<'_>) -> Result<(), Trouble> {
        let smtp = self.0.as_ref().ok_or(Trouble::Off)?;
        let mime = letter
            .mime(&smtp.from, smtp.reply_to.as_ref(), &smtp.domain)
            .map_err(|e| Trouble::Refused(format!("it cannot be put into a mail: {e:#}")))?;
        match tokio::time::timeout(smtp.longest, smtp.transport.send(mime)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(e)) => Err(judged(&e)),
            Err(_) => Err(Trouble::Later(format!("the mail server took longer than {} s", smtp.longest.as_secs()))),
        }
    }
}

/// 5xx is for ever, unless it is about our login; everything else may be better later.
fn judged(e: &lettre::transport::smtp::Error) -> Trouble {
    let mut words = e.to_string();
    let mut cause = std::error::Error::source(e);
    while let Some(inner) = cause {
        words = format!("{words}: {inner}");
        cause = inner.source();
    }
    let login = e.status().is_some_and(|code| LOGIN_TROUBLE.contains(&code.to_string().as_str()));
    if e.is_permanent() && !login { Trouble::Refused(words) } else { Trouble::Later(words) }
}

fn mailbox(field: &'static str, given: &str) -> Result<Mailbox> {
    given.trim().parse().map_err(|_| Error::invalid(field, crate::error::Message::new("mail.address").with("given", given)))
}

fn tls(config: &Mail) -> Result<Tls> {
    if config.security == MailSecurity::None {
        return Ok(Tls::None);
    }
    let mut parameters = TlsParameters::builder(config.host.trim().to_owned());
    if let Some(roots) = http::embedded_roots() {
        parameters = parameters.certificate_store(CertificateStore::None);
        for root in roots.filter_map(|der| Certificate::from_der(der.to_vec()).ok()) {
            parameters = parameters.add_root_certificate(root);
        }
    }
    let parameters = parameters.build_rustls().map_err(Error::internal)?;
    Ok(if config.security == MailSecurity::Tls { Tls::Wrapper(parameters) } else { Tls::Required(parameters) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_cannot_work_are_named() {
        let smtp = Mail { transport: MailTransport::Smtp, host: "h".into(), from: "r@example.org".into(), ..Mail::default() };
        let field = |mail: Mail| match Mailer::new(&mail, "http://localhost").map(|m| m.is_on()) {
            Err(Error::Invalid(fields)) => fields[0].field.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(field(Mail { host: String::new(), ..smtp.clone() }), "mail.host");
        assert_eq!(field(Mail { from: "nobody".into(), ..smtp.clone() }), "mail.from");
        assert_eq!(field(Mail { reply_to: "a\r\nb@c".into(), ..smtp.clone() }), "mail.reply_to");
        assert!(Mailer::new(&smtp, "http://localhost").unwrap().is_on());
        assert!(!Mailer::new(&Mail::default(), "http://localhost").unwrap().is_on());
    }
}
