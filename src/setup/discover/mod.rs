//! Reads what is there in an account. It changes nothing.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::error::SdkError;
use serde_json::Value;

use crate::error::Error;
use crate::error::Result;
use crate::setup::Clients;
use crate::setup::Facts;
use crate::setup::Site;
use crate::setup::Wanted;
use crate::setup::clients::is_denied;
use crate::setup::clients::refused;
use crate::setup::facts::Caller;
use crate::setup::facts::Denied;
use crate::setup::facts::Organisation;

mod buckets;
mod keys;
mod queues;
mod roles;
mod trails;

/// Why it is read, which decides how much.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To plan what setup does.
    Setup,
    /// To plan what undoing it does.
    Undo,
    /// To audit the account.
    Doctor,
}

/// Reads, and notes what it may not read.
#[derive(Debug)]
struct Reader<'a> {
    clients: &'a Clients,
    region: String,
    denied: Vec<Denied>,
}

impl Reader<'_> {
    /// What was answered; none if it is not there, as these codes say, or may not be read, which is noted.
    fn seen<T, E>(
        &mut self,
        operation: &'static str,
        about: &str,
        absent: &[&str],
        answer: Result<T, SdkError<E>>,
    ) -> Result<Option<T>>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let error = match answer {
            Ok(answer) => return Ok(Some(answer)),
            Err(error) => error,
        };
        let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
        if code.is_some_and(|code| absent.contains(&code)) {
            return Ok(None);
        }
        if is_denied(&error) {
            self.denied.push(Denied { operation, about: about.to_owned() });
            return Ok(None);
        }
        Err(refused(operation, about, error))
    }
}

/// Reads what is there.
///
/// # Errors
/// AWS cannot be reached, or refuses for another reason than a missing permission; for setup, that too.
pub async fn discover(clients: &Clients, wanted: Wanted, purpose: Purpose) -> Result<Facts> {
    wanted.check()?;
    let mut reader = Reader { clients, region: clients.region().to_owned(), denied: Vec::new() };
    let caller = caller(clients).await?;
    let organisation = if wanted.organisation || purpose == Purpose::Doctor {
        reader.organisation(&caller).await?
    } else {
        None
    };
    let trails = reader.trails(&caller).await?;
    let site = Site::choose(caller, wanted, &trails, organisation.as_ref());
    let mut facts = Facts {
        site,
        organisation,
        trails,
        buckets: BTreeMap::new(),
        access_logging: BTreeMap::new(),
        topic: None,
        queue: None,
        dead_letters: None,
        rule: None,
        role: None,
        key: None,
        trail_keys: BTreeMap::new(),
        denied: Vec::new(),
        clock_ahead: None,
    };
    reader.buckets_of(&mut facts, purpose).await?;
    if let Some(bucket) = facts.bucket() {
        facts.site.region = bucket.region.clone();
    }
    reader.region.clone_from(&facts.site.region);
    reader.resources_of(&mut facts, purpose).await?;
    facts.denied = reader.denied;
    facts.clock_ahead = clients.clock_ahead();
    if let Some(denied) = facts.denied.first().filter(|_| purpose != Purpose::Doctor) {
        return Err(blind(denied, &facts));
    }
    Ok(facts)
}

async fn caller(clients: &Clients) -> Result<Caller> {
    let region = clients.region();
    let sts = clients.sts(region);
    let identity = sts.get_caller_identity().send().await;
    let identity = identity.map_err(|error| refused("GetCallerIdentity", "", error))?;
    let arn = identity.arn().unwrap_or_default().to_owned();
    let account = identity.account().unwrap_or_default().to_owned();
    let partition = arn.split(':').nth(1).filter(|partition| !partition.is_empty());
    let Some(partition) = partition.map(str::to_owned).filter(|_| !account.is_empty()) else {
        return Err(Error::storage("GetCallerIdentity tells no account and no ARN"));
    };
    Ok(Caller { account, partition, arn, region: region.to_owned() })
}

/// What may not be read could be overwritten.
fn blind(denied: &Denied, facts: &Facts) -> Error {
    let Denied { operation, about } = denied;
    let who = &facts.site.caller.arn;
    let others: BTreeSet<String> =
        facts.denied.iter().map(|denied| super::clients::needed(denied.operation)).collect();
    let others = others.into_iter().collect::<Vec<_>>().join(", ");
    Error::storage(format!("{who} may not ask {operation} about {about}, so what is there cannot be kept"))
        .hinted(format!(
            "it needs {others}; `trailql setup --policy` prints all that is needed. \
             A bucket of another account is set up from that account"
        ))
}

impl Reader<'_> {
    async fn organisation(&mut self, caller: &Caller) -> Result<Option<Organisation>> {
        let organizations = self.clients.organizations(&self.region);
        let answer = organizations.describe_organization().send().await;
        let none = ["AWSOrganizationsNotInUseException"];
        let answer = self.seen("DescribeOrganization", "the organisation", &none, answer)?;
        let Some(found) = answer.and_then(|answer| answer.organization) else { return Ok(None) };
        let mut organisation = Organisation {
            id: found.id.unwrap_or_default(),
            management_account: found.master_account_id.unwrap_or_default(),
            trusts_cloudtrail: false,
        };
        if organisation.management_account == caller.account {
            let mut pages = organizations.list_aws_service_access_for_organization().into_paginator().send();
            while let Some(page) = pages.next().await {
                let page = self.seen("ListAWSServiceAccessForOrganization", &organisation.id, &[], page)?;
                let Some(page) = page else { break };
                let mut trusted = page.enabled_service_principals().iter();
                organisation.trusts_cloudtrail |=
                    trusted.any(|service| service.service_principal() == Some(CLOUDTRAIL));
            }
        }
        Ok(Some(organisation))
    }

    async fn resources_of(&mut self, facts: &mut Facts, purpose: Purpose) -> Result<()> {
        let site = facts.site.clone();
        facts.topic = self.topic(&site.topic_arn()).await?;
        facts.queue = self.queue(&site.queue()).await?;
        facts.dead_letters = self.queue(&site.dead_letters()).await?;
        facts.rule = self.rule(&site.wanted.name, &site.rule_arn()).await?;
        facts.role = self.role(&site.role(), &site.wanted.name).await?;
        if let Some(alias) = site.alias() {
            let home = site.trail_region.clone();
            facts.key = self.key(&alias, &home).await?;
            if facts.key.is_none() && purpose == Purpose::Setup {
                facts.key = self.unnamed_key(&site.wanted.name, &home).await?;
            }
        }
        if purpose == Purpose::Doctor {
            let keys =
                facts.trails.iter().filter_map(|trail| Some((trail.key.clone()?, trail.home_region.clone())));
            for (key, home) in keys.collect::<BTreeMap<_, _>>() {
                let found = self.key(&key, &home).await?;
                facts.trail_keys.insert(key, found);
            }
        }
        Ok(())
    }
}

/// The name by which CloudTrail acts.
pub(super) const CLOUDTRAIL: &str = "cloudtrail.amazonaws.com";

/// A document that AWS sent; what is no JSON is told rather than taken for nothing.
fn document(what: &str, text: &str) -> Result<Value> {
    serde_json::from_str(text)
        .map_err(|error| Error::data(format!("{what}: AWS sent a document that is no JSON")).caused_by(error))
}
