//! Calls to IAM, KMS and Organizations.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::setup::Clients;
use crate::setup::clients::refused;
use crate::setup::send::Input;
use crate::setup::send::incomplete;

pub(super) async fn send(
    clients: &Clients,
    region: &str,
    service: &str,
    input: &Input,
    answers: &mut BTreeMap<String, String>,
) -> Result<()> {
    match service {
        "iam" => roles(clients, region, input).await,
        "kms" => keys(clients, region, input, answers).await,
        "organizations" => {
            let organizations = clients.organizations(region);
            let principal = input.text("ServicePrincipal")?;
            let request = organizations.enable_aws_service_access().service_principal(principal);
            request.send().await.map_err(|error| refused(input.operation, principal, error))?;
            Ok(())
        }
        _ => Err(input.unknown()),
    }
}

async fn roles(clients: &Clients, region: &str, input: &Input) -> Result<()> {
    let iam = clients.iam(region);
    let operation = input.operation;
    let role = input.text("RoleName")?;
    match operation {
        "CreateRole" => {
            let mut request = iam.create_role().role_name(role);
            request = request.assume_role_policy_document(input.text("AssumeRolePolicyDocument")?);
            request = request.description(input.text("Description")?);
            for (key, value) in input.tags(&input.value["Tags"]) {
                let tag = aws_sdk_iam::types::Tag::builder().key(key).value(value).build();
                request = request.tags(tag.map_err(incomplete)?);
            }
            request.send().await.map_err(|error| refused(operation, role, error))?;
        }
        "PutRolePolicy" => {
            let request = iam.put_role_policy().role_name(role).policy_name(input.text("PolicyName")?);
            let request = request.policy_document(input.text("PolicyDocument")?);
            request.send().await.map_err(|error| refused(operation, role, error))?;
        }
        "DeleteRolePolicy" => {
            let request = iam.delete_role_policy().role_name(role).policy_name(input.text("PolicyName")?);
            request.send().await.map_err(|error| refused(operation, role, error))?;
        }
        "DeleteRole" => {
            let request = iam.delete_role().role_name(role);
            request.send().await.map_err(|error| refused(operation, role, error))?;
        }
        _ => return Err(input.unknown()),
    }
    Ok(())
}

async fn keys(
    clients: &Clients,
    region: &str,
    input: &Input,
    answers: &mut BTreeMap<String, String>,
) -> Result<()> {
    let kms = clients.kms(region);
    let operation = input.operation;
    match operation {
        "CreateKey" => {
            let mut request = kms.create_key().policy(input.text("Policy")?);
            request = request.description(input.text("Description")?);
            for (key, value) in input.tags(&input.value["Tags"]) {
                let tag = aws_sdk_kms::types::Tag::builder().tag_key(key).tag_value(value).build();
                request = request.tags(tag.map_err(incomplete)?);
            }
            let made = request.send().await.map_err(|error| refused(operation, "a new key", error))?;
            let id = made.key_metadata().map(|key| key.key_id().to_owned());
            answers.insert("CreateKey.KeyId".to_owned(), id.unwrap_or_default());
        }
        "EnableKeyRotation" => {
            let key = input.text("KeyId")?;
            let request = kms.enable_key_rotation().key_id(key);
            request.send().await.map_err(|error| refused(operation, key, error))?;
        }
        "CreateAlias" => {
            let alias = input.text("AliasName")?;
            let request = kms.create_alias().alias_name(alias).target_key_id(input.text("TargetKeyId")?);
            request.send().await.map_err(|error| refused(operation, alias, error))?;
        }
        "PutKeyPolicy" => {
            let key = input.text("KeyId")?;
            let request = kms.put_key_policy().key_id(key).policy_name(input.text("PolicyName")?);
            let request = request.policy(input.text("Policy")?);
            request.send().await.map_err(|error| refused(operation, key, error))?;
        }
        _ => return Err(input.unknown()),
    }
    Ok(())
}
