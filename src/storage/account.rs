//! The AWS settings of this process: profile, region, endpoint, and who asks.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use aws_config::AppName;
use aws_config::BehaviorVersion;
use aws_config::Region;
use aws_config::SdkConfig;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_types::service_config::ServiceConfigKey;
use object_store::ObjectStore;
use tokio::sync::OnceCell;

use crate::error::Error;
use crate::error::Kind;
use crate::storage::credentials::Credentials;

/// The settings are read once. Two parts of one process must not see two accounts, and files of settings are slow.
static ACCOUNT: OnceCell<Arc<Account>> = OnceCell::const_new();

/// Where nothing says another region.
const FALLBACK_REGION: &str = "us-east-1";
/// Who asks is worth a few seconds, in an error message.
const IDENTITY_PATIENCE: Duration = Duration::from_secs(5);

/// What this process knows of AWS.
#[derive(Debug)]
pub(super) struct Account {
    config: SdkConfig,
    /// None when requests are not to be signed.
    credentials: Option<Arc<Credentials>>,
    identity: OnceCell<String>,
    /// One client a bucket.
    pub(super) stores: Mutex<HashMap<String, Arc<dyn ObjectStore>>>,
}

impl Account {
    /// The account of this process.
    pub(super) async fn of_process() -> Arc<Self> {
        Arc::clone(ACCOUNT.get_or_init(async || Arc::new(Self::new(load().await))).await)
    }

    pub(super) fn new(config: SdkConfig) -> Self {
        let provider = config.credentials_provider().filter(|_| !is_set("AWS_SKIP_SIGNATURE"));
        Self {
            credentials: provider.map(|provider| Arc::new(Credentials::new(provider))),
            config,
            identity: OnceCell::new(),
            stores: Mutex::default(),
        }
    }

    /// The settings themselves.
    pub(super) fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// What signs requests; none when they are not to be signed.
    pub(super) fn credentials(&self) -> Option<&Arc<Credentials>> {
        self.credentials.as_ref()
    }

    /// The region that the settings say, which need not be that of a bucket.
    pub(super) fn region(&self) -> &str {
        self.config.region().map_or(FALLBACK_REGION, Region::as_ref)
    }

    /// The address to ask instead of AWS's own, if the settings say one.
    pub(super) fn endpoint(&self) -> Option<String> {
        let key = ServiceConfigKey::builder()
            .service_id("S3")
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build();
        let own = key.ok().and_then(|key| self.config.service_config()?.load_config(key));
        own.or_else(|| self.config.endpoint_url().map(str::to_owned)).filter(|url| !url.is_empty())
    }

    /// Whether the settings want the endpoints that are certified for FIPS 140.
    pub(super) fn wants_fips(&self) -> bool {
        self.config.use_fips().unwrap_or_default()
    }

    /// Whether the settings want the endpoints that have IPv6, too.
    pub(super) fn wants_dual_stack(&self) -> bool {
        self.config.use_dual_stack().unwrap_or_default()
    }

    /// Whether the caller pays for requests.
    pub(super) fn pays(&self) -> bool {
        is_set("AWS_REQUEST_PAYER")
    }

    /// Who asks, for an error message: an ARN, or else the access key.
    pub(super) async fn identity(&self) -> &str {
        self.identity.get_or_init(|| self.ask_identity()).await
    }

    async fn ask_identity(&self) -> String {
        let Some(credentials) = &self.credentials else { return "an anonymous caller".to_owned() };
        let region = Region::new(self.region().to_owned());
        let client = aws_sdk_sts::Client::new(&self.config.to_builder().region(region).build());
        let asked = tokio::time::timeout(IDENTITY_PATIENCE, client.get_caller_identity().send()).await;
        if let Ok(Ok(identity)) = asked
            && let Some(arn) = identity.arn()
        {
            return arn.to_owned();
        }
        match credentials.get().await {
            Ok(credential) => format!("access key {}", credential.key_id),
            Err(_) => "a caller without credentials".to_owned(),
        }
    }
}

async fn load() -> SdkConfig {
    let http = Builder::new().build_with_connector_fn(|settings, components| {
        let mut connector = Connector::builder();
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        // As the client of object_store does: HTTPS_PROXY and NO_PROXY hold, and there is one TLS for both.
        connector
            .proxy_config(ProxyConfig::from_env())
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build()
    });
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http);
    if let Ok(name) = AppName::new("trailql") {
        loader = loader.app_name(name);
    }
    loader.load().await
}

/// The value of a variable, if it has one.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Tells whether a variable says yes.
pub(super) fn is_set(name: &str) -> bool {
    variable(name)
        .is_some_and(|value| ["1", "true", "yes", "requester"].contains(&value.to_lowercase().as_str()))
}

/// Says that a setting is wrong.
pub(super) fn wrong(setting: &str, why: &str) -> Error {
    Error::new(Kind::Config, format!("{setting} {why}"))
}
