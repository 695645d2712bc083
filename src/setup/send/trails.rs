//! Calls to CloudTrail.

use aws_sdk_cloudtrail::types::AdvancedEventSelector;
use aws_sdk_cloudtrail::types::AdvancedFieldSelector;
use aws_sdk_cloudtrail::types::DataResource;
use aws_sdk_cloudtrail::types::EventSelector;
use aws_sdk_cloudtrail::types::ReadWriteType;
use aws_sdk_cloudtrail::types::Tag;
use serde_json::Value;

use crate::error::Result;
use crate::setup::Clients;
use crate::setup::clients::refused;
use crate::setup::send::Input;
use crate::setup::send::incomplete;
use crate::setup::send::list;

pub(super) async fn send(clients: &Clients, region: &str, input: &Input) -> Result<()> {
    let cloudtrail = clients.cloudtrail(region);
    let operation = input.operation;
    let value = &input.value;
    let text = |name: &str| value[name].as_str().map(str::to_owned);
    match operation {
        "CreateTrail" => {
            let name = input.text("Name")?;
            let mut request = cloudtrail.create_trail().name(name).set_s3_bucket_name(text("S3BucketName"));
            request = request
                .set_include_global_service_events(value["IncludeGlobalServiceEvents"].as_bool())
                .set_is_multi_region_trail(value["IsMultiRegionTrail"].as_bool())
                .set_enable_log_file_validation(value["EnableLogFileValidation"].as_bool())
                .set_is_organization_trail(value["IsOrganizationTrail"].as_bool())
                .set_kms_key_id(text("KmsKeyId"));
            for (key, tag) in input.tags(&value["TagsList"]) {
                request = request.tags_list(Tag::builder().key(key).value(tag).build().map_err(incomplete)?);
            }
            request.send().await.map_err(|error| refused(operation, name, error))?;
        }
        "UpdateTrail" => {
            let name = input.text("Name")?;
            let request = cloudtrail
                .update_trail()
                .name(name)
                .set_s3_bucket_name(text("S3BucketName"))
                .set_include_global_service_events(value["IncludeGlobalServiceEvents"].as_bool())
                .set_is_multi_region_trail(value["IsMultiRegionTrail"].as_bool())
                .set_enable_log_file_validation(value["EnableLogFileValidation"].as_bool())
                .set_is_organization_trail(value["IsOrganizationTrail"].as_bool())
                .set_kms_key_id(text("KmsKeyId"));
            request.send().await.map_err(|error| refused(operation, name, error))?;
        }
        "PutEventSelectors" => {
            let name = input.text("TrailName")?;
            let mut request = cloudtrail.put_event_selectors().trail_name(name);
            for selector in value["AdvancedEventSelectors"].as_array().into_iter().flatten() {
                request = request.advanced_event_selectors(newer(selector)?);
            }
            for selector in value["EventSelectors"].as_array().into_iter().flatten() {
                request = request.event_selectors(older(selector));
            }
            request.send().await.map_err(|error| refused(operation, name, error))?;
        }
        "StartLogging" => {
            let name = input.text("Name")?;
            let request = cloudtrail.start_logging().name(name);
            request.send().await.map_err(|error| refused(operation, name, error))?;
        }
        "DeleteTrail" => {
            let name = input.text("Name")?;
            let request = cloudtrail.delete_trail().name(name);
            request.send().await.map_err(|error| refused(operation, name, error))?;
        }
        _ => return Err(input.unknown()),
    }
    Ok(())
}

fn newer(selector: &Value) -> Result<AdvancedEventSelector> {
    let name = selector["Name"].as_str().filter(|name| !name.is_empty()).map(str::to_owned);
    let mut built = AdvancedEventSelector::builder().set_name(name);
    for field in selector["FieldSelectors"].as_array().into_iter().flatten() {
        let some = |name: &str| Some(list(&field[name])).filter(|values| !values.is_empty());
        let field = AdvancedFieldSelector::builder()
            .field(field["Field"].as_str().unwrap_or_default())
            .set_equals(some("Equals"))
            .set_starts_with(some("StartsWith"))
            .set_ends_with(some("EndsWith"))
            .set_not_equals(some("NotEquals"))
            .set_not_starts_with(some("NotStartsWith"))
            .set_not_ends_with(some("NotEndsWith"));
        built = built.field_selectors(field.build().map_err(incomplete)?);
    }
    built.build().map_err(incomplete)
}

fn older(selector: &Value) -> EventSelector {
    let mut built = EventSelector::builder()
        .set_read_write_type(selector["ReadWriteType"].as_str().map(ReadWriteType::from))
        .set_include_management_events(selector["IncludeManagementEvents"].as_bool())
        .set_exclude_management_event_sources(Some(list(&selector["ExcludeManagementEventSources"])));
    for resource in selector["DataResources"].as_array().into_iter().flatten() {
        let resource = DataResource::builder()
            .set_type(resource["Type"].as_str().map(str::to_owned))
            .set_values(Some(list(&resource["Values"])));
        built = built.data_resources(resource.build());
    }
    built.build()
}
