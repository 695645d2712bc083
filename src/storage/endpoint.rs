//! The address and the region of one bucket.

use object_store::client::HttpClient;
use object_store::client::HttpRequest;
use object_store::client::HttpRequestBody;
use url::Url;

use crate::error::Result;
use crate::storage::account;
use crate::storage::account::Account;

/// Where a bucket is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Endpoint {
    /// The URL below which the keys of the bucket are, without a slash at its end.
    pub(super) bucket_url: String,
    /// The region that requests are signed for.
    pub(super) region: String,
}

/// What the addresses of one kind have in common.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Kind {
    pub(super) fips: bool,
    pub(super) dual_stack: bool,
}

impl Endpoint {
    /// Finds where a bucket is asked.
    ///
    /// A bucket is asked in its own region, which AWS tells anybody. If it does not answer, the region of the
    /// settings is taken, and S3 says what is wrong when it is asked for real.
    ///
    /// # Errors
    /// The endpoint of the settings is no URL.
    pub(super) async fn find(bucket: &str, account: &Account, client: &HttpClient) -> Result<Self> {
        if let Some(endpoint) = account.endpoint() {
            let virtual_hosted = account::is_set("AWS_VIRTUAL_HOSTED_STYLE_REQUEST");
            return Self::custom(bucket, &endpoint, account.region(), virtual_hosted);
        }
        let kind = Kind { fips: account.wants_fips(), dual_stack: account.wants_dual_stack() };
        let own = bucket_region(bucket, &host(account.region(), kind), client).await;
        Ok(Self::of_aws(bucket, own.as_deref().unwrap_or_else(|| account.region()), kind))
    }

    /// An address of AWS.
    pub(super) fn of_aws(bucket: &str, region: &str, kind: Kind) -> Self {
        let host = host(region, kind);
        // AWS wants the bucket in the name of the host. But names with dots do not match its certificate, and old
        // buckets have names that are none of a host.
        let is_label = bucket.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-');
        let bucket_url =
            if is_label { format!("https://{bucket}.{host}") } else { format!("https://{host}/{bucket}") };
        Self { bucket_url, region: region.to_owned() }
    }

    /// An address that the settings say: moto, MinIO, an interface endpoint of a VPC.
    ///
    /// Such servers have no wildcard in the names they answer to, so the bucket goes into the path unless the
    /// settings say otherwise.
    fn custom(bucket: &str, endpoint: &str, region: &str, virtual_hosted: bool) -> Result<Self> {
        let wrong = || {
            account::wrong("AWS_ENDPOINT_URL", &format!("is no http:// or https:// URL: {endpoint}"))
                .hinted("give it as https://host:port; in a profile it is endpoint_url")
        };
        let mut url = Url::parse(endpoint).map_err(|_| wrong())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong());
        }
        let host = url.host_str().ok_or_else(wrong)?;
        if virtual_hosted {
            let host = format!("{bucket}.{host}");
            url.set_host(Some(&host)).map_err(|_| wrong())?;
        }
        url.set_query(None);
        url.set_fragment(None);
        let base = url.as_str().trim_end_matches('/');
        let bucket_url = if virtual_hosted { base.to_owned() } else { format!("{base}/{bucket}") };
        Ok(Self { bucket_url, region: region.to_owned() })
    }
}

/// The host of S3 in a region.
fn host(region: &str, Kind { fips, dual_stack }: Kind) -> String {
    let fips = if fips { "-fips" } else { "" };
    let dual_stack = if dual_stack { ".dualstack" } else { "" };
    format!("s3{fips}{dual_stack}.{region}.{}", domain(region))
}

/// The domain of the partition that a region is in.
fn domain(region: &str) -> &'static str {
    let domains = [
        ("cn-", "amazonaws.com.cn"),
        ("us-isob-", "sc2s.sgov.gov"),
        ("us-isof-", "csp.hci.ic.gov"),
        ("us-iso-", "c2s.ic.gov"),
        ("eu-isoe-", "cloud.adc-e.uk"),
        ("eusc-", "amazonaws.eu"),
    ];
    domains
        .iter()
        .find(|(prefix, _)| region.starts_with(prefix))
        .map_or("amazonaws.com", |(_, domain)| domain)
}

/// The partition that a region is in, as ARNs name it.
pub(super) fn partition(region: &str) -> &'static str {
    match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        region if region.starts_with("eusc-") => "aws-eusc",
        _ => "aws",
    }
}

/// Asks for the region of a bucket. The answer has it even where it is a refusal, so nothing is signed.
async fn bucket_region(bucket: &str, host: &str, client: &HttpClient) -> Option<String> {
    let mut request = HttpRequest::new(HttpRequestBody::empty());
    *request.method_mut() = "HEAD".parse().ok()?;
    *request.uri_mut() = format!("https://{host}/{bucket}").parse().ok()?;
    let answer = client.execute(request).await;
    if let Err(error) = &answer {
        tracing::debug!(%error, bucket, "the region of the bucket cannot be asked for");
    }
    let region = answer.ok()?.headers().get("x-amz-bucket-region")?.to_str().ok()?.to_owned();
    (!region.is_empty()).then_some(region)
}

#[cfg(test)]
mod tests {
    use super::*;

    use async_trait::async_trait;
    use aws_config::Region;
    use aws_config::SdkConfig;
    use bytes::Bytes;
    use object_store::client::HttpError;
    use object_store::client::HttpResponse;
    use object_store::client::HttpService;

    #[test]
    fn buckets_of_aws_have_addresses() {
        let of = |bucket, region, fips, dual_stack| {
            Endpoint::of_aws(bucket, region, Kind { fips, dual_stack }).bucket_url
        };
        insta::assert_debug_snapshot!([
            of("logs", "eu-central-1", false, false),
            of("my.logs", "us-east-1", false, false),
            of("Old_Name", "us-east-1", false, false),
            of("logs", "cn-north-1", false, false),
            of("logs", "us-gov-west-1", true, false),
            of("logs", "us-gov-west-1", true, true),
            of("logs", "eusc-de-east-1", false, true),
        ]);
    }

    #[test]
    fn custom_endpoints_take_the_bucket_into_the_path() {
        let of = |endpoint, virtual_hosted| {
            Endpoint::custom("logs", endpoint, "us-east-1", virtual_hosted)
                .map(|endpoint| endpoint.bucket_url)
        };
        assert_eq!(of("http://127.0.0.1:5000", false).unwrap(), "http://127.0.0.1:5000/logs");
        assert_eq!(of("https://minio.example/s3/", false).unwrap(), "https://minio.example/s3/logs");
        assert_eq!(of("https://objects.example", true).unwrap(), "https://logs.objects.example");
        for wrong in ["127.0.0.1:5000", "ftp://host", "localhost", "http://"] {
            let error = of(wrong, false).unwrap_err();
            assert!(error.to_string().starts_with("AWS_ENDPOINT_URL is no"), "{error}");
        }
    }
    /// Answers as S3 does to who may not ask: with the region of the bucket.
    #[derive(Debug)]
    struct Elsewhere(Option<&'static str>);

    #[async_trait]
    impl HttpService for Elsewhere {
        async fn call(&self, request: HttpRequest) -> std::result::Result<HttpResponse, HttpError> {
            assert_eq!(request.method().as_str(), "HEAD");
            assert_eq!(request.uri().to_string(), "https://s3.eu-west-1.amazonaws.com/logs");
            assert!(!request.headers().contains_key("authorization"));
            let mut response = HttpResponse::new(Bytes::new().into());
            *response.status_mut() = 403.try_into().unwrap();
            if let Some(region) = self.0 {
                response.headers_mut().insert("x-amz-bucket-region", region.parse().unwrap());
            }
            Ok(response)
        }
    }

    async fn found(own: Option<&'static str>) -> Endpoint {
        let config = SdkConfig::builder().region(Region::new("eu-west-1")).build();
        let client = HttpClient::new(Elsewhere(own));
        Endpoint::find("logs", &Account::new(config), &client).await.unwrap()
    }

    #[tokio::test]
    async fn a_bucket_is_asked_in_its_own_region() {
        let endpoint = found(Some("ap-southeast-2")).await;
        assert_eq!(endpoint.bucket_url, "https://logs.s3.ap-southeast-2.amazonaws.com");
        assert_eq!(endpoint.region, "ap-southeast-2");
        assert_eq!(found(None).await.bucket_url, "https://logs.s3.eu-west-1.amazonaws.com");
    }
}
