//! The clients of the AWS services, and what their refusals mean.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;

use aws_sdk_s3::config::ConfigBag;
use aws_sdk_s3::config::Intercept;
use aws_sdk_s3::config::RuntimeComponents;
use aws_sdk_s3::config::interceptors::BeforeDeserializationInterceptorContextRef;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::error::DisplayErrorContext;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::error::SdkError;
use aws_types::SdkConfig;
use aws_types::region::Region;
use chrono::DateTime;
use chrono::Utc;

use crate::error::Error;
use crate::error::Kind;
use crate::error::Result;
use crate::setup::calls::OPERATIONS;
use crate::storage;

/// Throttled or dropped requests are tried so often, with growing pauses.
const ATTEMPTS: u32 = 8;
/// What the clock holds when AWS has not said a time.
const UNKNOWN: i64 = i64::MIN;

/// Refusals that mean: the caller may not.
const DENIALS: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "Forbidden",
    "KMSAccessDeniedException",
    "NotAuthorized",
    "UnauthorizedAccess",
    "UnauthorizedOperation",
    "AllAccessDisabled",
];

/// The settings that all clients share.
#[derive(Clone, Debug)]
pub struct Clients {
    settings: SdkConfig,
    clock: Clock,
}

/// Notes the difference between the clock here and that of AWS.
#[derive(Clone, Debug)]
struct Clock(Arc<AtomicI64>);

impl Intercept for Clock {
    fn name(&self) -> &'static str {
        "Clock"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(date) = context.response().headers().get("date")
            && let Ok(date) = DateTime::parse_from_rfc2822(date)
        {
            self.0.store((Utc::now() - date.to_utc()).num_seconds(), Ordering::Relaxed);
        }
        Ok(())
    }
}

macro_rules! client {
    ($name:ident, $crate_name:ident, $what:literal) => {
        #[doc = concat!("The client of ", $what, " in a region.")]
        pub(super) fn $name(&self, region: &str) -> $crate_name::Client {
            let config = $crate_name::config::Builder::from(&self.settings)
                .region(Region::new(region.to_owned()))
                .interceptor(self.clock.clone())
                .build();
            $crate_name::Client::from_conf(config)
        }
    };
}

impl Clients {
    /// The clients with the settings of this process.
    ///
    /// # Errors
    /// No region is set.
    pub async fn of_process(region: Option<&str>) -> Result<Self> {
        let settings = storage::aws_settings().await;
        let mut builder =
            settings.to_builder().retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS));
        if let Some(region) = region {
            builder = builder.region(Region::new(region.to_owned()));
        }
        let settings = builder.build();
        if settings.region().is_none() {
            return Err(Error::new(Kind::Config, "no AWS region is set")
                .hinted("say --region, or set AWS_REGION or the region of the profile"));
        }
        Ok(Self { settings, clock: Clock(Arc::new(AtomicI64::new(UNKNOWN))) })
    }

    /// The region of the settings.
    pub fn region(&self) -> &str {
        self.settings.region().map_or("", Region::as_ref)
    }

    /// How far the clock here is ahead of that of AWS, in seconds.
    pub(super) fn clock_ahead(&self) -> Option<i64> {
        Some(self.clock.0.load(Ordering::Relaxed)).filter(|seconds| *seconds != UNKNOWN)
    }

    client!(sts, aws_sdk_sts, "STS");
    client!(cloudtrail, aws_sdk_cloudtrail, "CloudTrail");
    client!(sns, aws_sdk_sns, "SNS");
    client!(sqs, aws_sdk_sqs, "SQS");
    client!(iam, aws_sdk_iam, "IAM");
    client!(kms, aws_sdk_kms, "KMS");
    client!(events, aws_sdk_eventbridge, "EventBridge");
    client!(organizations, aws_sdk_organizations, "Organizations");

    /// The client of S3 in a region.
    pub(super) fn s3(&self, region: &str) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.settings)
            .region(Region::new(region.to_owned()))
            .interceptor(self.clock.clone())
            // An endpoint of one's own seldom has a name for each bucket.
            .force_path_style(self.settings.endpoint_url().is_some())
            .build();
        aws_sdk_s3::Client::from_conf(config)
    }
}

/// Tells whether the caller may not, or may not see.
pub(super) fn is_denied<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    code.is_some_and(|code| DENIALS.contains(&code))
}

/// What a refusal means, with the permission that is missing if that is why.
pub(super) fn refused<E>(operation: &str, about: &str, error: SdkError<E>) -> Error
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let doing = if about.is_empty() { operation.to_owned() } else { format!("{operation} on {about}") };
    let Some(service) = error.as_service_error() else {
        return Error::storage(format!("{doing}: {}", DisplayErrorContext(error))).hinted(
            "are there credentials, and are the region and the endpoint right? (AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL)",
        );
    };
    let Some(code) = service.code() else {
        return Error::storage(format!("{doing}: {}", DisplayErrorContext(&error)));
    };
    let message = service.message().unwrap_or("AWS gave no reason");
    let refused = Error::storage(format!("{doing}: {code}: {message}"));
    if !is_denied(&error) {
        return refused;
    }
    refused
        .hinted(format!("it needs {}; `trailql setup --policy` prints all that is needed", needed(operation)))
}

/// The permissions an operation needs, in a list for people.
pub(super) fn needed(operation: &str) -> String {
    let known = OPERATIONS.iter().find(|known| known.name == operation);
    known.map(|known| known.actions.join(" and ")).unwrap_or_default()
}
