//! The credentials of AWS's standard chain, for the clients of object stores, and renewed before they expire.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use async_trait::async_trait;
use aws_credential_types::provider::ProvideCredentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use object_store::CredentialProvider;
use object_store::aws::AwsCredential;
use tokio::sync::Mutex;

use crate::error::Error;
use crate::error::Kind;
use crate::storage::account;
use crate::storage::causes;

/// Credentials are renewed so long before they expire: a request is repeated for minutes with those it began with.
const BEFORE_EXPIRY: Duration = Duration::from_mins(5);
/// Who hands out credentials that expire soon is asked again after so long, not for each request.
const BETWEEN_REQUESTS: Duration = Duration::from_secs(30);

/// Credentials that are asked for when they are needed, and kept until shortly before they expire.
#[derive(Debug)]
pub(super) struct Credentials {
    provider: SharedCredentialsProvider,
    held: Mutex<Option<Held>>,
}

#[derive(Clone, Debug)]
struct Held {
    credential: Arc<AwsCredential>,
    expires: Option<SystemTime>,
    asked: Instant,
}

impl Held {
    fn is_valid_for(&self, time: Duration) -> bool {
        self.expires.is_none_or(|expires| expires > SystemTime::now() + time)
    }
}

impl Credentials {
    pub(super) fn new(provider: SharedCredentialsProvider) -> Self {
        Self { provider, held: Mutex::new(None) }
    }

    /// The credentials now.
    pub(super) async fn get(&self) -> Result<Arc<AwsCredential>, Error> {
        // Held while the provider is asked, so that a thousand requests ask it once.
        let mut held = self.held.lock().await;
        if let Some(held) = held.as_ref()
            && (held.is_valid_for(BEFORE_EXPIRY)
                || held.is_valid_for(Duration::ZERO) && held.asked.elapsed() < BETWEEN_REQUESTS)
        {
            return Ok(Arc::clone(&held.credential));
        }
        match self.provider.provide_credentials().await {
            Ok(new) => {
                let credential = Arc::new(AwsCredential {
                    key_id: new.access_key_id().to_owned(),
                    secret_key: new.secret_access_key().to_owned(),
                    token: new.session_token().map(str::to_owned),
                });
                let expires = new.expiry();
                *held = Some(Held { credential: Arc::clone(&credential), expires, asked: Instant::now() });
                Ok(credential)
            }
            Err(error) => match held.as_mut().filter(|held| held.is_valid_for(Duration::ZERO)) {
                Some(held) => {
                    tracing::warn!(%error, "the AWS credentials cannot be renewed yet; the old ones still hold");
                    held.asked = Instant::now();
                    Ok(Arc::clone(&held.credential))
                }
                None => Err(unavailable(&error)),
            },
        }
    }
}

#[async_trait]
impl CredentialProvider for Credentials {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> object_store::Result<Arc<AwsCredential>> {
        let failed = |error| object_store::Error::Generic { store: "S3", source: Box::new(error) };
        self.get().await.map_err(failed)
    }
}

/// Says why there are no credentials and how to get some.
fn unavailable(error: &CredentialsError) -> Error {
    if let CredentialsError::CredentialsNotLoaded(_) = error {
        if let Some(profile) = account::variable("AWS_PROFILE") {
            let message =
                format!("the profile {profile} of AWS_PROFILE does not exist, or has no credentials");
            return Error::new(Kind::Config, message).hinted(format!(
                "`aws configure list-profiles` lists them, `aws sso login --profile {profile}` signs in"
            ));
        }
        return Error::new(Kind::Config, "there are no AWS credentials").hinted(
            "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in with `aws sso login`; \
             for a public bucket set AWS_SKIP_SIGNATURE=true",
        );
    }
    let mut text = String::from("the AWS credentials cannot be loaded");
    for cause in causes(error) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    let hint = if text.to_lowercase().contains("sso") {
        "sign in again: aws sso login"
    } else {
        "does `aws sts get-caller-identity` work with the same AWS_PROFILE?"
    };
    Error::new(Kind::Config, text).hinted(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering;

    use aws_credential_types::Credentials as Given;
    use aws_credential_types::provider::future;

    /// Gives each time a key with the next number, whose validity is the next of a list; then fails.
    #[derive(Debug)]
    struct Script {
        validity: Vec<Option<u64>>,
        asked: AtomicUsize,
    }

    impl ProvideCredentials for Script {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            let number = self.asked.fetch_add(1, Ordering::SeqCst);
            future::ProvideCredentials::ready(match self.validity.get(number) {
                Some(seconds) => {
                    let expires = seconds.map(|seconds| SystemTime::now() + Duration::from_secs(seconds));
                    Ok(Given::new(format!("KEY{number}"), "secret", None, expires, "script"))
                }
                None => Err(CredentialsError::provider_error("the server is down")),
            })
        }
    }

    fn credentials(validity: &[Option<u64>]) -> Credentials {
        let script = Script { validity: validity.to_vec(), asked: AtomicUsize::new(0) };
        Credentials::new(SharedCredentialsProvider::new(script))
    }

    /// Lets the credentials look as if they had been asked for long ago.
    async fn wait(credentials: &Credentials) {
        if let Some(held) = credentials.held.lock().await.as_mut() {
            held.asked = held.asked.checked_sub(BETWEEN_REQUESTS).unwrap();
        }
    }

    #[tokio::test]
    async fn lasting_ones_are_asked_for_once() {
        for validity in [None, Some(3600)] {
            let credentials = credentials(&[validity]);
            for _ in 0..3 {
                assert_eq!(credentials.get().await.unwrap().key_id, "KEY0");
                wait(&credentials).await;
            }
        }
    }

    #[tokio::test]
    async fn those_that_expire_soon_are_renewed_but_not_for_each_request() {
        let credentials = credentials(&[Some(60), Some(3600)]);
        assert_eq!(credentials.get().await.unwrap().key_id, "KEY0");
        assert_eq!(credentials.get().await.unwrap().key_id, "KEY0");
        wait(&credentials).await;
        assert_eq!(credentials.get().await.unwrap().key_id, "KEY1");
    }

    #[tokio::test]
    async fn valid_ones_are_used_while_they_cannot_be_renewed() {
        let valid = credentials(&[Some(60)]);
        valid.get().await.unwrap();
        wait(&valid).await;
        assert_eq!(valid.get().await.unwrap().key_id, "KEY0");

        let expired = credentials(&[Some(0)]);
        expired.get().await.unwrap();
        let error = expired.get().await.unwrap_err();
        assert!(error.to_string().ends_with("the server is down"), "{error}");
    }
}
