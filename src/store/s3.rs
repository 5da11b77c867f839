//! A bucket of a service that speaks S3. Its key stands in the settings, never in a log or an error.

use std::time::Duration;

use futures_util::FutureExt as _;
use object_store::{
    Attribute, Attributes, ClientOptions, ObjectStore, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder},
    path::Path,
    prefix::PrefixStore,
    signer::Signer as _,
};
use url::Url;

use crate::{
    config::Storage,
    error::{Error, Result},
    http::Method,
};

/// Until a connection stands.
const CONNECT: Duration = Duration::from_secs(10);
/// Silence in the middle of an answer.
const SILENCE: Duration = Duration::from_secs(30);
/// A request that fails for a passing reason is made again for so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// What only a bucket can do.
#[derive(Debug)]
pub struct Bucket {
    signer: AmazonS3,
    prefix: Path,
    name: String,
    public: Option<Url>,
}

impl Bucket {
    /// From the settings; every missing one is named.
    pub fn new(storage: &Storage) -> Result<(Self, PrefixStore<AmazonS3>)> {
        for (name, value) in [
            ("storage.bucket", storage.bucket.as_str()),
            ("storage.access_key", storage.access_key.as_str()),
            ("storage.secret_key", storage.secret_key.expose()),
        ] {
            if value.is_empty() {
                return Err(Error::invalid(name, "config.s3_needs"));
            }
        }
        let prefix =
            Path::parse(storage.prefix.trim_matches('/')).map_err(|_| Error::invalid("storage.prefix", "config.s3_prefix"))?;
        let plain = storage.endpoint.as_ref().is_some_and(|url| url.scheme() == "http");
        // No limit over all of a transfer: a film takes what it takes. Silence ends it.
        let options = ClientOptions::new()
            .with_allow_http(plain)
            .with_connect_timeout(CONNECT)
            .with_read_timeout(SILENCE)
            .with_timeout_disabled();
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&storage.bucket)
            .with_region(&storage.region)
            .with_access_key_id(&storage.access_key)
            .with_secret_access_key(storage.secret_key.expose())
            .with_virtual_hosted_style_request(!storage.path_style)
            .with_retry(RetryConfig { max_retries: 4, retry_timeout: PATIENCE, ..RetryConfig::default() })
            .with_client_options(options);
        if let Some(endpoint) = &storage.endpoint {
            builder = builder.with_endpoint(endpoint.as_str().trim_end_matches('/'));
        }
        let signer = builder.build().map_err(|_| Error::invalid("storage", "config.s3_wrong"))?;
        let objects = PrefixStore::new(signer.clone(), prefix.clone());
        Ok((Self { signer, prefix, name: storage.bucket.clone(), public: storage.public_url.clone() }, objects))
    }

    /// Where everybody can read an object for so long, at most a week.
    pub fn public_url(&self, path: &Path, ttl: Duration) -> Option<String> {
        let whole: Path = self.prefix.parts().chain(path.parts()).collect();
        match &self.public {
            Some(base) => Some(format!("{}/{whole}", base.as_str().trim_end_matches('/'))),
            // Signing with a key at hand waits for nothing.
            None => self.signer.signed_url(Method::GET, &whole, ttl).now_or_never()?.ok().map(String::from),
        }
    }
}

impl std::fmt::Display for Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the bucket {}", self.name)?;
        if self.prefix.as_ref().is_empty() { Ok(()) } else { write!(f, " below {}", self.prefix) }
    }
}

/// The type that a platform is told which fetches the object itself.
pub fn attributes(path: &str) -> Attributes {
    let mime = match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("png") => "image/png",
        Some("gif") => "image/gif",
        Some("webp") => "image/webp",
        Some("mp4") => "video/mp4",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    };
    Attributes::from_iter([(Attribute::ContentType, mime)])
}

/// A failure in words for whoever set it up: what the service says, without its XML.
pub fn explain(e: &object_store::Error) -> Option<String> {
    use object_store::Error::{Generic, NotFound, PermissionDenied, Unauthenticated};
    let code = said(&e.to_string());
    match e {
        PermissionDenied { .. } | Unauthenticated { .. } => Some(format!("the media store refuses this key{code}")),
        NotFound { .. } if code.contains("NoSuchBucket") => Some("there is no such bucket in the media store".into()),
        Generic { store: "S3", source } => Some(match &*code {
            "" => format!("the media store is away: {source}"),
            code => format!("the media store refuses{code}"),
        }),
        _ => None,
    }
}

/// ` (Code)` of the service's answer.
fn said(text: &str) -> String {
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).map(|(code, _)| code);
    code.map_or_else(String::new, |code| format!(" ({code})"))
}

/// Both halves of the store for the settings.
pub fn open(storage: &Storage) -> Result<(Bucket, std::sync::Arc<dyn ObjectStore>)> {
    let (bucket, objects) = Bucket::new(storage)?;
    Ok((bucket, std::sync::Arc::new(objects)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::Secret;

    fn storage() -> Storage {
        Storage {
            bucket: "films".into(),
            endpoint: Some("http://127.0.0.1:9/".parse().unwrap()),
            access_key: "id".into(),
            secret_key: Secret::new("very-secret"),
            prefix: "/a/".into(),
            ..Storage::default()
        }
    }

    #[tokio::test]
    async fn addresses_are_signed_or_public_and_hold_no_secret() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (bucket, _) = Bucket::new(&storage()).unwrap();
        let url = bucket.public_url(&"2026/x.png".into(), Duration::from_secs(60)).unwrap();
        assert!(url.starts_with("http://127.0.0.1:9/films/a/2026/x.png?"), "{url}");
        assert!(url.contains("X-Amz-Expires=60") && url.contains("X-Amz-Signature=") && !url.contains("very-secret"), "{url}");
        assert!(!format!("{bucket:?} {bucket}").contains("very-secret"));
        let public = Storage { public_url: Some("https://cdn.example.org/".parse().unwrap()), ..storage() };
        let (bucket, _) = Bucket::new(&public).unwrap();
        let url = bucket.public_url(&"2026/x.png".into(), Duration::from_secs(60)).unwrap();
        assert_eq!(url, "https://cdn.example.org/a/2026/x.png");
    }

    #[test]
    fn a_missing_setting_is_named() {
        let missing = Bucket::new(&Storage { secret_key: Secret::default(), ..storage() });
        assert!(matches!(missing, Err(Error::Invalid(fields)) if fields[0].field == "storage.secret_key"));
        let outside = Bucket::new(&Storage { prefix: "a/../b".into(), ..storage() });
        assert!(matches!(outside, Err(Error::Invalid(fields)) if fields[0].field == "storage.prefix"));
    }
}
